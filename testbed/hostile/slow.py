"""Slow clients in large numbers: half and delayed requests, unread responses, while a health check is timed."""

from __future__ import annotations

import json
import resource
import select
import socket
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chat_mock.server import Server

_HALF_HEAD = b"POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Ty"
_HEAD = b"POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_HALF_BODY = _HEAD % 90 + b'{"mess'
_ASK = _HEAD % 16 + b'{"message":"hi"}'
_HEALTH = b"GET /_mock/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_MEGABYTE = 1024 * 1024
_CHECKS = 50
_PATIENCE = 120.0
"""Seconds for a connection, and for the rules."""


@dataclass(frozen=True)
class Clients:
    """How many clients of each kind attack at once, and the seconds by which responses are delayed."""

    half_bodies: int = 0
    half_heads: int = 0
    delayed: int = 0
    unread: int = 400
    seconds: int = 40

    @property
    def count(self) -> int:
        """The number of all clients."""
        return self.half_bodies + self.half_heads + self.delayed + self.unread


ATTACKS = (Clients(half_bodies=5000, half_heads=1000), Clients(delayed=5000))
"""One after the other on the same server."""


@dataclass(frozen=True)
class Outcome:
    """What the health check saw, how much memory the mock used, and how many clients it had not closed in time."""

    median_ms: float
    slowest_ms: float
    megabytes: float
    left_open: int


def attack_slowly(server: Server, clients: Clients, patience: float) -> Outcome:
    """Open all connections, time health checks meanwhile, and wait until the mock has closed the connections."""
    parts = urlsplit(server.base_url)
    address = (parts.hostname or "", parts.port or 80)
    _allow_files(clients.count + 100)
    with ExitStack() as stack:
        checking = stack.enter_context(socket.create_connection(address, timeout=patience))
        _check(checking)
        # An earlier attack may have left its rule.
        _put_rules(address, [])
        delayed = _open(stack, address, _delayed(clients.seconds), clients.delayed)
        waiting = [
            *delayed,
            *_open(stack, address, _HALF_BODY, clients.half_bodies),
            *_open(stack, address, _HALF_HEAD, clients.half_heads),
        ]
        # The delayed responses have been decided on, so that they stay small.
        _check(checking)
        _put_rules(address, [{"reply": {"message": "x" * (_MEGABYTE - 1024)}}])
        waiting += _open(stack, address, _ASK, clients.unread)
        times = sorted(_check(checking) for _ in range(_CHECKS))
        megabytes = memory_of(server.process.pid)
        for connection in delayed:
            # The mock closes the connection after the response to a client that has closed its side.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        left_open = _wait_until_closed(waiting, patience)
    return Outcome(times[_CHECKS // 2] * 1000, times[-1] * 1000, megabytes, left_open)


def _open(stack: ExitStack, address: tuple[str, int], data: bytes, count: int) -> list[socket.socket]:
    """Open connections and send the same data through each."""
    opened = []
    for _ in range(count):
        opened.append(stack.enter_context(_connect(address, small_buffer=data is _ASK)))
        opened[-1].sendall(data)
    return opened


def _delayed(seconds: int) -> bytes:
    return _ASK.replace(b"\r\n\r\n", b"\r\nPrefer: delay=%ds\r\n\r\n" % seconds)


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def _connect(address: tuple[str, int], *, small_buffer: bool) -> socket.socket:
    connection = socket.socket()
    if small_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(_PATIENCE)
    connection.connect(address)
    return connection


def _put_rules(address: tuple[str, int], rules: list[Any]) -> None:
    body = json.dumps({"rules": rules}).encode()
    head = b"PUT /_mock/behaviour HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    with socket.create_connection(address, timeout=_PATIENCE) as connection:
        connection.sendall(head % len(body) + body)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the mock did not accept the rules: {answer[:300]!r}")


def _check(connection: socket.socket) -> float:
    began = time.perf_counter()
    connection.sendall(_HEALTH)
    received = b""
    while b'"status"' not in received:
        chunk = connection.recv(65536)
        if not chunk:
            raise RuntimeError("the mock closed the connection of the health check")
        received += chunk
    return time.perf_counter() - began


def _wait_until_closed(connections: list[socket.socket], patience: float) -> int:
    """Return how many connections the server has not closed in time. Nothing is read, only hang-ups are noticed."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection, select.POLLRDHUP)
    left = len(connections)
    deadline = time.monotonic() + patience
    while left and (seconds := deadline - time.monotonic()) > 0:
        for descriptor, _ in poll.poll(seconds * 1000):
            poll.unregister(descriptor)
            left -= 1
    return left


def memory_of(pid: int) -> float:
    """Return the memory of a process in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
