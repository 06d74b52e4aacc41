"""Texts of documents as they may stand in a report."""

from __future__ import annotations

import re

_UNSAFE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]")


def one_line(text: str) -> str:
    """Write what steers terminals, breaks lines or is no character as an escape: a log may obey how a line begins."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
