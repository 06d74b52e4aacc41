"""What the format ``date-time`` means: RFC 3339, section 5.6, with the leap seconds of section 5.7.

jsonschema leaves formats to other packages; the one for date-time refuses leap seconds and takes a line break at the
end, so the kit says it itself. The other formats are jsonschema's own.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

_DATE_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9]|60)"
    r"(?:\.[0-9]+)?(?:[Zz]|(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9]))"
)
_MINUTES_OF_A_DAY = 24 * 60


def is_date_time(value: Any) -> bool:
    """Say whether a value is a date-time; what is no string is none of a format's business, so it passes."""
    if not isinstance(value, str):
        return True
    match = _DATE_TIME.fullmatch(value)
    if match is None:
        return False
    try:
        dt.date.fromisoformat(match["date"])
    except ValueError:
        return False
    return match["second"] != "60" or _utc_minute(match) == _MINUTES_OF_A_DAY - 1


def _utc_minute(match: re.Match[str]) -> int:
    """Return the minute of the day by UTC; a leap second ends the last one."""
    local = int(match["hour"]) * 60 + int(match["minute"])
    ahead = int(match["hours"] or 0) * 60 + int(match["minutes"] or 0)
    return (local + ahead if match["sign"] == "-" else local - ahead) % _MINUTES_OF_A_DAY


def format_checker() -> FormatChecker:
    """Return a checker that knows jsonschema's formats and date-time as above."""
    checker = FormatChecker()
    checker.checkers = dict(Draft202012Validator.FORMAT_CHECKER.checkers)
    checker.checkers["date-time"] = (is_date_time, ())
    return checker
