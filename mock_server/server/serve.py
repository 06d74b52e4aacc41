"""Serves an ASGI application with uvicorn in this process: port, TLS, signals, shutdown."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn

from chat_contract import Exchange, KitError, __version__
from mock_server import defaults
from mock_server.http.messages import OWN_PREFIX
from mock_server.loading.fingerprint import folders
from mock_server.loading.snapshot import Snapshot
from mock_server.loading.watch import watch
from mock_server.output import Output
from mock_server.respond.relay import Capture, make_relay
from mock_server.respond.reload import Reloader
from mock_server.respond.service import ChatService
from mock_server.server.asgi import MockApp
from mock_server.server.handshakes import limit_handshakes
from mock_server.server.limits import DEFAULT, ServerLimits
from mock_server.server.listener import BACKLOG, check_certificate, connections_allowed, open_listener
from mock_server.server.protocol import Protocol, limited
from mock_server.server.shared import check_options, open_store, replicated
from mock_server.server.workers import Workers, check_workers

if TYPE_CHECKING:
    from mock_server.control.request_log import RequestLog

App = Callable[..., Any]
Step = Callable[[], Awaitable[None]]

_TICKS_A_SECOND = 10
_SECONDS_TO_FINISH = 0.3
"""How long responses in progress may take once the server stops."""


@dataclass(frozen=True)
class Listening:
    """Where to listen, with which certificate, when to stop, and how to announce that the server is ready."""

    host: str = defaults.HOST
    port: int = defaults.PORT
    tls_cert: Path | None = None
    tls_key: Path | None = None
    exit_with_parent: bool = False
    ready_json: bool = False
    limits: ServerLimits = DEFAULT
    workers: int = 1
    listener: socket.socket | None = None
    """The open port, if another process has opened it."""
    parent: int | None = None
    """The process whose end ends the server."""


def serve(
    snapshot: Snapshot,
    listening: Listening = Listening(),
    log_format: str | None = None,
    open_capture: Callable[[], Capture] | None = None,
    output: Output | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; port 0 picks a free port.

    ``open_capture`` returns what gets the exchanges with the upstream service. It is called once the port is open.
    ``output`` gets warnings and the log; without one, standard error does.

    Prints one line with the URL once requests are answered, and reloads files that change. Raises :class:`KitError`
    if the port or the certificate cannot be used.
    """
    check_options(snapshot)
    check_workers(listening.workers, snapshot.options)
    ready = partial(_announce, snapshot, listening)
    if listening.workers > 1:
        _serve_with_workers(snapshot, listening, log_format, ready)
    else:
        _serve(snapshot, listening, log_format, open_capture, output=output or Output(sys.stderr), ready=ready)


def _announce(snapshot: Snapshot, listening: Listening, base: str) -> None:
    print(ready_json(snapshot, base) if listening.ready_json else ready_text(snapshot, base), flush=True)


def _serve_with_workers(
    snapshot: Snapshot, listening: Listening, log_format: str | None, ready: Callable[[str], None]
) -> None:
    check_certificate(listening.tls_cert, listening.tls_key)
    listener = open_listener(listening.host, listening.port)
    shared = replace(listening, listener=listener, parent=os.getpid())
    gc.freeze()
    Workers(
        listening.workers,
        lambda tell: _serve(snapshot, shared, log_format, None, output=Output(sys.stderr), ready=tell),
        ready,
        parent=os.getppid() if listening.exit_with_parent else None,
    ).run()
    listener.close()


