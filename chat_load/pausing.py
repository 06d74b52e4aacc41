"""Obeys 429 and Retry-After: all users of a process pause for as long as the server asks."""

from __future__ import annotations

from chat_contract import Breakdown, Response
from kit_http.retry_after import retry_after

LONGEST_SECONDS = 300.0
"""The longest pause. After it, the users send requests even if the server asked for more time."""


class Pause:
    """The pause that the server asked for last. Times are in seconds since the start of the load."""

    def __init__(self) -> None:
        self._until = 0.0

    def left(self, now: float) -> float:
        """Return how many seconds of the pause are left."""
        return max(self._until - now, 0.0)

    def note(self, outcome: Response | Breakdown, now: float) -> bool:
        """Start a pause after a 429, and after a 503 with Retry-After; return whether the response is a 429."""
        if not isinstance(outcome, Response):
            return False
        refused = outcome.status == 429
        if refused or (outcome.status == 503 and outcome.header("Retry-After") is not None):
            self._until = max(self._until, now + min(retry_after(outcome), LONGEST_SECONDS))
        return refused
