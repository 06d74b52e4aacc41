"""Where the kit was installed from, and the command that installs it again: never a name that is not published."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from chat_contract import __version__
from kit_cli import installation as module
from kit_cli.installation import installation
from tests.support.packages import Packages
from tests.support.paths import ROOT

WHEEL = {"url": "file:///wheels/my%20kit.whl", "archive_info": {}}
CHECKOUT = {"url": "file:///checkouts/kit", "dir_info": {"editable": True}}


@pytest.fixture
def installed(packages: Packages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    """Return a place for a distribution of the kit whose code is in no checkout."""
    monkeypatch.setattr(module, "_ROOT", tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return packages


@pytest.mark.parametrize(
    ("record", "command"),
    [
        (WHEEL, "pip install '/wheels/my kit.whl[gate]'"),
        (CHECKOUT, "pip install --editable '/checkouts/kit[gate]'"),
        ({"url": "file:///checkouts/kit", "dir_info": {}}, "pip install '/checkouts/kit[gate]'"),
        ({"url": "https://example.com/kit.whl", "archive_info": {}},
         "pip install 'chat-contract[gate] @ https://example.com/kit.whl'"),
        ({"url": "https://example.com/kit", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
         "pip install 'chat-contract[gate] @ git+https://example.com/kit@abc'"),
    ],
)  # fmt: skip
def test_command_names_what_the_kit_was_installed_from(record: Any, command: str, installed: Packages) -> None:
    installed.add("chat-contract", __version__, {"direct_url.json": json.dumps(record)})
    assert installation().advice("gate") == f"Install the kit again with the extra gate: {command}"


@pytest.mark.parametrize("files", [{}, {"direct_url.json": "{"}, {"direct_url.json": "[]"}])
def test_unknown_place_is_left_to_the_reader(files: dict[str, str], installed: Packages) -> None:
    installed.add("chat-contract", __version__, files)
    advice = installation().advice("gate")
    assert advice == "Install the kit again from its wheel with the extra gate: pip install 'WHEEL[gate]'"


def test_installer_that_was_used_is_used_again(installed: Packages) -> None:
    files = {"direct_url.json": json.dumps(WHEEL), "INSTALLER": "uv\n"}
    installed.add("chat-contract", __version__, files)
    assert installation().command("load") == "uv pip install '/wheels/my kit.whl[load]'"
    assert installation().command() == "uv pip install '/wheels/my kit.whl'"


@pytest.mark.parametrize(
    ("file", "command"), [("uv-receipt.toml", "uv tool install"), ("pipx_metadata.json", "pipx install")]
)
def test_tool_environment_keeps_its_extras(file: str, command: str, installed: Packages, tmp_path: Path) -> None:
    """These installers make a new environment, with what their command names."""
    requires = ["packaging>=20; extra == 'gate'", "no-such-package; extra == 'load'"]
    installed.add("chat-contract", __version__, {"direct_url.json": json.dumps(WHEEL)}, requires)
    (tmp_path / file).touch()
    assert installation().advice("suite").endswith(f"{command} --force '/wheels/my kit.whl[suite,gate]'")


def test_checkout_is_named_from_another_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(metadata.Distribution, "read_text", lambda *_: None, raising=False)
    monkeypatch.setattr(metadata.PathDistribution, "read_text", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    assert installation().command("suite") == f"pip install --editable '{ROOT}[suite]'"
    monkeypatch.chdir(ROOT)
    assert installation().command("suite") == "pip install --editable '.[suite]'"


def test_command_for_windows_uses_double_quotes(installed: Packages, monkeypatch: pytest.MonkeyPatch) -> None:
    installed.add("chat-contract", __version__, {"direct_url.json": json.dumps(WHEEL)})
    monkeypatch.setattr(module, "os", type("os", (), {"name": "nt"}))
    assert installation().command("gate") == 'pip install "/wheels/my kit.whl[gate]"'
