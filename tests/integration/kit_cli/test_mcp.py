"""``chat-contract mcp`` offers the kit as tools: tested with the client of the protocol's Python SDK."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import jsonrpc_message_adapter
from pydantic import ValidationError

from kit_cli.actions.mcp import build_server, error_for
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE, wait_until

CONTRACT = ROOT / "openapi" / "chat.yaml"


def with_client(work: Callable[[Client], Awaitable[None]], folder: Path = ROOT) -> None:
    """Run the work with a client that is connected to the server in this process."""

    async def connected() -> None:
        with anyio.fail_after(PATIENCE):
            async with Client(build_server((), folder)) as client:
                await work(client)

    anyio.run(connected)


async def result_of(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def error_of(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return str(getattr(result.content[0], "text", ""))


def test_every_tool_has_a_description_and_a_typed_result() -> None:
    async def work(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == {
            *("start_mock", "stop_mock", "set_rules", "read_journal", "verify", "diff", "explain"),
        }
        assert [tool.name for tool in tools if not tool.description or not tool.output_schema] == []

    with_client(work)


def test_mock_is_steered_read_and_verified() -> None:
    async def work(client: Client) -> None:
        url = (await result_of(client, "start_mock"))["url"]
        assert "a mock already runs at" in await error_of(client, "start_mock")
        assert await result_of(client, "set_rules", rules=[{"code": 503, "times": 1}]) == {"rules": 1}
        statuses = [_post(url, body) for body in ('{"message": "a desk"}', '{"message": 5}')]
        assert statuses == [503, 422]
        journal = await result_of(client, "read_journal", verdict="invalid")
        assert [(entry["status"], entry["errors"][0][:8]) for entry in journal["entries"]] == [(422, "/message")]
        verified = await result_of(client, "verify", base_url=url)
        assert (verified["verdict"], verified["violations"]) == ("conforms", [])
        assert await result_of(client, "stop_mock") == {"stopped": True}
        assert await result_of(client, "stop_mock") == {"stopped": False}

    with_client(work)


def _post(url: str, body: str) -> int:
    headers = {"Content-Type": "application/json"}
    return httpx.post(f"{url}/chat", content=body, headers=headers, timeout=PATIENCE, trust_env=False).status_code


def test_diff_returns_the_proof_of_a_breaking_change(tmp_path: Path) -> None:
    base, revision = tmp_path / "base.yaml", tmp_path / "revision.yaml"
    base.write_text(CONTRACT.read_text("utf-8"), "utf-8")
    revision.write_text(
        CONTRACT.read_text("utf-8").replace("required: [message]", "required: [message, user_id]"), "utf-8"
    )

    async def work(client: Client) -> None:
        compared = await result_of(client, "diff", base=str(base), revision=str(revision))
        [finding] = compared["findings"]
        assert (compared["verdict"], finding["rule"]) == ("breaking", "request-property-became-required")
        assert finding["proof"]["allowed_by"] == "base"
        explained = await result_of(client, "explain", id=finding["rule"])
        assert finding["hint"] in explained["text"]

    with_client(work, tmp_path)


@pytest.mark.parametrize(
    ("tool", "arguments", "problem"),
    [
        ("verify", {"base_url": "https://staging.example.com/v1"}, "--allow-host staging.example.com"),
        ("verify", {"base_url": "http://127.0.0.1:1/v1"}, "127.0.0.1:1"),
        ("verify", {"base_url": "no url"}, "no url"),
        ("explain", {"id": "limit.unknown"}, 'unknown clause or rule "limit.unknown"'),
        ("diff", {"base": "missing.yaml", "revision": str(CONTRACT)}, "missing.yaml"),
        ("diff", {"base": "https://example.com/a.yaml", "revision": str(CONTRACT)}, "--allow-host example.com"),
        ("diff", {"base": "http://[::1", "revision": str(CONTRACT)}, 'invalid URL "http://[::1"'),
        ("diff", {"base": "file:///etc/passwd", "revision": str(CONTRACT)}, "Expected http or https"),
        ("diff", {"base": "-", "revision": str(CONTRACT)}, "standard input"),
        ("set_rules", {"rules": []}, "start_mock"),
        ("read_journal", {"last": 1000}, "last"),
        ("start_mock", {"fixtures": "missing"}, "missing"),
        ("start_mock", {"fixtures": "a\0b"}, "invalid file name"),
    ],
)
def test_a_tool_that_cannot_work_says_why(tool: str, arguments: dict[str, Any], problem: str) -> None:
    async def work(client: Client) -> None:
        assert problem in await error_of(client, tool, **arguments)

    with_client(work)


@pytest.mark.parametrize("name", ["/etc/hostname", "../secret.yaml", "inside/../../secret.yaml", "link.yaml", "link/x"])
def test_tools_read_no_file_outside_the_folder_of_the_server(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "project"
    (folder / "inside").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_text("secret: of someone else", "utf-8")
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "link").symlink_to(tmp_path)
    path = name if name.startswith("/") else str(folder / name)

    async def work(client: Client) -> None:
        for tool, arguments in (
            ("diff", {"base": path, "revision": path}),
            ("start_mock", {"fixtures": path}),
        ):
            error = await error_of(client, tool, **arguments)
            assert f'the tools may not read "{path}"' in error
            assert "of someone else" not in error

    with_client(work, folder)


@pytest.mark.parametrize("path", ["other/secret.yaml", "../other/secret.yaml", "project/../other/secret.yaml"])
def test_tools_read_no_revision_of_a_file_outside_the_folder_of_the_server(tmp_path: Path, path: str) -> None:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "project"
    folder.mkdir()

    async def work(client: Client) -> None:
        name = f"git:HEAD:{path}"
        assert f'the tools may not read "{name}"' in await error_of(client, "diff", base=name, revision=name)
        # A file in the folder is not found; it may be read.
        inside = "git:HEAD:project/a.yaml"
        assert "may not read" not in await error_of(client, "diff", base=inside, revision=inside)

    with_client(work, folder)


def test_references_do_not_leave_the_folder_of_the_server(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text("enum: [of-someone-else]", "utf-8")
    text = CONTRACT.read_text("utf-8")
    leak = "        leak: {$ref: ../secret.yaml}\n        user_id:\n"
    (folder / "a.yaml").write_text(text, "utf-8")
    (folder / "b.yaml").write_text(text.replace("        user_id:\n", leak, 1), "utf-8")

    async def work(client: Client) -> None:
        error = await error_of(client, "diff", base=str(folder / "a.yaml"), revision=str(folder / "b.yaml"))
        assert "../secret.yaml" in error
        assert "of-someone-else" not in error

    with_client(work, folder)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"jsonrpc": "2.0", "id": 7, "method": "a", "params": {"b": "\\ud800"}}', (7, -32700)),
        ('{"jsonrpc": "2.0", "id": "x", "method": 3}', ("x", -32600)),
        ("no JSON", (None, -32700)),
        ("[" * 100_000, (None, -32700)),
        ('{"id": 7, "result": {}}', None),
        (" ", None),
    ],
)
def test_message_that_cannot_be_read_gets_an_error(line: str, expected: tuple[object, int] | None) -> None:
    with pytest.raises(ValidationError) as raised:
        jsonrpc_message_adapter.validate_json(line, by_name=False)
    error = error_for(raised.value)
    assert (None if error is None else (error.id, error.error.code)) == expected


def test_server_answers_after_a_message_with_a_lone_surrogate() -> None:
    lines = ['{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"a": "\\ud800"}}', '{"id": 2}']
    ended = subprocess.run(
        [sys.executable, "-m", "kit_cli", "mcp"],
        input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert [json.loads(line)["id"] for line in ended.stdout.splitlines()] == [1, 2]


@pytest.mark.parametrize(
    "name", ["a" * 100_000, "a/" * 50_000, "x://localhost/" + "a" * 100_000, "git:" + "a" * 100_000]
)
def test_errors_do_not_repeat_long_names(name: str) -> None:
    async def work(client: Client) -> None:
        assert len(await error_of(client, "diff", base=name, revision=str(CONTRACT))) < 3_000

    with_client(work)


def test_invalid_rule_returns_the_error_of_the_mock() -> None:
    async def work(client: Client) -> None:
        await result_of(client, "start_mock")
        assert "cod" in await error_of(client, "set_rules", rules=[{"cod": 503}])
        assert "JSON in UTF-8 cannot express" in await error_of(client, "set_rules", rules=[{"text": "\ud800"}])

    with_client(work)


def test_mock_ends_when_the_client_disconnects() -> None:
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "kit_cli", "mcp"], cwd=ROOT)

    async def connected() -> str:
        with anyio.fail_after(PATIENCE):
            async with Client(parameters) as client:
                url = (await result_of(client, "start_mock"))["url"]
                assert _post(url, '{"message": "a desk"}') == 200
                return str(url)

    url = anyio.run(connected)
    wait_until(lambda: not _answers(url))


def _answers(url: str) -> bool:
    try:
        _post(url, "{}")
    except httpx.TransportError:
        return False
    return True
