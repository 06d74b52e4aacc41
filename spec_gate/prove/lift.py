"""Lifts a value for a pair of schemas to a whole body that contains it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from spec_gate.differ.pairs import SAME_VALUE, NodePair, Step
from spec_gate.patterns.match import matcher
from spec_gate.prove.candidates import DEPTH
from spec_gate.schemas.names import child, element
from spec_gate.schemas.node import Schema, SchemaNode, Side
from spec_gate.schemas.pair import SchemaPair
from spec_gate.search.sampler import Sampler
from spec_gate.search.valid import FRESH

MAX_STEPS = 120
"""The longest path that a value is lifted along. Recursive functions rely on this limit."""

_HOSTS, _TRIED, _KEPT, _MAX_ITEMS = 12, 60, 4, 60


class Lift:
    """Lifts values for the schemas of one side."""

    def __init__(self, schemas: SchemaPair, sampler: Sampler) -> None:
        self.schemas = schemas
        self.sampler = sampler

    def values(self, part: Any, path: Sequence[tuple[NodePair, Step]]) -> list[Any]:
        """Return whole values that contain the part; at each step of the path they are valid only for the sender."""
        values = [part]
        if len(path) > MAX_STEPS:
            return []
        for pair, step in reversed(path):
            holding = (self._host(pair, step, value) for value in values)
            values = [host for hosts in holding for host in hosts][:_KEPT]
        return values

    def _host(self, pair: NodePair, step: Step, value: Any) -> list[Any]:
        """Return a value that contains the given one, is valid for the sender, and is invalid for the receiver."""
        base, revision = pair.base, pair.revision
        sender, receiver = (base, revision) if self.schemas.side is Side.REQUEST else (revision, base)
        sending, receiving = self.sampler.judge((sender,)), self.sampler.judge((receiver,))
        hosts = itertools.islice(self._hosts(sender, step, value), _TRIED)
        return list(itertools.islice((h for h in hosts if sending.probably(h) and not receiving.probably(h)), 1))

    def _hosts(self, sender: Schema, step: Step, value: Any) -> Iterator[Any]:
        """Return values that contain the given value at a step."""
        keyword, name = step
        hosts = list(itertools.islice(self.sampler.valid((sender,), DEPTH), _HOSTS))
        objects = [host for host in hosts if isinstance(host, dict)] or [{}]
        arrays = [host for host in hosts if isinstance(host, list)] or [[]]
        applied = self.schemas.applied((sender,))
        if keyword in SAME_VALUE:
            yield value
            if isinstance(value, dict):
                yield from ({**host, **value} for host in objects)
                yield from ({**value, **host} for host in objects)
        elif keyword == "properties":
            yield from ({**host, name: value} for host in objects)
        elif keyword in {"patternProperties", "additionalProperties", "unevaluatedProperties"}:
            names = [FRESH, *self.sampler.fresh_names(applied, 2), "a", "x", "key"]
            if keyword == "patternProperties":
                names = list(filter(matcher(str(name)), names))
            yield from ({**host, one: value} for one in names for host in objects)
        elif keyword == "propertyNames" and isinstance(value, str):
            below = itertools.islice(self.sampler.valid(child(applied, value), 1), 4)
            yield from ({**host, value: one} for one in [*below, "a", 0] for host in objects)
        elif keyword == "prefixItems":
            yield from self._at_index(arrays, applied, int(name), value)
        else:
            yield from self._in_array(arrays, applied, value)

    def _at_index(self, arrays: list[list[Any]], applied: list[SchemaNode], index: int, value: Any) -> Iterator[Any]:
        for host in arrays:
            padded = self.sampler.padded(host, applied, index + 1, DEPTH)
            if padded is not None:
                yield [*padded[:index], value, *padded[index + 1 :]]
                yield [*padded[:index], value]

    def _in_array(self, arrays: list[list[Any]], applied: list[SchemaNode], value: Any) -> Iterator[Any]:
        start = max((len(schema.get("prefixItems", ())) for schema in applied), default=0)
        for host in [*arrays, []]:
            padded = self.sampler.padded(host, applied, start, DEPTH)
            if padded is not None:
                yield [*padded[:start], value]
                yield [*padded, value]
                yield [*padded[:start], value, *padded[start + 1 :]]
                yield [*padded[:start], value, *itertools.repeat(value, len(padded))]
        fewest = max((int(schema.get("minItems", 0)) for schema in applied), default=0)
        more = itertools.islice(self.sampler.distinct(element(applied, start), 1), min(fewest, _MAX_ITEMS))
        yield [value, *more][: max(fewest, 1)]
