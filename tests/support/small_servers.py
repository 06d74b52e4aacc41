"""Servers of a few lines, for the ways in which a base URL can be wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.waiting import PATIENCE

Seen = tuple[str, str, dict[str, str], bytes]
Headers = dict[str, str]
Respond = Callable[[Seen], tuple[int, Headers, bytes]]


@dataclass
class Small:
    """Where it listens, and each request: method, path, headers, body, and the port of the client."""

    port: int
    seen: list[Seen] = field(default_factory=list)
    client_ports: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@contextmanager
def answering(respond: Respond) -> Iterator[Small]:
    """Answers each request by a function of it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet: two would wait 40 ms for each other.
        wbufsize = 65536
        disable_nagle_algorithm = True

        def answer(self) -> None:
            seen = (self.command, self.path, dict(self.headers.items()), self.body())
            small.seen.append(seen)
            small.client_ports.append(self.client_address[1])
            status, headers, body = respond(seen)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def body(self) -> bytes:
            if "Content-Length" in self.headers:
                return self.rfile.read(int(self.headers["Content-Length"]))
            whole = b""
            while "Transfer-Encoding" in self.headers and (size := int(self.rfile.readline(), 16)):
                whole += self.rfile.read(size)
                self.rfile.readline()
            if "Transfer-Encoding" in self.headers:
                self.rfile.readline()
            return whole

        def log_message(self, *_: object) -> None:
            pass

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_: object) -> None:
            """Clients may leave when they like."""

    with Server(("127.0.0.1", 0), Handler) as server:
        small = Small(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield small
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def always(status: int, headers: Headers | None = None, body: bytes = b"{}") -> Iterator[Small]:
    with answering(lambda _: (status, {"Content-Type": "application/json", **(headers or {})}, body)) as small:
        yield small


@contextmanager
def saying(data: bytes) -> Iterator[Small]:
    """Sends these bytes instead of HTTP to each client that has sent something, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    connection.settimeout(PATIENCE)
                    connection.recv(65536)
                    connection.sendall(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield Small(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
