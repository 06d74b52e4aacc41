"""Clients that send little and want the server to keep much, or for long."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from testbed.outsider.attack import Attack

_HEAD = b"POST /v1/chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
_BODY = b'{"message":"hi"}'
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\n" + _BODY + b"\r\n0\r\n"
_SHORT = 10_000
_BLOCK = 64 * 1024
_SECONDS = 30


def attacks(base: str) -> Iterator[Attack]:
    """Yield attacks on a mock at an address: what each sends never ends, and must be refused."""
    for name, begin, piece in (
        ("short headers", _HEAD, b"ab:cd\r\n" * _SHORT),
        ("one header", _HEAD + b"X: ", b"a" * _BLOCK),
        ("short trailers", _CHUNKED, b"ab:cd\r\n" * _SHORT),
        ("one trailer", _CHUNKED + b"X: ", b"a" * _BLOCK),
        ("an extension of a chunk", _HEAD + b"Transfer-Encoding: chunked\r\n\r\n10;x=", b"a" * _BLOCK),
    ):
        yield Attack("client", f"{name} without end", "431", partial(_endless, base, begin, piece))


def _endless(base: str, begin: bytes, piece: bytes, _: Path) -> str:
    """Send until the server responds, and return its status."""
    with _connected(base) as connection:
        connection.sendall(begin)
        with suppress(OSError):
            _repeat(connection.sendall, piece, until=lambda: _has_response(connection))
        return connection.recv(12)[9:].decode() or "nothing"


def _repeat(send: Callable[[bytes], None], piece: bytes, until: Callable[[], bool]) -> None:
    while not until():
        send(piece)


def _has_response(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(_SECONDS)


def _connected(base: str) -> socket.socket:
    parts = urlsplit(base)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=_SECONDS)
