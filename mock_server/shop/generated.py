"""Generates random values for a JSON Schema, for ``dynamic`` replies.

Pure; randomness is a parameter. The generator knows only the keywords that response schemas use, so callers must
validate the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

_WORDS = (
    *("oak", "linen", "lamp", "sturdy", "quiet", "kettle", "round", "amber", "harbour", "folding"),
    *("pencil", "walnut", "blanket", "north", "copper", "garden", "small", "bright", "évasé", "gemütlich"),
)
_MAX_DEPTH = 6
_MAX_EXTRA_ITEMS = 4

_Schema = Mapping[str, Any] | bool


def generate(schema: _Schema, chance: Random, depth: int = 0) -> Any:
    """Return a value that is probably valid."""
    if isinstance(schema, bool) or not schema:
        return chance.choice(_WORDS)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return chance.choice(schema["enum"])
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return generate(chance.choice(schema[keyword]), chance, depth)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = chance.choice(kind)
    return _OF_TYPE[kind](schema, chance, depth)


def _object(schema: Mapping[str, Any], chance: Random, depth: int) -> dict[str, Any]:
    required = set(schema.get("required", ()))
    return {
        name: generate(inner, chance, depth + 1)
        for name, inner in schema.get("properties", {}).items()
        if name in required or (depth < _MAX_DEPTH and chance.random() < 0.8)
    }


def _array(schema: Mapping[str, Any], chance: Random, depth: int) -> list[Any]:
    least = schema.get("minItems", 0)
    most = min(schema.get("maxItems", least + _MAX_EXTRA_ITEMS), least + _MAX_EXTRA_ITEMS)
    length = least if depth >= _MAX_DEPTH else chance.randint(least, max(least, most))
    return [generate(schema.get("items", True), chance, depth + 1) for _ in range(length)]


def _string(schema: Mapping[str, Any], chance: Random, _depth: int) -> str:
    if schema.get("format") == "date-time":
        return f"20{chance.randint(20, 39)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}T12:00:00Z"
    text = " ".join(chance.choice(_WORDS) for _ in range(chance.randint(1, 6)))
    while len(text) < schema.get("minLength", 0):
        text = f"{text} {chance.choice(_WORDS)}"
    return text[: schema.get("maxLength")]


def _integer(schema: Mapping[str, Any], chance: Random, _depth: int) -> int:
    least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    most = schema.get("maximum", schema.get("exclusiveMaximum", least + 1001) - 1)
    return chance.randint(int(least), max(int(least), int(most)))


def _number(schema: Mapping[str, Any], chance: Random, _depth: int) -> float:
    return round(chance.uniform(schema.get("minimum", 0), schema.get("maximum", 1000)), 2)


_OF_TYPE: Mapping[str, Any] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda _schema, chance, _depth: chance.random() < 0.5,
    "null": lambda _schema, _chance, _depth: None,
}
