"""Ends a run early: no request is sent any more, those in flight are abandoned, and the reports are written."""

from __future__ import annotations

import threading
from enum import StrEnum


class Interruption(StrEnum):
    """The signal that ended a run early."""

    SIGINT = "sigint"
    SIGTERM = "sigterm"


class Stop:
    """Tells all threads of a run that it ends early. Thread-safe; signal handlers may call it."""

    def __init__(self) -> None:
        self.interruption: Interruption | None = None
        self._event = threading.Event()

    @property
    def is_set(self) -> bool:
        return self.interruption is not None

    def set(self, interruption: Interruption) -> None:
        """End the run."""
        self.interruption = interruption
        self._event.set()

    def wait(self, seconds: float) -> None:
        """Sleep, at most until the run ends."""
        self._event.wait(max(0.0, seconds))
