"""The request budget of a run, shared by all workers."""

from __future__ import annotations

import threading
from collections.abc import Callable


class BudgetSpentError(Exception):
    """The run may not send any more requests."""


class RequestBudget:
    """Counts requests, and those that the server accepted. Thread-safe.

    ``most`` and ``most_accepted`` are hard limits, which retries count towards; None: no limit. ``left`` returns the
    seconds that remain.
    """

    def __init__(
        self,
        most: int | None = None,
        most_accepted: int | None = None,
        *,
        left: Callable[[], float] = lambda: float("inf"),
    ) -> None:
        self.most = most
        self.most_accepted = most_accepted
        self.left = left
        self.sent = 0
        self.accepted = 0
        self._flying = 0
        self._ended = False
        self._changed = threading.Condition()

    @property
    def over(self) -> bool:
        """Whether nothing more may be sent."""
        return (
            self._ended
            or self.left() <= 0
            or (self.most is not None and self.sent >= self.most)
            or (self.most_accepted is not None and self.accepted >= self.most_accepted)
        )

    def take(self) -> None:
        """Count a request that is about to be sent; :meth:`settle` must follow.

        Waits while the requests in flight might use up what may be accepted. Raises :class:`BudgetSpentError` if the
        request may not be sent.
        """
        with self._changed:
            while not self.over and self._flying and self._is_tight():
                self._changed.wait(1.0)
            if self.over:
                raise BudgetSpentError
            self.sent += 1
            self._flying += 1

    def settle(self, *, accepted: bool) -> None:
        """Note that a request is over, and whether the server accepted it."""
        with self._changed:
            self._flying = max(0, self._flying - 1)
            self.accepted += accepted
            self._changed.notify_all()

    def end(self) -> None:
        """Allow no more requests."""
        self._ended = True

    def replay(self, *, accepted: bool = False) -> None:
        """Count a request that an earlier run sent."""
        with self._changed:
            self.sent += 1
            self.accepted += accepted

    def _is_tight(self) -> bool:
        return self.most_accepted is not None and self.accepted + self._flying >= self.most_accepted
