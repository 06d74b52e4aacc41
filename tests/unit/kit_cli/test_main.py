"""The table of commands: packages that are not installed, and shell completion."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner, Result

from chat_contract import __version__
from kit_cli import main
from kit_cli.frame import Command
from kit_cli.main import cli
from tests.support.paths import ROOT


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="chat-contract", env=env)


def missing(package: str) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)

    return fail


@pytest.fixture
def import_fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that makes the import of every command fail because of a package."""

    def use(package: str) -> None:
        monkeypatch.setattr(importlib, "import_module", missing(package))

    return use


@pytest.fixture
def command_fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that makes every command fail when it runs, because of a package."""

    def use(package: str) -> None:
        module = ModuleType("commands")
        for name in ("verify", "mock"):
            setattr(module, name, Command(name, callback=missing(package)))
        monkeypatch.setattr(importlib, "import_module", lambda _: module)

    return use


@pytest.mark.parametrize("when", ["import_fails", "command_fails"])
def test_missing_package_names_the_extra_to_install(when: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(when)("schemathesis.core")
    result = run("verify")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "verify needs the package schemathesis" in result.stderr
    assert "pip install '.[suite]'" in result.stderr


@pytest.mark.parametrize(
    ("record", "source"),
    [
        ('{"url": "file:///wheels/my%20kit.whl", "archive_info": {}}', "/wheels/my kit.whl[suite]"),
        ('{"url": "https://example.com/kit.whl"}', f"chat-contract=={__version__}[suite]"),
        (None, f"chat-contract=={__version__}[suite]"),
    ],
)
def test_missing_package_names_the_wheel_in_use(
    record: str | None,
    source: str,
    command_fails: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    command_fails("schemathesis")
    monkeypatch.setattr(main, "__file__", str(tmp_path / "kit_cli" / "main.py"))
    monkeypatch.setattr(metadata.Distribution, "read_text", lambda *_: record, raising=False)
    monkeypatch.setattr(metadata.PathDistribution, "read_text", lambda *_: record)
    assert f"pip install '{source}'" in run("verify").stderr


def test_missing_package_names_the_checkout_from_another_folder(
    command_fails: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command_fails("schemathesis")
    monkeypatch.chdir(tmp_path)
    assert f"pip install '{ROOT}[suite]'" in run("verify").stderr


@pytest.mark.parametrize("when", ["import_fails", "command_fails"])
@pytest.mark.parametrize(("command", "package"), [("verify", "chat_verifier.none"), ("mock", "flask")])
def test_missing_module_of_the_kit_or_its_base_install_is_an_internal_error(
    when: str, command: str, package: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(when)(package)
    result = run(command)
    assert result.exit_code == 70
    assert f"internal error: ModuleNotFoundError: No module named '{package}'" in result.stderr


def test_unknown_command_without_a_similar_name_gets_no_suggestion() -> None:
    result = run("xyzzy")
    assert result.exit_code == 2
    assert "No such command 'xyzzy'." in result.stderr
    assert "Did you mean" not in result.stderr


def test_completion_offers_commands() -> None:
    variables = {"_CHAT_CONTRACT_COMPLETE": "bash_complete", "COMP_WORDS": "chat-contract fi", "COMP_CWORD": "1"}
    result = run(env=variables)
    assert (result.exit_code, result.stdout) == (0, "plain,fixtures\n")


@pytest.mark.parametrize("name", cli.list_commands(click.Context(cli)))
def test_every_command_of_the_table_exists(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert (command.name, bool(command.help)) == (name, True)
