"""Says whether a string is a date-time by RFC 3339, which is what the format ``date-time`` means.

Knows nothing of contracts. The grammar is checked in full, the calendar too, and a leap second is taken where
one can be: in the last minute of a day by UTC.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

_DATE_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"[Tt]"
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_LEAP = 60
_LAST_MINUTE_OF_DAY = 23 * 60 + 59


def is_date_time(text: str) -> bool:
    """Tell whether ``text`` is an RFC 3339 date-time of the years 1 to 9999."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return False
    year, month, day, hour, minute, second = (int(part) for part in match.group(1, 2, 3, 4, 5, 6))
    sign, offset_hour, offset_minute = match.group(7), int(match.group(8) or 0), int(match.group(9) or 0)
    if hour > 23 or minute > 59 or second > _LEAP or offset_hour > 23 or offset_minute > 59:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return second < _LEAP or _minute_by_utc(hour, minute, sign, offset_hour, offset_minute) == _LAST_MINUTE_OF_DAY


def _minute_by_utc(hour: int, minute: int, sign: str | None, offset_hour: int, offset_minute: int) -> int:
    local = timedelta(hours=hour, minutes=minute)
    offset = timedelta(hours=offset_hour, minutes=offset_minute)
    utc = local + offset if sign == "-" else local - offset
    return int(utc / timedelta(minutes=1)) % (24 * 60)
