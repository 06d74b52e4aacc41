"""The time that proofs may take. What is not decided by then is reported as not proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class OutOfTimeError(Exception):
    """The time for proofs is over."""


class Budget:
    """A number of seconds by a clock, counted from the creation; None is unlimited."""

    def __init__(self, seconds: float | None = None, clock: Callable[[], float] = lambda: 0.0) -> None:
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds
        self._is_enforced = False

    def is_spent(self) -> bool:
        """Return whether the time is over."""
        return self._end is not None and self._clock() >= self._end

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """Let :meth:`check` end what is done inside as soon as the time is over."""
        before, self._is_enforced = self._is_enforced, True
        try:
            yield
        finally:
            self._is_enforced = before

    def check(self) -> None:
        """Raise :class:`OutOfTimeError` if the time is over and the budget is enforced."""
        if self._is_enforced and self.is_spent():
            raise OutOfTimeError
