"""The keywords of JSON Schema 2020-12 that the gate reads, and how each of them holds subschemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from spec_gate.schemas.node import Schema, SchemaNode
from spec_gate.source.schema_keywords import LISTS, MAPS, ONE, TYPES

__all__ = ["LISTS", "MAPS", "ONE", "TYPES"]

REFERENCE = "#/$defs/"

APPLICATORS = ONE | LISTS | MAPS
"""Keywords that hold schemas."""

OPAQUE_PATTERN = "x-opaque-pattern"
"""Stands for a pattern that no validator compiles."""

BARRED = "barred"
"""Marks a property that this side never sends: ``readOnly`` in requests, ``writeOnly`` in responses."""

UNJUDGED = "x-unjudged"
"""Holds the keywords of a schema that the gate does not know, with their values."""

ANNOTATIONS = frozenset({UNJUDGED, "default", "deprecated", "readOnly", "writeOnly", "x-sunset", "discriminator",
                         "contentMediaType", "contentEncoding", "x-extensible-enum", OPAQUE_PATTERN,
                         BARRED})  # fmt: skip
"""Keywords that do not affect validity but matter to clients."""

TYPE_OF_KEYWORD = {
    "minimum": "number", "maximum": "number", "exclusiveMinimum": "number", "exclusiveMaximum": "number",
    "multipleOf": "number", "minLength": "string", "maxLength": "string", "pattern": "string", "format": "string",
    "minItems": "array", "maxItems": "array", "uniqueItems": "array", "items": "array", "prefixItems": "array",
    "contains": "array", "minContains": "array", "maxContains": "array", "unevaluatedItems": "array",
    "minProperties": "object", "maxProperties": "object", "required": "object", "properties": "object",
    "patternProperties": "object", "additionalProperties": "object", "propertyNames": "object",
    "dependentRequired": "object", "dependentSchemas": "object", "unevaluatedProperties": "object",
}  # fmt: skip
"""The type that each keyword restricts. Values of other types pass it."""

_SAME_VALUE_LISTS = ("allOf", "anyOf", "oneOf")
_SAME_VALUE_ONE = ("not", "if", "then", "else")
_PARTS_ONE = ("items", "contains", "additionalProperties", "propertyNames", "unevaluatedItems", "unevaluatedProperties")


def same_value_schemas(schema: Mapping[str, Any]) -> list[Schema]:
    """Return the subschemas that apply to the same value, without what ``$ref`` leads to."""
    found: list[Schema] = []
    for key in _SAME_VALUE_LISTS:
        if key in schema:
            found += schema[key]
    found += [schema[key] for key in _SAME_VALUE_ONE if key in schema]
    if "dependentSchemas" in schema:
        found += schema["dependentSchemas"].values()
    return found


def part_schemas(schema: Mapping[str, Any]) -> list[Schema]:
    """Return the subschemas that apply to parts of the value: properties, items, names."""
    found: list[Schema] = []
    for key in ("properties", "patternProperties"):
        if key in schema:
            found += schema[key].values()
    found += schema.get("prefixItems", ())
    found += [schema[key] for key in _PARTS_ONE if key in schema]
    return found


def subschemas(schema: Mapping[str, Any]) -> list[Schema]:
    """Return all direct subschemas."""
    return [*same_value_schemas(schema), *part_schemas(schema)]


def references(schema: Any) -> Iterator[str]:
    """Return every reference in a schema, and in the schemas of a mapping of keywords."""
    waiting = [schema]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            if isinstance(here.get("$ref"), str):
                yield here["$ref"]
            waiting.extend(subschemas(here))


def reference_depths(schema: Any) -> dict[str, int]:
    """Return every reference in a schema, with the smallest number of steps into the value that lead to it."""
    found: dict[str, int] = {}
    waiting = [(schema, 0)]
    while waiting:
        here, depth = waiting.pop()
        if isinstance(here, dict):
            if isinstance(here.get("$ref"), str):
                found[here["$ref"]] = min(depth, found.get(here["$ref"], depth))
            waiting.extend((one, depth) for one in same_value_schemas(here))
            waiting.extend((one, depth + 1) for one in part_schemas(here))
    return found


def name_of(reference: str) -> str:
    """Return the name of the definition that a reference leads to."""
    return reference.removeprefix(REFERENCE)


def types_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the value of ``type`` as a tuple; empty if the schema has no valid ``type``."""
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types) if isinstance(types, list | tuple) else ()


def needs_evaluation(schema: Mapping[str, Any]) -> bool:
    """Return whether the schema has a keyword that depends on what all other keywords evaluate."""
    return "unevaluatedProperties" in schema or "unevaluatedItems" in schema


def joined_annotations(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the annotations of two schemas for one value; the first ones count where both state one."""
    unjudged = {**theirs.get(UNJUDGED, {}), **ours.get(UNJUDGED, {})}
    both = {key: value for key, value in {**theirs, **ours}.items() if key in ANNOTATIONS}
    return {**both, UNJUDGED: unjudged} if unjudged else both


def is_barred(schema: Schema) -> bool:
    """Return whether this side never sends the value."""
    return isinstance(schema, SchemaNode) and BARRED in schema


def only_reference(schema: Schema) -> bool:
    """Return whether a schema is a reference with nothing beside it but annotations."""
    return isinstance(schema, SchemaNode) and "$ref" in schema and schema.keys() - {"$ref"} <= ANNOTATIONS


def as_schema(value: Any) -> Schema:
    """Convert a schema given as JSON to nodes."""
    if not isinstance(value, dict):
        return bool(value)
    node = SchemaNode(value)
    for key, child in value.items():
        if key in ONE:
            node[key] = as_schema(child)
        elif key in LISTS:
            node[key] = [as_schema(one) for one in child]
        elif key in MAPS:
            node[key] = {name: as_schema(one) for name, one in child.items()}
    return node
