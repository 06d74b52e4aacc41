"""The door that stands before Flask where the mock is served: RSGI, granian's own interface.

It answers the operation itself, which costs a fifth of what Flask's machinery does, and holds no thread while a
client is slow to send or an answer is held back. Everything else it hands to Flask, in a thread.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mock_server.http.faults import pieces
from mock_server.http.messages import Answer, Call, gather
from mock_server.respond.journal import MAX_FOLLOWERS
from mock_server.respond.service import ChatService
from mock_server.server.flask_bridge import environ_of, run

_LARGE = 64 * 1024
"""A larger body is read and judged in a thread, so that nobody waits for it."""
_MOST_ELSEWHERE = 1024 * 1024 + 1
_THROWN_AWAY = 64 * 1024 * 1024
"""How much of a body that is too large is still read: a client that is busy sending sees no answer, only a reset."""
_THREADS = 8
_PATIENT_THREADS = 64
_SECONDS_TO_LEAVE = 0.1
_App = Callable[..., Iterable[bytes]]
_FAILED = b'{"detail":"Internal Server Error"}'


class BrokenOffError(ConnectionAbortedError):
    """Raised where a fault asks for a connection that breaks: the server closes it."""


class Front:
    """An RSGI application. ``service`` decides; ``make_app`` makes the Flask application with the same service.

    Flask takes longer to load than all the rest, and the operation does not need it: it is made in a thread, and only
    who asks for something else while the mock starts has to wait for it.
    """

    def __init__(self, service: ChatService, make_app: Callable[[], _App]) -> None:
        snapshot = service.snapshot
        self._service = service
        self._method = snapshot.method
        self._route = snapshot.route
        self._most = snapshot.options.max_body
        # Who waits for another service needs a thread of its own meanwhile.
        self._threads = ThreadPoolExecutor(_THREADS if service.relay is None else _PATIENT_THREADS, "flask")
        self._app = self._threads.submit(make_app)
        # Followers wait in threads of their own, so that they never keep anyone else waiting.
        self._waiting = ThreadPoolExecutor(MAX_FOLLOWERS + 1, "follower")

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown()
        self._waiting.shutdown()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        headers = gather(scope.headers.items())
        if scope.path == self._route and scope.method == self._method:
            await self._answer(headers, protocol)
        else:
            await self._hand_on(scope, headers, protocol)

    async def _answer(self, headers: dict[str, str], protocol: Any) -> None:
        body, cut_short, too_large = await read(headers, protocol, self._most)
        call = Call(headers, b"" if too_large else body, too_large, cut_short)
        try:
            answer = (
                await self._in_thread(self._service.answer, call)
                if len(body) > _LARGE or self._service.relay is not None
                else self._service.answer(call)
            )
        except Exception:  # noqa: BLE001 - whatever it was, it is shown, and the client gets an answer
            traceback.print_exc(file=sys.stderr)
            answer = Answer(500, _FAILED)
        if answer.delay:
            await asyncio.sleep(answer.delay)
        await send(answer, protocol)

    async def _hand_on(self, scope: Any, headers: dict[str, str], protocol: Any) -> None:
        body, _, _ = await read(headers, protocol, _MOST_ELSEWHERE)
        app = await asyncio.wrap_future(self._app)
        ran = await self._in_thread(run, app, environ_of(scope, headers, body))
        if ran.body is not None:
            protocol.response_bytes(ran.status, ran.headers, ran.body)
            return
        transport = protocol.response_stream(ran.status, ran.headers)
        loop = asyncio.get_running_loop()
        try:
            while (chunk := await loop.run_in_executor(self._waiting, next, ran.rest, None)) is not None:
                await transport.send_bytes(chunk)
        finally:
            await self._in_thread(ran.close)

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


async def read(headers: dict[str, str], protocol: Any, most: int) -> tuple[bytes, bool, bool]:
    """Return at most ``most`` bytes of the body, whether it ended early, and whether there was more."""
    announced = headers.get("content-length", "")
    length = int(announced) if announced.isdecimal() and len(announced) < 20 else None
    if length is None and "transfer-encoding" not in headers:
        return b"", False, False
    if length is not None and length <= min(most, _LARGE):
        try:
            body: bytes = await protocol()
        except RuntimeError:
            # The client went away in the middle, and what it had sent is gone with it.
            return b"", True, False
        return body, len(body) < length, False
    chunks: list[bytes] = []
    got = 0
    async for chunk in protocol:
        got += len(chunk)
        if got <= most:
            chunks.append(chunk)
        elif got > most + _THROWN_AWAY:
            break
    return b"".join(chunks), length is not None and got < length, got > most


async def send(answer: Answer, protocol: Any) -> None:
    """Send an answer, spoilt if it is to be."""
    headers = [(name.lower(), value) for name, value in answer.headers]
    if answer.fault is None:
        if answer.body:
            protocol.response_bytes(answer.status, [("content-type", answer.media_type), *headers], answer.body)
        else:
            protocol.response_empty(answer.status, headers)
        return
    length = str(max(1, len(answer.body)))
    headers = [("content-type", answer.media_type), ("content-length", length), *headers]
    transport = protocol.response_stream(answer.status, headers)
    for piece in pieces(answer):
        if piece is None:
            # What was sent must be on its way: granian would else make a whole answer of it, with nothing in it.
            await asyncio.sleep(_SECONDS_TO_LEAVE)
            raise BrokenOffError("as a fault asked for")
        chunk, pause = piece
        if pause:
            await asyncio.sleep(pause)
        await transport.send_bytes(chunk)
