"""Debian's redis-server in a process of its own, without files."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from testbed.ports import free_port
from tests.support.waiting import PATIENCE


def eventually(condition: Callable[[], Any], what: str = "") -> Any:
    """Return the first true value of the condition."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE:.0f} s {what}")


class RedisServer:
    """A server that a test can stop, freeze and start again on the same port."""

    def __init__(self, program: str, *options: str, tls: tuple[Path, Path] | None = None) -> None:
        """``tls``: a certificate and its key, for the server and for its clients."""
        self._tls = tls
        self._program = program
        self._options = options
        self.port = free_port()
        self.password = options[options.index("--requirepass") + 1] if "--requirepass" in options else None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> Redis:
        if self._tls is None:
            return Redis(port=self.port, password=self.password)
        cert, key = map(str, self._tls)
        return Redis(
            "127.0.0.1", self.port, ssl=True, ssl_ca_certs=cert, ssl_certfile=cert, ssl_keyfile=key, ssl_password=""
        )

    def _port_options(self) -> tuple[str, ...]:
        if self._tls is None:
            return ("--port", str(self.port))
        cert, key = map(str, self._tls)
        files = ("--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert)
        return ("--port", "0", "--tls-port", str(self.port), *files)

    def start(self) -> None:
        command = [self._program, *self._port_options(), "--bind", "127.0.0.1", "--save", "", *self._options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(self._responds, "for redis-server")

    def _responds(self) -> bool:
        client = self.client
        try:
            return bool(client.ping())
        except RedisError:
            return False
        finally:
            client.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def redis_server(program: str, *options: str, tls: tuple[Path, Path] | None = None) -> Iterator[RedisServer]:
    server = RedisServer(program, *options, tls=tls)
    try:
        yield server
    finally:
        server.kill()
