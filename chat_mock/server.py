"""Starts the mock in a process of its own, as it is served everywhere else, and stops it."""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Self

_READY = re.compile(r"Mock ready: \S+ (https?://\S+)/")
_SECONDS_TO_START = 30.0
_SECONDS_TO_STOP = 5.0


class ServerError(Exception):
    """The mock did not start; the message contains its output."""


@dataclass
class Server:
    """A mock that answers at ``base_url``."""

    base_url: str
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, options: Sequence[str] = ()) -> Self:
        """Start a mock on a free port; raises :class:`ServerError`."""
        command = [sys.executable, "-P", "-m", "mock_server", "--exit-with-parent", "--port", "0", *options]
        with tempfile.TemporaryFile() as complaints:
            process = subprocess.Popen(  # noqa: S603 - this Python, our module, the user's own options
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints
            )
            match = _READY.search(_first_line(process))
            if match is None:
                process.kill()
                process.wait()
                _close(process)
                complaints.seek(0)
                output = complaints.read().decode("utf-8", "replace").strip()
                raise ServerError(f"the mock did not start: {output or 'it printed nothing'}")
        return cls(match.group(1), process)

    def stop(self) -> None:
        """Stop the mock, and wait until its process has ended."""
        self.process.terminate()
        try:
            self.process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _close(self.process)


def _first_line(process: subprocess.Popen[bytes]) -> str:
    """Return the line that says where the mock is; nothing if it ends, or is silent, before it says so."""
    stream, lines = _stdout(process), queue.SimpleQueue[bytes]()
    # A thread, because Windows cannot wait for a pipe. It ends with the line, or with the process.
    threading.Thread(target=lambda: lines.put(stream.readline()), daemon=True).start()
    try:
        return lines.get(timeout=_SECONDS_TO_START).decode("utf-8", "replace")
    except queue.Empty:
        return ""


def _close(process: subprocess.Popen[bytes]) -> None:
    _stdout(process).close()


def _stdout(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdout is None:
        raise ServerError("the mock has no output to read")
    return process.stdout
