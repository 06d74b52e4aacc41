"""Recognises values that certainly conform to a JSON Schema (2020-12), without jsonschema.

Importing jsonschema takes a fifth of the mock's start. A value that is not recognized may still conform: jsonschema
then decides, and describes the errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from typing import Any

from chat_contract.patterns import PatternTimeoutError, compile_pattern

_Schema = Mapping[str, Any] | bool

_CHECKED_ELSEWHERE = frozenset(
    {
        *("$dynamicRef", "$ref", "allOf", "anyOf", "contains", "dependentRequired", "dependentSchemas", "enum"),
        *("exclusiveMaximum", "exclusiveMinimum", "format", "if", "maximum", "minimum", "multipleOf", "not", "oneOf"),
        *("patternProperties", "prefixItems", "propertyNames", "unevaluatedItems", "unevaluatedProperties"),
    }
)


def surely_conforms(value: Any, schema: _Schema) -> bool:
    """Return whether the value certainly conforms to the schema; False if it does not, or if that is not certain."""
    if isinstance(schema, bool):
        return schema
    for keyword, operand in schema.items():
        check = _CHECKS.get(keyword)
        if keyword in _CHECKED_ELSEWHERE or (check is not None and not check(value, operand, schema)):
            return False
    return True


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def _type(value: Any, names: str | list[str], _schema: _Schema) -> bool:
    return any(_TYPES[name](value) for name in ([names] if isinstance(names, str) else names))


def _required(value: Any, names: list[str], _schema: _Schema) -> bool:
    return not isinstance(value, dict) or all(name in value for name in names)


def _properties(value: Any, schemas: Mapping[str, _Schema], _schema: _Schema) -> bool:
    if not isinstance(value, dict):
        return True
    return all(surely_conforms(value[name], schema) for name, schema in schemas.items() if name in value)


def _additional(value: Any, operand: _Schema, schema: Mapping[str, Any]) -> bool:
    if operand is True or not isinstance(value, dict):
        return True
    # A schema with patternProperties is never certain, so only the named properties matter.
    return operand is False and value.keys() <= schema.get("properties", {}).keys()


def _items(value: Any, operand: _Schema, _schema: _Schema) -> bool:
    return not isinstance(value, list) or all(surely_conforms(item, operand) for item in value)


def _pattern(value: Any, pattern: str, _schema: _Schema) -> bool:
    try:
        return not isinstance(value, str) or compile_pattern(pattern)(value)
    except PatternTimeoutError:
        return False


def _const(value: Any, expected: Any, _schema: _Schema) -> bool:
    return isinstance(expected, str | bool) and type(value) is type(expected) and bool(value == expected)


def _unique(value: Any, operand: object, _schema: _Schema) -> bool:
    if not operand or not isinstance(value, list):
        return True
    return all(isinstance(item, str) for item in value) and len(set(value)) == len(value)


def _size(kind: type[Sized], *, least: bool) -> Callable[[Any, Any, _Schema], bool]:
    def check(value: Any, bound: int, _schema: _Schema) -> bool:
        return not isinstance(value, kind) or (len(value) >= bound if least else len(value) <= bound)

    return check


_CHECKS: Mapping[str, Callable[[Any, Any, Any], bool]] = {
    "type": _type,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "pattern": _pattern,
    "const": _const,
    "uniqueItems": _unique,
    "minLength": _size(str, least=True),
    "maxLength": _size(str, least=False),
    "minItems": _size(list, least=True),
    "maxItems": _size(list, least=False),
    "minProperties": _size(dict, least=True),
    "maxProperties": _size(dict, least=False),
}
ASSERTIONS = _CHECKED_ELSEWHERE | _CHECKS.keys()
"""The keywords that can reject a value. All others are annotations."""
