"""Starts Locust in a process of its own, follows its progress, and returns its result."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from chat_contract.errors import KitError, UsageError
from chat_contract.exchange import Headers
from chat_load.settings import (
    HEADERS_VARIABLE,
    LOG_FILE,
    PROGRESS_FILE,
    PROXY_VARIABLE,
    RESULT_FILE,
    SETTINGS_VARIABLE,
    STOP_FILE,
    TOKEN_VARIABLE,
    Progress,
    Result,
    Settings,
)
from kit_reports.codec import decode, encode

_HERE = Path(__file__).parent
_POLL_SECONDS = 0.25
_SECONDS_TO_STOP = 90.0
"""How long Locust may take to stop: a master waits for the last counts of its workers."""
_WORKERS_SECONDS = 120
_LOOPBACK = "127.0.0.1"


class Role(StrEnum):
    """What the process does: all of the load, or one part of a distributed one."""

    ALONE = "alone"
    MASTER = "master"
    WORKER = "worker"


class LoadError(KitError):
    """The load cannot run; the message gives the reason and what to do."""


@dataclass(frozen=True)
class Swarm:
    """How many users Locust starts, in which processes, and whether it serves its page."""

    users: int
    spawn_rate: float
    role: Role = Role.ALONE
    processes: int = 1
    expect_workers: int = 1
    master_host: str = _LOOPBACK
    master_port: int = 5557
    web_port: int | None = None

    @property
    def sends_requests(self) -> bool:
        return self.role is not Role.MASTER


@dataclass(frozen=True)
class Access:
    """What may contain secrets: the headers, the command of ``--token-command`` and the URL of ``--proxy``."""

    headers: Headers = field(default=(), repr=False)
    token_command: str | None = None
    proxy: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Outcome:
    """The result of a load; None for a worker, whose master has it. ``interrupted``: the user ended it early."""

    result: Result | None
    interrupted: bool = False


def require_locust() -> None:
    """Raise :class:`ModuleNotFoundError` unless the packages of the extra are installed, without importing them."""
    for package in ("locust", "jsonschema_rs", "rich"):
        if importlib.util.find_spec(package) is None:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)


def run_load(settings: Settings, swarm: Swarm, access: Access, show: Callable[[Progress], None]) -> Outcome:
    """Run a load until it ends, and return its outcome; ``show`` receives the progress about once a second.

    An interrupt ends the load early and keeps what was measured. Raises :class:`LoadError` if Locust fails.
    """
    with tempfile.TemporaryDirectory(prefix="chat-load-") as name, _interrupt_at_sigterm():
        folder = Path(name)
        settings = replace(settings, folder=name, own_workers=swarm.role is Role.ALONE)
        (folder / "settings.json").write_text(encode(settings), "utf-8")
        with (folder / LOG_FILE).open("wb") as log:
            process = _start(folder, swarm, access, log.fileno())
        interrupted = _follow(process, folder, show)
        return Outcome(_result(folder, swarm, process.returncode, interrupted=interrupted), interrupted)


def check_network(swarm: Swarm) -> None:
    """Raise :class:`LoadError` for a port that another process uses, and for a master whose host is unknown."""
    if swarm.role is Role.WORKER:
        _check_master(swarm.master_host)
    master = swarm.role is Role.MASTER or swarm.processes > 1
    if master and swarm.role is not Role.WORKER:
        _check_port("--master-port", swarm.master_port, "")
    if swarm.web_port is not None:
        _check_port("--web-port", swarm.web_port, _LOOPBACK)


def _check_master(host: str) -> None:
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        raise LoadError(f"--master-host {host}: the host is unknown. Name the host of the master.") from None


def _check_port(option: str, port: int, host: str) -> None:
    with socket.socket() as tried:
        # A port of a server that has just ended is free. On Windows, this option would take the port of another server.
        if sys.platform != "win32":
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            raise LoadError(f"{option} {port}: {error.strerror}. Choose another port.") from None


def _start(folder: Path, swarm: Swarm, access: Access, log: int) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    environment |= {
        SETTINGS_VARIABLE: str(folder / "settings.json"),
        HEADERS_VARIABLE: json.dumps(access.headers),
        TOKEN_VARIABLE: access.token_command or "",
        PROXY_VARIABLE: access.proxy or "",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(_HERE.parent), os.environ.get("PYTHONPATH", "")])),
    }
    # A session of its own: an interrupt in the terminal reaches this process only, which ends the load in order.
    return subprocess.Popen(  # noqa: S603 - every argument is a number, a host or a path of the kit
        [sys.executable, "-m", "locust", *_arguments(swarm)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _arguments(swarm: Swarm) -> list[str]:
    """Return the options of Locust."""
    arguments = ["--locustfile", str(_HERE / "swarm.py"), "--loglevel", "WARNING", "--only-summary"]
    if swarm.processes > 1:
        arguments += ["--processes", str(swarm.processes)]
    if swarm.role is Role.WORKER:
        return [*arguments, "--worker", "--master-host", swarm.master_host, "--master-port", str(swarm.master_port)]
    arguments += ["--users", str(swarm.users), "--spawn-rate", str(swarm.spawn_rate)]
    if swarm.role is Role.MASTER:
        arguments += ["--master", "--expect-workers", str(swarm.expect_workers)]
    if swarm.role is Role.MASTER or swarm.processes > 1:
        arguments += ["--master-bind-port", str(swarm.master_port), "--master-port", str(swarm.master_port)]
        arguments += ["--expect-workers-max-wait", str(_WORKERS_SECONDS)]
    if swarm.role is Role.ALONE:
        # The workers are processes on this machine.
        arguments += ["--master-bind-host", _LOOPBACK]
    if swarm.web_port is None:
        return [*arguments, "--headless"]
    return [*arguments, "--web-host", _LOOPBACK, "--web-port", str(swarm.web_port), "--autostart"]


def _follow(process: subprocess.Popen[bytes], folder: Path, show: Callable[[Progress], None]) -> bool:
    """Show the progress until the process ends; return whether the user interrupted it."""
    interrupted, shown = False, b""
    try:
        while process.poll() is None:
            time.sleep(_POLL_SECONDS)
            shown = _show_news(folder, shown, show)
    except KeyboardInterrupt:
        interrupted = True
        (folder / STOP_FILE).touch()
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(_SECONDS_TO_STOP)
    finally:
        _end(process)
    return interrupted


def _show_news(folder: Path, shown: bytes, show: Callable[[Progress], None]) -> bytes:
    try:
        news = (folder / PROGRESS_FILE).read_bytes()
    except FileNotFoundError:
        return shown
    if news != shown:
        show(decode(Progress, news))
    return news


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process if it still runs."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _result(folder: Path, swarm: Swarm, code: int, *, interrupted: bool) -> Result | None:
    """Read the result; raise :class:`LoadError` if one is expected and missing."""
    if (folder / RESULT_FILE).exists():
        result = decode(Result, (folder / RESULT_FILE).read_bytes())
        if result.failures:
            raise LoadError(f"a simulated user failed, which is a bug in the kit:\n{result.failures[0].rstrip()}")
        return result
    if swarm.role is Role.WORKER and (code == 0 or interrupted):
        return None
    if interrupted:
        raise UsageError("interrupted before the first request.")
    log = (folder / LOG_FILE).read_text("utf-8", "replace").strip()
    reason = log.splitlines()[-1] if log else f"exit code {code}"
    raise LoadError(f"Locust ended without a result ({reason}).")


@contextlib.contextmanager
def _interrupt_at_sigterm() -> Iterator[None]:
    """Treat SIGTERM as an interrupt, so that the load never outlives this process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
