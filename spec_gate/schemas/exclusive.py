"""Recognizes alternatives that exclude each other, so that ``oneOf`` means the same as ``anyOf``."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from spec_gate.schemas.node import Schema, SchemaNode
from spec_gate.schemas.tidy import allowed_types
from spec_gate.schemas.values import canonical_text


def exclude_each_other(branches: Sequence[Schema]) -> bool:
    """Return whether types, values or tags show that no value is valid under two of the branches."""
    if _have_tags(branches):
        return True
    return all(_disjoint(one, other) for one, other in itertools.combinations(branches, 2))


def _have_tags(branches: Sequence[Schema]) -> bool:
    """Return whether all branches require a property whose listed values occur in one branch only."""
    objects = [one for one in branches if isinstance(one, SchemaNode) and one.get("type") == "object"]
    if len(objects) < len(branches) or not objects:
        return False
    required = set[str].intersection(*(set(one.get("required", ())) for one in objects))
    return any(_is_tag([one.get("properties", {}).get(name) for one in objects]) for name in required)


def _is_tag(schemas: Sequence[Any]) -> bool:
    if not all(isinstance(one, SchemaNode) and "enum" in one for one in schemas):
        return False
    values = [text for one in schemas for text in set(map(canonical_text, one["enum"]))]
    return len(set(values)) == len(values)


def _disjoint(one: Schema, other: Schema) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is False or other is False
    if "enum" in one and "enum" in other:
        return _no_common_value(one, other)
    if has_types(one) and has_types(other) and not _types(one) & _types(other):
        return True
    if one.get("type") != "object" or other.get("type") != "object":
        return False
    tags = set(one.get("required", ())) & set(other.get("required", ()))
    return any(_tagged_apart(one.get("properties", {}).get(tag), other.get("properties", {}).get(tag)) for tag in tags)


def has_types(schema: SchemaNode) -> bool:
    return "type" in schema or "enum" in schema


def _types(schema: SchemaNode) -> frozenset[str]:
    types = allowed_types(schema)
    return types | {"number"} if "integer" in types else types


def _tagged_apart(one: Any, other: Any) -> bool:
    if not (isinstance(one, dict) and isinstance(other, dict) and "enum" in one and "enum" in other):
        return False
    return _no_common_value(one, other)


def _no_common_value(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return set(map(canonical_text, one["enum"])).isdisjoint(map(canonical_text, other["enum"]))
