"""The steps of CONTRIBUTING.md for a change of the vendor's pages work, and name files that exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kit_cli.main import cli
from tests.support.paths import ROOT

SECTION = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## When the vendor's pages change\n")[2]
LIMIT = "          maximum: 2147483647\n          default: 4\n"
TITLE = "        title:\n          type: [string, 'null']\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a git checkout of the documents, which is the current folder."""
    for name in ("openapi", "fixtures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "before")):
        subprocess.run(["git", *command], check=True, capture_output=True)
    return tmp_path


def command(name: str) -> list[str]:
    """Return the arguments of the command that the section shows."""
    [line] = re.findall(rf"^chat-contract ({name} .*)$", SECTION, re.MULTILINE)
    return shlex.split(line)


def run(name: str) -> Result:
    return CliRunner().invoke(cli, command(name), prog_name="chat-contract")


def change(checkout: Path, edit: Callable[[str], str]) -> None:
    file = checkout / "openapi/chat.yaml"
    before = file.read_text("utf-8")
    file.write_text(edit(before), "utf-8")
    assert file.read_text("utf-8") != before


def test_unchanged_documents_pass(checkout: Path) -> None:
    assert (run("diff").exit_code, run("fixtures").exit_code) == (0, 0)


def test_page_that_lowers_a_limit_breaks_clients_but_no_fixture(checkout: Path) -> None:
    change(checkout, lambda text: text.replace(LIMIT, LIMIT.replace("2147483647", "50")))
    compared = run("diff")
    assert compared.exit_code == 1
    assert "limit" in compared.stdout
    assert run("fixtures").exit_code == 0


def test_page_that_bounds_a_title_names_the_fixtures_to_change(checkout: Path) -> None:
    change(checkout, lambda text: text.replace(TITLE, f"{TITLE}          maxLength: 25\n"))
    checked = run("fixtures")
    assert checked.exit_code == 1
    assert "catalogue.yaml:" in checked.stderr


def test_section_names_files_and_modules_that_exist() -> None:
    named = [name for name in re.findall(r"`([\w./-]+)`", SECTION) if "/" in name or name == "testbed"]
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
    modules = re.findall(r"python -m ([\w.]+)", SECTION)
    assert [name for name in modules if not (ROOT / f"{name.replace('.', '/')}.py").exists()] == []
