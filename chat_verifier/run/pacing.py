"""How fast requests go out: at most so many a second, and none while the server has asked everyone to wait."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from chat_contract import UsageError

_RATE = re.compile(r"(\d+(?:\.\d+)?)/(s|m|min|h)\Z")
_SECONDS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}

_LONGEST_GAP = 10.0
_BOLDER = 0.98
"""How much of a learnt gap is left after each request: what a server takes today it may not have taken a minute ago."""


def parse_rate(text: str) -> float:
    """Read ``5/s`` or ``100/min`` as requests a second; raises :class:`UsageError` for what is no rate."""
    found = _RATE.match(text.strip())
    rate = float(found[1]) / _SECONDS[found[2]] if found else 0.0
    if rate <= 0:
        raise UsageError(f"--rate-limit {text}: is no rate; write it as 5/s, 100/min or 2000/h")
    return rate


class Pace:
    """Gives each request its time. Thread-safe.

    From each request to wait it learns how many the server takes, so that several workers do not run into the same
    wall again and again.
    """

    def __init__(
        self,
        rate: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 0.0 if rate is None else 1.0 / rate
        self._learnt = 0.0
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._held = 0.0
        self._since = clock()
        self._passed = 0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may go out."""
        while (left := self._left()) > 0:
            self._sleep(left)

    def _left(self) -> float:
        """Take the next place if it is free now; otherwise say how long it is until then."""
        with self._lock:
            now = self._clock()
            at = max(self._next, self._held)
            if at > now:
                return at - now
            self._next = now + max(self._gap, self._learnt)
            self._learnt *= _BOLDER
            self._passed += 1
            return 0.0

    def hold(self, seconds: float) -> None:
        """Let no request go out for so long, of whichever worker: the server has too many of them."""
        with self._lock:
            now = self._clock()
            first = now >= self._held
            self._held = max(self._held, now + seconds)
            if first:
                self._learn()

    def _learn(self) -> None:
        """Take what passed since the last wait, over the time until this one ends, for what the server takes."""
        passed = self._passed - 1
        gap = (self._held - self._since) / passed if passed > 0 else max(2 * self._learnt, self._held - self._since)
        self._learnt = min(gap, _LONGEST_GAP)
        self._since, self._passed = self._held, 0
