"""Reads valid JSON fast. Everything else is left to the YAML reader, which also words the errors."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from chat_contract.document.limits import MAX_DEPTH, MAX_DIGITS, MAX_NODES

NOT_JSON: Any = object()
"""The result for a text that is not JSON, or beyond the limits."""

_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(text: str, repeated: list[str] | None = None) -> Any:
    """Return the value of a JSON text; ``NOT_JSON`` if the YAML reader has to decide what the text means.

    With ``repeated``, the last of several equal keys counts, as JavaScript reads them, and the list gets the keys.
    """
    if not text.lstrip().startswith(("{", "[")) or _SURROGATE.search(_PAIR.sub("", text)):
        return NOT_JSON
    try:
        value = _decoder(repeated).decode(text)
    except (ValueError, RecursionError):
        return NOT_JSON
    return value if _within_limits(value) else NOT_JSON


def _mapping(pairs: list[tuple[str, Any]], repeated: list[str] | None) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        if repeated is None:
            raise ValueError("duplicate key")
        names = [name for name, _ in pairs]
        repeated += [name for name in mapping if names.count(name) > 1]
    return mapping


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("too many digits")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _constant(name: str) -> Any:
    raise ValueError(name)


def _decoder(repeated: list[str] | None) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=lambda pairs: _mapping(pairs, repeated),
        parse_int=_integer,
        parse_float=_number,
        parse_constant=_constant,
    )


def _within_limits(value: Any) -> bool:
    """Return whether the value has not too many levels and values."""
    level, count, depth = [value], 0, 0
    while level:
        count += len(level)
        collections = [one for one in level if isinstance(one, dict | list)]
        depth += bool(collections)
        if depth > MAX_DEPTH or count > MAX_NODES:
            return False
        level = []
        for one in collections:
            level.extend(one.values() if isinstance(one, dict) else one)
    return True
