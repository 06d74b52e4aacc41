"""Numbers with their nouns."""

from __future__ import annotations


def count_of(count: int, singular: str, plural: str = "") -> str:
    """Return the count with its noun: ``1 item``, ``2 items``. ``plural`` is for irregular nouns."""
    regular = f"{singular}es" if singular.endswith("s") else f"{singular}s"
    return f"{count} {singular if count == 1 else plural or regular}"
