"""Sends hostile requests over real sockets, one connection each, and reports bad responses."""

from __future__ import annotations

import json
import re
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from urllib.parse import urlsplit

from testbed.hostile.requests import Hostile, HostileRequests
from testbed.hostile.starvation import Starvation, watched

_PATIENCE = 60.0
SLOW = 5.0
"""Seconds after which a response is a complaint. The time that the server waits for a processor does not count."""
_BAD_GATEWAY = 502
_UNTIL_WE_HANG_UP = 0.15
"""Seconds to wait for a response to an incomplete request, before closing our side of the connection."""
_VALID = (
    b"POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 16\r\nConnection: close\r\n\r\n{"message":"hi"}'
)


@dataclass
class Result:
    """The number of responses by status (0: the connection ended without one), and the complaints."""

    statuses: Counter[int] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    slowest: float = 0.0
    """Seconds of the slowest response, with the time that the server waited for a processor."""
    slowest_served: float = 0.0
    """Seconds without that time, of the response that then took longest."""

    def add(self, other: Result) -> None:
        """Add another result to this one."""
        self.statuses.update(other.statuses)
        self.complaints += other.complaints
        self.slowest = max(self.slowest, other.slowest)
        self.slowest_served = max(self.slowest_served, other.slowest_served)


@dataclass(frozen=True)
class Target:
    """The server to attack. ``processes`` serve it: while they wait for a processor, time does not count."""

    base_url: str
    processes: tuple[int, ...] = ()
    slow: float = SLOW

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.base_url)
        return parts.hostname or "", parts.port or 80


def attack(target: Target, count: int, seed: int, *, clients: int = 1) -> Result:
    """Send ``count`` hostile requests, with a valid one now and then that must get 200.

    Each of the ``clients`` sends its own sequence of requests.
    """
    total = Result()
    with watched(target.processes) as starvation, ThreadPoolExecutor(clients) as pool:
        seeds = range(seed * clients, (seed + 1) * clients)
        for result in pool.map(partial(_attack, target, starvation, count // clients), seeds):
            total.add(result)
    return total


def _attack(target: Target, starvation: Starvation, count: int, seed: int) -> Result:
    result = Result()
    for number, hostile in enumerate(islice(HostileRequests(seed), count)):
        _judge(hostile, target, result, starvation)
        if number % 200 == 0 and not (received := _valid_request(target.address)).startswith(b"HTTP/1.1 200"):
            result.complaints.append(f"after request {number} of seed {seed} a valid request got {received[:400]!r}")
    return result


def _valid_request(address: tuple[str, int]) -> bytes:
    """Return what a valid request got; nothing if that takes too long."""
    try:
        return _send(address, _VALID)
    except TimeoutError:
        return b""


def _judge(hostile: Hostile, target: Target, result: Result, starvation: Starvation) -> None:
    began = time.monotonic()
    try:
        received = _send(target.address, hostile.data, hang_up=hostile.hang_up)
    except TimeoutError:
        result.complaints.append(f"hangs: {hostile.data[:300]!r}")
        return
    _judge_time(hostile, began, time.monotonic(), target, result, starvation)
    # The first answer counts; what follows may answer bytes that were taken for a second request.
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head[9:12]) if head.startswith(b"HTTP/1.") and head[9:12].isdigit() else 0
    result.statuses[status] += 1
    # A recorder cannot forward the response of a service that breaks the connection, as such a request wants.
    if status >= 500 and not (status == _BAD_GATEWAY and hostile.may_be_spoilt):
        result.complaints.append(f"{status}: {hostile.data[:300]!r} got {body[:200]!r}")
    if b"<html" in body.lower() or b"text/html" in head.lower():
        result.complaints.append(f"HTML: {hostile.data[:300]!r}")
    to_head = hostile.data.startswith(b"HEAD")
    if b"application/json" in head and body and not to_head and not hostile.may_be_spoilt and not _is_json(head, body):
        result.complaints.append(f"no JSON: {hostile.data[:300]!r} got {body[:200]!r}")


def _judge_time(
    hostile: Hostile, began: float, ended: float, target: Target, result: Result, starvation: Starvation
) -> None:
    seconds = ended - began
    result.slowest = max(result.slowest, seconds)
    if seconds > min(target.slow, result.slowest_served):
        served = seconds - starvation.between(began, ended)
        result.slowest_served = max(result.slowest_served, served)
        if served > target.slow:
            result.complaints.append(f"{served:.1f} s: {hostile.data[:300]!r}")


def _send(address: tuple[str, int], data: bytes, *, hang_up: bool = False) -> bytes:
    """Return what arrived; raises :class:`TimeoutError` if neither a response arrives nor the connection ends."""
    with socket.create_connection(address, timeout=_PATIENCE) as connection:
        try:
            connection.sendall(data)
            return b"" if hang_up else _receive(connection)
        except ConnectionError:
            # The mock refused the request before all of it was sent.
            return b""


def _receive(connection: socket.socket) -> bytes:
    received = b""
    connection.settimeout(_UNTIL_WE_HANG_UP)
    try:
        while not _is_whole(received):
            if not (chunk := connection.recv(65536)):
                return received
            received += chunk
    except TimeoutError:
        connection.settimeout(_PATIENCE)
        connection.shutdown(socket.SHUT_WR)
        while not _is_stream(received) and (chunk := connection.recv(65536)):
            received += chunk
    return received


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)\r\ncontent-length: ?([0-9]+)", head)
    return bool(end) and (_is_stream(head) or (found is not None and len(body) >= int(found[1])))


def _is_stream(received: bytes) -> bool:
    """Return whether this is the journal's stream, which never ends."""
    return b"application/x-ndjson" in received


def _is_json(head: bytes, body: bytes) -> bool:
    length = next(
        (int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")),
        len(body),
    )
    try:
        json.loads(body[:length])
    except ValueError:
        return False
    return True
