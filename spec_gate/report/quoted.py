"""Names and values from documents as titles show them: between backticks, on one line."""

from __future__ import annotations

import re
from typing import Any

from chat_contract.errors import shorten
from spec_gate.report.escape import one_line

LONGEST = 60
LONGEST_PATH = 160
"""Long paths differ at their ends, so they are shown whole."""

_LIKE_JSON = re.compile(r"|true|false|null|-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?")


def code(value: Any, longest: int = LONGEST) -> str:
    """Return a name or value between backticks, on one line, shortened."""
    text = value if isinstance(value, str) else shorten(value, longest)
    flat = one_line(" ".join(text.split())).replace("`", "'")
    return f"`{flat if len(flat) <= longest else flat[: longest - 1] + '…'}`"


def value_code(value: Any) -> str:
    """Return a value between backticks; text that is empty or looks like another value of JSON is in quotes."""
    return code(f'"{value}"' if isinstance(value, str) and _LIKE_JSON.fullmatch(value.strip()) else value)


def capital(text: str) -> str:
    """Return a sentence; keywords such as operationId keep their spelling."""
    if not text.partition(" ")[0].islower():
        return text
    return text[:1].upper() + text[1:]
