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
    return all(_disjoint(one, other) for one, other in itertools.combinations(branches, 2))


def _disjoint(one: Schema, other: Schema) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is False or other is False
    if "enum" in one and "enum" in other:
        return _no_common_value(one, other)
    if _has_types(one) and _has_types(other) and not _types(one) & _types(other):
        return True
    if one.get("type") != "object" or other.get("type") != "object":
        return False
    tags = set(one.get("required", ())) & set(other.get("required", ()))
    return any(_tagged_apart(one.get("properties", {}).get(tag), other.get("properties", {}).get(tag)) for tag in tags)


def _has_types(schema: SchemaNode) -> bool:
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
