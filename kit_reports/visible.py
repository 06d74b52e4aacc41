"""Make characters visible that change what a terminal shows."""

from __future__ import annotations

import re

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
    r"|(?<=##)\[|(?<=##vso)\["
)
"""Control characters except the tab, line separators, and controls of the direction of text.

Also the bracket of ``##[`` and ``##vso[``, by which commands to runners of GitHub and Azure begin anywhere in a line.
"""


_INVISIBLE_IN_TEXTS = re.compile(_INVISIBLE.pattern.replace(r"\x0a-\x1f", r"\x0b-\x1f"))
"""The same except line breaks."""


def visible_text(text: str) -> str:
    """Return a text of several lines with these characters as escapes of JSON and Python."""
    return _INVISIBLE_IN_TEXTS.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def visible(line: str) -> str:
    """Return a line with control and bidirectional characters as escapes."""
    return _INVISIBLE.sub(lambda match: f"\\u{ord(match.group()):04x}", line)


def pipes_escaped(line: str) -> str:
    """Return a line for a cell of a Markdown table: no pipe in it ends the cell.

    A pipe after a backslash is escaped already, and another backslash would escape that backslash instead.
    """
    return re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\\|", line)
