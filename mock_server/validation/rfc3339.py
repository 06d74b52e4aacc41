"""Checks date-times by RFC 3339, which defines the format ``date-time``.

Checks the grammar and the calendar. Leap seconds are valid in the last minute of a UTC day only.
"""

from __future__ import annotations

import re
from datetime import date

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"[Tt]"
    r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_DATE_LENGTH = 10
_LEAP_SECOND = "60"
_MINUTES_PER_DAY = 24 * 60


def is_date_time(text: str) -> bool:
    """Return whether ``text`` is an RFC 3339 date-time of the years 1 to 9999."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return False
    try:
        date.fromisoformat(text[:_DATE_LENGTH])
    except ValueError:
        return False
    return match.group(3) != _LEAP_SECOND or _utc_minute(*match.group(1, 2, 4, 5, 6)) == _MINUTES_PER_DAY - 1


def _utc_minute(hour: str, minute: str, sign: str | None, offset_hour: str | None, offset_minute: str | None) -> int:
    local = int(hour) * 60 + int(minute)
    offset = int(offset_hour or 0) * 60 + int(offset_minute or 0)
    return (local + offset if sign == "-" else local - offset) % _MINUTES_PER_DAY
