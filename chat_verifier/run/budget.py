"""The request budget of a run, shared by all workers."""

from __future__ import annotations

import threading
from collections.abc import Callable

MOST_LOST = 12
"""The number of lost requests that count as part of the plan. Counting more would leave too few for the plan."""


class BudgetSpentError(Exception):
    """The run may not send any more requests."""


class RequestBudget:
    """Counts requests. Thread-safe.

    ``most``: a hard limit, which retries count towards; None: no limit. ``left`` returns the seconds that remain.
    """

    def __init__(self, most: int | None = None, *, left: Callable[[], float] = lambda: float("inf")) -> None:
        self.most = most
        self.left = left
        self.sent = 0
        self._lost = 0
        self._ended = False
        self._lock = threading.Lock()

    @property
    def spent(self) -> int:
        """The requests that count: all under a hard limit, else without lost ones beyond :data:`MOST_LOST`."""
        return self.sent if self.most is not None else self.sent - max(0, self._lost - MOST_LOST)

    @property
    def over(self) -> bool:
        """Whether nothing more may be sent."""
        return self._ended or self.left() <= 0 or (self.most is not None and self.sent >= self.most)

    def take(self) -> None:
        """Count a request that is about to be sent.

        Raises :class:`BudgetSpentError` if it may not be sent.
        """
        with self._lock:
            if self.over:
                raise BudgetSpentError
            self.sent += 1

    def end(self) -> None:
        """Allow no more requests, since the server asked to wait for longer than the time that remains."""
        self._ended = True

    def replay(self) -> None:
        """Count a request that an earlier run sent."""
        with self._lock:
            self.sent += 1

    def lose(self) -> None:
        """Note that a counted request got no usable response and is sent again."""
        with self._lock:
            self._lost += 1
