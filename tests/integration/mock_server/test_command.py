"""``chat-contract mock``: options, variables and exit codes; what it serves is tested elsewhere."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kit_cli.commands import mock as command
from mock_server import Blueprint, Options
from mock_server.__main__ import main
from mock_server.server.serve import Listening

PREFIX = "CHAT_CONTRACT_MOCK"


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(command.mock, arguments, env=env, auto_envvar_prefix=PREFIX)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Blueprint, Listening]]:
    calls: list[tuple[Blueprint, Listening]] = []
    for module in ("kit_cli.commands.mock", "mock_server.__main__"):
        monkeypatch.setattr(f"{module}.serve", lambda blueprint, listening: calls.append((blueprint, listening)))
    return calls


def test_defaults(served: list[tuple[Blueprint, Listening]]) -> None:
    assert run().exit_code == 0
    assert main([]) == 0
    for blueprint, listening in served:
        assert listening == Listening("127.0.0.1", 4010)
        assert blueprint.route == "/v1/chat"
        assert blueprint.options == Options(own_name="127.0.0.1")


def test_options_from_the_environment(served: list[tuple[Blueprint, Listening]]) -> None:
    result = run(env={f"{PREFIX}_PORT": "5", f"{PREFIX}_SEED": "6", f"{PREFIX}_MAX_BODY": "7", f"{PREFIX}_HOST": "h"})
    assert result.exit_code == 0, result.output
    [(blueprint, listening)] = served
    assert (listening.host, listening.port, blueprint.options.seed, blueprint.options.max_body) == ("h", 5, 6, 7)


@pytest.mark.parametrize("option", ["--fixtures", "--spec", "--overlay"])
def test_a_document_that_cannot_be_read_is_named(tmp_path: Path, option: str) -> None:
    result = run(option, str(tmp_path / "none.yaml"))
    assert result.exit_code == 2
    assert "none.yaml" in result.output
    assert len(result.output.strip().splitlines()) <= 4


def test_a_bad_fixture_is_shown_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "catalogue.yaml").write_text("items:\n  - item_id: A1\n    price: 5\n")
    result = run(env={f"{PREFIX}_FIXTURES": str(tmp_path)})
    assert result.exit_code == 2
    assert "catalogue.yaml:2" in result.output
    assert "hint:" in result.output


def test_a_taken_port_is_refused() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        result = run("--port", str(other.getsockname()[1]))
    assert result.exit_code == 2
    assert "another port" in result.output


@pytest.mark.parametrize("arguments", [("--port", "65536"), ("--max-body", "0"), ("--seed", "x"), ("--nothing",)])
def test_wrong_options_are_usage_errors(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--fixtures", "/nowhere"),
        ("--spec", "/nowhere.yaml"),
        ("--overlay", "/nowhere.yaml"),
        ("--host", "host.invalid"),
        ("--host", "192.0.2.1"),
        ("--port", "70000"),
        ("--port", "x"),
        ("--max-body", "0"),
    ],
)
def test_the_module_says_what_it_cannot_do(arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["--port", "0", *arguments])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert arguments[1] in capsys.readouterr().err
