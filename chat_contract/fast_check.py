"""Recognizes values that certainly conform to a JSON Schema (2020-12), without jsonschema.

The import of jsonschema takes a fifth of the mock's start-up time, and jsonschema takes ten times as long for each
value. A value that is not recognized may still conform: jsonschema then decides, and describes the errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from typing import Any

from chat_contract.patterns import PatternTimeoutError, compile_pattern

_Schema = Mapping[str, Any] | bool

_CHECKED_ELSEWHERE = frozenset(
    {
        *("$dynamicRef", "$ref", "contains", "dependentRequired", "dependentSchemas", "enum"),
        *("exclusiveMaximum", "exclusiveMinimum", "if", "multipleOf", "oneOf"),
        *("patternProperties", "prefixItems", "propertyNames", "unevaluatedItems", "unevaluatedProperties"),
    }
)


Formats = Callable[[Any, str], bool]
"""Returns whether a value conforms to a format."""


def no_format(_value: Any, _name: str) -> bool:
    """Leave all formats to jsonschema."""
    return False


def surely_conforms(value: Any, schema: _Schema, formats: Formats = no_format) -> bool:
    """Return whether the value certainly conforms to the schema; False if it does not, or if that is not certain."""
    if isinstance(schema, bool):
        return schema
    for keyword, operand in schema.items():
        if keyword in _CHECKED_ELSEWHERE:
            return False
        check = _CHECKS.get(keyword)
        if check is not None and not check(value, operand, schema, formats):
            return False
    return True


def surely_violates(value: Any, schema: _Schema) -> bool:
    """Return whether the value certainly violates the schema; False if it conforms, or if that is not certain."""
    if isinstance(schema, bool):
        return not schema
    if isinstance(value, float):
        # An integer may be written with a fraction of zero.
        return False
    return any(_violates(value, keyword, operand, schema) for keyword, operand in schema.items())


def _violates(value: Any, keyword: str, operand: Any, schema: Mapping[str, Any]) -> bool:
    match keyword:
        case "anyOf":
            return all(surely_violates(value, inner) for inner in operand)
        case "not":
            return surely_conforms(value, operand)
        case "const":
            return isinstance(value, str | int) and type(value) is type(operand) and bool(value != operand)
    return keyword in _EXACT and not _CHECKS[keyword](value, operand, schema, no_format)


_EXACT = frozenset(
    {"type", "required", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"}
)
"""The keywords whose violation the fast check recognizes too, unless the value is a float."""

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def _type(value: Any, names: str | list[str], _schema: _Schema, _formats: Formats) -> bool:
    return _TYPES[names](value) if isinstance(names, str) else any(_TYPES[name](value) for name in names)


def _required(value: Any, names: list[str], _schema: _Schema, _formats: Formats) -> bool:
    return not isinstance(value, dict) or all(name in value for name in names)


def _properties(value: Any, schemas: Mapping[str, _Schema], _schema: _Schema, formats: Formats) -> bool:
    if not isinstance(value, dict):
        return True
    return all(surely_conforms(value[name], schema, formats) for name, schema in schemas.items() if name in value)


def _additional(value: Any, operand: _Schema, schema: Mapping[str, Any], _formats: Formats) -> bool:
    if operand is True or not isinstance(value, dict):
        return True
    # A schema with patternProperties is never certain, so only the named properties matter.
    return operand is False and value.keys() <= schema.get("properties", {}).keys()


def _items(value: Any, operand: _Schema, _schema: _Schema, formats: Formats) -> bool:
    return not isinstance(value, list) or all(surely_conforms(item, operand, formats) for item in value)


def _pattern(value: Any, pattern: str, _schema: _Schema, _formats: Formats) -> bool:
    try:
        return not isinstance(value, str) or compile_pattern(pattern)(value)
    except PatternTimeoutError:
        return False


def _not(value: Any, operand: _Schema, _schema: _Schema, _formats: Formats) -> bool:
    if not isinstance(value, str) or not isinstance(operand, dict) or operand.keys() != {"pattern"}:
        return False
    try:
        return not compile_pattern(operand["pattern"])(value)
    except PatternTimeoutError:
        return False


def _format(value: Any, name: str, _schema: _Schema, formats: Formats) -> bool:
    return not isinstance(value, str) or formats(value, name)


def _const(value: Any, expected: Any, _schema: _Schema, _formats: Formats) -> bool:
    return isinstance(expected, str | bool | int) and type(value) is type(expected) and bool(value == expected)


def _unique(value: Any, operand: object, _schema: _Schema, _formats: Formats) -> bool:
    if not operand or not isinstance(value, list):
        return True
    return all(isinstance(item, str) for item in value) and len(set(value)) == len(value)


def _minimum(value: Any, bound: float, _schema: _Schema, _formats: Formats) -> bool:
    return not isinstance(value, int | float) or isinstance(value, bool) or value >= bound


def _maximum(value: Any, bound: float, _schema: _Schema, _formats: Formats) -> bool:
    return not isinstance(value, int | float) or isinstance(value, bool) or value <= bound


def _any_of(value: Any, schemas: list[_Schema], _schema: _Schema, formats: Formats) -> bool:
    return any(surely_conforms(value, schema, formats) for schema in schemas)


def _all_of(value: Any, schemas: list[_Schema], _schema: _Schema, formats: Formats) -> bool:
    return all(surely_conforms(value, schema, formats) for schema in schemas)


def _size(kind: type[Sized], *, least: bool) -> Callable[[Any, Any, _Schema, Formats], bool]:
    def check(value: Any, bound: int, _schema: _Schema, _formats: Formats) -> bool:
        return not isinstance(value, kind) or (len(value) >= bound if least else len(value) <= bound)

    return check


_CHECKS: Mapping[str, Callable[[Any, Any, Any, Formats], bool]] = {
    "not": _not,
    "format": _format,
    "type": _type,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "pattern": _pattern,
    "const": _const,
    "uniqueItems": _unique,
    "minimum": _minimum,
    "maximum": _maximum,
    "anyOf": _any_of,
    "allOf": _all_of,
    "minLength": _size(str, least=True),
    "maxLength": _size(str, least=False),
    "minItems": _size(list, least=True),
    "maxItems": _size(list, least=False),
    "minProperties": _size(dict, least=True),
    "maxProperties": _size(dict, least=False),
}
ASSERTIONS = _CHECKED_ELSEWHERE | _CHECKS.keys()
"""The keywords that can reject a value. All others are annotations."""
