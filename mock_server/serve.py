"""Serves a blueprint with granian: the edge where ports, processes and signals are.

Each setting that looks odd answers a trap that was measured:

- One blocking thread stalls at a single half-sent body, and as many as granian likes to start keep it from ever
  shutting down: 128 threads, as many requests at a time, and two seconds for a worker to go.
- granian binds with SO_REUSEPORT, so that a second mock on a taken port would silently share its requests:
  the port is tried with a plain bind first.
- granian puts the process's environment into every request, so that ``HTTP_PROXY`` would look like a header:
  the worker forgets what could be taken for one.
- A worker that gets two signals at once locks up until it is killed, and Ctrl-C sends one to every process of the
  terminal's group: the worker leaves that group and hears only its parent.
- The worker is another process and may be spawned: all that it needs is picklable and on module level.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from chat_contract import KitError
from mock_server.app import create_app
from mock_server.blueprint import Blueprint

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4010

_THREADS = 128
_SECONDS_TO_STOP = 2
_SECONDS_TO_START = 30.0
_SECONDS_BETWEEN_LOOKS = 0.01

# How the names of WSGI begin (PEP 3333), but for those with a dot.
_REQUEST_NAMES = (
    *("AUTH_TYPE", "CONTENT_", "GATEWAY_INTERFACE", "HTTP_", "PATH_INFO", "PATH_TRANSLATED", "QUERY_STRING"),
    *("RAW_URI", "REMOTE_", "REQUEST_", "SCRIPT_NAME", "SERVER_"),
)


@dataclass(frozen=True)
class Address:
    """Where to listen: what the user said, and the numbers that it stands for."""

    host: str
    ip: str
    port: int

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def serve(blueprint: Blueprint, *, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> None:
    """Serve until told to stop by Ctrl-C or SIGTERM; port 0 picks a free one.

    Prints one line with the URL once requests are answered. Raises :class:`KitError` if the port cannot be had.
    """
    address = find_address(host, port)

    def announce() -> None:
        print(f"Mock of {blueprint.method} {address.origin}{blueprint.route} is ready; Ctrl-C stops it.", flush=True)

    server = _Server(
        "mock_server",
        address=address.ip,
        port=address.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=1,
        blocking_threads=_THREADS,
        backpressure=_THREADS,
        workers_kill_timeout=_SECONDS_TO_STOP,
        log_level=LogLevels.critical,
    )
    server.when_ready = announce
    server.serve(target_loader=partial(load_worker, blueprint), wrap_loader=False)


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


def load_worker(blueprint: Blueprint) -> Callable[..., Any]:
    """Build the application in the worker's process."""
    _forget_what_looks_like_a_request(os.environ)
    _listen_to_parent_only()
    return create_app(blueprint)


def _forget_what_looks_like_a_request(environment: Any) -> None:
    for name in list(environment):
        if name.startswith(_REQUEST_NAMES) or "." in name:
            del environment[name]


def _listen_to_parent_only() -> None:
    """Leave stopping to the parent; but stop when it is gone, since a worker left behind would keep the port."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)

    def wait() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


# granian picks its class when it is imported, which no type checker can follow.
class _Server(Granian):  # type: ignore[misc, valid-type]
    """granian's server, which says when it answers."""

    when_ready: Callable[[], None]

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
