"""A proxy in front of Redis that answers in its place while a test makes it hostile: see ``ATTACKS``."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import repeat

Attack = Callable[[], Iterator[bytes | float]]
"""The pieces of an answer; a number is a pause in seconds. The connection closes after the last piece."""
_BLOCK = 64 * 1024


def garbage() -> Iterator[bytes | float]:
    yield b"\x00\xff not Redis\r\n" * 10
    yield 60.0


def bulk_without_end() -> Iterator[bytes | float]:
    yield b"$99999999999\r\n"
    yield from repeat(b"x" * _BLOCK)


def list_without_end() -> Iterator[bytes | float]:
    yield b"*10000000\r\n"
    yield from repeat(b":1\r\n" * 10_000)


def list_of_a_billion_values() -> Iterator[bytes | float]:
    yield b"*2\r\n$2\r\nok\r\n*10000"
    yield b"00000\r\n"
    yield 60.0


def line_without_end() -> Iterator[bytes | float]:
    yield b"+"
    yield from repeat(b"x" * _BLOCK)


def nested_without_end() -> Iterator[bytes | float]:
    yield from repeat(b"*1\r\n" * 10_000)


def dripping() -> Iterator[bytes | float]:
    yield b"$1000\r\n"
    for _ in range(10_000):
        yield b"x"
        yield 0.05


def cut() -> Iterator[bytes | float]:
    yield b"*2\r\n$2\r\nok\r\n$100\r\nbeginning"


def closed() -> Iterator[bytes | float]:
    yield from ()


def always(answer: bytes) -> Attack:
    """Return an attack that sends an answer again and again, more often than there are requests."""

    def pieces() -> Iterator[bytes | float]:
        yield answer * 100
        yield 60.0

    return pieces


ATTACKS: Mapping[str, Attack] = {
    "garbage": garbage,
    "bulk without end": bulk_without_end,
    "list without end": list_without_end,
    "list of a billion values": list_of_a_billion_values,
    "line without end": line_without_end,
    "nested without end": nested_without_end,
    "dripping": dripping,
    "closed in the middle": cut,
    "closed at once": closed,
    "a number": always(b":1\r\n"),
    "nothing": always(b"$-1\r\n"),
    "empty list": always(b"*0\r\n"),
    "status alone": always(b"*1\r\n$2\r\nok\r\n"),
    "other values": always(b"*6\r\n$2\r\nok\r\n" + b"$7\r\ngarbage\r\n" * 5),
    "map whose key is a list": always(b"%1\r\n*0\r\n:1\r\n"),
    "error in invalid UTF-8": always(b"-\xff\xfe\x00\r\n"),
    "OOM": always(b"-OOM command not allowed when used memory > 'maxmemory'.\r\n"),
    "LOADING": always(b"-LOADING Redis is loading the dataset in memory\r\n"),
    "READONLY": always(b"-READONLY You can't write against a read only replica.\r\n"),
    "WRONGTYPE": always(b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"),
    "NOSCRIPT": always(b"-NOSCRIPT No matching script.\r\n"),
}


class HostileRedis:
    """Forwards to Redis, except inside :meth:`attacking`."""

    def __init__(self, port: int) -> None:
        self._redis = ("127.0.0.1", port)
        self._attack: Attack | None = None
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def attacking(self, attack: Attack) -> Iterator[None]:
        self._attack = attack
        try:
            yield
        finally:
            self._attack = None

    def close(self) -> None:
        self._ended.set()
        with suppress(OSError):
            # This wakes the thread that accepts connections.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self._redis) as redis:
            threading.Thread(target=self._copy, args=(redis, client), daemon=True).start()
            while received := client.recv(_BLOCK):
                attack = self._attack
                if attack is not None:
                    self._send(client, attack())
                    return
                redis.sendall(received)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while received := source.recv(_BLOCK):
                target.sendall(received)

    def _send(self, client: socket.socket, pieces: Iterator[bytes | float]) -> None:
        for piece in pieces:
            if isinstance(piece, bytes):
                client.sendall(piece)
            elif self._ended.wait(piece):
                return
