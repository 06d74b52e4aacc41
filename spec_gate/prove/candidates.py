"""Searches for values that one schema allows and another rejects, the cheapest search first."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from spec_gate.prove.inclusion import left_over, restricted
from spec_gate.schemas.keywords import as_schema
from spec_gate.schemas.node import Schema
from spec_gate.schemas.pair import SchemaPair
from spec_gate.search.sampler import Sampler

DEPTH = 3
"""How deep optional properties and items nest in generated values."""

_NEAR, _NEAR_PART, _NEAR_MANY, _LEFT_OVER, _RANDOM = 6_000, 1_500, 20_000, 4_000, 400
"""How many values each search tries."""

_RANDOM_FOUND = 12


class Candidates:
    """Searches for values under the schemas of one side."""

    def __init__(self, schemas: SchemaPair, sampler: Sampler) -> None:
        self.schemas = schemas
        self.sampler = sampler

    def of(
        self,
        parts: Iterable[Schema],
        sender: Schema,
        receiver: Schema,
        counts: Callable[[Any], bool],
        *,
        actual: Schema,
        briefly: bool = False,
    ) -> Iterator[Any]:
        """Return the values for which ``counts`` is true; ``parts`` are alternatives of the sender to try first.

        ``actual`` is the whole schema of the sender, which may require more than a hybrid does.
        """
        for values in self._searches(parts, sender, receiver, actual, briefly=briefly):
            yield from filter(counts, values)
        if not briefly:
            yield from self._random(sender, receiver, counts)

    def _searches(
        self, parts: Iterable[Schema], sender: Schema, receiver: Schema, actual: Schema, *, briefly: bool
    ) -> Iterator[Iterator[Any]]:
        for part in parts:
            yield itertools.islice(self.near((part,), receiver), _NEAR_PART)
        yield self.near((sender,), receiver)
        if _required(actual) - _required(sender):
            yield itertools.islice(self.near((sender, actual), receiver), _NEAR_PART)
        if not briefly:
            yield _distinct(self._left_over(sender, receiver))
            yield self.near((sender,), receiver, many=True)

    def near(self, senders: Sequence[Schema], receiver: Schema, *, many: bool = False) -> Iterator[Any]:
        """Return different values near the limits of the schemas."""
        values = self.sampler.near(senders, (receiver,), DEPTH, many=many)
        return _distinct(itertools.islice(values, _NEAR_MANY if many else _NEAR))

    def _left_over(self, sender: Schema, receiver: Schema) -> Iterator[Any]:
        """Return values for the schema of what the sender allows and the receiver rejects."""
        rest = left_over(self.schemas.whole(receiver), restricted(self.schemas, sender, receiver))
        if not isinstance(rest, dict) or "$ref" in json.dumps(rest):
            return iter(())
        return itertools.islice(self.sampler.near((as_schema(rest),), (receiver,), DEPTH, many=True), _LEFT_OVER)

    def _random(self, sender: Schema, receiver: Schema, counts: Callable[[Any], bool]) -> Iterator[Any]:
        """Return values with several random changes, the same ones in every run."""
        found = []
        for seed in range(_RANDOM):
            chance = random.Random(seed)  # noqa: S311 - not a secret
            value = self.sampler.by_chance((sender,), (receiver,), DEPTH, chance)
            if counts(value):
                found.append(value)
            if len(found) >= _RANDOM_FOUND:
                break
        yield from _distinct(found)


def _required(schema: Schema) -> set[str]:
    return set() if isinstance(schema, bool) else set(schema.get("required", ()))


def _distinct(values: Iterable[Any]) -> Iterator[Any]:
    seen: set[str] = set()
    for value in values:
        key = json.dumps(value, sort_keys=True, default=str)
        if key not in seen:
            seen.add(key)
            yield value
