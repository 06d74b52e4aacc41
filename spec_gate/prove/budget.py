"""The time that proofs may take. What is not decided by then is reported as not proved."""

from __future__ import annotations

from collections.abc import Callable


class Budget:
    """A number of seconds by a clock, counted from the creation; None is unlimited."""

    def __init__(self, seconds: float | None = None, clock: Callable[[], float] = lambda: 0.0) -> None:
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds

    def is_spent(self) -> bool:
        """Return whether the time is over."""
        return self._end is not None and self._clock() >= self._end
