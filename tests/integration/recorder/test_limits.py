"""The limits that the options of ``record`` set, in a recorder that is a process of its own."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.served import until_closed
from tests.support.small_servers import Seen, answering
from tests.support.waiting import PATIENCE, wait_until

HEAD = b"POST /v1/chat HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
ASK = HEAD + b"Content-Length: 16\r\n\r\n" + b'{"message":"hi"}'
BIG = HEAD + b"X-Answer: big\r\nContent-Length: 16\r\n\r\n" + b'{"message":"hi"}'
LATE = HEAD + b"X-Answer: late\r\nContent-Length: 16\r\n\r\n" + b'{"message":"hi"}'
SIZE = 4 * 1024 * 1024


class Service:
    """A service behind the recorder: its responses are big or late, as requests want them."""

    def __init__(self) -> None:
        self.waiting = 0
        self.go_on = threading.Event()

    def __call__(self, seen: Seen) -> tuple[int, dict[str, str], bytes]:
        wanted = {name.lower(): value for name, value in seen[2].items()}.get("x-answer")
        if wanted == "late":
            self.waiting += 1
            self.go_on.wait(PATIENCE)
        return 200, {"Content-Type": "text/plain"}, b"x" * (SIZE if wanted == "big" else 2)


@contextmanager
def recorder(folder: Path, service: Service, *options: str) -> Iterator[int]:
    """Start a recorder with options, and return its port."""
    with answering(service) as upstream:
        command = [sys.executable, "-m", "kit_cli", "record", upstream.url, "--port", "0", "--out", str(folder / "out")]
        process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            line = process.stdout.readline()
            found = re.search(r"http://[^/]*:(\d+)/", line)
            assert found is not None, line
            yield int(found[1])
        finally:
            service.go_on.set()
            process.kill()
            process.wait(PATIENCE)
            process.stdout.close()


@pytest.fixture(scope="module")
def service() -> Service:
    return Service()


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory, service: Service) -> Iterator[int]:
    """The port of a recorder that allows little, but much time."""
    counts = ("--max-connections", "3", "--max-waiting", "2", "--max-held-bytes", "100KiB")
    with recorder(tmp_path_factory.mktemp("tight"), service, *counts, "--max-unread-bytes", "1MiB", *HOURS) as port:
        yield port


HOURS = ("--request-timeout", "3600", "--write-timeout", "3600")


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a recorder that allows little time."""
    options = ("--request-timeout", "2", "--write-timeout", "0.2")
    with recorder(tmp_path_factory.mktemp("hasty"), Service(), *options) as port:
        yield port


def connect(port: int, *, buffer: int | None = None) -> socket.socket:
    connection = socket.socket()
    if buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(PATIENCE)
    connection.connect(("127.0.0.1", port))
    return connection


def ask(port: int, data: bytes) -> bytes:
    with connect(port) as connection:
        connection.sendall(data)
        return until_closed(connection)


def _received(port: int, data: bytes) -> int:
    """Return the number of bytes that arrive; 0 if the connection is reset."""
    with suppress(ConnectionResetError):
        return len(ask(port, data))
    return 0


def works_again(port: int) -> None:
    wait_until(lambda: ask(port, ASK).startswith(b"HTTP/1.1 200"))


def test_connection_beyond_the_maximum_gets_503(tight: int) -> None:
    with connect(tight), connect(tight), connect(tight):
        wait_until(lambda: ask(tight, b"").startswith(b"HTTP/1.1 503"))
        assert b"3 connections are open, the maximum" in ask(tight, b"")
    works_again(tight)


def test_request_beyond_those_under_way_gets_503(tight: int, service: Service) -> None:
    with connect(tight) as first, connect(tight) as second:
        first.sendall(LATE)
        second.sendall(LATE)
        wait_until(lambda: service.waiting == 2)
        assert ask(tight, ASK).startswith(b"HTTP/1.1 503")
        service.go_on.set()
        assert {until_closed(first)[:12], until_closed(second)[:12]} == {b"HTTP/1.1 200"}
    works_again(tight)


def test_bodies_beyond_the_held_bytes_get_503(tight: int) -> None:
    body = b'{"message":"%b"}' % (b"x" * 200_000)
    assert ask(tight, HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body).startswith(b"HTTP/1.1 503")
    works_again(tight)


def test_client_that_leaves_too_much_unread_is_dropped_for_one_that_reads(tight: int) -> None:
    with connect(tight, buffer=4096) as slow:
        slow.sendall(BIG)
        assert slow.recv(1)
        # On a busy machine, this client too may read so slowly that it is dropped.
        wait_until(lambda: _received(tight, BIG) > SIZE)
        with pytest.raises(ConnectionResetError):
            until_closed(slow)


def test_request_that_is_not_complete_in_time_gets_408(hasty: int) -> None:
    assert ask(hasty, HEAD).startswith(b"HTTP/1.1 408")


def test_client_that_reads_nothing_in_time_is_dropped(hasty: int) -> None:
    with connect(hasty, buffer=4096) as slow:
        slow.sendall(BIG)
        assert slow.recv(1)
        wait_until(lambda: _is_reset(slow))


def _is_reset(connection: socket.socket) -> bool:
    """Return whether the other side has reset the connection; reads nothing."""
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
