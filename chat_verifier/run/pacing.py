"""The pace of requests: at most the given rate, and none while the server asks to wait."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from chat_contract import UsageError

_RATE = re.compile(r"(\d+(?:\.\d+)?)/(s|m|min|h)\Z")
_SECONDS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}

_LONGEST_GAP = 10.0
_SHRINKING = 0.98
"""The factor by which a learnt gap shrinks with each request, since the limit of a server may change."""


def parse_rate(text: str) -> float:
    """Return the requests a second of a rate such as ``5/s`` or ``100/min``.

    Raises :class:`UsageError` if the text is not a rate.
    """
    found = _RATE.match(text.strip())
    rate = float(found[1]) / _SECONDS[found[2]] if found else 0.0
    if rate <= 0:
        raise UsageError(f'Invalid --rate-limit "{text}". Expected <count>/<unit>, for example 5/s, 100/min or 2000/h.')
    return rate


class Pace:
    """Decides when each request may be sent. Thread-safe.

    It learns the rate limit of the server from its 429 responses, so that several workers do not exceed it again and
    again. ``rate``: requests a second; None: no limit.
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
        """Block until the next request may be sent."""
        while (left := self._left()) > 0:
            self._sleep(left)

    def _left(self) -> float:
        """Return 0 and count a request if it may be sent now, else the seconds until then."""
        with self._lock:
            now = self._clock()
            at = max(self._next, self._held)
            if at > now:
                return at - now
            self._next = now + max(self._gap, self._learnt)
            self._learnt *= _SHRINKING
            self._passed += 1
            return 0.0

    def hold(self, seconds: float) -> None:
        """Hold back the requests of all workers for some seconds, as the server asked for."""
        with self._lock:
            now = self._clock()
            first = now >= self._held
            self._held = max(self._held, now + seconds)
            if first:
                self._learn()

    def _learn(self) -> None:
        """Learn the gap between requests: the time since the last wait over the requests sent in it."""
        passed = self._passed - 1
        gap = (self._held - self._since) / passed if passed > 0 else max(2 * self._learnt, self._held - self._since)
        self._learnt = min(gap, _LONGEST_GAP)
        self._since, self._passed = self._held, 0
