"""The cache folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from kit_cli.cache import cache_folder, use_cache_folder


def test_cache_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "chat-contract"


def test_user_without_a_home_gets_a_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    folder = cache_folder()
    assert folder.parent == Path(tempfile.gettempdir())
    assert folder.stat().st_mode & 0o077 == 0
    assert cache_folder() == folder


def test_folder_chosen_by_the_user_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", "/elsewhere")
    use_cache_folder()
    assert os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] == "/elsewhere"
