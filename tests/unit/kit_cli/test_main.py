"""The table of commands: packages that are not installed, and shell completion."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType

import click
import pytest
from click.testing import CliRunner, Result

from kit_cli.frame import Command
from kit_cli.main import cli


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
    assert "pip install --editable '.[suite]'" in result.stderr


def test_missing_package_of_a_later_phase_is_named_before_a_request_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "schemathesis", None)  # as for a package that is not installed
    result = run("verify", "http://127.0.0.1:1/v1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "verify needs the package schemathesis" in result.stderr


def test_option_without_its_package_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {"redis", *(name for name in sys.modules if name.startswith("redis."))}:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "mock_server.store.redis", raising=False)
    result = run("mock", "--store", "redis://127.0.0.1:1/0", "--port", "0")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "chat-contract mock: --store needs the package redis, which is not installed." in result.stderr
    assert "pip install --editable '.[redis]'" in result.stderr


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
