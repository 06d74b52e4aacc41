"""HTTP/1.1 on a bare socket: knows bytes, headers and connections, nothing of the chat.

A faulty server must be able to lie about its length, stall, hang up and send half a body; web frameworks forbid it.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

STALL = 60.0
REASONS = {200: "OK", 201: "Created", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 422: "Unprocessable"}
JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}


class Closed(Exception):
    """The client closed the connection between two requests."""


class NotHttp(Exception):
    """The bytes are not an HTTP request."""


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    chunked: bool = False

    @property
    def path(self) -> str:
        return self.target.split("?", 1)[0]

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))
    length: int | None = None  # a false Content-Length
    cut: int | None = None  # the number of body bytes to send before the connection closes
    stall: float = 0.0  # seconds to wait before the response
    reset: bool = False  # reset the connection instead of responding
    chunked: bool = False
    undrained: bool = False  # leave the body of the request unread on the connection
    close: bool = False
    pieces: Iterator[bytes | float] | None = None  # sent instead, then the connection closes; a number is a pause


class Reader:
    """A buffered socket that can put bytes back."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""

    def fill(self) -> None:
        data = self.sock.recv(1 << 18)
        if not data:
            raise Closed
        self.buffer += data

    def line(self) -> bytes:
        while (end := self.buffer.find(b"\n")) < 0:
            if len(self.buffer) > 1 << 16:
                raise NotHttp
            self.fill()
        line, self.buffer = self.buffer[:end], self.buffer[end + 1 :]
        return line.rstrip(b"\r")

    def exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self.fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def unread(self, data: bytes) -> None:
        self.buffer = data + self.buffer


def read_request(reader: Reader) -> Request:
    words = reader.line().decode("latin-1").split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1"):
        raise NotHttp
    headers: dict[str, str] = {}
    while line := reader.line().decode("latin-1"):
        name, colon, value = line.partition(":")
        if not colon:
            raise NotHttp
        headers[name.strip().lower()] = value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        reader.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    chunked = headers.get("transfer-encoding", "").lower() == "chunked"
    if words[2] == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return Request(
        words[0], words[1], headers, read_chunks(reader) if chunked else read_sized(reader, headers), chunked
    )


def read_sized(reader: Reader, headers: dict[str, str]) -> bytes:
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise NotHttp
    return reader.exactly(int(length))


def read_chunks(reader: Reader) -> bytes:
    parts = []
    try:
        while size := int(reader.line().split(b";")[0], 16):
            parts.append(reader.exactly(size))
            reader.line()
    except ValueError:
        raise NotHttp from None
    while reader.line():
        pass
    return b"".join(parts)


def rendered(answer: Answer, *, head: bool, close: bool) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    body = answer.body if answer.cut is None else answer.body[: answer.cut]
    if answer.chunked:
        lines.append("Transfer-Encoding: chunked")
        pieces = [body[i : i + 100] for i in range(0, len(body), 100)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        body += b"0\r\n\r\n" if answer.cut is None else b""
    elif answer.status != 204:
        lines.append(f"Content-Length: {len(answer.body) if answer.length is None else answer.length}")
    if close:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if head else body)


class Server:
    """Serves `respond` on a port of the loopback interface until closed; all threads are daemons."""

    def __init__(self, respond: Callable[[Request], Answer], port: int = 0) -> None:
        self.respond = respond
        self.listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port: int = self.listener.getsockname()[1]
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.connections: set[socket.socket] = set()
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        with self.lock:
            for connection in self.connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections.add(connection)
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection: socket.socket) -> None:
        reader = Reader(connection)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while self.one(reader):
                pass
        except NotHttp:
            with suppress(OSError):
                refusal = Answer(400, b'{"detail":"This is not HTTP"}')
                connection.sendall(rendered(refusal, head=False, close=True))
        except (Closed, OSError):
            pass
        finally:
            with self.lock:
                self.connections.discard(connection)
            connection.close()

    def one(self, reader: Reader) -> bool:
        """Respond to one request and return whether the connection stays open."""
        request = read_request(reader)
        answer = self.respond(request)
        if answer.stall:
            self.closing.wait(answer.stall)
        if answer.reset:
            reader.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if answer.pieces is not None:
            return self.send_pieces(reader.sock, answer.pieces)
        if answer.undrained:
            reader.unread(request.body)
        lies = answer.length is not None or answer.cut is not None
        close = answer.close or lies or request.header("connection").lower() == "close"
        reader.sock.sendall(rendered(answer, head=request.method == "HEAD", close=close and not lies))
        return not close

    def send_pieces(self, sock: socket.socket, pieces: Iterator[bytes | float]) -> bool:
        """Send the pieces until the client or this server closes the connection."""
        for piece in pieces:
            if self.closing.is_set():
                break
            if isinstance(piece, bytes):
                sock.sendall(piece)
            else:
                self.closing.wait(piece)
        return False
