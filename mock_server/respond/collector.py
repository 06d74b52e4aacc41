"""Pauses Python's collector of cyclic garbage while a large body is read.

A body may become a million lists. The collector would look at them again and again, which takes longer than reading.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_pausing = Lock()


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the collector, unless another thread has paused it. It runs after each pause, even under steady load."""
    if not gc.isenabled() or not _pausing.acquire(blocking=False):
        yield
        return
    try:
        gc.disable()
        yield
    finally:
        gc.enable()
        _pausing.release()
