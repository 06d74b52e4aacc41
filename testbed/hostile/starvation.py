"""Measures how long processes wait for a processor, so that a busy machine does not count as a slow server."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_SECONDS_BETWEEN_SAMPLES = 0.25
_NANOSECONDS = 1e9


class Starvation:
    """The time in which threads of some processes could have run, but had no processor.

    Linux counts it for each thread. Of a process, the thread that waits longest counts; of several processes, the sum
    counts, because a request passes through all of them.
    """

    def __init__(self, processes: Sequence[int]) -> None:
        self._processes = processes
        self._delays: dict[Path, float] = {}
        self._lock = threading.Lock()
        self._times: list[float] = []
        self._totals: list[float] = []

    def between(self, began: float, ended: float) -> float:
        """Return the seconds between two times of ``time.monotonic()``."""
        self.sample()
        with self._lock:
            return grown_between(self._times, self._totals, began, ended)

    def sample(self) -> None:
        """Read the delays of all threads."""
        with self._lock:
            grown = sum(max(self._grown(process), default=0.0) for process in self._processes)
            self._times.append(time.monotonic())
            self._totals.append((self._totals[-1] if self._totals else 0.0) + grown)

    def _grown(self, process: int) -> Iterator[float]:
        for file in Path(f"/proc/{process}/task").glob("*/schedstat"):
            with suppress(OSError):  # The thread has ended.
                delay = int(file.read_text("ascii").split()[1]) / _NANOSECONDS
                yield delay - self._delays.get(file, delay)
                self._delays[file] = delay


def grown_between(times: Sequence[float], totals: Sequence[float], began: float, ended: float) -> float:
    """Return how much a total grew, from the last sample before a period to the first one after it."""
    first = max(bisect_left(times, began) - 1, 0)
    last = min(bisect_left(times, ended), len(times) - 1)
    return totals[last] - totals[first]


@contextmanager
def watched(processes: Sequence[int]) -> Iterator[Starvation]:
    """Sample the processes in a thread."""
    starvation, ended = Starvation(processes), threading.Event()
    starvation.sample()

    def watch() -> None:
        while not ended.wait(_SECONDS_BETWEEN_SAMPLES):
            starvation.sample()

    thread = threading.Thread(target=watch, name="starvation", daemon=True)
    thread.start()
    try:
        yield starvation
    finally:
        ended.set()
        thread.join()
