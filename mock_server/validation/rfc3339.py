"""Says whether a string is a date-time by RFC 3339, which is what the format ``date-time`` means.

Knows nothing of contracts. The grammar is checked in full, the calendar too, and a leap second is taken where
one can be: in the last minute of a day by UTC.
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
_LENGTH_OF_DATE = 10
_LEAP = "60"
_DAY = 24 * 60


def is_date_time(text: str) -> bool:
    """Tell whether ``text`` is an RFC 3339 date-time of the years 1 to 9999."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return False
    try:
        date.fromisoformat(text[:_LENGTH_OF_DATE])
    except ValueError:
        return False
    return match.group(3) != _LEAP or _minute_by_utc(*match.group(1, 2, 4, 5, 6)) == _DAY - 1


def _minute_by_utc(hour: str, minute: str, sign: str | None, ahead: str | None, minutes_ahead: str | None) -> int:
    local = int(hour) * 60 + int(minute)
    offset = int(ahead or 0) * 60 + int(minutes_ahead or 0)
    return (local + offset if sign == "-" else local - offset) % _DAY
