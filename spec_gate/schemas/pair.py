"""Both sides of a comparison in one world, so that a schema may mix parts of either.

Definitions of the base begin with ``base.``, those of the revision with ``revision.``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from spec_gate.schemas.normalise import ANNOTATIONS, Schema, Schemas, Side, aside, in_place
from spec_gate.schemas.simplify import Simplified, is_of_type, written
from spec_gate.source.documents import Document, Place

BASE, REVISION = "base.", "revision."


def worlds(base: Document, revision: Document) -> dict[Side, SchemaPair]:
    """Return the world of each side; what both sides read alike is read once."""
    request = (Simplified(Schemas(base, "request", BASE)), Simplified(Schemas(revision, "request", REVISION)))
    reply = (
        request[0] if base.version == "3.1" else Simplified(Schemas(base, "reply", BASE)),
        request[1] if revision.version == "3.1" else Simplified(Schemas(revision, "reply", REVISION)),
    )
    worlds: dict[Side, SchemaPair] = {"request": SchemaPair(*request, "request"), "reply": SchemaPair(*reply, "reply")}
    if request == reply:
        worlds["reply"].share(worlds["request"])
    return worlds


class SchemaPair:
    """The schemas of base and revision as one side, request or reply, reads them."""

    def __init__(self, base: Simplified, revision: Simplified, side: Side) -> None:
        self.side = side
        self.base = base
        self.revision = revision
        self._same: dict[tuple[int, int], bool] = {}
        self._bare: dict[str, tuple[Schema, tuple[str, ...]]] = {}

    def share(self, other: SchemaPair) -> None:
        """Know what another world of the same schemas has found out."""
        self._same, self._bare = other._same, other._bare

    def read_base(self, place: Place) -> Schema:
        return self.base.of(self.base.schemas.read(place))

    def read_revision(self, place: Place) -> Schema:
        return self.revision.of(self.revision.schemas.read(place))

    def original(self, place: Place, *, of_base: bool) -> Schema:
        """Return a schema as it was written, references apart: what decides whether a witness is one."""
        return (self.base if of_base else self.revision).schemas.read(place)

    def origin(self, schema: Schema, *, of_base: bool) -> Place | None:
        return (self.base if of_base else self.revision).schemas.origin(schema)

    def _store(self, reference: str) -> Simplified:
        return self.base if reference.startswith(f"#/$defs/{BASE}") else self.revision

    def followed(self, schema: Schema) -> Schema:
        if isinstance(schema, dict) and "$ref" in schema:
            return self._store(schema["$ref"]).followed(schema)
        return schema

    def target(self, reference: str) -> Schema:
        return self._store(reference).target(reference)

    def raw_target(self, reference: str) -> Schema:
        store = self._store(reference).schemas
        return store.definitions[store.name_of(reference)]

    def whole(self, schema: Schema, *, simple: bool = True) -> Schema:
        """Return the schema with every definition that it needs; annotations are left out."""
        if isinstance(schema, bool):
            return schema
        definitions: dict[str, Schema] = {}
        waiting = list(references(schema))
        while waiting:
            reference = waiting.pop()
            name = reference.removeprefix("#/$defs/")
            if name in definitions:
                continue
            definitions[name], more = self._definition(reference, simple=simple)
            waiting.extend(more)
        plain = bare(schema)
        assert isinstance(plain, dict)
        return {**plain, "$defs": definitions} if definitions else plain

    def _definition(self, reference: str, *, simple: bool) -> tuple[Schema, tuple[str, ...]]:
        """Return a definition without annotations, with what it refers to itself."""
        key = f"{simple} {reference}"
        if key not in self._bare:
            target = self.target(reference) if simple else self.raw_target(reference)
            self._bare[key] = (bare(target), tuple(set(references(target))))
        return self._bare[key]

    # In place ---------------------------------------------------------------------------------------------------------

    def applied(self, schemas: Iterable[Schema]) -> list[dict[str, Any]]:
        """Return every schema that may have a say about the same value, negated ones included."""
        found: dict[int, dict[str, Any]] = {}
        waiting: list[Any] = list(schemas)
        while waiting:
            schema = waiting.pop(0)
            if isinstance(schema, str):
                schema = self.target(f"#/$defs/{schema}")
            if isinstance(schema, dict) and id(schema) not in found:
                found[id(schema)] = schema
                waiting.extend(in_place(schema))
        return list(found.values())

    # Sameness ---------------------------------------------------------------------------------------------------------

    def same(self, base: Schema, revision: Schema) -> bool:
        """Say whether two schemas are written alike, references followed, recursion included."""
        key = (id(base), id(revision))
        if key not in self._same:
            self._compare(base, revision)
        return self._same[key]

    def _compare(self, base: Schema, revision: Schema) -> None:
        """Compare a pair and all that it refers to: what differs makes everything that leads to it differ."""
        needs: dict[tuple[int, int], list[tuple[int, int]]] = {}
        different: list[tuple[int, int]] = []
        waiting: list[tuple[Schema, Schema]] = [(base, revision)]
        while waiting:
            one, other = waiting.pop()
            key = (id(one), id(other))
            if key in needs or key in self._same:
                continue
            pairs: list[tuple[Schema, Schema]] = []
            alike = self._alike(one, other, pairs)
            needs[key] = [(id(first), id(second)) for first, second in pairs]
            if not alike or any(self._same.get(pair) is False for pair in needs[key]):
                different.append(key)
            waiting.extend(pairs)
        led_from: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for key, pairs_needed in needs.items():
            for pair in pairs_needed:
                led_from.setdefault(pair, []).append(key)
        tainted: set[tuple[int, int]] = set()
        while different:
            key = different.pop()
            if key not in tainted:
                tainted.add(key)
                different.extend(led_from.get(key, ()))
        self._same.update({key: key not in tainted for key in needs})

    def _alike(self, one: Any, other: Any, pairs: list[tuple[Schema, Schema]]) -> bool:
        """Compare as written; pairs of schemas behind references are left to be compared."""
        if isinstance(one, dict) and isinstance(other, dict):
            if "$ref" in one and "$ref" in other and isinstance(one["$ref"], str) and isinstance(other["$ref"], str):
                pairs.append((self.target(one["$ref"]), self.target(other["$ref"])))
                return one.keys() == other.keys() and all(one[key] == other[key] for key in one if key != "$ref")
            return one.keys() == other.keys() and all(self._alike(one[key], other[key], pairs) for key in one)
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(
                self._alike(first, second, pairs) for first, second in zip(one, other, strict=True)
            )
        return (type(one) is type(other) and bool(one == other)) or (_number(one) and _number(other) and one == other)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def references(schema: Any) -> Iterator[str]:
    """Return every reference in a schema."""
    waiting = [schema]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            if isinstance(here.get("$ref"), str):
                yield here["$ref"]
            waiting.extend(in_place_or_aside(here))


def in_place_or_aside(schema: dict[str, Any]) -> list[Schema]:
    return [child for child in in_place(schema) if not isinstance(child, str)] + aside(schema)


def bare(schema: Schema) -> Schema:
    """Return a schema without annotations, which validators need not see."""
    if isinstance(schema, bool):
        return schema
    return {key: _bare_child(key, value) for key, value in schema.items() if key not in ANNOTATIONS}


def _bare_child(key: str, value: Any) -> Any:
    if key in {"properties", "patternProperties", "dependentSchemas"}:
        return {name: bare(child) for name, child in value.items()}
    if key in {"allOf", "anyOf", "oneOf", "prefixItems"}:
        return [bare(child) for child in value]
    if key in _SCHEMA_KEYS:
        return bare(value)
    return value


_SCHEMA_KEYS = frozenset({"not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames",
                          "unevaluatedItems", "unevaluatedProperties"})  # fmt: skip

__all__ = ["BASE", "REVISION", "SchemaPair", "bare", "is_of_type", "references", "written"]
