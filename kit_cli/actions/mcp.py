"""The work of ``chat-contract mcp``: the tools, in the terms of the Model Context Protocol."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import Field, ValidationError

from chat_contract.errors import KitError, without_credentials
from chat_contract.version import __version__
from chat_verifier.run.stop import Interruption, Stop
from kit_cli.mcp_tools.bounds import Bounds, shortened
from kit_cli.mcp_tools.judging import MOST_REQUESTS, compare_documents, explain, verify
from kit_cli.mcp_tools.mock import MOST_ENTRIES, MockHandle
from kit_cli.mcp_tools.results import (
    Comparison,
    Explanation,
    Journal,
    MockAddress,
    RulesInForce,
    Stopped,
    Verification,
)

_INSTRUCTIONS = (
    "The contract of POST /chat. Start a mock for a client, set its replies and failures, and read which requests "
    "violate the contract. Verify a server, compare two OpenAPI documents, and explain each finding by its id."
)
_Result = TypeVar("_Result")


def serve(allowed: tuple[str, ...]) -> None:
    """Serve the tools on standard input and output until the client disconnects."""
    anyio.run(_serve_stdio, build_server(allowed, Path.cwd()))


def build_server(allowed: tuple[str, ...], folder: Path) -> MCPServer[None]:
    """Return the server. The tools read only files below ``folder``.

    ``allowed`` are the hosts besides this machine that they may send requests to.
    """
    bounds = Bounds(allowed, folder)
    mock, stop = MockHandle(bounds), Stop()

    @asynccontextmanager
    async def lifespan(_: MCPServer[None]) -> AsyncIterator[None]:
        try:
            yield
        finally:
            stop.set(Interruption.SIGTERM)
            mock.stop()

    server: MCPServer[None] = MCPServer(
        "chat-contract", version=__version__, instructions=_INSTRUCTIONS, lifespan=lifespan, log_level="WARNING"
    )
    _add_mock_tools(server, mock)
    _add_judging_tools(server, bounds, stop)
    return server


@contextmanager
def _errors_for_the_client() -> Iterator[None]:
    try:
        yield
    except KitError as error:
        raise ToolError(shortened(without_credentials(str(error)))) from None


async def _in_thread(work: Callable[[], _Result]) -> _Result:
    """Run the work outside of the event loop; if the client disconnects, the loop does not wait for it."""
    with _errors_for_the_client():
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)


def _add_mock_tools(server: MCPServer[None], mock: MockHandle) -> None:
    @server.tool()
    async def start_mock(
        fixtures: Annotated[str | None, Field(description="Folder of fixtures, instead of the bundled one.")] = None,
        latitude: Annotated[
            Literal["documented", "fastapi", "forbid"],
            Field(description="How the mock handles unspecified behaviour."),
        ] = "documented",
        seed: int = 0,
    ) -> MockAddress:
        """Start a mock of the service on a free port of this machine. It stops with this server."""
        return await _in_thread(lambda: mock.start(fixtures, ("--latitude", latitude, "--seed", str(seed))))

    @server.tool()
    async def stop_mock() -> Stopped:
        """Stop the mock."""
        return await _in_thread(mock.stop)

    @server.tool()
    async def set_rules(
        rules: Annotated[
            list[dict[str, Any]],
            Field(description='Rules such as {"code": 503, "times": 2} or {"delay": "2s"}. An empty list deletes all.'),
        ],
    ) -> RulesInForce:
        """Replace the rules of the mock, which change its responses. The error of an invalid rule lists the keys."""
        return await _in_thread(lambda: mock.set_rules(rules))

    @server.tool()
    async def read_journal(
        last: Annotated[int, Field(ge=1, le=MOST_ENTRIES)] = 20,
        verdict: Literal["valid", "invalid", "unknown"] | None = None,
        status: Annotated[str | None, Field(description="A status or a class: 422 or 4xx.")] = None,
        message: Annotated[str | None, Field(description="Text in the message.")] = None,
    ) -> Journal:
        """Read the last requests to the mock, with their responses and verdicts."""
        filters = _given({"verdict": verdict, "status": status, "message": message})
        return await _in_thread(lambda: mock.journal(last, filters))


def _given(filters: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value is not None}


def _add_judging_tools(server: MCPServer[None], bounds: Bounds, stop: Stop) -> None:
    @server.tool(name="verify")
    async def verify_server(
        base_url: Annotated[str, Field(description="The base URL, for example http://127.0.0.1:8000/v1.")],
        *,
        quick: Annotated[bool, Field(description="Send about 60 requests instead of 200.")] = True,
        seed: int = 0,
        max_requests: Annotated[int, Field(ge=1, le=MOST_REQUESTS)] = 250,
    ) -> Verification:
        """Verify a server against the contract. Hosts other than this machine need --allow-host."""
        return await _in_thread(
            lambda: verify(base_url, quick=quick, seed=seed, max_requests=max_requests, bounds=bounds, stop=stop)
        )

    @server.tool()
    async def diff(
        base: Annotated[str, Field(description="The document before the change: a file, git:REF:PATH or a URL.")],
        revision: Annotated[str, Field(description="The document after the change.")],
        *,
        strict: Annotated[
            bool, Field(description="Treat changes that cannot be proved compatible as breaking.")
        ] = False,
    ) -> Comparison:
        """Find the changes between two OpenAPI documents that break clients, with proofs."""
        return await _in_thread(lambda: compare_documents(base, revision, strict=strict, bounds=bounds))

    @server.tool(name="explain")
    async def explain_id(
        id: Annotated[str, Field(description="Id of a clause or a rule, from a finding.")],  # noqa: A002 - its name
    ) -> Explanation:
        """Explain a clause of the contract or a rule of the gate: what it means, why, and how to fix it."""
        return await _in_thread(lambda: explain(id))


async def _serve_stdio(server: MCPServer[None]) -> None:
    """Serve until the client closes standard input.

    A message that cannot be read gets an error. The SDK only logs it, and its client would wait for a response.
    """
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
    """Return the message, if an error of the validator contains it: errors about a wrong member contain only that."""
    return next((one for one in inputs if isinstance(one, dict) and {"jsonrpc", "id"} & set(one)), {})


def _object_in(text: Any) -> Mapping[str, Any]:
    """Return the message if Python's JSON parser accepts it, for example with lone surrogates."""
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
