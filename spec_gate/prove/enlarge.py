"""Gives values of a scale their real lengths and counts; those that would be too large to show are described."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from spec_gate.schemas.scale import Kind, Scale
from spec_gate.search.strings import fitted

MAX_SHOWN = 5_000
"""The largest number of characters that a witness shows; an item or property counts as a hundred."""

MAX_BUILT = 2_000_000
"""The largest number of characters in a value that is built to check it."""

_WEIGHT = 100


@dataclass(frozen=True)
class Enlarged:
    """A value in its real size. ``value`` is None if it is too large to build; ``shown`` describes large parts."""

    value: Any
    shown: Any
    is_built: bool
    is_abridged: bool


def enlarged(value: Any, scale: Scale) -> Enlarged:
    """Return a value with its real lengths and counts."""
    size = _size(value, scale)
    built = _built(value, scale) if size <= MAX_BUILT else None
    if size <= MAX_SHOWN:
        return Enlarged(built, built, is_built=True, is_abridged=False)
    shown = _described(value, scale)
    return Enlarged(built, shown, is_built=size <= MAX_BUILT, is_abridged=True)


def in_real_size(message: str, scale: Scale) -> str:
    """Return a message of the validator in which the sizes of values are the real ones."""

    def real(found: re.Match[str]) -> str:
        count = int(found[2].replace(",", ""))
        return f"{found[1]}{scale.real(_KIND_OF_WORD[found[3]], count):,} {found[3]}"

    return _MENTIONED.sub(real, message)


_KIND_OF_WORD = {"characters": Kind.CHARACTERS, "items": Kind.ITEMS, "properties": Kind.PROPERTIES}
_MENTIONED = re.compile(r"(an? (?:string of|list of|object with) )([0-9,]+) (characters|items|properties)")


def _size(value: Any, scale: Scale) -> int:
    """Return the number of additional characters, items and properties in the real value."""
    if isinstance(value, str):
        return scale.real(Kind.CHARACTERS, len(value)) if _more(value, scale) else 0
    if isinstance(value, list | dict):
        below = list(value.values()) if isinstance(value, dict) else value
        size = sum(_size(one, scale) for one in below)
        return size + (_more(value, scale) * (_WEIGHT + (_size(below[-1], scale) if below else 0)))
    return 0


def _more(value: str | list[Any] | dict[str, Any], scale: Scale) -> int:
    """Return how many more characters, items or properties the real value has."""
    kind = {str: Kind.CHARACTERS, list: Kind.ITEMS, dict: Kind.PROPERTIES}[type(value)]
    return scale.real(kind, len(value)) - len(value)


def _built(value: Any, scale: Scale) -> Any:
    if isinstance(value, str):
        return fitted(value, len(value) + _more(value, scale)) if _more(value, scale) else value
    if isinstance(value, list):
        items = [_built(one, scale) for one in value]
        more = _more(value, scale)
        return [*items, *(_another(items, number) for number in range(more))] if more else items
    if isinstance(value, dict):
        found = {name: _built(one, scale) for name, one in value.items()}
        last = list(found.values())[-1] if found else None
        return {**found, **{f"more-{number}": last for number in range(_more(value, scale))}}
    return value


def _another(items: list[Any], number: int) -> Any:
    """Return a further item: the same one again, or a new one if all of them differ."""
    last = items[-1]
    if len(items) < 2 or items[-1] in items[:-1]:
        return last
    if isinstance(last, str):
        return f"{last}-{number}"
    return last + number + 1 if isinstance(last, int) and not isinstance(last, bool) else last


def _described(value: Any, scale: Scale) -> Any:
    if isinstance(value, str):
        more = _more(value, scale)
        return f"<a string of {len(value) + more:,} characters>" if more else value
    if isinstance(value, list):
        items = [_described(one, scale) for one in value]
        more = _more(value, scale)
        kind = "items" if len(items) < 2 or items[-1] in items[:-1] else "different items"
        return [items[0], f"<{len(items) + more - 1:,} more {kind}>"] if more and items else items
    if isinstance(value, dict):
        found = {name: _described(one, scale) for name, one in value.items()}
        more = _more(value, scale)
        if not more:
            return found
        name = next(iter(found))
        return {name: found[name], f"<{len(found) + more - 1:,} more properties>": found[name]}
    return value
