"""uvicorn's HTTP protocol with limits on slow and large requests, JSON errors, and connections that can break."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Callable
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from mock_server.http.messages import JSON, Pairs, encode, head_of
from mock_server.server.heads import MAX_HEAD, head_size, host_fault, size_fault, without_upgrade
from mock_server.server.limits import DEFAULT, OverloadError, ServerLimits
from mock_server.server.queued import Queued
from mock_server.server.unread import Unread

MAX_PIPELINED = 100
"""Requests of a connection that wait for the response to an earlier one."""
MAX_QUEUED = 10 * 1024 * 1024
"""Bytes that such requests, and incomplete heads, of all connections may hold together."""

_LARGE_HEAD = 4096
"""A head that is longer counts while a part of it is missing."""
_PROGRESS = 16 * 1024
"""Bytes that a client must read in the time for writing, unless it reads everything."""
_SECONDS_TO_NOTICE = 0.05
"""After a response to a client that has closed its side: time for a reset to arrive."""
_SECONDS_BETWEEN_LOOKS = 5.0
"""How often the mock looks whether a client that has closed its side is still there."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

_SECONDS_OF_PROBES = 20
"""Over how many seconds the first probes of many connections are spread."""


class _Phase(Enum):
    IDLE = auto()
    HEAD = auto()
    BODY = auto()


