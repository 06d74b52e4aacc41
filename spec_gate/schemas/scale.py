"""Writes large lengths and counts as small ones, so that values near them can be built and compared.

Whether a value is valid depends on its length only by comparisons with the numbers that the documents state. The scale
keeps the order of these numbers, and which of them are neighbours. Numbers up to a limit stay as they are.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from spec_gate.schemas.deep import Steps, gather, run_steps
from spec_gate.schemas.keywords import LISTS, MAPS, ONE


class Kind(Enum):
    """What a number counts; the value is the limit up to which numbers stay as they are."""

    CHARACTERS = 1_000
    ITEMS = 100
    PROPERTIES = 120


_LARGEST_LIMIT = 5_000

SIZES: dict[str, Kind] = {
    "minLength": Kind.CHARACTERS, "maxLength": Kind.CHARACTERS, "minItems": Kind.ITEMS, "maxItems": Kind.ITEMS,
    "minContains": Kind.ITEMS, "maxContains": Kind.ITEMS, "minProperties": Kind.PROPERTIES,
    "maxProperties": Kind.PROPERTIES,
}  # fmt: skip
"""Keywords whose value is a length or a count."""

_QUANTIFIER = re.compile(r"\{([0-9]{1,9}),?([0-9]{0,9})\}")
_PLAIN = frozenset({"enum", "required", "dependentRequired"})
_GAP = 3


class Scale:
    """The lengths and counts of two documents, with the small number that stands for each large one."""

    def __init__(self, documents: Iterable[Any]) -> None:
        self._limits: dict[Kind, int] = {kind: kind.value for kind in Kind}
        stated: dict[Kind, set[int]] = {kind: set() for kind in Kind}
        for document in documents:
            self._read(document, stated)
        self._real: dict[Kind, list[int]] = {}
        self._small: dict[Kind, list[int]] = {}
        for kind, numbers in stated.items():
            limit = self._limits[kind]
            self._real[kind] = real = sorted(one for one in numbers if one > limit)
            self._small[kind] = small = []
            before, written = limit, limit
            for number in real:
                written += min(number - before, _GAP)
                before = number
                small.append(written)

    def _read(self, document: Any, stated: dict[Kind, set[int]]) -> None:
        waiting: list[Any] = [document]
        while waiting:
            here = waiting.pop()
            if isinstance(here, list):
                waiting += here
            elif isinstance(here, dict):
                waiting += here.values()
                for key in here.keys() & SIZES.keys():
                    if isinstance(here[key], int | float) and here[key] == here[key] // 1:
                        stated[SIZES[key]].add(int(here[key]))
                self._raise_limits(here)

    def _raise_limits(self, schema: Mapping[str, Any]) -> None:
        """Leave unchanged the lengths and counts that a schema states in another way."""
        values = schema["enum"] if isinstance(schema.get("enum"), list) else [schema.get("const")]
        lengths = [len(one) for one in values if isinstance(one, str)]
        if isinstance(schema.get("pattern"), str):
            lengths += [int(one) for pair in _QUANTIFIER.findall(schema["pattern"]) for one in pair if one]
        self._raise(Kind.CHARACTERS, lengths)
        self._raise(Kind.ITEMS, [len(one) for one in (*values, schema.get("prefixItems")) if isinstance(one, list)])
        self._raise(Kind.PROPERTIES, [2 * len(one) for one in (*values, schema.get("properties")) if _is_object(one)])

    def _raise(self, kind: Kind, counts: Iterable[int]) -> None:
        self._limits[kind] = max(self._limits[kind], *(one + 1 for one in counts if one < _LARGEST_LIMIT), 0)

    def small(self, key: str, number: Any) -> Any:
        """Return the number that stands for the value of a keyword."""
        kind = SIZES[key]
        if not isinstance(number, int | float) or number <= self._limits[kind] or number != number // 1:
            return number
        return self._small[kind][bisect.bisect_left(self._real[kind], number)]

    def real(self, kind: Kind, count: int) -> int:
        """Return the length or count that a small one stands for."""
        at = bisect.bisect_right(self._small[kind], count) - 1
        if at >= 0:
            return self._real[kind][at] + count - self._small[kind][at]
        # A count just below the first large number stands for the real one below it.
        if count > self._limits[kind] and self._real[kind]:
            return self._real[kind][0] - (self._small[kind][0] - count)
        return count

    def as_written(self, key: str, value: Any) -> Any:
        """Return the value of a keyword, or the values of some, with all lengths and counts as in the documents."""
        if self.changes_nothing or key in _PLAIN:
            return value
        if key in SIZES:
            return value if value is None else self.real(SIZES[key], int(value))
        if isinstance(value, list):
            return [self.schema_as_written(one) for one in value]
        return self.schema_as_written(value)

    def schema_as_written(self, schema: Any) -> Any:
        """Return a schema with all lengths and counts as they are in the documents."""
        return run_steps(self._written(schema))

    def _written(self, schema: Any) -> Steps[Any]:
        if not isinstance(schema, dict):
            return schema
        found: dict[str, Any] = {}
        for key, value in schema.items():
            if key in SIZES:
                found[key] = self.real(SIZES[key], int(value))
            elif key in ONE:
                found[key] = yield self._written(value)
            elif key in LISTS:
                found[key] = yield gather(map(self._written, value))
            elif key in MAPS:
                found[key] = dict(zip(value, (yield gather(map(self._written, value.values()))), strict=True))
            else:
                found[key] = value
        return found

    @property
    def changes_nothing(self) -> bool:
        return not any(self._real.values())


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)
