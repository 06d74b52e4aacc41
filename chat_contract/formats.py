"""Schema validators with the formats of the kit: ``date-time`` is RFC 3339, sections 5.6 and 5.7 (leap seconds).

jsonschema delegates ``date-time`` to a package that rejects leap seconds and accepts a trailing line break, so the kit
has its own check. The other formats are those of jsonschema.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

_DATE_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9]|60)"
    r"(?:\.[0-9]+)?(?:[Zz]|(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9]))"
)
_MINUTES_OF_A_DAY = 24 * 60


def is_date_time(value: Any) -> bool:
    """Return whether a string is a date-time; other values pass, since formats apply to strings only."""
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
    """Return the UTC minute of the day; a leap second is in the last one."""
    local = int(match["hour"]) * 60 + int(match["minute"])
    ahead = int(match["hours"] or 0) * 60 + int(match["minutes"] or 0)
    return (local + ahead if match["sign"] == "-" else local - ahead) % _MINUTES_OF_A_DAY


def format_checker() -> FormatChecker:
    """Return a checker for jsonschema's formats, with the date-time of this module."""
    checker = FormatChecker()
    checker.checkers = dict(Draft202012Validator.FORMAT_CHECKER.checkers)
    checker.checkers["date-time"] = (is_date_time, ())
    return checker


_FORMATS = format_checker()


def validator_for(schema: Mapping[str, Any]) -> Draft202012Validator:
    """Return a validator for the schema that also checks formats."""
    return Draft202012Validator(schema, format_checker=_FORMATS)
