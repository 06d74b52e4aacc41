"""Limits of tests: waits for conditions, with a limit that only bounds a test that fails, and CPU time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 300.0
"""Seconds after which a test gives up. No test takes a fraction of it, and a busy machine may take long."""


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; fail after PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"the condition does not hold after {PATIENCE:.0f} seconds"
        time.sleep(0.02)


@contextmanager
def at_most_cpu_seconds(seconds: float) -> Iterator[None]:
    """Fail if the block takes more CPU time of this thread. The time that other processes take does not count."""
    began = time.thread_time()
    yield
    assert time.thread_time() - began < seconds
