"""Make characters visible that change what a terminal shows."""

from __future__ import annotations

import re

_INVISIBLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
"""Control characters except the tab, line separators, and controls of the direction of text."""


def visible(line: str) -> str:
    """Return a line with control and bidirectional characters as escapes."""
    return _INVISIBLE.sub(lambda match: f"\\u{ord(match.group()):04x}", line)
