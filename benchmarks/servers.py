"""The measured servers, each in a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import requests

from benchmarks.loads import EXAMPLE
from testbed.ports import free_port

_SECONDS_TO_START = 60.0


@dataclass(frozen=True)
class Kind:
    """A server and its command; ``{port}`` stands for a free port."""

    name: str
    command: tuple[str, ...]
    path: str = "/v1/chat"


def mock(fixtures: Path | None = None) -> Kind:
    """Return the mock with its defaults: validation, matching and journal are on."""
    more = () if fixtures is None else ("--fixtures", str(fixtures))
    return Kind("mock", (sys.executable, "-P", "-m", "mock_server", "--port", "{port}", *more))


BARE = Kind("bare ASGI", (sys.executable, "-m", "benchmarks.bare", "{port}"))
FASTAPI = Kind("FastAPI", (sys.executable, "-m", "benchmarks.fastapi_shop", "{port}"))


@dataclass
class Server:
    """A running server; ``started_in`` is the number of seconds to its first 200."""

    kind: Kind
    process: subprocess.Popen[bytes]
    port: int
    started_in: float

    @classmethod
    def start(cls, kind: Kind) -> Self:
        """Start it and wait until it returns 200 to a valid request."""
        port = free_port()
        began = time.monotonic()
        command = [part.replace("{port}", str(port)) for part in kind.command]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        server = cls(kind, process, port, 0.0)
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() - began < _SECONDS_TO_START:
                if server._answers(session):
                    server.started_in = time.monotonic() - began
                    return server
                time.sleep(0.01)
        server.stop()
        raise RuntimeError(f"{kind.name} returned no 200 within {_SECONDS_TO_START:.0f} s")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.kind.path}"

    def hang(self, count: int) -> list[socket.socket]:
        """Return connections whose requests the mock leaves without a response."""
        head = f"POST {self.kind.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        request = f'{head}Prefer: fault=hang\r\nContent-Length: 16\r\n\r\n{{"message":"hi"}}'.encode()
        connections = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(count)]
        for connection in connections:
            connection.sendall(request)
        return connections

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _answers(self, session: requests.Session) -> bool:
        try:
            headers = {"Content-Type": "application/json", "Authorization": "Bearer k"}
            return session.post(self.url, json.dumps(EXAMPLE), headers=headers, timeout=5).status_code == 200
        except requests.RequestException:
            return False
