"""Who may ask, and how often: keys and the rate limit."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Mapping
from threading import Lock

from mock_server.loading.options import Rate


def carries_key(headers: Mapping[str, str], key: str) -> bool:
    """Tell whether one of the two header forms holds the key; what is compared takes the same time right or wrong."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    given = [token.strip()] if scheme.lower() == "bearer" else []
    given.append(headers.get("x-api-key", ""))
    return any(hmac.compare_digest(text.encode(), key.encode()) for text in given)


class RateLimit:
    """A bucket that holds as many requests as the rate allows at once and fills up evenly. Safe for threads."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        """Fill the bucket."""
        with self._lock:
            self._left = float(self._rate.requests)
            self._at = self._clock()

    def seconds_to_wait(self) -> int:
        """Return 0 and count the request, or how many seconds until there is room for one."""
        with self._lock:
            now = self._clock()
            a_second = self._rate.requests / self._rate.seconds
            self._left = min(float(self._rate.requests), self._left + (now - self._at) * a_second)
            self._at = now
            if self._left >= 1:
                self._left -= 1
                return 0
            return max(1, math.ceil((1 - self._left) / a_second))
