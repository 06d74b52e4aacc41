"""Serves the mock as an ASGI application: the operation in the event loop, everything else through Flask in threads.

In the event loop, the operation costs a fraction of what it costs through Flask. It occupies no thread while a client
sends slowly or a response is delayed.
"""

from __future__ import annotations

import asyncio
import gc
import traceback
from collections.abc import Awaitable, Callable, Mapping
from sys import intern
from typing import TYPE_CHECKING, Any

from mock_server.http.bodies import Body, BodyReader, announced_length
from mock_server.http.faults import Ending, delivery_of
from mock_server.http.messages import Answer, Call, Pairs, gather, head_of
from mock_server.respond.service import ChatService, Kept
from mock_server.respond.space import Space
from mock_server.server.flask_bridge import environ_of, run
from mock_server.server.limits import DEFAULT, Load, OverloadError, ServerLimits, Share
from mock_server.server.threads import Threads

if TYPE_CHECKING:
    from flask import Flask

    from mock_server.server.protocol import Protocol

_LARGE = 64 * 1024
"""A larger body is validated in a thread, so that other requests need not wait."""
_HUGE = 1024 * 1024
"""Larger bodies are validated one after the other: each takes seconds, and hundreds of megabytes."""
_MAX_BODY_ELSEWHERE = 1024 * 1024
_COPIES_OF_A_HEAD = 3
"""A head in memory: as bytes, as texts, and the objects around them."""
_THREADS = 8
_FAILED = Answer(500, b'{"detail":"Internal Server Error"}')

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class MockApp:
    """The mock. ``service`` decides on requests to the operation; Flask starts with the first request for the rest."""

    def __init__(self, service: ChatService, limits: ServerLimits = DEFAULT) -> None:
        self._service = service
        self._load = Load(limits)
        # A reload changes neither the route nor the options.
        self._first = service.snapshot
        self._operations = Threads(_THREADS, "operation")
        self._huge = Threads(1, "huge")
        self._threads = Threads(_THREADS, "flask")
        self._followers = Threads(self._first.options.max_followers + 1, "follower")
        self._flask: asyncio.Future[Flask] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        headers = headers_of(scope)
        share: Share | None = None
        try:
            share = self._load.enter()
            is_operation = scope["method"] == self._first.method
            space = self._service.space_of(scope["path"], headers, client_of(scope)) if is_operation else None
            if space is not None:
                await self._operation(space, scope, headers, receive, send, share=share)
            else:
                await self._elsewhere(scope, headers, receive, send, share)
        except OverloadError as error:
            answer = error.answer
            await scope["extensions"]["connection"].respond(
                answer.status, head_of(answer), answer.body, keep_alive=False
            )
        except Exception:  # noqa: BLE001 - the client gets a response, and the user sees the traceback
            traceback.print_exc()
            await scope["extensions"]["connection"].respond(500, head_of(_FAILED), _FAILED.body)
        finally:
            if share is not None:
                share.leave()

    async def _operation(
        self, space: Space, scope: Scope, headers: dict[str, str], receive: Receive, send: Send, *, share: Share
    ) -> None:
        connection: Protocol = scope["extensions"]["connection"]
        body = await read(scope, headers, receive, self._first.options.max_body, share)
        call = Call(headers, body.data, body.too_large, body.cut_short, client_of(scope))
        respond = self._service.respond
        size = len(body.data)
        if size <= _LARGE:
            responded = respond(call, space)
        else:
            share.hold(size)
            pool = self._operations if size <= _HUGE else self._huge
            responded = await pool.run(respond, call, space)
        # A delayed response must not keep the body.
        del body, call
        in_thread = None if size <= _LARGE else self._operations.run
        answer, entry = responded if isinstance(responded, tuple) else await responded(in_thread)
        del responded
        connection.on_client_left = entry.note_client_left
        if answer.delay:
            share.hold(len(answer.body) + entry.size)
        if connection.lost:
            entry.note_client_left()
        elif answer.delay and await _client_left(receive, answer.delay):
            return
        elif answer.fault is None:
            await connection.respond(answer.status, head_of(answer), answer.body)
        else:
            await self._deliver(answer, entry, connection, receive, send)

    async def _deliver(self, answer: Answer, entry: Kept, connection: Protocol, receive: Receive, send: Send) -> None:
        delivery = delivery_of(answer)
        if delivery.has_head:
            await send(_start(answer.status, head_of(answer)))
        for pause, piece in delivery.pieces():
            await asyncio.sleep(pause)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if delivery.ending is Ending.HANG and await _client_left(receive, self._first.options.max_hang, connection):
            entry.note_client_left()
        match delivery.ending:
            case Ending.COMPLETE:
                await send({"type": "http.response.body"})
            case Ending.RESET:
                connection.reset()
            case Ending.CLOSE | Ending.HANG:
                connection.close()

    async def _elsewhere(
        self, scope: Scope, headers: dict[str, str], receive: Receive, send: Send, share: Share
    ) -> None:
        connection: Protocol = scope["extensions"]["connection"]
        body = await read(scope, headers, receive, _MAX_BODY_ELSEWHERE, share)
        app = await self._flask_app()
        ran = await self._threads.run(run, app, environ_of(scope, headers, body))
        if ran.rest is None:
            await connection.respond(ran.status, ran.headers, ran.body)
            return
        try:
            await send(_start(ran.status, ran.headers))
            chunk: bytes | None = ran.body
            while chunk is not None and not connection.lost:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                chunk = await self._followers.run(next, ran.rest, None)
            await send({"type": "http.response.body"})
        finally:
            ran.close()

    async def _flask_app(self) -> Flask:
        if self._flask is None or (self._flask.done() and self._flask.exception() is not None):
            self._flask = asyncio.ensure_future(self._threads.run(_make_flask, self._service))
        return await asyncio.shield(self._flask)


