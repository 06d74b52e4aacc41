"""Checks that come before the body is read: the required key and the rate limit."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Mapping
from threading import Lock

from mock_server.http.messages import Answer, Call
from mock_server.http.source import ReplySource, Source
from mock_server.loading.options import Options, Rate

_NOT_AUTHENTICATED = b'{"detail":"Not authenticated"}'
_TOO_MANY_REQUESTS = b'{"detail":"Too Many Requests"}'


def carries_key(headers: Mapping[str, str], key: str) -> bool:
    """Return whether one of the two credential headers holds the key. Compares in constant time."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    given = [token.strip()] if scheme.lower() == "bearer" else []
    given.append(headers.get("x-api-key", ""))
    return any(hmac.compare_digest(text.encode(), key.encode()) for text in given)


class RateLimit:
    """A token bucket that starts full and refills evenly. Thread-safe."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        """``clock`` returns seconds of a monotonic clock."""
        self._rate = rate
        self._clock = clock
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        """Fill the bucket."""
        with self._lock:
            self._tokens = float(self._rate.requests)
            self._updated = self._clock()

    def seconds_to_wait(self) -> int:
        """Count the request and return 0, or return the seconds until the next request is allowed."""
        with self._lock:
            now = self._clock()
            per_second = self._rate.requests / self._rate.seconds
            self._tokens = min(float(self._rate.requests), self._tokens + (now - self._updated) * per_second)
            self._updated = now
            if self._tokens >= 1:
                self._tokens -= 1
                return 0
            return max(1, math.ceil((1 - self._tokens) / per_second))


class Gate:
    """Rejects requests without the required key, and requests beyond the rate limit."""

    def __init__(self, options: Options, clock: Callable[[], float]) -> None:
        self._key = options.require_key
        self._rate_limit = None if options.rate_limit is None else RateLimit(options.rate_limit, clock)

    def check(self, call: Call) -> Answer | None:
        """Return the 401 or 429 for the request, None if it may pass."""
        if self._key is not None and not carries_key(call.headers, self._key):
            challenge = (("WWW-Authenticate", "Bearer"),)
            return Answer(401, _NOT_AUTHENTICATED, challenge, source=Source(ReplySource.REQUIRE_KEY))
        seconds = 0 if self._rate_limit is None else self._rate_limit.seconds_to_wait()
        if seconds:
            retry = (("Retry-After", str(seconds)),)
            return Answer(429, _TOO_MANY_REQUESTS, retry, source=Source(ReplySource.RATE_LIMIT))
        return None

    def reset(self) -> None:
        """Forget earlier requests."""
        if self._rate_limit is not None:
            self._rate_limit.reset()
