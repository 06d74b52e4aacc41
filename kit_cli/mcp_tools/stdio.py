"""The transport of ``chat-contract mcp``: standard input and output, with an error for each message that is invalid.

The SDK only logs such a message, and its client would wait for a response.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import anyio
from mcp.server import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError


async def serve_stdio(server: MCPServer[None]) -> None:
    """Serve until the client closes standard input."""
    low = server._lowlevel_server  # noqa: SLF001 - the SDK has no other way to replace the streams of stdio
    async with stdio_server() as (received, sent):
        accepted, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)

        async def answer_invalid() -> None:
            async with accepted:
                async for item in received:
                    if not isinstance(item, Exception):
                        await accepted.send(item)
                    elif (error := error_for(item)) is not None:
                        await sent.send(SessionMessage(error))

        async def forward() -> None:
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                await answer_invalid()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(forward)
            await low.run(read, sent, low.create_initialization_options())
            tasks.cancel_scope.cancel()


def error_for(problem: Exception) -> JSONRPCError | None:
    """Return the error for a message that cannot be read; None for a blank line, or an invalid response."""
    if not isinstance(problem, ValidationError):
        return None
    errors = problem.errors(include_url=False)
    is_json = errors[0]["type"] != "json_invalid"
    if not is_json and not errors[0]["input"].strip():
        return None
    message = _message_in(error["input"] for error in errors) if is_json else _object_in(errors[0]["input"])
    if "method" not in message and {"result", "error"} & set(message):
        return None
    text = "Invalid request: expected a JSON-RPC 2.0 message." if is_json else "Invalid JSON: expected UTF-8 text."
    error = ErrorData(code=INVALID_REQUEST if is_json else PARSE_ERROR, message=text)
    return JSONRPCError(jsonrpc="2.0", id=_id_in(message), error=error)


def _message_in(inputs: Iterable[Any]) -> Mapping[str, Any]:
    """Return the message: the validator reports it where it lacks a member, and otherwise only the member."""
    return next((one for one in inputs if isinstance(one, dict) and {"jsonrpc", "id"} & set(one)), {})


def _object_in(text: Any) -> Mapping[str, Any]:
    """Return the message if it is JSON of Python, which has lone surrogates, for example."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _id_in(message: Mapping[str, Any]) -> int | str | None:
    found = message.get("id")
    if isinstance(found, str):
        return found if found.isprintable() and found.isascii() else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None
