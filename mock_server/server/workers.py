"""Several processes of the mock on one port. They share the listener, and their state through the store.

The first process only supervises: it restarts a worker that has ended, and ends all workers when it stops.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from chat_contract import KitError, UsageError
from mock_server.loading.options import Options

Serve = Callable[[Callable[[str], None]], None]
"""Serves in a worker, and calls its argument with the address once it is ready."""

_SECONDS_TO_STOP = 0.8
_SECONDS_BETWEEN_STARTS = 0.5
_SECONDS_BETWEEN_LOOKS = 0.1


def check_workers(workers: int, options: Options) -> None:
    """Raise :class:`UsageError` unless the mock can serve with this number of workers."""
    if workers == 1:
        return
    if options.store is None:
        raise UsageError(
            f"--workers {workers} needs --store: without it, each worker keeps conversations of its own, and the next "
            "turn may reach another worker. Add --store redis://HOST:PORT/0, or use one worker."
        )
    if not hasattr(os, "fork"):
        raise UsageError(f"--workers {workers} does not work on Windows. Start several mocks with the same --store.")


@dataclass
class _Worker:
    pid: int
    ready: int
    """The descriptor that gets the address once the worker is ready."""
    started: float


class Workers:
    """Starts and ends the workers. Use it in the main thread of a process without other threads."""

    def __init__(self, count: int, serve: Serve, announce: Callable[[str], None], *, parent: int | None) -> None:
        """``announce`` gets the address once all workers are ready. The end of the process ``parent`` ends all."""
        self._count = count
        self._serve = serve
        self._announce = announce
        self._parent = parent
        self._workers: list[_Worker] = []
        self._stopping = False

    def run(self) -> None:
        """Serve until Ctrl-C or SIGTERM. Raise :class:`KitError` if a worker cannot start."""
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            self._workers = [self._start() for _ in range(self._count)]
            addresses = [self._wait_for(worker) for worker in self._workers]
            if all(addresses):
                self._announce(addresses[0])
            elif not self._stopping:
                raise KitError("A worker ended before it was ready. Its own message says why.")
            while not self._stopping:
                self._look()
        finally:
            self._end()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start(self) -> _Worker:
        reader, writer = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            os.close(writer)
            return _Worker(pid, reader, time.monotonic())
        code = 1
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            for descriptor in (reader, *(worker.ready for worker in self._workers)):
                os.close(descriptor)
            self._serve(lambda base: _tell(writer, base))
            code = 0
        except KitError as error:
            print(error, file=sys.stderr, flush=True)
            code = 2
        finally:
            # The frames below belong to the supervisor.
            os._exit(code)

    def _wait_for(self, worker: _Worker) -> str:
        """Return the address once the worker is ready, an empty text if it has ended or all are to stop."""
        import select  # noqa: PLC0415 - selects pipes on POSIX only, as forking does

        told = b""
        while not told.endswith(b"\n"):
            if self._stopping or self._is_orphan():
                return ""
            if select.select([worker.ready], [], [], _SECONDS_BETWEEN_LOOKS)[0]:
                piece = os.read(worker.ready, 1024)
                if not piece:
                    return ""
                told += piece
        return told.decode().strip()

    def _look(self) -> None:
        """Restart the workers that have ended; stop if the parent has ended."""
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        if self._is_orphan():
            self._stopping = True
        for number, worker in enumerate(self._workers):
            if self._stopping or not _has_ended(worker):
                continue
            os.close(worker.ready)
            print(f"Worker {worker.pid} has ended. Starting another one.", file=sys.stderr, flush=True)
            time.sleep(max(0.0, _SECONDS_BETWEEN_STARTS - (time.monotonic() - worker.started)))
            del self._workers[number]
            self._workers.insert(number, self._start())

    def _is_orphan(self) -> bool:
        return self._parent is not None and os.getppid() != self._parent

    def _end(self) -> None:
        left = [worker for worker in self._workers if not _has_ended(worker)]
        for worker in left:
            os.kill(worker.pid, signal.SIGTERM)
        deadline = time.monotonic() + _SECONDS_TO_STOP
        while left and time.monotonic() < deadline:
            time.sleep(0.01)
            left = [worker for worker in left if not _has_ended(worker)]
        for worker in left:
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)


def _tell(descriptor: int, base: str) -> None:
    os.write(descriptor, f"{base}\n".encode())
    os.close(descriptor)


def _has_ended(worker: _Worker) -> bool:
    try:
        return os.waitpid(worker.pid, os.WNOHANG)[0] == worker.pid
    except ChildProcessError:
        # It was waited for already.
        return True
