"""How fast requests go out: at most so many a second, and none while the server has asked everyone to wait."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from chat_contract import UsageError

_RATE = re.compile(r"(\d+(?:\.\d+)?)/(s|m|min|h)\Z")
_SECONDS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def parse_rate(text: str) -> float:
    """Read ``5/s`` or ``100/min`` as requests a second; raises :class:`UsageError` for what is no rate."""
    found = _RATE.match(text.strip())
    rate = float(found[1]) / _SECONDS[found[2]] if found else 0.0
    if rate <= 0:
        raise UsageError(f"--rate-limit {text}: is no rate; write it as 5/s, 100/min or 2000/h")
    return rate


class Pace:
    """Gives each request its time. Thread-safe."""

    def __init__(
        self,
        rate: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 0.0 if rate is None else 1.0 / rate
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._held = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may go out."""
        with self._lock:
            now = self._clock()
            at = max(now, self._next)
            self._next = at + self._gap
        while (left := max(at, self._held) - self._clock()) > 0:
            self._sleep(left)

    def hold(self, seconds: float) -> None:
        """Let no request go out for so long, of whichever worker: the server has too many of them."""
        with self._lock:
            self._held = max(self._held, self._clock() + seconds)
