"""Reads how long a server asks a client to wait."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime

from chat_contract.exchange import Response

_SHORTEST_WAIT = 0.05
_NUMBER = re.compile(r"\d+(?:\.\d*)?\Z")


def retry_after(response: Response, *, now: float | None = None) -> float:
    """Return the seconds that a 429 asks to wait, by its Retry-After header; one second without it.

    ``now`` is in Unix seconds. By default it is the time of the response's Date header.
    """
    value = (response.header("Retry-After") or "").strip()
    if _NUMBER.match(value):
        return max(float(value), _SHORTEST_WAIT)
    until = _unix(value)
    if until is None:
        return 1.0
    if now is None:
        now = _unix(response.header("Date") or "")
    return max(until - (time.time() if now is None else now), _SHORTEST_WAIT)


def _unix(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
