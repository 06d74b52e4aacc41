"""Large responses are received and judged one after the other: each may take a hundred megabytes."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache

LARGE = 1024 * 1024
"""Responses of at most this many bytes are received and judged at the same time as others."""

_POLL = 0.25
"""After how many seconds a thread that waits looks whether the run ended."""

_M_MMAP_THRESHOLD = -3
"""A parameter of mallopt(3)."""


class LargeResponses:
    """Gives one thread at a time the turn to hold a large response. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread = threading.local()

    @contextmanager
    def handling(self) -> Iterator[None]:
        """End the turn of this thread, if it began one in the block, when the block ends."""
        self._thread.inside = True
        try:
            yield
        finally:
            self._thread.inside = False
            self.end()

    def begin(self, over: Callable[[], bool]) -> float:
        """Wait for the turn of this thread, or until the run is over; return the seconds that it took.

        A thread outside of :meth:`handling` holds what it receives for longer, and needs no turn.
        """
        if not getattr(self._thread, "inside", False) or self._has_turn:
            return 0.0
        _return_large_memory()
        began, waited = time.monotonic(), 0.0
        while not self._lock.acquire(timeout=_POLL if waited else 0):
            if over():
                return waited
            waited = time.monotonic() - began
        self._thread.has_turn = True
        return time.monotonic() - began if waited else 0.0

    def end(self) -> None:
        """Let the next thread have its turn, if this one has it."""
        if self._has_turn:
            self._thread.has_turn = False
            self._lock.release()

    @property
    def _has_turn(self) -> bool:
        return getattr(self._thread, "has_turn", False)


@cache
def _return_large_memory() -> None:
    """Make glibc return large blocks to the system as soon as they are free.

    Otherwise each thread keeps those of the last large response.
    """
    if sys.platform == "linux":
        # Other C libraries of Linux have no such function, and keep nothing.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE)
