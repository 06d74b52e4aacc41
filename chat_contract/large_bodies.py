"""Limits of the JSON bodies of responses that the kit reads: in memory, a body takes many times its size."""

from __future__ import annotations

MOST_VALUES = 1_000_000
"""About how many JSON values a response may have; one that has more is not parsed."""

MOST_WIDE = 8 * 1024 * 1024
"""How many bytes a response with characters outside ASCII may have; in memory it may take four times as many."""

MOST_LEVELS = 800
"""How deep a response may nest. Python versions differ in what they can read; a response may quote 600 levels."""


def has_too_many_values(body: bytes) -> bool:
    """Return whether a JSON body has more values than are read, without parsing it."""
    return len(body) > MOST_VALUES and sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES


def is_too_wide(body: bytes) -> bool:
    """Return whether a body with characters outside ASCII is too large to be read."""
    return len(body) > MOST_WIDE and not body.isascii()
