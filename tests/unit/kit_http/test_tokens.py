"""Tokens of a command: when it runs, what it may print, and that no message shows it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from kit_http.tokens import TokenCommand, TokenCommandError

SECRET = "s3cr3t-t0ken"


def counting(folder: Path, output: str) -> str:
    """Return a command that prints the output with the number of its runs instead of N."""
    script = folder / "token.sh"
    lines = [f"echo x >> {folder}/runs", f"n=$(wc -l < {folder}/runs)", f"printf '%s' '{output}' | sed s/N/$((n))/"]
    script.write_text("\n".join(lines))
    return f"sh {script}"


def runs(folder: Path) -> int:
    return len((folder / "runs").read_text().splitlines())


def test_command_runs_once_until_the_server_refuses_the_token(tmp_path: Path) -> None:
    command = TokenCommand(counting(tmp_path, "token-N"))
    assert [command.token() for _ in range(3)] == ["token-1"] * 3
    assert command.renew("token-1")
    assert command.token() == "token-2"
    assert command.renew("token-1"), "another thread has renewed it"
    assert runs(tmp_path) == 2


def test_command_does_not_run_again_while_new_tokens_are_refused(tmp_path: Path) -> None:
    command = TokenCommand(counting(tmp_path, "token-N"))
    command.renew(command.token())
    assert not command.renew(command.token())
    command.note_accepted()
    assert command.renew(command.token())
    assert runs(tmp_path) == 3


def jwt(expiry: int) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": expiry}).encode()).decode().rstrip("=")
    return f"h.{claims}.s"


@pytest.mark.parametrize("output", ['{"access_token": "token-N", "expires_in": 100}', jwt(1100)])
def test_token_is_renewed_before_it_expires(output: str, tmp_path: Path) -> None:
    clock = [1000.0]
    command = TokenCommand(counting(tmp_path, output), now=lambda: clock[0])
    command.token()
    clock[0] = 1060.0
    command.token()
    assert runs(tmp_path) == 1
    clock[0] = 1075.0
    command.token()
    assert runs(tmp_path) == 2


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (f"echo {SECRET}; exit 3", "failed with exit code 3"),
        ("true", "the output is not a token"),
        (f"echo {SECRET} two words", "the output is not a token"),
        (f'echo \'{{"token": "{SECRET}"}}\'', "the output is not a token"),
    ],
)
def test_command_without_a_token_is_an_error_that_shows_no_output(command: str, message: str) -> None:
    with pytest.raises(TokenCommandError, match=message) as failed:
        TokenCommand(command).token()
    assert SECRET not in str(failed.value)
