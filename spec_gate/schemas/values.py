"""JSON values: their types, and a text that is the same for equal values."""

from __future__ import annotations

import json
import math
from typing import Any


def canonical_text(value: Any) -> str:
    """Return the same text for values that are equal in JSON: keys are sorted, and 1.0 is 1."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    if isinstance(value, list | tuple):
        return [_plain(child) for child in value]
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    return value


def type_of(value: Any) -> str:
    """Return the JSON Schema type of a value; a number without fraction is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value == int(value)):
        return "integer"
    kinds = {float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]


def is_of_type(value: Any, types: frozenset[str]) -> bool:
    """Return whether the type of a value is one of these; an integer is also a number."""
    found = type_of(value)
    return found in types or (found == "integer" and "number" in types)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
