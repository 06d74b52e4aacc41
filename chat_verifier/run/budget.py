"""How many requests a run may still send, and until when; the one count that all its workers share."""

from __future__ import annotations

import threading
from collections.abc import Callable

FEW = 12
"""So many lost requests the plan can do without, so that a run keeps to its bound; more would cost too much of it."""


class BudgetSpentError(Exception):
    """The run may send no more."""


class RequestBudget:
    """Counts requests. Thread-safe.

    ``most``: not one more goes out, whatever becomes of those that did; None: as many as it takes. ``expired`` says
    whether the time is over, ``left`` how many seconds there are until then.
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
        """How many count: all where the end is fixed; otherwise those that were lost only as far as they are few."""
        return self.sent if self.most is not None else self.sent - max(0, self._lost - FEW)

    @property
    def over(self) -> bool:
        """Say whether nothing more may be sent."""
        return self._ended or self.left() <= 0 or (self.most is not None and self.sent >= self.most)

    def take(self) -> None:
        """Count a request that goes out now; raises :class:`BudgetSpentError` where it may not."""
        with self._lock:
            if self.over:
                raise BudgetSpentError
            self.sent += 1

    def end(self) -> None:
        """Let nothing more go out: the server wants to be left alone for longer than there is time."""
        self._ended = True

    def replay(self) -> None:
        """Count a request that an earlier run has sent."""
        with self._lock:
            self.sent += 1

    def lose(self) -> None:
        """Say of a request that was counted that nothing came of it, and that it is sent again."""
        with self._lock:
            self._lost += 1
