"""Rewrites schemas into a simpler form with the same meaning, so that a mere change of form does not count.

The form has no ``const``, no ``allOf`` that can be joined, and no keywords without effect. In it, ``null`` in ``anyOf``
is a type, and ``oneOf`` with exclusive branches is ``anyOf``.
"""

from __future__ import annotations

from typing import Any

from spec_gate.schemas.combine import join, tidy
from spec_gate.schemas.deep import Steps, gather, run_steps
from spec_gate.schemas.exclusive import exclude_each_other
from spec_gate.schemas.keywords import (
    ANNOTATIONS,
    APPLICATORS,
    LISTS,
    ONE,
    joined_annotations,
    only_reference,
    subschemas,
)
from spec_gate.schemas.node import Schema, SchemaNode
from spec_gate.schemas.read import Schemas

_SCALARS = frozenset({str, int, float, bool, type(None)})

MAX_INLINED_DEPTH = 60
"""How deep a schema may nest to replace a reference to it. Recursive functions rely on this limit."""


class Simplified:
    """The schemas of one side of a description in their simplest form; each is simplified once."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
        self._done: dict[int, Schema] = {}
        self._open: set[int] = set()
        self._small: dict[tuple[tuple[str, type, Any], ...], Schema] = {}
        self._beyond: dict[int, Schema] = {}

    def of(self, schema: Schema) -> Schema:
        """Return the simplest form of a schema; a reference without siblings stays a reference."""
        return schema if isinstance(schema, bool) else run_steps(self._of(schema))

    def target(self, reference: str) -> Schema:
        """Return the simplest form of the schema that a reference leads to."""
        return self.of(self.schemas.definition(reference))

    def followed(self, schema: Schema) -> Schema:
        """Return the schema behind a reference, with the annotations beside the reference."""
        return run_steps(self._followed(schema)) if only_reference(schema) else schema

    # Each of the walks below yields the schemas that it depends on ----------------------------------------------------

    def _of(self, schema: Schema) -> Steps[Schema]:
        if isinstance(schema, bool):
            return schema
        if schema.number not in self._done:
            simple = yield self._plain(schema) if _has_only_scalars(schema) else self._tracked(schema)
            if isinstance(simple, SchemaNode):
                simple.origin = simple.origin or schema.origin
                self._done[simple.number] = simple
            self._done[schema.number] = simple
        return self._done[schema.number]

    def _plain(self, schema: SchemaNode) -> Steps[Schema]:
        """Simplify a schema of scalars. Large documents repeat many of them, so each form is simplified once."""
        key = tuple((name, type(value), value) for name, value in schema.items())
        if key not in self._small:
            self._small[key] = yield self._simplify(schema)
        simple = self._small[key]
        return SchemaNode(simple) if isinstance(simple, SchemaNode) else simple

    def _tracked(self, schema: SchemaNode) -> Steps[Schema]:
        """Simplify a schema and mark it meanwhile, because it may refer to itself."""
        self._open.add(schema.number)
        simple: Schema = yield self._simplify(schema)
        self._open.discard(schema.number)
        return simple

    def _simplify(self, schema: SchemaNode) -> Steps[Schema]:
        simple: dict[str, Any] = {}
        for key, value in schema.items():
            simple[key] = (yield from self._child(key, value)) if key in APPLICATORS else value
        annotations = {key: simple.pop(key) for key in list(simple) if key in ANNOTATIONS}
        if set(simple) == {"$ref"}:
            return SchemaNode({**simple, **annotations})
        if "anyOf" in simple:
            simple["anyOf"] = yield gather(map(self._listed, simple["anyOf"]))
        parts = yield from self._parts(simple)
        if "oneOf" in simple and "anyOf" not in simple:
            branches = yield gather(map(self._inlined, simple["oneOf"]))
            if exclude_each_other(branches):
                simple["anyOf"] = simple.pop("oneOf")
        joined: Schema = tidy(simple)
        for part in parts:
            joined = join(joined, part)
        if isinstance(joined, SchemaNode):
            joined = tidy(joined)
        if not annotations or joined is False:
            return joined
        found = joined if isinstance(joined, SchemaNode) else SchemaNode({})
        return SchemaNode({**found, **joined_annotations(annotations, found)})

    def _child(self, key: str, value: Any) -> Steps[Any]:
        if key in ONE:
            return (yield self._of(value))
        if key in LISTS:
            return (yield gather(map(self._of, value)))
        schemas: list[Schema] = yield gather(map(self._of, value.values()))
        return dict(zip(value, schemas, strict=True))

    def _parts(self, simple: dict[str, Any]) -> Steps[list[Schema]]:
        """Remove and return the subschemas that apply together with the other keywords."""
        parts: list[Schema] = [SchemaNode({"$ref": simple.pop("$ref")})] if "$ref" in simple else []
        parts += simple.pop("allOf", [])
        for key in ("anyOf", "oneOf"):
            if len(simple.get(key, ())) == 1:
                parts += simple.pop(key)
        inlined: list[Schema] = yield gather(map(self._inlined, parts))
        return inlined

    def _listed(self, branch: Schema) -> Steps[Schema]:
        """Return what may replace an alternative: the target of a reference, if it only lists values or types."""
        followed: Schema = yield self._followed(branch)
        plain = isinstance(followed, SchemaNode) and followed.keys().isdisjoint({*APPLICATORS, *ANNOTATIONS, "$ref"})
        return followed if plain else branch

    def _inlined(self, branch: Schema) -> Steps[Schema]:
        """Return what may replace a branch; a reference stays if its target contains it, or nests too deep."""
        followed: Schema = yield self._followed(branch)
        return branch if followed is not branch and deeper_than(followed, MAX_INLINED_DEPTH) else followed

    def _followed(self, schema: Schema) -> Steps[Schema]:
        """Follow references until there is none, or until one leads to a schema that is being simplified."""
        while isinstance(schema, SchemaNode) and only_reference(schema):
            if schema.number not in self._beyond:
                definition = self.schemas.definition(schema["$ref"])
                if isinstance(definition, SchemaNode) and definition.number in self._open:
                    return schema
                target = yield self._of(definition)
                self._beyond[schema.number] = self._with_annotations(target, schema)
            schema = self._beyond[schema.number]
        return schema

    def _with_annotations(self, target: Schema, schema: SchemaNode) -> Schema:
        annotations = {key: value for key, value in schema.items() if key != "$ref"}
        if not annotations or target is False:
            return target
        found = target if isinstance(target, SchemaNode) else SchemaNode({})
        return SchemaNode({**found, **joined_annotations(annotations, found)}, schema.origin)


def _has_only_scalars(schema: SchemaNode) -> bool:
    return all(type(value) in _SCALARS for value in schema.values())


def deeper_than(schema: Schema, limit: int) -> bool:
    """Return whether subschemas nest deeper than a limit."""
    level = [schema]
    for _ in range(limit):
        below = (child for one in level if isinstance(one, SchemaNode) for child in subschemas(one))
        level = list({child.number: child for child in below if isinstance(child, SchemaNode)}.values())
        if not level:
            return False
    return True
