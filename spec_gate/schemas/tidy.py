"""Writes the keywords of one schema in their simplest form; its subschemas are in their simplest form already."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from spec_gate.schemas.keywords import TYPE_OF_KEYWORD, TYPES, needs_evaluation, types_of
from spec_gate.schemas.validity import KNOWN_FORMATS
from spec_gate.schemas.values import canonical_text, is_of_type, type_of

_EVERY_TYPE = TYPES - {"integer"}

_NO_EFFECT = {
    "minLength": 0, "minItems": 0, "minProperties": 0, "uniqueItems": False, "items": True, "prefixItems": [],
    "additionalProperties": True, "unevaluatedItems": True, "unevaluatedProperties": True, "propertyNames": True,
    "required": [], "dependentRequired": {}, "dependentSchemas": {}, "patternProperties": {}, "properties": {},
    "allOf": [], "not": False,
}  # fmt: skip


def allowed_types(schema: Mapping[str, Any]) -> frozenset[str]:
    """Return the types that values may have."""
    if "enum" in schema:
        return frozenset(map(type_of, schema["enum"]))
    return frozenset(types_of(schema)) if "type" in schema else _EVERY_TYPE


def restricts(keyword_type: str, allowed: frozenset[str]) -> bool:
    """Return whether a keyword for one type restricts values of the allowed types."""
    return keyword_type in allowed or (keyword_type == "number" and "integer" in allowed)


def accepts_everything(schema: Any) -> bool:
    """Return whether a schema is true or has no keywords."""
    return schema is True or (isinstance(schema, dict) and not schema)


def tidy_keywords(simple: dict[str, Any]) -> bool:
    """Simplify types, values, numbers and conditions in place; return False if no value is left."""
    _types_and_values(simple)
    if simple.get("enum") == [] or simple.get("type") == []:
        return False
    _numbers(simple)
    _conditionals(simple)
    return True


def drop_keywords(simple: dict[str, Any]) -> None:
    """Sort lists of names, and remove keywords that have no effect or restrict types that are not allowed."""
    _contains(simple)
    if "dependentRequired" in simple:
        needs = simple["dependentRequired"]
        simple["dependentRequired"] = {name: sorted(set(names)) for name, names in needs.items() if names}
    if "required" in simple:
        simple["required"] = sorted(set(simple["required"]))
    allowed = allowed_types(simple)
    for key in list(simple):
        keyword_type = None if _is_label(simple, key) else TYPE_OF_KEYWORD.get(key)
        if (keyword_type and not restricts(keyword_type, allowed)) or _has_no_effect(simple, key):
            del simple[key]


def _is_label(simple: dict[str, Any], key: str) -> bool:
    """Return whether a keyword is a format that no validator knows: it may be about values of any type."""
    return key == "format" and simple[key] not in KNOWN_FORMATS


def _has_no_effect(simple: dict[str, Any], key: str) -> bool:
    value = simple[key]
    if key in {"items", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "propertyNames"}:
        return accepts_everything(value)
    return key in _NO_EFFECT and value == _NO_EFFECT[key] and isinstance(value, type(_NO_EFFECT[key]))


def _types_and_values(simple: dict[str, Any]) -> None:
    if "type" in simple:
        types = set(types_of(simple))
        if "number" in types:
            types.discard("integer")
        if types >= _EVERY_TYPE:
            del simple["type"]
        else:
            simple["type"] = next(iter(types)) if len(types) == 1 else sorted(types)
    if "const" in simple:
        value = simple.pop("const")
        known = simple.get("enum", [value])
        simple["enum"] = [value] if canonical_text(value) in map(canonical_text, known) else []
    if "enum" in simple:
        wanted = frozenset(types_of({"type": simple.pop("type")})) if "type" in simple else TYPES
        values = {canonical_text(value): value for value in simple["enum"] if is_of_type(value, wanted)}
        if set(values) == {"true", "false"}:
            del simple["enum"]
            simple["type"] = "boolean"
        elif set(values) == {"null"}:
            del simple["enum"]
            simple["type"] = "null"
        else:
            simple["enum"] = [values[key] for key in sorted(values)]


def _numbers(simple: dict[str, Any]) -> None:
    whole = allowed_types(simple) & {"integer", "number"} == {"integer"} and "enum" not in simple
    if whole and simple.get("multipleOf") == 1:
        del simple["multipleOf"]
    if simple.get("multipleOf") == 1 and isinstance(simple.get("type"), str | list):
        types = allowed_types(simple)
        if "number" in types:
            del simple["multipleOf"]
            left = sorted((types - {"number"}) | {"integer"})
            simple["type"] = left[0] if len(left) == 1 else left
            whole = True
    for bound, exclusive, tighter in (("minimum", "exclusiveMinimum", max), ("maximum", "exclusiveMaximum", min)):
        if whole and exclusive in simple:
            step = math.floor(simple[exclusive]) + 1 if bound == "minimum" else math.ceil(simple[exclusive]) - 1
            del simple[exclusive]
            simple[bound] = tighter(step, simple.get(bound, step))
        if whole and bound in simple:
            simple[bound] = math.ceil(simple[bound]) if bound == "minimum" else math.floor(simple[bound])
        if bound in simple and exclusive in simple:
            drop = bound if tighter(simple[bound], simple[exclusive]) == simple[exclusive] else exclusive
            del simple[drop]
    for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        if isinstance(simple.get(key), float) and simple[key] == int(simple[key]):
            simple[key] = int(simple[key])


def _conditionals(simple: dict[str, Any]) -> None:
    if "if" not in simple:
        simple.pop("then", None)
        simple.pop("else", None)
        return
    for key in ("then", "else"):
        if key in simple and accepts_everything(simple[key]):
            del simple[key]
    # A condition alone still evaluates properties, which matters to unevaluatedProperties.
    if "then" not in simple and "else" not in simple and not needs_evaluation(simple):
        del simple["if"]


def _contains(simple: dict[str, Any]) -> None:
    if "contains" not in simple:
        simple.pop("minContains", None)
        simple.pop("maxContains", None)
    elif simple.get("minContains") == 1:
        del simple["minContains"]
    elif simple.get("minContains") == 0 and "maxContains" not in simple and not needs_evaluation(simple):
        del simple["contains"], simple["minContains"]
