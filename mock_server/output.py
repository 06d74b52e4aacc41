"""Writes lines from a thread of its own, so that nothing waits while nobody reads them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from io import UnsupportedOperation
from queue import SimpleQueue
from threading import Condition, Thread
from typing import TextIO

from kit_reports.visible import visible

MAX_WAITING_BYTES = 4 * 1024 * 1024
"""Size of the lines that may wait to be written. Further ones are left out, and counted."""
_LINE_BYTES = 200
"""Size of a waiting line without its text."""
_SECONDS_TO_END = 1.0


class Output:
    """Writes lines to a stream that nobody else writes to. Thread-safe.

    Neither a closed stream nor a full disk stops the program, nor does a reader that is slow or has stopped.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._waiting: SimpleQueue[tuple[Callable[[], str], int]] = SimpleQueue()
        self._bytes = 0
        self._left_out = 0
        self._changed = Condition()
        self._is_started = False

    def say(self, line: str) -> None:
        """Write a line, soon."""
        self.add(lambda: line, len(line))

    def add(self, render: Callable[[], str], size: int) -> None:
        """Write the line that a function returns, soon. ``size``: bytes of what the function keeps."""
        size += _LINE_BYTES
        with self._changed:
            if self._bytes + size > MAX_WAITING_BYTES and self._bytes:
                self._left_out += 1
                return
            self._bytes += size
            if not self._is_started:
                self._is_started = True
                Thread(target=self._work, name="output", daemon=True).start()
        self._waiting.put((render, size))

    def end(self) -> None:
        """Write the lines that wait, for a second at most."""
        with self._changed:
            self._changed.wait_for(lambda: not self._bytes, _SECONDS_TO_END)

    def _work(self) -> None:
        while True:
            render, size = self._waiting.get()
            self._write(render())
            if self._left_out and self._waiting.empty():
                with self._changed:
                    left_out, self._left_out = self._left_out, 0
                self._write(f"{left_out} lines are missing here: this output was not read fast enough.")
            # It may keep a large request.
            del render
            with self._changed:
                self._bytes -= size
                self._changed.notify_all()

    def _write(self, line: str) -> None:
        text = f"{visible(line)}\n"
        with suppress(OSError, ValueError):
            try:
                descriptor = self._out.fileno()
            except UnsupportedOperation:
                self._out.write(text)
                return
            # At the end of the process, Python waits for a thread that writes to a buffered stream, and aborts.
            data = memoryview(text.encode(self._out.encoding or "utf-8", "backslashreplace"))
            while data:
                data = data[os.write(descriptor, data) :]
