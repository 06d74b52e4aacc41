"""Makes values near the limits of two schemas at once: candidates for witnesses.

The sampler takes values from the keywords of both schemas and changes one thing at a time. It does not decide:
:class:`spec_gate.schemas.validity.Judge` checks each candidate.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from spec_gate.schemas.keywords import TYPE_OF_KEYWORD, TYPES, types_of
from spec_gate.schemas.names import LAST, child, declared, element, known
from spec_gate.schemas.node import Schema, SchemaNode, number_of
from spec_gate.schemas.pair import SchemaPair
from spec_gate.schemas.recent import Recent
from spec_gate.schemas.values import canonical_text
from spec_gate.search.numbers import numbers
from spec_gate.search.strings import strings
from spec_gate.search.valid import FRESH, MAX_ITEMS, OF_TYPE, TYPE_ORDER, ValidValues, restricts_type

_KEPT_STOCKS = 256

_Applied = Sequence[SchemaNode]


class Sampler(ValidValues):
    """Makes values for the schemas of one side."""

    def __init__(self, schemas: SchemaPair) -> None:
        super().__init__(schemas)
        self._stocks: Recent[tuple[tuple[int, ...], tuple[int, ...], int], tuple[list[Any], list[Any]]] = Recent(
            _KEPT_STOCKS
        )

    def near(
        self, senders: Sequence[Schema], receivers: Sequence[Schema], depth: int, *, many: bool = False
    ) -> Iterator[Any]:
        """Return values near the limits of both; a value may occur twice."""
        ours, theirs = self.schemas.applied(senders), self.schemas.applied(receivers)
        hints = [*ours, *theirs]
        yield from _listed(ours, theirs)
        bases = list(itertools.islice(self.valid(senders, depth), 16 if many else 8))
        yield from bases
        wanted = {name for schema in hints for name in _types_of(schema)} or set(TYPES)
        if "string" in wanted:
            yield from strings([schema for schema in hints if restricts_type(schema, "string")], many=many)
        if wanted & {"integer", "number"}:
            yield from numbers(hints)
        for name in TYPE_ORDER:
            yield from OF_TYPE[name]
        if "array" in wanted:
            yield from self._near_arrays(bases, senders, receivers, depth, many=many)
        if "object" in wanted:
            yield from self._near_objects(bases, senders, receivers, depth, many=many)

    def _near_objects(
        self, bases: Sequence[Any], senders: Sequence[Schema], receivers: Sequence[Schema], depth: int, *, many: bool
    ) -> Iterator[dict[str, Any]]:
        ours, theirs = self.schemas.applied(senders), self.schemas.applied(receivers)
        common = declared(theirs)
        names = sorted(known(ours) | (known(theirs) - common), key=lambda name: (name in common, name))
        hosts = [base for base in bases if isinstance(base, dict)] or [{}]
        fresh = self.fresh_names((*ours, *theirs), 1)[:24] + self._odd_names(ours, theirs)
        for host in hosts[: 8 if many else 4]:
            for name in host:
                yield {key: value for key, value in host.items() if key != name}
            for name in [*names, *dict.fromkeys(fresh)]:
                below = self._values_below(ours, theirs, name, depth, many=many)
                yield from ({**host, name: value} for value in below)
            yield from self._counted(host, ours, theirs, depth)
            for one, other in itertools.islice(itertools.combinations(names, 2), 60):
                full = dict(host)
                for name in (one, other):
                    self.put(full, name, child(ours, name), depth - 1)
                yield full
                yield {name: value for name, value in host.items() if name not in {one, other}}

    def _values_below(self, ours: _Applied, theirs: _Applied, name: str, depth: int, *, many: bool) -> Iterator[Any]:
        sending, receiving = child(ours, name), child(theirs, name)
        if depth <= 0:
            return itertools.islice(itertools.chain(self.valid(sending, 0), (0, "a", None)), 4)
        alike = set(map(number_of, sending)) == set(map(number_of, receiving))
        return itertools.islice(
            self.near(sending, receiving, depth - 1, many=many), 12 if alike else 1500 if many else 400
        )

    def _odd_names(self, ours: _Applied, theirs: _Applied) -> list[str]:
        rules = [
            schema["propertyNames"] for schema in [*ours, *theirs] if isinstance(schema.get("propertyNames"), dict)
        ]
        if not rules:
            return [FRESH]
        return [FRESH, *itertools.islice(strings(self.schemas.applied(rules), many=True), 120)]

    def _counted(self, host: dict[str, Any], ours: _Applied, theirs: _Applied, depth: int) -> Iterator[dict[str, Any]]:
        """Return objects with as many properties as each bound, one more and one less."""
        bounds = {
            int(schema[key])
            for schema in [*ours, *theirs]
            for key in ("minProperties", "maxProperties")
            if key in schema
        }
        names = [*sorted(declared(ours)), *self.fresh_names(tuple(ours), max(bounds, default=0) + 1)]
        for size in sorted({bound + step for bound in bounds for step in (-1, 0, 1) if 0 <= bound + step <= MAX_ITEMS}):
            value = dict(list(host.items())[:size])
            for name in names:
                if len(value) >= size:
                    break
                self.put(value, name, child(ours, name), depth - 1)
            yield value

    def _near_arrays(
        self, bases: Sequence[Any], senders: Sequence[Schema], receivers: Sequence[Schema], depth: int, *, many: bool
    ) -> Iterator[list[Any]]:
        ours, theirs = self.schemas.applied(senders), self.schemas.applied(receivers)
        hosts = [base for base in bases if isinstance(base, list)] or [[]]
        keys = ("minItems", "maxItems", "minContains", "maxContains")
        bounds = {int(schema[key]) for schema in [*ours, *theirs] for key in keys if key in schema}
        bounds |= {len(schema["prefixItems"]) for schema in [*ours, *theirs] if "prefixItems" in schema}
        sizes = sorted({bound + step for bound in bounds for step in (-1, 0, 1) if 0 <= bound + step <= MAX_ITEMS})
        yield from self._sized(hosts[0], ours, sizes, depth)
        lengths = [len(schema["prefixItems"]) for schema in [*ours, *theirs] if "prefixItems" in schema]
        places = sorted({0, 1, *(length - step for length in lengths for step in (0, 1))})
        for host in hosts[:3]:
            if host:
                yield [*host, host[0]]
                yield [host[0], host[0]]
                yield host[:-1]
            for index in places:
                if index < 0:
                    continue
                padded = self.padded(host, ours, index, depth)
                if padded is None:
                    continue
                sending, receiving = element(ours, index), element(theirs, index)
                if depth <= 0:
                    values: Iterable[Any] = itertools.islice(itertools.chain(self.valid(sending, 0), (0, "a", None)), 4)
                else:
                    values = itertools.islice(
                        self.near(sending, receiving, depth - 1, many=many), 1500 if many else 400
                    )
                for value in values:
                    yield [*padded[:index], value, *padded[index + 1 :]]
                    if index == 0:
                        yield [value]
                        yield [value, value]
                        yield [*padded, value]

    def _sized(self, host: list[Any], ours: _Applied, sizes: list[int], depth: int) -> Iterator[list[Any]]:
        for size in sizes:
            repeated = self.padded(host[:size], ours, size, depth)
            if repeated is not None:
                yield repeated
            pool = list(itertools.islice(self.distinct(element(ours, LAST), depth - 1), min(size, 200)))
            if len(pool) >= size:
                yield pool[:size]
            for schema in ours:
                if "contains" in schema:
                    more = list(itertools.islice(self.distinct((schema["contains"],), depth - 1), 1))
                    yield more * size

    def _stock(self, senders: Sequence[Schema], receivers: Sequence[Schema], depth: int) -> tuple[list[Any], list[Any]]:
        """Return valid values and values near the limits, from which random ones are made."""
        key = (tuple(map(number_of, senders)), tuple(map(number_of, receivers)), depth)
        return self._stocks.get(
            key,
            lambda: (
                list(itertools.islice(self.valid(senders, depth), 8)),
                list(itertools.islice(self.near(senders, receivers, 1), 200)),
            ),
        )

    def by_chance(
        self, senders: Sequence[Schema], receivers: Sequence[Schema], depth: int, chance: random.Random
    ) -> Any:
        """Return a value with several random changes at once."""
        ours, theirs = self.schemas.applied(senders), self.schemas.applied(receivers)
        bases, pool = self._stock(senders, receivers, depth)
        value = chance.choice(bases or pool or [None])
        if isinstance(value, dict) and depth > 0:
            names = sorted(known(ours) | set(value)) or [FRESH]
            value = dict(value)
            for name in chance.sample(names, min(len(names), chance.randint(1, 3))):
                if name in value and chance.random() < 0.3:
                    del value[name]
                else:
                    value[name] = self.by_chance(child(ours, name), child(theirs, name), depth - 1, chance)
            return value
        if isinstance(value, list) and depth > 0:
            size = chance.randint(0, 4)
            return [
                self.by_chance(element(ours, index), element(theirs, index), depth - 1, chance) for index in range(size)
            ]
        return chance.choice(pool or [None])


def _listed(ours: _Applied, theirs: _Applied) -> Iterator[Any]:
    """Return the values that schemas list, first those that only one side has."""
    lists = [
        [(canonical_text(one), one) for schema in side for one in schema.get("enum", ())] for side in (ours, theirs)
    ]
    texts = [{text for text, _ in side} for side in lists]
    common = texts[0] & texts[1]
    listed = [pair for side in lists for pair in side]
    yield from (one for text, one in listed if text not in common)
    yield from (one for text, one in listed if text in common)


def _types_of(schema: SchemaNode) -> set[str]:
    return (
        set(types_of(schema))
        if "type" in schema
        else {TYPE_OF_KEYWORD[key] for key in schema if key in TYPE_OF_KEYWORD}
    )
