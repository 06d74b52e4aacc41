"""Calls an ASGI application in this process, without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass
class FakeConnection:
    """Stands for the connection; ``ending`` is what the application did to it."""

    at_eof: bool = False
    lost: bool = False
    ending: str = ""
    on_client_left: Callable[[], None] | None = None
    responded: tuple[int, list[tuple[str, str]], bytes] | None = None

    async def respond(
        self, status: int, headers: Iterable[tuple[str, str]], body: bytes, *, keep_alive: bool = True
    ) -> None:
        self.responded = status, list(headers), body

    def close(self) -> None:
        self.ending = "closed"

    def reset(self) -> None:
        self.ending = "reset"


@dataclass
class AsgiResponse:
    """A response as far as the application sent it; ``connection`` is the connection that it was sent on."""

    connection: FakeConnection = field(default_factory=FakeConnection)
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    complete: bool = False

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


App = Callable[[Mapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


def call(
    app: App,
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | Sequence[bytes] = b"",
    *,
    leaves: bool = False,
) -> AsgiResponse:
    """Send a request in one or several pieces. With ``leaves``, the client then leaves without waiting."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    path, _, query = target.partition("?")
    lengths = {"content-length": str(sum(map(len, pieces)))} if pieces != [b""] else {}
    sent = {"host": "localhost", **lengths, **{name.lower(): value for name, value in (headers or {}).items()}}
    response = AsgiResponse()
    scope = {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()],
        "server": ("127.0.0.1", 4010),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "http_version": "1.1",
        "extensions": {"connection": response.connection},
    }
    messages = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]

    async def receive() -> Any:
        if messages:
            return messages.pop(0)
        if not leaves:
            await asyncio.sleep(3600)
        response.connection.lost = True
        if response.connection.on_client_left is not None:
            response.connection.on_client_left()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            response.status = message["status"]
            response.headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            response.body += message.get("body", b"")
            response.complete = not message.get("more_body", False)

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    if response.connection.responded is not None:
        response.status, response.headers, response.body = response.connection.responded
        response.complete = True
    return response
