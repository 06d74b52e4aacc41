"""``--token-command`` of verify, parity and record: the token is sent, and no output contains it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kit_cli.main import cli
from kit_http.tokens import TokenCommand
from mock_server.respond.upstream import Upstream
from tests.support.small_servers import Seen, Small, answering

SECRETS = ("first-s3cr3t-token", "second-s3cr3t-token")


@pytest.fixture
def command(tmp_path: Path) -> str:
    """Return a command that prints the first secret, and the second one when it runs again."""
    return f"if [ -f {tmp_path}/ran ]; then echo {SECRETS[1]}; else touch {tmp_path}/ran; echo {SECRETS[0]}; fi"


def reply(seen: Seen) -> tuple[int, dict[str, str], bytes]:
    """Refuse the first secret, and echo the credential in every reply."""
    credential = seen[2].get("Authorization", "")
    if credential == f"Bearer {SECRETS[0]}":
        return 401, {}, b"{}"
    body = {"conversation_id": "c", "message": f"You sent {credential}", "items": 5}
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def credentials(server: Small) -> list[str]:
    return [seen[2].get("Authorization", "") for seen in server.seen]


def test_verify_renews_the_token_and_hides_both(command: str, tmp_path: Path) -> None:
    reports = [part for name in ("text", "json", "sh") for part in ("--report", f"{name}={tmp_path / name}")]
    with answering(reply) as server:
        arguments = ["verify", server.url, "--token-command", command, "--max-requests", "8", "-v", *reports]
        result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 1, result.output
    assert credentials(server)[:3] == [f"Bearer {SECRETS[0]}", f"Bearer {SECRETS[1]}", f"Bearer {SECRETS[1]}"]
    written = result.output + "".join((tmp_path / name).read_text() for name in ("text", "json", "sh"))
    assert not any(secret in written for secret in SECRETS)
    assert "${CHAT_API_KEY}" in written


def test_failing_command_exits_with_two(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        cli, ["verify", "http://127.0.0.1:1/v1", "--token-command", f"echo {SECRETS[0]}; false"]
    )
    assert result.exit_code == 2
    assert "cannot verify: --token-command: the command failed with exit code 1." in result.stderr
    assert SECRETS[0] not in result.output
    checkpoint = ["--resume", str(tmp_path / "c")]
    result = CliRunner().invoke(cli, ["verify", "http://127.0.0.1:1/v1", "--token-command", "true", *checkpoint])
    assert "--resume cannot be combined with --token-command" in result.stderr


def test_parity_sends_each_server_its_token() -> None:
    with answering(reply) as one, answering(reply) as other:
        options = ["--token-command-a", f"echo {SECRETS[1]}", "--token-command-b", "echo third-s3cr3t-token"]
        result = CliRunner().invoke(cli, ["parity", one.url, other.url, *options, "--max-requests", "4"])
    assert result.exit_code in {0, 1}, result.output
    assert set(credentials(one)) == {f"Bearer {SECRETS[1]}"}
    assert set(credentials(other)) == {"Bearer third-s3cr3t-token"}
    assert "s3cr3t" not in result.output


def test_recorder_sends_the_request_again_with_a_new_token(command: str) -> None:
    async def send(url: str) -> int:
        upstream = Upstream(url, tokens=TokenCommand(command))
        async with upstream.send("POST", "/chat", (("Authorization", "Bearer of-the-client"),), b"{}") as answered:
            status = answered.status
        await upstream.close()
        return status

    with answering(reply) as server:
        assert asyncio.run(send(server.url)) == 200
    assert credentials(server) == [f"Bearer {SECRETS[0]}", f"Bearer {SECRETS[1]}"]
