"""Makes valid values for schemas."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spec_gate.patterns.generate import matching
from spec_gate.schemas.keywords import TYPE_OF_KEYWORD, types_of
from spec_gate.schemas.names import LAST, barred, child, declared, element
from spec_gate.schemas.node import Schema, SchemaNode, number_of
from spec_gate.schemas.pair import SchemaPair
from spec_gate.schemas.recent import Recent
from spec_gate.schemas.validity import Judge
from spec_gate.schemas.values import canonical_text, is_of_type
from spec_gate.search.numbers import numbers
from spec_gate.search.strings import strings

Flat = tuple[SchemaNode, ...]
"""Schemas that apply together after one alternative of each ``anyOf`` and ``oneOf`` is chosen."""

MAX_ITEMS = 2_000
"""The largest number of items or properties that a value gets."""

FRESH = "zz-unknown"
"""A name that no schema is likely to declare."""

TYPE_ORDER = ("object", "string", "integer", "number", "array", "boolean", "null")
OF_TYPE: dict[str, tuple[Any, ...]] = {
    "null": (None,), "boolean": (True, False), "integer": (0, 1, -1), "number": (0.5, 1.5), "string": ("", "a", "0"),
    "array": ([], [0], ["a"], [None], [{}]), "object": ({}, {FRESH: 0}),
}  # fmt: skip
"""Some values of each type."""

_MAX_CHOICES = 12
_DISTINCT = 200
_MAX_DEPTH = 8
_LOWEST_DEPTH = -12
"""The depth at which the search for required properties ends; optional properties are left out below 0."""

_KEPT_JUDGES = 64
"""How many judges are kept; making one again is cheap."""

_MISSING: Any = object()


class ValidValues(ABC):
    """Makes valid values for the schemas of one side, and keeps their judges."""

    def __init__(self, schemas: SchemaPair) -> None:
        self.schemas = schemas
        self._judges: Recent[tuple[int, ...], Judge] = Recent(_KEPT_JUDGES)
        self._made: dict[tuple[tuple[int, ...], int], Any] = {}

    @abstractmethod
    def near(
        self, senders: Sequence[Schema], receivers: Sequence[Schema], depth: int, *, many: bool = False
    ) -> Iterator[Any]:
        """Return values near the limits of schemas, valid and invalid ones."""

    def judge(self, schemas: Sequence[Schema]) -> Judge:
        """Return the judge of all these schemas together."""
        return self._judges.get(tuple(map(number_of, schemas)), lambda: self._new_judge(schemas))

    def _new_judge(self, schemas: Sequence[Schema]) -> Judge:
        together: Schema = schemas[0] if len(schemas) == 1 else SchemaNode({"allOf": list(schemas)})
        return Judge(lambda depth: self.schemas.up_to(together, depth), self.schemas.budget)

    def valid(self, schemas: Sequence[Schema], depth: int) -> Iterator[Any]:
        """Return a few valid values, simple ones first."""
        if any(schema is False for schema in schemas):
            return
        judge = self.judge(schemas) if schemas else None
        for flat in self.variants(schemas):
            for value in self._of(flat, depth):
                if judge is None or judge.probably(value):
                    yield value

    def some(self, schemas: Sequence[Schema], depth: int) -> Any:
        """Return a valid value; raises LookupError if none is found."""
        key = (tuple(map(number_of, schemas)), depth)
        if key not in self._made:
            self._made[key] = next(self.valid(schemas, depth), _MISSING)
        value = self._made[key]
        if value is _MISSING:
            raise LookupError
        return value

    def variants(self, schemas: Sequence[Schema]) -> list[Flat]:
        """Return up to twelve ways to choose alternatives, each as schemas without alternatives."""
        choices = itertools.product(*(self._choices(schema, 0) for schema in schemas))
        return [tuple(part for one in chosen for part in one) for chosen in itertools.islice(choices, _MAX_CHOICES)]

    def _choices(self, schema: Schema, depth: int) -> list[Flat]:
        schema = self.schemas.followed(schema)
        if isinstance(schema, bool):
            return [()] if schema else []
        if depth > _MAX_DEPTH:
            return [(schema,)]
        choices: list[Flat] = [(schema,)]
        if "$ref" in schema:
            choices = _both(choices, self._choices(self.schemas.target(schema["$ref"]), depth + 1))
        for branch in schema.get("allOf", ()):
            choices = _both(choices, self._choices(branch, depth + 1))
        for key in ("anyOf", "oneOf"):
            if key in schema:
                branches = [one for branch in schema[key] for one in self._choices(branch, depth + 1)]
                choices = _both(choices, branches)
        if "if" in schema:
            then = _both(self._choices(schema["if"], depth + 1), self._choices(schema.get("then", True), depth + 1))
            choices = _both(choices, [*self._choices(schema.get("else", True), depth + 1), *then])
        for name, branch in schema.get("dependentSchemas", {}).items():
            present = _both([(SchemaNode({"required": [name]}),)], self._choices(branch, depth + 1))
            choices = _both(choices, [(), *present])
        return choices

    def _of(self, flat: Flat, depth: int) -> Iterator[Any]:
        values = next((schema["enum"] for schema in flat if "enum" in schema), None)
        if values is not None:
            yield from values[:50]
            return
        allowed = [types_of(schema) for schema in flat if "type" in schema]
        for name in _likely_types(flat):
            if all(name in types or (name == "integer" and "number" in types) for types in allowed):
                yield from self._of_type(name, flat, depth)

    def _of_type(self, name: str, flat: Flat, depth: int) -> Iterator[Any]:
        if name == "object":
            yield from self._objects(flat, depth)
        elif name == "array":
            yield from self._arrays(flat, depth)
        elif name == "string":
            yield from itertools.islice(strings([one for one in flat if restricts_type(one, "string")]), 60)
        elif name in {"integer", "number"}:
            yield from (
                value for value in numbers(flat) if name == "number" or is_of_type(value, frozenset({"integer"}))
            )
        else:
            yield from OF_TYPE[name]

    def _objects(self, flat: Flat, depth: int) -> Iterator[dict[str, Any]]:
        required = {name for schema in flat for name in schema.get("required", ())}
        dependent = [item for schema in flat for item in schema.get("dependentRequired", {}).items()]
        for _ in range(4):
            required |= {name for key, more in dependent if key in required for name in more}
        fewest = max((int(schema.get("minProperties", 0)) for schema in flat), default=0)
        try:
            value = {name: self.below(child(flat, name), depth) for name in sorted(required)}
        except LookupError:
            return
        if len(value) >= fewest:
            yield value
        optional = sorted(declared(flat) - required - barred(flat))
        filled = dict(value)
        for name in [*optional, *self.fresh_names(flat, fewest)]:
            if len(filled) >= fewest:
                break
            self.put(filled, name, child(flat, name), depth)
        yield filled
        if depth > 0:
            full = dict(value)
            for name in optional[:40]:
                self.put(full, name, child(flat, name), depth - 1)
            yield full

    def fresh_names(self, flat: Sequence[Mapping[str, Any]], count: int) -> list[str]:
        """Return names that patterns allow, and ``count`` names that no schema declares."""
        names = [
            name for schema in flat for pattern in schema.get("patternProperties", ()) for name in matching(pattern, 12)
        ]
        for schema in flat:
            if isinstance(schema.get("propertyNames"), dict):
                names += [one for one in self.valid((schema["propertyNames"],), 1) if isinstance(one, str)][:20]
        return [*names, *(f"{FRESH}-{number}" for number in range(min(count, MAX_ITEMS)))]

    def put(self, value: dict[str, Any], name: str, schemas: Sequence[Schema], depth: int) -> None:
        """Add a property with a valid value, if one is found."""
        try:
            value[name] = self.below(schemas, depth)
        except LookupError:
            return

    def below(self, schemas: Sequence[Schema], depth: int) -> Any:
        """Return a valid value for a property or item; raises LookupError if none is found."""
        if depth < _LOWEST_DEPTH:
            raise LookupError
        return self.some(schemas, depth - 1) if schemas else "a"

    def _arrays(self, flat: Flat, depth: int) -> Iterator[list[Any]]:
        fewest = max((int(schema.get("minItems", 0)) for schema in flat), default=0)
        unique = any(schema.get("uniqueItems") for schema in flat)
        if fewest > MAX_ITEMS:
            return
        first: list[Any] = []
        for schema in flat:
            if "contains" in schema:
                wanted = int(schema.get("minContains", 1))
                found = itertools.islice(
                    self.distinct((schema["contains"], *element(flat, LAST)), depth - 1), max(wanted, 1)
                )
                first += list(found) if unique else [next(found, None)] * min(wanted, MAX_ITEMS)
        for size in dict.fromkeys((max(fewest, len(first)), max(fewest, len(first)) + 1)):
            value = list(first)
            try:
                while len(value) < size:
                    value.append(self._next(value, element(flat, len(value)), depth, unique=unique))
            except LookupError:
                continue
            yield value

    def padded(self, host: list[Any], ours: Sequence[Mapping[str, Any]], size: int, depth: int) -> list[Any] | None:
        value = list(host)
        try:
            while len(value) < size:
                value.append(self.below(element(ours, len(value)), depth))
        except LookupError:
            return None
        return value

    def _next(self, value: list[Any], schemas: Sequence[Schema], depth: int, *, unique: bool) -> Any:
        if not unique:
            return self.below(schemas, depth)
        taken = {canonical_text(one) for one in value}
        found = next((one for one in self.distinct(schemas, depth - 1) if canonical_text(one) not in taken), _MISSING)
        if found is _MISSING:
            raise LookupError
        return found

    def distinct(self, schemas: Sequence[Schema], depth: int) -> Iterator[Any]:
        """Return different valid values, some hundreds of them at most."""
        seen: set[str] = set()
        judge = self.judge(schemas) if schemas else None
        counted = itertools.chain((f"{FRESH}-{number}" for number in range(_DISTINCT)), range(1000, 1000 + _DISTINCT))
        for value in itertools.chain(self.valid(schemas, depth), self.near(schemas, (), max(depth, 0)), counted):
            key = canonical_text(value)
            if key not in seen and (judge is None or judge.probably(value)):
                seen.add(key)
                yield value


def _both(choices: list[Flat], others: list[Flat]) -> list[Flat]:
    return [(*one, *other) for one, other in itertools.islice(itertools.product(choices, others), _MAX_CHOICES)]


def _likely_types(flat: Flat) -> list[str]:
    restricted = {TYPE_OF_KEYWORD[key] for schema in flat for key in schema if key in TYPE_OF_KEYWORD}
    return sorted(TYPE_ORDER, key=lambda name: (name not in restricted, TYPE_ORDER.index(name)))


def restricts_type(schema: Mapping[str, Any], name: str) -> bool:
    """Return whether a schema lists values or has a keyword for the type."""
    return "enum" in schema or any(TYPE_OF_KEYWORD.get(key) == name for key in schema)
