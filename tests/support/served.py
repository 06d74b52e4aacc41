"""A server in a thread of the test process, for tests with real sockets."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

from mock_server.server.limits import DEFAULT, ServerLimits
from mock_server.server.protocol import Protocol
from mock_server.server.serve import Listening, Server, Step
from tests.support.waiting import PATIENCE


class Served:
    """A server in a thread of this process."""

    def __init__(
        self,
        app: Callable[..., Any],
        close: Step | None = None,
        at_end: Callable[[], None] = lambda: None,
        *,
        limits: ServerLimits = DEFAULT,
    ) -> None:
        ready = threading.Event()
        self._server = Server(app, Listening(port=0, limits=limits), lambda _: ready.set(), at_end=at_end, close=close)
        self.port: int = self._server.listener.getsockname()[1]
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        assert ready.wait(PATIENCE)

    def connect(self, *, small_buffer: bool = False) -> socket.socket:
        connection = socket.socket()
        if small_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(PATIENCE)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def ask(self, data: bytes) -> bytes:
        """Send the bytes and return what arrives until the server closes the connection."""
        with self.connect() as connection:
            connection.sendall(data)
            return until_closed(connection)

    @property
    def connections(self) -> int:
        return len(self._server.server_state.connections)

    @property
    def protocols(self) -> list[Protocol]:
        return [each for each in self._server.server_state.connections if isinstance(each, Protocol)]

    def stop(self, *, forced: bool = False) -> None:
        """Stop as on Ctrl-C; ``forced``: as on the second one."""
        for _ in range(1 + forced):
            self._server.handle_exit(signal.SIGINT, None)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


def until_closed(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received
