"""Checks date-times by RFC 3339, which defines the format ``date-time``: the grammar and the calendar.

Leap seconds are not valid: FastAPI rejects them, as nearly every server does.
"""

from __future__ import annotations

import re
from datetime import date

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"[Tt]"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_DATE_LENGTH = 10


def is_date_time(text: str) -> bool:
    """Return whether ``text`` is an RFC 3339 date-time of the years 1 to 9999."""
    if _DATE_TIME.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text[:_DATE_LENGTH])
    except ValueError:
        return False
    return True