def _serve(
    snapshot: Snapshot,
    listening: Listening,
    log_format: str | None,
    open_capture: Callable[[], Capture] | None,
    *,
    output: Output,
    ready: Callable[[str], None],
) -> None:
    captures: list[Capture] = []

    async def capture(exchange: Exchange, seconds: float) -> None:
        await captures[0](exchange, seconds)

    relay = make_relay(snapshot.options, snapshot.path, None if open_capture is None else capture)
    log = None if log_format is None else _open_log(log_format, output)
    log_entry = None if log is None else log.add
    store = open_store(snapshot, output.say)
    service = (
        ChatService(snapshot, relay=relay, warn=output.say, log=log_entry)
        if store is None
        else replicated(snapshot, store, output.say, log_entry)
    )

    def announce(base: str) -> None:
        ready(base)
        watching = partial(watch, partial(folders, snapshot.options), stop=threading.Event())
        run = partial(Reloader(service, output.say).run, watching)
        threading.Thread(target=run, name="reload", daemon=True).start()
        # Exempt what exists now from garbage collection: nearly all of it stays until the end.
        gc.freeze()

    start, close = (None, None) if store is None else (store.start, store.close)
    app = MockApp(service, listening.limits)
    at_close = close if relay is None else relay.close
    server = Server(app, listening, announce, at_end=service.end, start=start, close=at_close)
    if open_capture is not None:
        # The port comes first: if it is taken, no folder is made.
        try:
            captures.append(open_capture())
        except KitError:
            server.listener.close()
            raise
    server.run()
    output.end()


def _open_log(log_format: str, output: Output) -> RequestLog:
    from mock_server.control.request_log import LogFormat, RequestLog  # noqa: PLC0415 - imports the oracle

    return RequestLog(LogFormat(log_format), output)


def ready_text(snapshot: Snapshot, base: str) -> str:
    """Return the line for people that says where the mock is."""
    url, console = f"{base}{snapshot.route}", f"{base}{OWN_PREFIX}/"
    return f"Mock ready: {snapshot.method} {url} (console: {console}). Press Ctrl-C to stop."


def ready_json(snapshot: Snapshot, base: str) -> str:
    """Return the line for programs: ``url`` is the base URL for clients, ``base`` the address of the server."""
    url = f"{base}{snapshot.contract.operation.base_path}"
    return json.dumps({"url": url, "base": base, "pid": os.getpid(), "version": __version__})


class Server(uvicorn.Server):
    """uvicorn's server with a listener of its own. It closes slow connections and stops within a second."""

    def __init__(
        self,
        app: App,
        listening: Listening,
        announce: Callable[[str], None],
        *,
        at_end: Callable[[], None] = lambda: None,
        start: Step | None = None,
        close: Step | None = None,
    ) -> None:
        """``announce`` gets scheme and authority once the server is ready.

        ``start`` is awaited before the first request is accepted. ``at_end`` runs when the server begins to stop;
        ``close`` is awaited when all responses have ended.
        Raises :class:`KitError` if the port or the certificate cannot be used.
        """
        check_certificate(listening.tls_cert, listening.tls_key)
        self.listener = listening.listener or open_listener(listening.host, listening.port)
        scheme = "http" if listening.tls_cert is None else "https"
        host = f"[{listening.host}]" if ":" in listening.host else listening.host
        self._announce = partial(announce, f"{scheme}://{host}:{self.listener.getsockname()[1]}")
        self._at_end = at_end
        self._start = start
        self._close = close
        limits = listening.limits
        self._max_connections = connections_allowed(limits.connections)
        self._parent = os.getppid() if listening.exit_with_parent and not listening.parent else listening.parent
        config = uvicorn.Config(
            app,
            http=limited(replace(limits, connections=self._max_connections)),
            ws="none",
            lifespan="off",
            backlog=BACKLOG,
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            ssl_certfile=listening.tls_cert,
            ssl_keyfile=listening.tls_key,
        )
        super().__init__(config)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until Ctrl-C, SIGTERM or, if wanted, the end of the parent process."""
        super().run(sockets or [self.listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and announce that the server is ready."""
        if self._start is not None:
            await self._start()
        if self.config.ssl is not None:
            limit_handshakes(self.config.ssl, lambda: self._max_connections - len(self.server_state.connections))
        await super().startup(sockets)
        self._announce()

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
        """Give the responses in progress a moment to finish, then close every connection."""
        self._at_end()
        asyncio.get_running_loop().call_later(0 if self.force_exit else _SECONDS_TO_FINISH, self._abort)
        await super().shutdown(sockets)
        if self._close is not None:
            await self._close()

    def _abort(self) -> None:
        for connection in self._connections():
            connection.drop()
        for task in self.server_state.tasks:
            task.cancel()

    def _connections(self) -> list[Protocol]:
        return [each for each in self.server_state.connections if isinstance(each, Protocol)]