def _make_flask(service: ChatService) -> Flask:
    from mock_server.app import create_app  # noqa: PLC0415 - slow to import, and the operation does not need it
    from mock_server.control.background import judge_in_background  # noqa: PLC0415 - as above

    app = create_app(service=service)
    if service.judges_ahead:
        judge_in_background(service)
    gc.freeze()
    return app


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers of a request by lower-case name."""
    headers = {intern(name.decode("latin-1")): value.decode("latin-1") for name, value in scope["headers"]}
    return headers if len(headers) == len(scope["headers"]) else gather(pairs_of(scope))


def client_of(scope: Scope) -> str | None:
    """Return the client's address."""
    client = scope["client"]
    return None if client is None else client[0]


def pairs_of(scope: Scope) -> list[tuple[str, str]]:
    """Return the headers of a request in their order."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]


async def read(
    scope: Scope, headers: Mapping[str, str], receive: Receive, limit: int, share: Share | None = None
) -> Body:
    """Read the body of a request up to a limit. ``share`` counts what is kept of it."""
    length = announced_length(headers.get("content-length"))
    message = await receive()
    if message["type"] == "http.request" and not message["more_body"] and length == len(message["body"]) <= limit:
        # The usual case: all of it arrived with the headers.
        return Body(message["body"])
    reader = BodyReader(limit, length)
    head = _COPIES_OF_A_HEAD * sum(len(name) + len(value) for name, value in scope["headers"])
    while True:
        ended = message["type"] == "http.request" and not message["more_body"]
        more = reader.feed(message.get("body", b""))
        if share is not None:
            share.hold(head + reader.kept)
        if ended or not more or message["type"] == "http.disconnect" or scope["extensions"]["connection"].at_eof:
            return reader.body(ended=ended)
        message = await receive()


def _start(status: int, headers: Pairs) -> Mapping[str, Any]:
    encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    return {"type": "http.response.start", "status": status, "headers": encoded}


async def _client_left(receive: Receive, seconds: float, connection: Protocol | None = None) -> bool:
    """Wait, and return whether the client left meanwhile; with a connection, closing one side counts as leaving."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect" and not (connection and connection.at_eof):
                pass
    except TimeoutError:
        return False
    return True
