"""Shortens long lists of values, so that the decision procedure need not compare each value with each other one.

Values that the same lists contain are alike, if no other keyword tells them apart. Some of them stand for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spec_gate.schemas.keywords import LISTS, MAPS, ONE
from spec_gate.schemas.values import canonical_text, type_of

LONG = 500
"""From how many values on lists are shortened."""

_KEPT = 50
"""How many values stand for all that are alike."""

_TELLING = frozenset({
    "pattern", "minLength", "maxLength", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "uniqueItems", "propertyNames", "patternProperties", "const",
})  # fmt: skip
"""Keywords that may tell values apart, or that count different values."""


def shortened(*schemas: Any) -> tuple[Any, ...] | None:
    """Return schemas, given as JSON, with short lists of values; None if their values differ in other ways."""
    found = [one for schema in schemas for one in schemas_below(schema)]
    lists = [one["enum"] for one in found if isinstance(one.get("enum"), list)]
    if not any(len(values) > LONG for values in lists):
        return schemas
    if any(not _TELLING.isdisjoint(one) for one in found):
        return None
    membership: dict[str, list[Any]] = {}
    for number, values in enumerate(lists):
        for value in values:
            if not isinstance(value, list | dict):
                membership.setdefault(canonical_text(value), [type_of(value)]).append(number)
    counts: dict[tuple[Any, ...], int] = {}
    dropped: set[str] = set()
    for text, signs in membership.items():
        key = tuple(signs)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] > _KEPT:
            dropped.add(text)
    return tuple(_without(schema, dropped) for schema in schemas)


def longest_list(*schemas: Any) -> int:
    """Return the length of the longest list of values in schemas."""
    found = (one.get("enum") for schema in schemas for one in schemas_below(schema))
    return max((len(one) for one in found if isinstance(one, list)), default=0)


def schemas_below(schema: Any) -> Iterator[dict[str, Any]]:
    """Return a schema, given as JSON, and everything below it."""
    waiting = [schema]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            yield here
            for key, value in here.items():
                if key in ONE:
                    waiting.append(value)
                elif key in LISTS:
                    waiting += value
                elif key in MAPS or key == "$defs":
                    waiting += value.values()


def _without(schema: Any, dropped: set[str]) -> Any:
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "enum":
            found[key] = [one for one in value if canonical_text(one) not in dropped]
        elif key in ONE:
            found[key] = _without(value, dropped)
        elif key in LISTS:
            found[key] = [_without(one, dropped) for one in value]
        elif key in MAPS or key == "$defs":
            found[key] = {name: _without(one, dropped) for name, one in value.items()}
        else:
            found[key] = value
    return found