class Protocol(HttpToolsProtocol):
    """One connection. Uses nothing of uvicorn's whose name begins with an underscore."""

    # Beyond 30 attributes in its dictionary, each instance would have one of its own: 1.5 KB a connection.
    __slots__ = (
        "_closes_after_response",
        "_current",
        "_ended_at",
        "_has_request",
        "_head_bytes",
        "_looked_at",
        "_phase",
        "_refusal",
        "_since",
        "_unread",
        "_written_at",
        "at_eof",
        "on_client_left",
    )

    idle_seconds = 75.0
    discard_seconds = 2.0
    """Time in which the rest of a refused request may arrive."""
    limits = DEFAULT
    unread = Unread(DEFAULT.unread_bytes)
    queued = Queued(MAX_QUEUED)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.at_eof = False
        """The client has closed its side. It may still read."""
        self.on_client_left: Callable[[], None] | None = None
        """Called if the client goes away before it has received the response."""
        self._current: RequestResponseCycle
        """The request that is being answered; uvicorn's ``cycle`` is the newest one."""
        self._phase = _Phase.IDLE
        self._has_request = False
        self._head_bytes = 0
        self._unread = 0
        self._refusal: tuple[int, str] | None = None
        self._closes_after_response = False
        self._ended_at: float | None = None
        """When the last response of the connection was sent, while the rest of its request is discarded."""
        self._since = self._written_at = self._looked_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """Start the connection, or refuse it if there are too many."""
        super().connection_made(transport)
        self._since = self._written_at = self.loop.time()
        if len(self.connections) > self.limits.connections:
            self._refuse(503, f"{self.limits.connections} connections are open, the maximum")

    def connection_lost(self, exc: Exception | None) -> None:
        """Report a client that left before the end of its response."""
        # A write fails at the latest when the client of a response has closed both of its sides.
        if self._unread or self._is_responding or (self.at_eof and exc is not None):
            self._report_client_left()
        self.unread.remove(self)
        self._abandon_response()
        self._drop_queue()
        super().connection_lost(exc)

    @property
    def lost(self) -> bool:
        """Whether nothing can be sent any more."""
        return self.transport.is_closing() or self._ended_at is not None

    @property
    def _is_responding(self) -> bool:
        return self._has_request and not self.cycle.response_complete

    @property
    def _may_have_left(self) -> bool:
        """Whether the client waits for a response and can disconnect unnoticed."""
        return self._is_responding and (self.at_eof or self.flow.read_paused)

    # Reading ---------------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, within the limits."""
        if self._closes_after_response or self._ended_at is not None or self.parser is None:
            return
        self._head_bytes += len(data)
        if self._phase is _Phase.IDLE and b"pgrade" in data:
            data = without_upgrade(data)
        super().data_received(data)
        fault = None if self._phase is _Phase.IDLE else size_fault(self._head_bytes, self.headers)
        if fault is not None:
            self._refuse(*fault)
        if (self.pipeline or self._has_large_half_head) and self._note_queue():
            self._refuse_queue()

    def on_message_begin(self) -> None:
        """Start the clock of a request."""
        super().on_message_begin()
        self.scope["extensions"] = {"connection": self}  # type: ignore[dict-item] # an extension of our own
        self._phase = _Phase.HEAD
        self._since = self.loop.time()

    def on_headers_complete(self) -> None:
        """Hand the request to the application unless its head breaks a rule."""
        # The bytes may include the next request.
        size = 0 if self._head_bytes <= MAX_HEAD else head_size(self.url, self.headers)
        version = self.parser.get_http_version()
        fault = size_fault(size, self.headers) or host_fault(self.url, self.headers, version)
        if fault is not None:
            self._fail(*fault)
        if self.parser.should_upgrade():
            self._fail(400, "The server does not upgrade connections")
        if len(self.pipeline) >= MAX_PIPELINED:
            self._fail(503, f"More than {MAX_PIPELINED} requests of this connection wait for a response")
        self._phase = _Phase.BODY
        if self in self.queued:
            self._note_queue()
        super().on_headers_complete()
        # Nobody reads the trailers of a chunked body.
        self.headers = []
        self._has_request = True
        if not self.pipeline:
            self._current = self.cycle
        elif len(self.pipeline) == 1:
            # Reading pauses, so the end of the client's data goes unnoticed.
            self._probe()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body. What arrives without one is framing or trailers, and counts as the head does."""
        self._head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop the clock of a request."""
        self._phase = _Phase.IDLE
        self._head_bytes = 0
        super().on_message_complete()

    def eof_received(self) -> bool | None:  # type: ignore[override] # uvicorn closes at once
        """Keep the connection open for a response in progress; its client may still read."""
        self.at_eof = True
        if not self._is_responding or self.scheme == "https":
            return None
        self._current.message_event.set()
        self._probe()
        return True

    def _probe(self) -> None:
        """Let the system find out whether the client is still there."""
        number = self.transport.get_extra_info("socket").fileno()
        with self._socket() as connection:
            for level, option, value in probes(number):
                connection.setsockopt(level, option, value)

    @property
    def _has_large_half_head(self) -> bool:
        return self._phase is _Phase.HEAD and self._head_bytes > _LARGE_HEAD

    def _note_queue(self) -> bool:
        """Note what waits, or has a large head to come, and return whether that of all connections is too much."""
        waiting = [(one.scope["headers"], len(one.body)) for one, _ in self.pipeline]
        if self._has_large_half_head:
            waiting.append((self.headers, self._head_bytes))
        return self.queued.note(self, waiting)

    def _refuse_queue(self) -> None:
        """End the connection after the response in progress, if there is one."""
        if self.pipeline:
            self._drop_queue()
        self._refuse(503, "Incomplete and waiting requests hold the maximum number of bytes. Try again later")
        self._phase = _Phase.IDLE
        self._note_queue()

    def _drop_queue(self) -> None:
        """Drop the requests that wait for the response to an earlier one."""
        if self.pipeline:
            self.pipeline.clear()
            self.cycle = self._current
        self._note_queue()

    # Refusing --------------------------------------------------------------------------------------------------------

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Refuse what the parser, or a rule of ours, rejects."""
        self._refuse(*(self._refusal or (400, "Invalid HTTP request")))

    def _fail(self, status: int, detail: str) -> None:
        """End parsing; uvicorn then calls :meth:`send_400_response`."""
        self._refusal = status, detail
        raise ValueError(detail)

    def _refuse(self, status: int, detail: str) -> None:
        if self.lost:
            return
        if self.headers:
            self.headers.clear()
        if self._is_responding and not self.cycle.more_body:
            # Responses go out in the order of their requests, so this connection ends after those in progress.
            self._closes_after_response = True
            self.cycle.keep_alive = False
            return
        body = encode({"detail": detail})
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: {JSON}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self._abandon_response()
        self._end()

    def _end(self) -> None:
        """Send nothing more, and close once the client has sent everything: closing earlier resets the connection.

        A reset makes most clients discard the response.
        """
        if self.at_eof or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.flow.resume_reading()
        self._ended_at = self.loop.time()
        # The parser holds what has arrived of an incomplete header.
        self.parser = None  # type: ignore[assignment] # as uvicorn does at the end

    # Writing ---------------------------------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        """Note that the client does not read, and limit what all unread responses hold."""
        super().pause_writing()
        self._unread = self.transport.get_write_buffer_size()
        self.unread.add(self, self.loop.time())

    def resume_writing(self) -> None:
        """Note that the client reads again."""
        super().resume_writing()
        self._unread = self.transport.get_write_buffer_size()
        self._written_at = self.loop.time()
        self.unread.remove(self)

    async def respond(self, status: int, headers: Pairs, body: bytes, *, keep_alive: bool = True) -> None:
        """Send a complete response. uvicorn would check what is known here, and write head and body apart."""
        try:
            await self.unread.room_for(len(body))
        except OverloadError as error:
            answer, keep_alive = error.answer, False
            status, headers, body = answer.status, head_of(answer), answer.body
        if self.flow.write_paused:
            await self.flow.drain()
        cycle = self._current
        if cycle.disconnected:
            return
        if cycle.response_started:
            raise RuntimeError("a response has been started already")
        cycle.keep_alive = cycle.keep_alive and keep_alive
        lines = [f"{name.lower()}: {value}\r\n" for name, value in headers]
        if not cycle.keep_alive:
            lines.append("connection: close\r\n")
        head = "".join(lines)
        if head.count("\n") > len(lines):
            raise ValueError("a header contains a line break")
        cycle.response_started = cycle.response_complete = True
        sent = b"" if cycle.scope["method"] == "HEAD" else body
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[status], head.encode("latin-1", "replace"), sent))
        if cycle.keep_alive:
            self.on_response_complete()
        elif cycle.more_body:
            self._end()
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        """Go on with the next request, or close the connection of a client that has closed its side."""
        if self.pipeline:
            self._current = self.pipeline[-1][0]
            super().on_response_complete()
            self._note_queue()
        elif not self.lost:
            # uvicorn would start a timer; check_time closes idle connections.
            self.flow.resume_reading()
        if self.at_eof and not self.transport.is_closing():
            self.loop.call_later(_SECONDS_TO_NOTICE, self._close_after_eof)

    def _close_after_eof(self) -> None:
        if self.transport.is_closing() or self._is_responding:
            return
        if self._is_reset():
            self._report_client_left()
        self.transport.close()

    def _is_reset(self) -> bool:
        """Return whether the client has closed both of its sides; after the end of its data, nobody else looks."""
        with self._socket() as connection:
            return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0

    def _report_client_left(self) -> None:
        report, self.on_client_left = self.on_client_left, None
        if report is not None:
            report()

    # Ending ----------------------------------------------------------------------------------------------------------

    def check_time(self, now: float) -> None:
        """Close the connection if its client has been slow for too long. Called about once a second."""
        if self._ended_at is not None and now - self._ended_at > self.discard_seconds:
            self.transport.close()
        unread = self.transport.get_write_buffer_size()
        if unread == 0 or unread <= self._unread - _PROGRESS:
            self._written_at = now
            self._unread = unread
        self._unread = max(self._unread, unread)
        if self in self.unread:
            self.unread.drop_slowest(now)
            if self not in self.unread:
                return
        seconds = self.limits.request_seconds
        if now - self._written_at > self.limits.write_seconds:
            self.drop()
        elif self._may_have_left and now - self._looked_at > _SECONDS_BETWEEN_LOOKS:
            self._looked_at = now
            if self._is_reset():
                self._report_client_left()
                self.drop()
        elif self._phase is not _Phase.IDLE and now - self._since > seconds:
            self._refuse(408, f"The request did not arrive completely within {seconds:g} s")
        elif self._phase is _Phase.IDLE and not self._has_request and now - self._since > self.idle_seconds:
            self.transport.close()

    def close(self) -> None:
        """Close the connection after what was sent, as a fault demands."""
        self.on_client_left = None
        self._abandon_response()
        self.transport.close()

    def reset(self) -> None:
        """Reset the connection, as a fault demands."""
        self.on_client_left = None
        self.drop()

    def drop(self) -> None:
        """Reset the connection and discard what was not read; the client gets a RST."""
        self.unread.remove(self)
        self._abandon_response()
        with self._socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()

    def _abandon_response(self) -> None:
        """Discard what the application still sends: the closed transport would raise an error."""
        if self._has_request:
            self._current.disconnected = True
            self._current.message_event.set()

    def _socket(self) -> socket.socket:
        """Return another handle of the connection's socket; that of uvloop offers no options."""
        shared: Any = self.transport.get_extra_info("socket")
        return socket.fromfd(shared.fileno(), shared.family, shared.type)


def probes(number: int) -> tuple[tuple[int, int, int], ...]:
    """Return options for the connection of a client that has closed its side; ``number`` differs between connections.

    A client that has closed both looks the same, but its system rejects probes after a minute. Then it keeps its place
    among the connections no longer, however long its response is delayed. Thousands of probes at once overflow the
    queue of the loopback interface. Clients whose probes are lost count as gone, so the first probes are spread.
    """
    options: tuple[tuple[int, int, int], ...] = ((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),)
    if sys.platform == "linux":
        options += (
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10 + number % _SECONDS_OF_PROBES),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
        )
    return options


def limited(limits: ServerLimits) -> type[Protocol]:
    """Return the protocol with these limits."""
    shared = {"unread": Unread(limits.unread_bytes), "queued": Queued(MAX_QUEUED)}
    return type("Protocol", (Protocol,), {"limits": limits, **shared, "__slots__": ()})
