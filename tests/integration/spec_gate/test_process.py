"""``chat-contract diff`` as a process: encodings of the terminal, and what it leaves in the working directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE

BASE = """openapi: 3.1.0
info: {title: t, version: "1.0.0"}
paths:
  /→:
    post:
      requestBody: {content: {application/json: {schema: {type: string, pattern: "^[a-z]{3}-[0-9]{4}→$"}}}}
      responses: {"200": {description: ok}}
"""
CHANGES = {"breaking": ("[0-9]{4}", "[0-9]{5}"), "same": ("title: t", "title: u")}
EXIT_CODES = {"breaking": 1, "same": 0}


def diff(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "kit_cli", "diff", "../base.yaml", "../revision.yaml", *arguments],
        cwd=folder, capture_output=True, check=False, timeout=PATIENCE,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


@pytest.fixture(params=sorted(CHANGES))
def change(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Write two documents; returns the name of the change between them."""
    (tmp_path / "base.yaml").write_text(BASE, "utf-8")
    (tmp_path / "revision.yaml").write_text(BASE.replace(*CHANGES[request.param]), "utf-8")
    (tmp_path / "empty").mkdir()
    return str(request.param)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "utf-8"])
def test_terminal_that_cannot_encode_a_character_gets_the_same_verdict(
    change: str, encoding: str, tmp_path: Path
) -> None:
    done = diff(tmp_path / "empty", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (EXIT_CODES[change], b"")
    shown = done.stdout.decode(encoding)
    assert ("BREAKING" in shown) == (change == "breaking")
    if change == "breaking":
        assert ("→" if encoding == "utf-8" else "->") in shown


@pytest.mark.parametrize("name", ["text", "json", "markdown", "html", "junit", "sarif", "github"])
def test_report_files_are_utf_8_whatever_the_terminal_encodes(change: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / "report"
    done = diff(tmp_path / "empty", "--report", f"{name}={file}", PYTHONIOENCODING="cp1252", LC_ALL="C")
    assert done.returncode == EXIT_CODES[change], done.stderr
    assert ("→" in file.read_text("utf-8") or name == "sarif") == (change == "breaking" or name == "sarif")


def test_working_directory_stays_empty(change: str, tmp_path: Path) -> None:
    done = diff(tmp_path / "empty")
    assert done.returncode == EXIT_CODES[change], done.stderr
    assert list((tmp_path / "empty").iterdir()) == []


def test_read_only_working_directory_is_sufficient(change: str, tmp_path: Path) -> None:
    (tmp_path / "empty").chmod(0o555)
    done = diff(tmp_path / "empty", "--report", f"json={tmp_path / 'report.json'}")
    assert (done.returncode, done.stderr) == (EXIT_CODES[change], b"")
    assert (tmp_path / "report.json").exists()
