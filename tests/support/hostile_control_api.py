"""Responses of something other than a mock, for clients of the control API."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.support.waiting import PATIENCE

_HEAD = "HTTP/1.1 {} X\r\nContent-Type: application/json\r\nConnection: close\r\n"
ENTRY: dict[str, Any] = {
    "number": 1,
    "method": "POST",
    "path": "/v1/chat",
    "status": 200,
    "request": {"headers": {"a": "b"}, "body": {"message": "x"}, "truncated": False},
    "verdict": {"keeps_contract": False, "text": None, "faults": [{"pointer": "/a", "keyword": "type", "text": "t"}]},
    "why": {"source": "search"},
}
_SIZED = "Content-Length: {}\r\n\r\n"
_BLOCK = b"[" + b" " * 65534 + b","


def body(data: bytes, status: int = 200, *, encoding: str = "") -> bytes:
    """Return a response with a body."""
    more = f"Content-Encoding: {encoding}\r\n" if encoding else ""
    return (_HEAD.format(status) + more + _SIZED.format(len(data))).encode() + data


def journal(*entries: Any, dropped: Any = 0) -> bytes:
    """Return a response with a journal."""
    return body(json.dumps({"requests": entries, "dropped": dropped}).encode())


def without(*path: str, value: Any = None) -> Any:
    """Return an entry of the journal with another value at a place, or without it."""
    entry = json.loads(json.dumps(ENTRY))
    place = entry
    for name in path[:-1]:
        place = place[name]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return entry


UNEXPECTED: dict[str, bytes] = {
    "text": body(b"hello"),
    "nothing": body(b""),
    "invalid UTF-8": body(b'{"requests": ["\xff'),
    "a list": body(b"[]"),
    "null": body(b"null"),
    "requests missing": body(b'{"dropped": 0}'),
    "dropped missing": body(b'{"requests": []}'),
    "dropped a text": journal(dropped="no"),
    "requests an object": body(b'{"requests": {}, "dropped": 0}'),
    "entry a number": journal(7),
    "entry null": journal(None),
    "deep nesting": body(b"[" * 100_000),
    "cut off": body(b'{"requests": []}')[:-3],
    "status alone": b"HTTP/1.1 200 X\r\n",
    "no HTTP": b"\x00\xff\r\n\r\n",
    "an empty error": body(b"", 500),
    "an odd error": body(b"[[1]]", 500),
    "a binary error": body(b"\xff\x00", 404),
    "an error that is cut off": body(b'{"detail": "x"}', 500)[:-3],
    **{
        f"entry without {'.'.join(path)}": journal(without(*path))
        for path in (
            *(("number",), ("method",), ("path",), ("status",), ("request",), ("request", "headers")),
            *(("verdict",), ("verdict", "keeps_contract"), ("verdict", "faults")),
        )
    },
    **{
        f"entry with another {'.'.join(path)}": journal(without(*path, value=value))
        for path, value in (
            *((("path",), 7), (("status",), "200"), (("request",), []), (("request", "headers"), [1])),
            *((("verdict", "text"), 7), (("verdict", "faults"), [7]), (("verdict", "faults"), [{"text": 7}])),
        )
    },
}
"""Each is an error of the client."""

LARGE: dict[str, tuple[bytes, bytes]] = {
    "endless body": (_HEAD.format(200).encode() + b"\r\n", _BLOCK),
    "endless error": (_HEAD.format(500).encode() + b"\r\n", _BLOCK),
    "many values": (body(b'{"dropped": 0, "requests": [' + b"[]," * 1_100_000 + b"[]]}"), b""),
    "gzip bomb": (body(gzip.compress(b" " * 300_000_000, 1), encoding="gzip"), b""),
}
"""The beginning of a response, and what is repeated after it."""


@contextmanager
def answering(begin: bytes, piece: bytes = b"", pause: float = 0) -> Iterator[str]:
    """Answer each request with these bytes, then repeat a piece until the client leaves; yield the base URL."""
    listener, end = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        with suppress(OSError):
            while not end.is_set():
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.settimeout(PATIENCE)
                    connection.recv(65536)
                    connection.sendall(begin)
                    while piece and not end.wait(pause):
                        connection.sendall(piece)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        end.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(PATIENCE)
