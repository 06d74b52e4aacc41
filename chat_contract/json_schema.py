"""The JSON Schema validator of the kit: jsonschema's for draft 2020-12, with patterns that run in bounded time.

It checks the formats of the kit and those of jsonschema.

Only modules that need jsonschema import this one, since that takes 80 ms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend
from referencing.jsonschema import EMPTY_REGISTRY

from chat_contract.fast_check import Formats, surely_conforms
from chat_contract.formats import FORMATS
from chat_contract.patterns import PatternTimeoutError, compile_pattern, is_pattern

_IN_PLACE = ("allOf", "anyOf", "oneOf")
"""The keywords with lists of schemas for the same value; the next ones have one schema."""
_IN_PLACE_ONE = ("if", "then", "else")
_KEYWORDS: Mapping[str, Any] = Draft202012Validator.VALIDATORS


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    if not isinstance(value, str):
        return
    try:
        if not compile_pattern(pattern)(value):
            yield ValidationError(f"{value!r} does not match {pattern!r}")
    except PatternTimeoutError as error:
        yield ValidationError(str(error))


def _properties(validator: Any, properties: Mapping[str, Any], value: Any, _schema: Any) -> Iterator[ValidationError]:
    """Yield the errors of properties; the fast check recognizes most valid ones."""
    if isinstance(value, dict):
        formats = _formats_of(validator)
        for name, inner in properties.items():
            if name in value and not surely_conforms(value[name], inner, formats):
                yield from validator.descend(value[name], inner, path=name, schema_path=name)


def _items(validator: Any, items: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    """Yield the errors of elements; the fast check recognizes most valid ones."""
    if not isinstance(value, list) or isinstance(items, bool) or "prefixItems" in schema:
        yield from _KEYWORDS["items"](validator, items, value, schema)
        return
    formats = _formats_of(validator)
    for index, element in enumerate(value):
        if not surely_conforms(element, items, formats):
            yield from validator.descend(element, items, path=index)


def _formats_of(validator: Any) -> Formats:
    return _any_format if validator.format_checker is None else validator.format_checker.conforms


def _any_format(_value: Any, _name: str) -> bool:
    return True


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], value: Any, _schema: Any
) -> Iterator[ValidationError]:
    if not isinstance(value, dict):
        return
    for pattern, schema in patterns.items():
        matches = compile_pattern(pattern)
        for name, inner in value.items():
            try:
                matching = matches(name)
            except PatternTimeoutError as error:
                yield ValidationError(str(error), path=[name])
            else:
                if matching:
                    yield from validator.descend(inner, schema, path=name, schema_path=pattern)


def _additional(validator: Any, operand: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    yield from _KEYWORDS["additionalProperties"](validator, operand, value, _with_names(schema, value))


def _unevaluated(validator: Any, operand: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    yield from _KEYWORDS["unevaluatedProperties"](validator, operand, value, _with_names_in_place(schema, value))


def _with_names(schema: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """Return the schema with the names of the value that match its patterns, instead of the patterns."""
    if "patternProperties" not in schema or not isinstance(value, dict):
        return schema
    matching = {name: True for name in value if _matches_any(schema["patternProperties"], name)}
    rest = {keyword: operand for keyword, operand in schema.items() if keyword != "patternProperties"}
    return {**rest, "properties": {**matching, **schema.get("properties", {})}}


def _with_names_in_place(schema: Any, value: Any) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    changed = dict(_with_names(schema, value))
    for keyword in _IN_PLACE:
        if keyword in changed:
            changed[keyword] = [_with_names_in_place(inner, value) for inner in changed[keyword]]
    for keyword in _IN_PLACE_ONE:
        if keyword in changed:
            changed[keyword] = _with_names_in_place(changed[keyword], value)
    if "dependentSchemas" in changed:
        inner = changed["dependentSchemas"]
        changed["dependentSchemas"] = {name: _with_names_in_place(each, value) for name, each in inner.items()}
    return changed


def _matches_any(patterns: Mapping[str, Any], name: str) -> bool:
    try:
        return any(compile_pattern(pattern)(name) for pattern in patterns)
    except PatternTimeoutError:
        # patternProperties reports it.
        return True


Validator: Any = extend(  # type: ignore[no-untyped-call]  # its types are a package of their own
    Draft202012Validator,
    {
        "properties": _properties,
        "items": _items,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional,
        "unevaluatedProperties": _unevaluated,
    },
)


def format_checker() -> FormatChecker:
    """Return a checker for jsonschema's formats and those of the kit."""
    checker = FormatChecker()
    checker.checkers = dict(Draft202012Validator.FORMAT_CHECKER.checkers)
    checker.checkers |= {name: (check, ()) for name, check in FORMATS.items()}
    checker.checkers["regex"] = (lambda value: not isinstance(value, str) or is_pattern(value), ())
    return checker


_FORMATS = format_checker()


def validator_for(schema: Mapping[str, Any]) -> Draft202012Validator:
    """Return a validator for the schema that also checks formats. It reads no other file or server for a reference."""
    validator: Draft202012Validator = Validator(schema, format_checker=_FORMATS, registry=EMPTY_REGISTRY)
    return validator
