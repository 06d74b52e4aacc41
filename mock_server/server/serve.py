"""Serves an ASGI application with uvicorn in this process: ports, TLS, signals, and the end of all that."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import uvicorn

from chat_contract import KitError
from mock_server import defaults
from mock_server.http.messages import OWN_PREFIX
from mock_server.loading.fingerprint import folders
from mock_server.loading.snapshot import Snapshot
from mock_server.loading.watch import watch
from mock_server.respond.relay import make_relay
from mock_server.respond.reload import Reloader
from mock_server.respond.service import ChatService
from mock_server.server.asgi import MockApp
from mock_server.server.protocol import Protocol

if TYPE_CHECKING:
    from flask import Flask

_BACKLOG = 2048
_SEND_BUFFER = 128 * 1024
_TICKS_A_SECOND = 10
_SECONDS_TO_FINISH = 0.3
"""How long responses that are under way may take once the server stops."""


@dataclass(frozen=True)
class Listening:
    """Where to listen, with which certificate, and whether to stop when the parent process ends."""

    host: str = defaults.HOST
    port: int = defaults.PORT
    tls_cert: Path | None = None
    tls_key: Path | None = None
    exit_with_parent: bool = False

    @property
    def scheme(self) -> str:
        """Return the scheme of the URLs that are served."""
        return "http" if self.tls_cert is None else "https"


def serve(snapshot: Snapshot, listening: Listening = Listening()) -> None:
    """Serve until Ctrl-C or SIGTERM; port 0 picks a free port.

    Prints one line with the URL once requests are answered. Raises :class:`KitError` if the port or the certificate
    cannot be used.
    """
    service = ChatService(snapshot, relay=make_relay(snapshot.options, snapshot.path))

    def announce(base: str) -> None:
        url, console = f"{base}{snapshot.route}", f"{base}{OWN_PREFIX}/"
        print(f"Mock ready: {snapshot.method} {url} (console: {console}). Press Ctrl-C to stop.", flush=True)
        _reload_on_changes(service)

    run_server(MockApp(service, partial(_make_flask, service)), listening, announce, at_end=service.journal.end)


def run_server(
    app: Callable[..., Any],
    listening: Listening,
    announce: Callable[[str], None],
    *,
    at_end: Callable[[], None] = lambda: None,
) -> None:
    """Serve an ASGI application as :func:`serve` does.

    ``announce`` gets scheme and authority once the server is ready; ``at_end`` is called when it begins to stop.
    """
    server, listener = make_server(app, listening, announce, at_end)
    _allow_many_files()
    _freeze()
    server.run([listener])


def make_server(
    app: Callable[..., Any],
    listening: Listening,
    announce: Callable[[str], None],
    at_end: Callable[[], None] = lambda: None,
) -> tuple[Server, socket.socket]:
    """Return the server and its open listener; raises :class:`KitError` if the port or the certificate is unusable."""
    check_certificate(listening.tls_cert, listening.tls_key)
    listener = open_listener(listening.host, listening.port)
    base = f"{listening.scheme}://{authority(listening.host, listener)}"
    config = uvicorn.Config(
        app,
        http=Protocol,
        loop="auto",
        ws="none",
        lifespan="off",
        interface="asgi3",
        workers=1,
        backlog=_BACKLOG,
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=int(Protocol.idle_seconds),
        ssl_certfile=listening.tls_cert,
        ssl_keyfile=listening.tls_key,
    )
    server = Server(config, partial(announce, base), at_end, exit_with_parent=listening.exit_with_parent)
    return server, listener


class Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready, closes slow connections, and stops within a second."""

    def __init__(
        self,
        config: uvicorn.Config,
        when_ready: Callable[[], None],
        at_end: Callable[[], None],
        *,
        exit_with_parent: bool,
    ) -> None:
        super().__init__(config)
        self._when_ready = when_ready
        self._at_end = at_end
        self._parent = os.getppid() if exit_with_parent else None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell that requests are answered."""
        await super().startup(sockets)
        self._when_ready()

    async def on_tick(self, counter: int) -> bool:
        """Close slow connections; stop when the parent process has ended."""
        if counter % _TICKS_A_SECOND == 0:
            now = asyncio.get_running_loop().time()
            for connection in self._connections():
                connection.check_time(now)
        if self._parent is not None and os.getppid() != self._parent:
            self.should_exit = True
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Stop; at once on the second Ctrl-C. uvicorn would raise the signal again at the end, and exit by it."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let the responses under way finish for a moment, then close every connection."""
        self._at_end()
        asyncio.get_running_loop().call_later(0 if self.force_exit else _SECONDS_TO_FINISH, self._abort)
        await super().shutdown(sockets)

    def _abort(self) -> None:
        for connection in self._connections():
            connection.drop()
        for task in self.server_state.tasks:
            task.cancel()

    def _connections(self) -> list[Protocol]:
        return [each for each in self.server_state.connections if isinstance(each, Protocol)]


def check_certificate(certificate: Path | None, key: Path | None) -> None:
    """Raise :class:`KitError` unless the certificate and its key can be used, or neither is given."""
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        raise KitError("--tls-cert and --tls-key go together; give both, or neither")
    for path in (certificate, key):
        if not path.is_file():
            raise KitError(f"the file {path} does not exist; name a PEM file")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, _no_password)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        raise KitError(
            f"{certificate} with {key} cannot serve https: {reason}; give a certificate and its key, both PEM, "
            "the key without a password"
        ) from None


def _no_password() -> NoReturn:
    raise ValueError("the key asks for a password")


def open_listener(host: str, port: int) -> socket.socket:
    """Listen on a host and port; raises :class:`KitError` if another process does, or the host is another machine."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise KitError(f"cannot listen on the host {host!r}: {error}; name an address of this machine") from None
    family, *_, name = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    listener = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":
        # Old connections that linger do not make a port taken; a server that listens does.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Else the system itself keeps megabytes of each unread response, and the time limit never sees them.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    try:
        listener.bind(name)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = f"cannot listen on {host}:{port}: {error.strerror}"
        raise KitError(f"{reason}; stop what listens there, or choose another port (0 picks a free one)") from None
    return listener


def authority(host: str, listener: socket.socket) -> str:
    """Return host and port of a listener as a URL shows them."""
    return f"{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def _make_flask(service: ChatService) -> Flask:
    from mock_server.app import create_app  # noqa: PLC0415 - Flask is slow to import, and the operation does not need it

    app = create_app(service=service)
    _freeze()
    return app


def _freeze() -> None:
    """Exempt what exists now from garbage collection: nearly all of it stays for good."""
    gc.freeze()


def _allow_many_files() -> None:
    """Allow this process as many open connections as the system lets it have."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _reload_on_changes(service: ChatService) -> None:
    """Reload contract and fixtures whenever their files change."""
    reloader = Reloader(service, sys.stderr)
    watching = partial(watch, partial(folders, service.snapshot.options), reloader.look, threading.Event())
    threading.Thread(target=watching, name="reload", daemon=True).start()
