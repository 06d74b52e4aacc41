"""Reads valid JSON fast. Everything else is left to the YAML reader, which also words the errors."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from chat_contract.document.limits import MAX_DEPTH, MAX_DIGITS, MAX_NODES
from chat_contract.document.positions import RepeatedKey

NOT_JSON: Any = object()
"""The result for a text that is not JSON, or beyond the limits."""

_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(?:\s*(:))?|[{}\[\]]')


def read_json(text: str, repeated: list[RepeatedKey] | None = None) -> Any:
    """Return the value of a JSON text; ``NOT_JSON`` if the YAML reader has to decide what the text means.

    With ``repeated``, the last of several equal keys counts, as JavaScript reads them; the list gets each repetition.
    """
    if not text.lstrip().startswith(("{", "[")) or _SURROGATE.search(_PAIR.sub("", text)):
        return NOT_JSON
    decoder = _Decoder(allows_repetitions=repeated is not None)
    try:
        value = decoder.decode(text)
    except (ValueError, RecursionError):
        return NOT_JSON
    if not _within_limits(value):
        return NOT_JSON
    if repeated is not None and decoder.has_repetitions:
        repeated += _repeated_keys(text)
    return value


def _repeated_keys(text: str) -> Iterator[RepeatedKey]:
    """Return each key of valid JSON that its object has already."""
    inside: list[set[str]] = []
    line, counted = 1, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "{[":
            inside.append(set())
        elif token[0] in "}]":
            inside.pop()
        elif token[2]:
            key: str = json.loads(f'"{token[1]}"')
            if key in inside[-1]:
                line += text.count("\n", counted, token.start())
                counted = token.start()
                yield RepeatedKey(key, line)
            inside[-1].add(key)


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


class _Decoder(json.JSONDecoder):
    """Decodes JSON strictly. If it allows an object to have a key twice, it says whether one does."""

    def __init__(self, *, allows_repetitions: bool) -> None:
        self.allows_repetitions = allows_repetitions
        self.has_repetitions = False
        super().__init__(
            object_pairs_hook=self._mapping, parse_int=_integer, parse_float=_number, parse_constant=_constant
        )

    def _mapping(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        mapping = dict(pairs)
        if len(mapping) != len(pairs):
            self.has_repetitions = True
            if not self.allows_repetitions:
                raise ValueError("duplicate key")
        return mapping


def _within_limits(value: Any) -> bool:
    """Return whether the value is within the limits of levels and values."""
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
