"""The formats of the kit: ``date-time`` and ``non-blank``.

``date-time`` is RFC 3339, section 5.6, without leap seconds, which nearly every server rejects. The package that
jsonschema uses for it accepts a trailing line break, so the kit has its own check. ``non-blank`` is text with at least
one letter, number, punctuation mark or symbol.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

_DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_VISIBLE = frozenset("LNPS")
"""The Unicode categories of letters, numbers, punctuation marks and symbols."""


def is_date_time(value: Any) -> bool:
    """Return whether a string is a date-time; other values pass, since formats apply to strings only."""
    if not isinstance(value, str):
        return True
    match = _DATE_TIME.fullmatch(value)
    if match is None:
        return False
    try:
        dt.date.fromisoformat(match[1])
    except ValueError:
        return False
    return True


def is_non_blank(value: Any) -> bool:
    """Return whether a string has a visible character; other values pass, since formats apply to strings only."""
    return not isinstance(value, str) or any(unicodedata.category(each)[0] in _VISIBLE for each in value)


FORMATS: Mapping[str, Callable[[Any], bool]] = {"date-time": is_date_time, "non-blank": is_non_blank}


def surely_has_format(value: Any, name: str) -> bool:
    """Return whether a value certainly conforms to a format; False if the format is not one of the kit."""
    check = FORMATS.get(name)
    return check is not None and check(value)
