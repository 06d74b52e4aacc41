"""``chat-contract mock`` and ``python -m mock_server``: options, environment variables and exit codes."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chat_mock.server import Server
from kit_cli.commands.mock import mock
from mock_server import Options, Snapshot
from mock_server.server.serve import Listening
from tests.support.mock import start

PREFIX = "CHAT_CONTRACT_MOCK"


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(mock, arguments, env=env, auto_envvar_prefix=PREFIX)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Snapshot, Listening]]:
    calls: list[tuple[Snapshot, Listening]] = []
    monkeypatch.setattr(
        "mock_server.server.serve.serve", lambda snapshot, listening, *_: calls.append((snapshot, listening))
    )
    return calls


def test_mock_without_options_listens_on_port_4010(served: list[tuple[Snapshot, Listening]]) -> None:
    assert run().exit_code == 0
    [(snapshot, listening)] = served
    assert listening == Listening("127.0.0.1", 4010)
    assert snapshot.route == "/v1/chat"
    assert snapshot.options == Options(own_name="127.0.0.1")


def test_environment_variables_set_options(served: list[tuple[Snapshot, Listening]]) -> None:
    result = run(env={f"{PREFIX}_PORT": "5", f"{PREFIX}_SEED": "6", f"{PREFIX}_MAX_BODY": "7", f"{PREFIX}_HOST": "h"})
    assert result.exit_code == 0, result.output
    [(snapshot, listening)] = served
    assert (listening.host, listening.port, snapshot.options.seed, snapshot.options.max_body) == ("h", 5, 6, 7)


@pytest.mark.parametrize("option", ["--fixtures", "--spec", "--overlay"])
def test_a_document_that_cannot_be_read_is_named(tmp_path: Path, option: str) -> None:
    result = run(option, str(tmp_path / "none.yaml"))
    assert result.exit_code == 2
    assert "none.yaml" in result.output
    assert len(result.output.strip().splitlines()) <= 4


def test_invalid_fixture_is_shown_with_its_place(tmp_path: Path) -> None:
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
    assert "choose another port" in result.output


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
def test_unusable_option_exits_with_2_and_names_the_value(arguments: tuple[str, str]) -> None:
    result = run("--port", "0", *arguments)
    assert result.exit_code == 2
    assert arguments[1] in result.output


def test_module_and_installed_command_print_the_same_options() -> None:
    helps = [
        subprocess.run([sys.executable, "-P", "-m", *command], capture_output=True, text=True, check=True).stdout
        for command in (("mock_server", "--help"), ("kit_cli", "mock", "--help"))
    ]
    options = [re.findall(r"^ +(--[a-z-]+)", text, re.MULTILINE) for text in helps]
    common = set(options[1]) - set(options[0])
    assert [option for option in options[1] if option not in common] == [
        name for name in options[0] if name != "--help"
    ]
    assert common == {"--no-color", "--debug"}


def test_folder_named_mock_server_in_the_working_directory_is_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mock_server").mkdir()
    (tmp_path / "mock_server" / "__main__.py").write_text("raise SystemExit('the wrong package was started')")
    (tmp_path / "mock_server" / "__init__.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    server = Server.start(["--seed", "1"])
    server.stop()
    running = start(cwd=tmp_path)
    assert running.stop() == 0
    assert running.process.stdout is not None
    running.process.stdout.close()
