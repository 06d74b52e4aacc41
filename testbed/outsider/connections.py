"""Clients that send little and want the server to keep much, or for long."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from testbed.outsider.attack import Attack

_HEAD = b"POST /v1/chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
_BODY = b'{"message":"hi"}'
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\n" + _BODY + b"\r\n0\r\n"
_DELAYED = _HEAD + b"Prefer: delay=30s\r\nContent-Length: 16\r\n\r\n" + _BODY
_CONNECTIONS = 800
_MOST_GROWTH = 25 * 2**20
_SHORT = 10_000
_BLOCK = 64 * 1024
_SECONDS = 30


def attacks(base: str, pid: int) -> Iterator[Attack]:
    """Yield attacks on a mock, which is a process: what they send never ends, or is on many connections."""
    for name, begin, piece in (
        ("short headers", _HEAD, b"ab:cd\r\n" * _SHORT),
        ("one header", _HEAD + b"X: ", b"a" * _BLOCK),
        ("short trailers", _CHUNKED, b"ab:cd\r\n" * _SHORT),
        ("one trailer", _CHUNKED + b"X: ", b"a" * _BLOCK),
        ("an extension of a chunk", _HEAD + b"Transfer-Encoding: chunked\r\n\r\n10;x=", b"a" * _BLOCK),
    ):
        yield Attack("client", f"{name} without end", "431", partial(_endless, base, begin, piece))
    for name, part in (
        ("large headers of incomplete requests", _HEAD + b"X: " + b"a" * (_BLOCK - 1000)),
        ("short headers of incomplete requests", _HEAD + b"ab:cd\r\n" * 240 + b"X: " + b"a" * (_BLOCK - 5000)),
        ("large requests behind a delayed one", _DELAYED + _whole(b"a" * _BLOCK) * 3),
        ("small requests behind a delayed one", _DELAYED + _whole(_BODY) * 1000),
    ):
        yield Attack("client", f"{name} on {_CONNECTIONS} connections", "bounded", partial(_many, base, pid, part))


def _whole(body: bytes) -> bytes:
    return _HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _many(base: str, pid: int, part: bytes, _: Path) -> str:
    """Send the same on many connections; return by how much the memory of the mock grows, if that is much."""
    before = _memory(pid)
    with ExitStack() as stack:
        for _number in range(_CONNECTIONS):
            connection = stack.enter_context(_connected(base))
            # The mock may have closed it, or read no more.
            with suppress(OSError):
                connection.setblocking(False)
                connection.send(part)
        with stack.enter_context(_connected(base)) as last:
            # When it responds, it has read what it reads of the others.
            last.sendall(_whole(_BODY))
            last.recv(12)
        grown = _memory(pid) - before
    return "bounded" if grown < _MOST_GROWTH else f"{grown // 2**20} MB"


def _memory(pid: int) -> int:
    """Return the bytes that a process holds in memory."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


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
