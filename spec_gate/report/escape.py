"""Escapes text from documents, so that it cannot control a terminal or a log."""

from __future__ import annotations

import re

_UNSAFE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")


def one_line(text: str) -> str:
    """Return the text with control characters, marks of direction, line breaks and surrogates as escapes."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
