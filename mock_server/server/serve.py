"""Serves a snapshot with granian: the edge where ports, processes, certificates and signals are.

Each setting that looks odd answers a trap that was measured:

- granian binds with SO_REUSEPORT, so that a second mock on a taken port would silently share its requests:
  the port is tried with a plain bind first.
- A worker waits for clients that never finish a request until it is killed, and a signal that comes while it starts
  may be lost on it: the parent says by a pipe that it is time to go, and the worker goes half a second later.
- A worker that gets two signals at once locks up until it is killed, and Ctrl-C sends one to every process of the
  terminal's group: the worker leaves that group and hears only its parent.
- The worker is another process and may be spawned: all that it needs is picklable and on module level.
"""

from __future__ import annotations

import gc
import multiprocessing
import multiprocessing.connection
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from chat_contract import KitError
from mock_server.http.messages import OWN_PREFIX
from mock_server.loading.fingerprint import folders
from mock_server.loading.load import read_snapshot
from mock_server.loading.options import Options
from mock_server.loading.reload import Reloader
from mock_server.loading.snapshot import Snapshot
from mock_server.loading.watch import watch
from mock_server.respond.relay import make_relay
from mock_server.respond.service import ChatService
from mock_server.server.front import Front

if TYPE_CHECKING:
    from flask import Flask

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4010

_MOST_AT_ONCE = 4096
"""How many requests may be on their way at once; those whose clients are slow to send count too."""
_SECONDS_TO_STOP = 2
_SECONDS_TO_FINISH = 0.5
_SECONDS_TO_START = 30.0
_SECONDS_BETWEEN_LOOKS = 0.01


@dataclass(frozen=True)
class Listening:
    """Where to listen, and with which certificate."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @property
    def scheme(self) -> str:
        return "http" if self.tls_cert is None else "https"


@dataclass(frozen=True)
class Address:
    """What the user said, and the numbers that it stands for."""

    host: str
    ip: str
    port: int

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def serve(snapshot: Snapshot, listening: Listening = Listening()) -> None:
    """Serve until told to stop by Ctrl-C or SIGTERM; port 0 picks a free one.

    Prints one line with the URL once requests are answered. Raises :class:`KitError` if the port cannot be had, or
    the certificate cannot be used.
    """
    # Before anything is served, so that what is wrong with it is said.
    make_relay(snapshot.options, snapshot.path)

    def announce(base: str) -> None:
        url, console = f"{base}{snapshot.route}", f"{base}{OWN_PREFIX}/"
        print(f"Mock ready: {snapshot.method} {url} (console: {console}). Press Ctrl-C to stop.", flush=True)

    run_server(partial(load_worker, snapshot.options), listening, announce, interface=Interfaces.RSGI)


def run_server(
    load: Callable[[Connection], Any],
    listening: Listening,
    announce: Callable[[str], None],
    *,
    interface: Interfaces,
    **settings: Any,
) -> None:
    """Serve what ``load`` makes in the worker's process, as :func:`serve` does.

    ``load`` gets what tells the worker to go, for :func:`listen_to_parent_only`; ``announce`` gets scheme and
    authority of what is served. ``settings`` are granian's.
    """
    check_certificate(listening.tls_cert, listening.tls_key)
    address = find_address(listening.host, listening.port)
    told, tell = multiprocessing.Pipe(duplex=False)
    server = _Server(
        "mock_server",
        address=address.ip,
        port=address.port,
        interface=interface,
        http=HTTPModes.http1,
        websockets=False,
        workers=1,
        backpressure=_MOST_AT_ONCE,
        workers_kill_timeout=_SECONDS_TO_STOP,
        log_level=LogLevels.critical,
        ssl_cert=listening.tls_cert,
        ssl_key=listening.tls_key,
        **settings,
    )
    server.when_ready = partial(announce, f"{listening.scheme}://{address.authority}")
    server.tell_worker = tell
    server.serve(target_loader=partial(load, told), wrap_loader=False)


def check_certificate(certificate: Path | None, key: Path | None) -> None:
    """Raise :class:`KitError` unless both are there and fit, or neither is wanted."""
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        raise KitError("--tls-cert and --tls-key go together; give both, or neither")
    for path in (certificate, key):
        if not path.is_file():
            raise KitError(f"there is no file {path}; name a PEM file")
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


def find_address(host: str, port: int) -> Address:
    """Find out where to listen, and that nobody else does."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise KitError(f"cannot listen on the host {host!r}: {error}; name an address of this machine") from None
    family, *_, name = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Past connections that linger do not make a port taken; a server that listens does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(name)
            probe.listen(1)
        except OSError as error:
            reason = f"cannot listen on {host}:{port}: {error.strerror}"
            raise KitError(f"{reason}; stop what listens there, or choose another port (0 picks a free one)") from None
        return Address(host, str(name[0]), int(probe.getsockname()[1]))


def load_worker(options: Options, told: Connection) -> Front:
    """Build the application in the worker's process."""
    snapshot = read_snapshot(options)
    service = ChatService(snapshot, relay=make_relay(snapshot.options, snapshot.path))
    listen_to_parent_only(told, service.journal.end)
    _keep_fresh(service)
    _keep_what_is_here()
    return Front(service, partial(_make_app, service))


def _make_app(service: ChatService) -> Flask:
    from mock_server.app import create_app  # noqa: PLC0415 - it brings Flask, for which the start need not wait

    app = create_app(service=service)
    _keep_what_is_here()
    return app


def _keep_what_is_here() -> None:
    """Take what is here now for good, so that the collector does not look at it again and again."""
    gc.collect()
    gc.freeze()


def _keep_fresh(service: ChatService) -> None:
    """Serve what the files say from now on, whoever changes them."""
    options = service.snapshot.options
    reloader = Reloader(service, sys.stderr)
    never = threading.Event()
    watching = partial(watch, partial(folders, options), reloader.look, never)
    threading.Thread(target=watching, name="reload", daemon=True).start()


def listen_to_parent_only(told: Connection, end: Callable[[], None]) -> None:
    """Leave stopping to the parent; but stop when it is gone, since a worker left behind would keep the port."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)

    def wait() -> None:
        heard = multiprocessing.connection.wait([parent.sentinel, told])
        if told not in heard:
            os._exit(1)
        end()
        time.sleep(_SECONDS_TO_FINISH)
        os._exit(0)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


# granian picks its class when it is imported, which no type checker can follow.
class _Server(Granian):  # type: ignore[misc, valid-type]
    """granian's server, which says when it answers."""

    when_ready: Callable[[], None]
    tell_worker: Connection

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        super().startup(spawn_target, target_loader)
        deadline = time.monotonic() + _SECONDS_TO_START
        while not self.main_loop_interrupt.is_set():
            if self._answers():
                self.when_ready()
                return
            if time.monotonic() > deadline:
                self.interrupt_children.append(0)
                self.main_loop_interrupt.set()
            time.sleep(_SECONDS_BETWEEN_LOOKS)

    def shutdown(self, exit_code: int = 0) -> None:
        try:
            self.tell_worker.send(None)
            super().shutdown(exit_code)
        except SystemExit:
            # Ctrl-C reaches the worker too: whether it went before it was told to is no failure.
            if not self.interrupt_signal:
                raise KitError("the mock's worker is gone; what it wrote above says why") from None

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.bind_addr, self.bind_port), timeout=1):
                return True
        except OSError:
            return False
