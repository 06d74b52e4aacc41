"""Debian's redis-server in a process of its own, without files."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
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


# Another program may take the port before the server does. A cluster also listens at its port + 10,000, which Linux
# may have given to any connection.
_PORTS_TO_TRY = 5


class ServerEnded(AssertionError):
    """The server ended instead of listening."""


class RedisServer:
    """A server that a test can stop, freeze and start again on the same port."""

    def __init__(self, program: str, *options: str, tls: tuple[Path, Path] | None = None) -> None:
        """``tls``: a certificate and its key, for the server and for its clients."""
        self._tls = tls
        self._program = program
        self._options = options
        self.password = options[options.index("--requirepass") + 1] if "--requirepass" in options else None
        for attempts_left in reversed(range(_PORTS_TO_TRY)):
            self.port = free_port()
            try:
                self.start()
            except ServerEnded:
                if not attempts_left:
                    raise
            else:
                return

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
        """Return when the server responds.

        Raises:
            ServerEnded: what it printed is on standard error then.
        """
        command = [self._program, *self._port_options(), "--bind", "127.0.0.1", "--save", "", *self._options]
        with tempfile.TemporaryFile("w+") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
            try:
                eventually(self._responds, "for redis-server")
            except BaseException:
                self.kill()
                output.seek(0)
                sys.stderr.write(output.read())
                raise

    def _responds(self) -> bool:
        if self.process.poll() is not None:
            raise ServerEnded(f"{self.process.args!r} ended with {self.process.returncode}")
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
