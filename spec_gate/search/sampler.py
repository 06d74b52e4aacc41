"""Makes values by schemas: one that is valid, and many that lie near the edges of two schemas at once.

The walk along both schemas takes values from the keywords of either and changes one thing at a time.
Nothing here decides: what comes out is tried by :class:`spec_gate.schemas.validity.Judge`.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from spec_gate.schemas.names import child, declared, element, known
from spec_gate.schemas.normalise import Schema
from spec_gate.schemas.pair import SchemaPair
from spec_gate.schemas.simplify import FOR_TYPE, TYPES, is_of_type, written
from spec_gate.schemas.validity import Judge
from spec_gate.search.numbers import numbers
from spec_gate.search.texts import matching, texts

Flat = tuple[dict[str, Any], ...]

MOST_ITEMS = 2_000
"""How many items or properties a value may be given for a bound on their number."""

FRESH = "zz-unknown"
"""A name that no schema is likely to declare."""

_VARIANTS = 12
_ORDER = ("object", "string", "integer", "number", "array", "boolean", "null")
_OF_TYPE: dict[str, tuple[Any, ...]] = {
    "null": (None,), "boolean": (True, False), "integer": (0, 1, -1), "number": (0.5, 1.5), "string": ("", "a", "0"),
    "array": ([], [0], ["a"], [None], [{}]), "object": ({}, {FRESH: 0}),
}  # fmt: skip


class Sampler:
    """Makes values for the schemas of one world."""

    def __init__(self, world: SchemaPair) -> None:
        self.world = world
        self._judges: dict[tuple[int, ...], tuple[Any, Judge]] = {}
        self._made: dict[tuple[tuple[int, ...], int], Any] = {}

    # One that is valid ------------------------------------------------------------------------------------------------

    def judge(self, schemas: Sequence[Schema]) -> Judge:
        """Return the judge of all these schemas together."""
        key = tuple(id(schema) if isinstance(schema, dict) else int(schema) for schema in schemas)
        if key not in self._judges:
            together: Schema = schemas[0] if len(schemas) == 1 else {"allOf": list(schemas)}
            self._judges[key] = (schemas, Judge(self.world.whole(together)))
        return self._judges[key][1]

    def valid(self, schemas: Sequence[Schema], depth: int) -> Iterator[Any]:
        """Return values that are valid, plain ones first; few, and none where none is found."""
        if any(schema is False for schema in schemas):
            return
        judge = self.judge(schemas) if schemas else None
        for flat in self.variants(schemas):
            for value in self._of(flat, depth):
                if judge is None or judge.probably(value):
                    yield value

    def some(self, schemas: Sequence[Schema], depth: int) -> Any:
        """Return a valid value; raises LookupError where none is found."""
        key = (tuple(id(schema) if isinstance(schema, dict) else int(schema) for schema in schemas), depth)
        if key not in self._made:
            self._made[key] = (schemas, next(self.valid(schemas, depth), _NONE))
        value = self._made[key][1]
        if value is _NONE:
            raise LookupError
        return value

    def variants(self, schemas: Sequence[Schema]) -> list[Flat]:
        """Return the ways to take alternatives, each as schemas without any; not all where there are many."""
        ways = itertools.product(*(self._ways(schema, 0) for schema in schemas))
        return [tuple(part for way in together for part in way) for together in itertools.islice(ways, _VARIANTS)]

    def _ways(self, schema: Schema, depth: int) -> list[Flat]:
        schema = self.world.followed(schema)
        if isinstance(schema, bool):
            return [()] if schema else []
        if depth > 8:
            return [(schema,)]
        ways: list[Flat] = [(schema,)]
        if "$ref" in schema:
            ways = _both(ways, self._ways({"$ref": schema["$ref"]}, depth + 1))
        for branch in schema.get("allOf", ()):
            ways = _both(ways, self._ways(branch, depth + 1))
        for key in ("anyOf", "oneOf"):
            if key in schema:
                branches = [way for branch in schema[key] for way in self._ways(branch, depth + 1)]
                ways = _both(ways, branches)
        if "if" in schema:
            then = _both(self._ways(schema["if"], depth + 1), self._ways(schema.get("then", True), depth + 1))
            ways = _both(ways, [*self._ways(schema.get("else", True), depth + 1), *then])
        for name, branch in schema.get("dependentSchemas", {}).items():
            ways = _both(ways, [(), *_both([({"required": [name]},)], self._ways(branch, depth + 1))])
        return ways

    def _of(self, flat: Flat, depth: int) -> Iterator[Any]:
        values = next((schema["enum"] for schema in flat if "enum" in schema), None)
        if values is not None:
            yield from values[:50]
            return
        said = [frozenset([t] if isinstance(t := schema["type"], str) else t) for schema in flat if "type" in schema]
        for name in self._likely(flat):
            if all(name in types or (name == "integer" and "number" in types) for types in said):
                yield from self._of_type(name, flat, depth)

    def _likely(self, flat: Flat) -> list[str]:
        concerned = {FOR_TYPE[key] for schema in flat for key in schema if key in FOR_TYPE}
        return sorted(_ORDER, key=lambda name: (name not in concerned, _ORDER.index(name)))

    def _of_type(self, name: str, flat: Flat, depth: int) -> Iterator[Any]:
        if name == "object":
            yield from self._objects(flat, depth)
        elif name == "array":
            yield from self._arrays(flat, depth)
        elif name == "string":
            yield from itertools.islice(_patterned_first(flat), 60)
        elif name in {"integer", "number"}:
            yield from (
                value for value in numbers(flat) if name == "number" or is_of_type(value, frozenset({"integer"}))
            )
        else:
            yield from _OF_TYPE[name]

    def _objects(self, flat: Flat, depth: int) -> Iterator[dict[str, Any]]:
        required = {name for schema in flat for name in schema.get("required", ())}
        for _ in range(4):
            dependent = [item for schema in flat for item in schema.get("dependentRequired", {}).items()]
            needs = {name for key, more in dependent if key in required for name in more}
            required |= needs
        fewest = max((int(schema.get("minProperties", 0)) for schema in flat), default=0)
        try:
            value = {name: self._below(child(flat, name), depth) for name in sorted(required)}
        except LookupError:
            return
        if len(value) >= fewest:
            yield value
        optional = sorted(declared(flat) - required)
        filled = dict(value)
        for name in [*optional, *self._fresh_names(flat, fewest)]:
            if len(filled) >= fewest:
                break
            self._put(filled, name, child(flat, name), depth)
        yield filled
        if depth > 0:
            full = dict(value)
            for name in optional[:40]:
                self._put(full, name, child(flat, name), depth - 1)
            yield full

    def _fresh_names(self, flat: Flat, count: int) -> list[str]:
        names = [
            name for schema in flat for pattern in schema.get("patternProperties", ()) for name in matching(pattern, 12)
        ]
        for schema in flat:
            if isinstance(schema.get("propertyNames"), dict):
                names += [one for one in self.valid((schema["propertyNames"],), 1) if isinstance(one, str)][:20]
        return [*names, *(f"{FRESH}-{number}" for number in range(min(count, MOST_ITEMS)))]

    def _put(self, value: dict[str, Any], name: str, schemas: Sequence[Schema], depth: int) -> None:
        try:
            value[name] = self._below(schemas, depth)
        except LookupError:
            return

    def _below(self, schemas: Sequence[Schema], depth: int) -> Any:
        if depth < -12:
            raise LookupError
        return self.some(schemas, depth - 1) if schemas else "a"

    def _arrays(self, flat: Flat, depth: int) -> Iterator[list[Any]]:
        fewest = max((int(schema.get("minItems", 0)) for schema in flat), default=0)
        unique = any(schema.get("uniqueItems") for schema in flat)
        if fewest > MOST_ITEMS:
            return
        first: list[Any] = []
        for schema in flat:
            if "contains" in schema:
                wanted = int(schema.get("minContains", 1))
                found = itertools.islice(
                    self._distinct((schema["contains"], *element(flat, _FAR)), depth - 1), max(wanted, 1)
                )
                first += list(found) if unique else [next(found, None)] * min(wanted, MOST_ITEMS)
        for size in dict.fromkeys((max(fewest, len(first)), max(fewest, len(first)) + 1)):
            value = list(first)
            try:
                while len(value) < size:
                    value.append(self._next(value, element(flat, len(value)), depth, unique=unique))
            except LookupError:
                continue
            yield value

    def _next(self, value: list[Any], schemas: Sequence[Schema], depth: int, *, unique: bool) -> Any:
        if not unique:
            return self._below(schemas, depth)
        taken = {written(one) for one in value}
        found = next((one for one in self._distinct(schemas, depth - 1) if written(one) not in taken), _NONE)
        if found is _NONE:
            raise LookupError
        return found

    def _distinct(self, schemas: Sequence[Schema], depth: int) -> Iterator[Any]:
        """Return different valid values, some tens of them at most."""
        seen: set[str] = set()
        judge = self.judge(schemas) if schemas else None
        counted = itertools.chain((f"{FRESH}-{number}" for number in range(30)), range(1000, 1030))
        for value in itertools.chain(self.valid(schemas, depth), self.near(schemas, (), max(depth, 0)), counted):
            key = written(value)
            if key not in seen and (judge is None or judge.probably(value)):
                seen.add(key)
                yield value

    # Many, near the edges ---------------------------------------------------------------------------------------------

    def near(
        self, senders: Sequence[Schema], receivers: Sequence[Schema], depth: int, *, many: bool = False
    ) -> Iterator[Any]:
        """Return values near the edges of both; the same one may come twice."""
        ours, theirs = self.world.applied(senders), self.world.applied(receivers)
        hints = [*ours, *theirs]
        for schema in hints:
            yield from schema.get("enum", ())
        bases = list(itertools.islice(self.valid(senders, depth), 16 if many else 8))
        yield from bases
        wanted = {name for schema in hints for name in self._types_of(schema)} or set(TYPES)
        if "string" in wanted:
            yield from texts([schema for schema in hints if _concerns(schema, "string")], many=many)
        if wanted & {"integer", "number"}:
            yield from numbers(hints)
        for name in _ORDER:
            yield from _OF_TYPE[name]
        if "array" in wanted:
            yield from self._near_arrays(bases, senders, receivers, depth, many=many)
        if "object" in wanted:
            yield from self._near_objects(bases, senders, receivers, depth, many=many)

    def _types_of(self, schema: dict[str, Any]) -> set[str]:
        if "type" in schema:
            return {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
        return {FOR_TYPE[key] for key in schema if key in FOR_TYPE}

    def _near_objects(
        self, bases: Sequence[Any], senders: Sequence[Schema], receivers: Sequence[Schema], depth: int, *, many: bool
    ) -> Iterator[dict[str, Any]]:
        ours, theirs = self.world.applied(senders), self.world.applied(receivers)
        names = sorted(known(ours) | (known(theirs) - declared(theirs)))
        hosts = [base for base in bases if isinstance(base, dict)] or [{}]
        fresh = self._fresh_names((*ours, *theirs), 1)[:24] + self._odd_names(ours, theirs)
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
                    self._put(full, name, child(ours, name), depth - 1)
                yield full
                yield {name: value for name, value in host.items() if name not in {one, other}}

    def _values_below(
        self, ours: list[dict[str, Any]], theirs: list[dict[str, Any]], name: str, depth: int, *, many: bool
    ) -> Iterator[Any]:
        sending, receiving = child(ours, name), child(theirs, name)
        if depth <= 0:
            return itertools.islice(itertools.chain(self.valid(sending, 0), (0, "a", None)), 4)
        alike = {id(one) for one in sending} == {id(one) for one in receiving}
        return itertools.islice(
            self.near(sending, receiving, depth - 1, many=many), 12 if alike else 1500 if many else 400
        )

    def _odd_names(self, ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[str]:
        rules = [
            schema["propertyNames"] for schema in [*ours, *theirs] if isinstance(schema.get("propertyNames"), dict)
        ]
        if not rules:
            return [FRESH]
        return [FRESH, *itertools.islice(texts(self.world.applied(rules), many=True), 120)]

    def _counted(
        self, host: dict[str, Any], ours: list[dict[str, Any]], theirs: list[dict[str, Any]], depth: int
    ) -> Iterator[dict[str, Any]]:
        """Return objects with as many properties as a bound says, one more and one less."""
        bounds = {
            int(schema[key])
            for schema in [*ours, *theirs]
            for key in ("minProperties", "maxProperties")
            if key in schema
        }
        names = [*sorted(declared(ours)), *self._fresh_names(tuple(ours), max(bounds, default=0) + 1)]
        for size in sorted(
            {bound + step for bound in bounds for step in (-1, 0, 1) if 0 <= bound + step <= MOST_ITEMS}
        ):
            value = dict(list(host.items())[:size])
            for name in names:
                if len(value) >= size:
                    break
                self._put(value, name, child(ours, name), depth - 1)
            yield value

    def _near_arrays(
        self, bases: Sequence[Any], senders: Sequence[Schema], receivers: Sequence[Schema], depth: int, *, many: bool
    ) -> Iterator[list[Any]]:
        ours, theirs = self.world.applied(senders), self.world.applied(receivers)
        hosts = [base for base in bases if isinstance(base, list)] or [[]]
        keys = ("minItems", "maxItems", "minContains", "maxContains")
        bounds = {int(schema[key]) for schema in [*ours, *theirs] for key in keys if key in schema}
        bounds |= {len(schema["prefixItems"]) for schema in [*ours, *theirs] if "prefixItems" in schema}
        sizes = sorted({bound + step for bound in bounds for step in (-1, 0, 1) if 0 <= bound + step <= MOST_ITEMS})
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
                padded = self._padded(host, ours, index, depth)
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

    def _padded(self, host: list[Any], ours: list[dict[str, Any]], size: int, depth: int) -> list[Any] | None:
        value = list(host)
        try:
            while len(value) < size:
                value.append(self._below(element(ours, len(value)), depth))
        except LookupError:
            return None
        return value

    def _sized(self, host: list[Any], ours: list[dict[str, Any]], sizes: list[int], depth: int) -> Iterator[list[Any]]:
        for size in sizes:
            repeated = self._padded(host[:size], ours, size, depth)
            if repeated is not None:
                yield repeated
            pool = list(itertools.islice(self._distinct(element(ours, _FAR), depth - 1), min(size, 60)))
            if len(pool) >= size:
                yield pool[:size]
            for schema in ours:
                if "contains" in schema:
                    more = list(itertools.islice(self._distinct((schema["contains"],), depth - 1), 1))
                    yield more * size

    # By chance --------------------------------------------------------------------------------------------------------

    def by_chance(
        self, senders: Sequence[Schema], receivers: Sequence[Schema], depth: int, chance: random.Random
    ) -> Any:
        """Return a value that changes several things at once."""
        ours, theirs = self.world.applied(senders), self.world.applied(receivers)
        bases = list(itertools.islice(self.valid(senders, depth), 8))
        pool = list(itertools.islice(self.near(senders, receivers, 1), 200))
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


_NONE: Any = object()
_FAR = 1_000


def _both(ways: list[Flat], others: list[Flat]) -> list[Flat]:
    return [(*one, *other) for one, other in itertools.islice(itertools.product(ways, others), _VARIANTS)]


def _concerns(schema: dict[str, Any], name: str) -> bool:
    return "enum" in schema or any(FOR_TYPE.get(key) == name for key in schema)


def _patterned_first(flat: Flat) -> Iterator[str]:
    yield from texts([schema for schema in flat if _concerns(schema, "string")])
