"""The time that proofs may take. What is not decided by then is reported as not proved."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class OutOfTimeError(Exception):
    """The time for a proof, or for all, is over."""


class Budget:
    """A number of seconds by a clock, counted from the creation; None is unlimited."""

    def __init__(self, seconds: float | None = None, clock: Callable[[], float] = lambda: 0.0) -> None:
        self._clock = clock
        self._end = self._limit = math.inf if seconds is None else clock() + seconds
        self._is_enforced = False

    def is_spent(self) -> bool:
        """Return whether the time is over."""
        return self._clock() >= self._end

    @property
    def left(self) -> float:
        """The seconds that are left of the shares in force, or of the whole time; infinite without a limit."""
        return self._limit - self._clock()

    @contextmanager
    def share(self, seconds: float) -> Iterator[None]:
        """Let :meth:`check` end what is done inside after some seconds, or earlier if a share around it ends."""
        before = self._limit, self._is_enforced
        self._limit, self._is_enforced = min(self._limit, self._clock() + seconds), True
        try:
            yield
        finally:
            self._limit, self._is_enforced = before

    def check(self) -> None:
        """Raise :class:`OutOfTimeError` inside of a share whose time is over."""
        if self._is_enforced and self._clock() >= self._limit:
            raise OutOfTimeError
