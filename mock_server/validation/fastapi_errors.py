"""Validates request bodies as FastAPI does, with the same errors.

Pure. The contract's request schema is translated into a schema for pydantic-core, the validator that FastAPI uses. So
texts, order and echoed input equal FastAPI's. jsonschema checks the keywords that pydantic-core does not have.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic_core import (
    CoreSchema,
    PydanticCustomError,
    PydanticKnownError,
    SchemaValidator,
    ValidationError,
    core_schema,
)

from chat_contract.errors import Pointer
from chat_contract.fast_check import ASSERTIONS
from chat_contract.patterns import is_linear
from chat_contract.property_case import read_without_case
from mock_server.validation.leniency import DOCUMENTED, Leniency
from mock_server.validation.long_lists import ListValidator, pieces_of, without_long_lists
from mock_server.validation.rfc3339 import is_date_time

MAX_LISTED = 1000
"""Errors that a 422 lists."""

_Handler = Callable[[Any], Any]
_Schema = Mapping[str, Any] | bool


class ValidationErrors(list[dict[str, Any]]):
    """The value of ``detail`` in FastAPI's 422: one entry per error, at most :data:`MAX_LISTED`."""

    omitted = 0
    """Number of further errors."""

    def put(self, entry: dict[str, Any]) -> None:
        """Add an entry, or only count it."""
        if len(self) < MAX_LISTED:
            self.append(entry)
        else:
            self.omitted += 1


class RequestValidator:
    """Validates bodies against one request schema."""

    def __init__(self, schema: Mapping[str, Any], leniency: Leniency = DOCUMENTED) -> None:
        self._validator = SchemaValidator(core_schema_of(schema, leniency, ()))
        self._read: Callable[[Any], Any] = _as_is
        if leniency.ignores_case:
            self._read = partial(read_without_case, schema, last_wins=True)
        self._fields = tuple(schema.get("properties") or ())
        self._lists = {
            name: ListValidator(
                SchemaValidator(core_schema_of(field, leniency, (name,))), _has_objects(field, leniency, name)
            )
            for name, field in (schema.get("properties") or {}).items()
            if _is_plain_list(field, leniency, (name,))
        }

    def validate(self, value: Any) -> tuple[Mapping[str, Any], ValidationErrors]:
        """Return the converted body and no errors, or an empty body and its errors.

        Converted: other notations of an integer that the profile accepts have become an integer.
        """
        value = self._read(value)
        rest, lists = without_long_lists(value, self._lists)
        found: list[Mapping[str, Any]] = []
        validated = None
        try:
            validated = self._validator.validate_python(rest, from_attributes=True)
        except ValidationError as error:
            found = [*error.errors(include_url=False)]
        if (found or lists) and (errors := self._merged(found, rest, value, lists)):
            return {}, errors
        body = value if isinstance(value, Mapping) else {}
        # pydantic-core returns an object's fields first in a tuple. A schema left to jsonschema returns the value.
        fields = validated[0] if isinstance(validated, tuple) else {}
        integers = {name: field for name, field in fields.items() if isinstance(field, int)}
        return {**body, **integers} if integers else body, ValidationErrors()

    def _merged(
        self, found: list[Mapping[str, Any]], rest: Any, value: Any, lists: Mapping[str, list[Any]]
    ) -> ValidationErrors:
        """Return the errors in FastAPI's order: field by field as documented, then those of other properties."""
        errors = ValidationErrors()
        waiting = deque(_entry(one, value if one["input"] is rest else one["input"]) for one in found)
        for name in filter(lists.__contains__, self._fields):
            before = self._fields[: self._fields.index(name)]
            while waiting and waiting[0]["loc"][1:2] != [] and waiting[0]["loc"][1] in before:
                errors.put(waiting.popleft())
            for offset, items in pieces_of(lists[name]):
                if len(errors) >= MAX_LISTED:
                    errors.omitted += self._lists[name].count(items)
                    continue
                for one in self._lists[name].errors_of(items):
                    index, *within = one["loc"]
                    errors.put(_entry({**one, "loc": (name, int(index) + offset, *within)}, one["input"]))
        for entry in waiting:
            errors.put(entry)
        return errors


def _is_plain_list(schema: _Schema, leniency: Leniency, place: Pointer) -> bool:
    """Return whether an array is valid if each of its items is."""
    if isinstance(schema, bool) or any(answer.question.place == place for answer in leniency.values):
        return False
    return schema.get("type") == "array" and ASSERTIONS & schema.keys() == {"type", "items"}


def _has_objects(schema: Mapping[str, Any], leniency: Leniency, name: str) -> bool:
    """Return whether each item of this plain list must be an object, and nothing else is accepted."""
    items = schema["items"]
    if isinstance(items, bool) or any(answer.question.place == (name, "*") for answer in leniency.values):
        return False
    return items.get("type") == "object" and bool(items.get("properties")) and not {"allOf", "anyOf"} & items.keys()


def _as_is(value: Any) -> Any:
    return value


def value_error(field: str, value: Any, error: str) -> ValidationErrors:
    """Return the error for a field that the schema accepts and the server rejects."""
    return ValidationErrors(
        [
            {
                "type": "value_error",
                "loc": ["body", field],
                "msg": f"Value error, {error}",
                "input": value,
                "ctx": {"error": error},
            }
        ]
    )


def missing_body() -> ValidationErrors:
    """Return the error for an empty body."""
    return ValidationErrors([{"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}])


def json_invalid(message: str, offset: int) -> ValidationErrors:
    """Return the error for a body that is not JSON. ``offset`` counts characters."""
    return ValidationErrors(
        [
            {
                "type": "json_invalid",
                "loc": ["body", offset],
                "msg": "JSON decode error",
                "input": {},
                "ctx": {"error": message},
            }
        ]
    )


def _entry(error: Mapping[str, Any], value: Any) -> dict[str, Any]:
    entry = {
        "type": error["type"],
        "loc": ["body", *error["loc"]],
        "msg": error["msg"],
        "input": value,
    }
    if "ctx" in error:
        entry["ctx"] = error["ctx"]
    return entry


# From JSON Schema to pydantic's core schema --------------------------------------------------------------------------


def core_schema_of(schema: _Schema, leniency: Leniency, place: Pointer) -> CoreSchema:
    """Translate a JSON Schema (2020-12, references resolved) into a pydantic-core schema.

    ``place`` is the location of the value in the body. Keywords without a counterpart are checked by jsonschema, so
    no keyword is dropped.
    """
    if isinstance(schema, bool):
        return core_schema.any_schema() if schema else _checked_by_jsonschema(core_schema.any_schema(), {"not": {}})
    schema = _with_single_all_of(schema)
    translated, done = _any_of(schema, leniency, place) if "anyOf" in schema else _by_type(schema, leniency, place)
    left_over = {key: value for key, value in schema.items() if key not in done}
    if ASSERTIONS & left_over.keys():
        translated = _checked_by_jsonschema(translated, left_over)
    return leniency.wrap(translated, place, schema)


def _with_single_all_of(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Merge an ``allOf`` with one member into its schema: the form of a reference with siblings."""
    members = schema.get("allOf")
    if not isinstance(members, list) or len(members) != 1 or not isinstance(members[0], Mapping):
        return schema
    siblings = {key: value for key, value in schema.items() if key != "allOf"}
    if members[0].keys() & siblings.keys() & ASSERTIONS:
        return schema
    return _with_single_all_of({**members[0], **siblings})


def _any_of(schema: Mapping[str, Any], leniency: Leniency, place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    """Translate alternatives to ``X | None``, or to a union whose error locations name each member's type."""
    members = schema["anyOf"]
    others = [member for member in members if member != {"type": "null"}]
    done = frozenset({"anyOf"})
    if len(others) == 1 and len(members) > 1:
        return core_schema.nullable_schema(core_schema_of(others[0], leniency, place)), done
    choices = [(core_schema_of(member, leniency, place), _label(member, index)) for index, member in enumerate(members)]
    return core_schema.union_schema([*choices]), done


def _label(schema: _Schema, index: int) -> str:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    return _LABELS.get(kind, kind) if isinstance(kind, str) else str(index)


def _by_type(schema: Mapping[str, Any], leniency: Leniency, place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    """Return the translation and the keywords that it covers."""
    kind = schema.get("type")
    if isinstance(kind, list) and len(kind) == 2 and "null" in kind:
        other = next(name for name in kind if name != "null")
        inner, done = _by_type({**schema, "type": other}, leniency, place)
        # The remaining keywords apply to the value itself, not to the null that the type allows.
        return core_schema.nullable_schema(inner), done
    translate = _TRANSLATIONS.get(kind) if isinstance(kind, str) else None
    return translate(schema, leniency, place) if translate else (core_schema.any_schema(), frozenset())


def _object(schema: Mapping[str, Any], leniency: Leniency, place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    properties = schema.get("properties")
    if not properties:
        return core_schema.dict_schema(), frozenset({"type"})
    required = schema.get("required", [])
    fields = {
        name: _field(inner, leniency, (*place, name), required=name in required) for name, inner in properties.items()
    }
    additional = schema.get("additionalProperties", True)
    done = {"type"}
    closed = not leniency.accepts_unknown_at(place)
    if isinstance(additional, bool) and not _NEIGHBOURS_OF_PROPERTIES & schema.keys():
        closed = closed or not additional
        done |= {"properties", "additionalProperties"}
    if set(required) <= set(properties):
        done.add("required")
    return core_schema.model_fields_schema(fields, extra_behavior="forbid" if closed else "ignore"), frozenset(done)


def _field(schema: _Schema, leniency: Leniency, place: Pointer, *, required: bool) -> core_schema.ModelField:
    inner = core_schema_of(schema, leniency, place)
    if required:
        return core_schema.model_field(inner)
    if leniency.null_for_optional:
        inner = core_schema.nullable_schema(inner)
    return core_schema.model_field(core_schema.with_default_schema(inner, default=None))


def _array(schema: Mapping[str, Any], leniency: Leniency, place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    done = {"type", "minItems", "maxItems"}
    items: CoreSchema = core_schema.any_schema()
    if not _NEIGHBOURS_OF_ITEMS & schema.keys():
        items = core_schema_of(schema.get("items", True), leniency, (*place, "*"))
        done.add("items")
    translated = core_schema.list_schema(
        items, min_length=schema.get("minItems"), max_length=schema.get("maxItems"), strict=True
    )
    return translated, frozenset(done)


def _string(schema: Mapping[str, Any], leniency: Leniency, _place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    if schema.get("format") == "date-time":
        return _date_time(leniency), frozenset({"type", "format"})
    pattern, done = schema.get("pattern"), {"type", "minLength", "maxLength"}
    if pattern is not None and is_linear(pattern):
        done.add("pattern")
    translated = core_schema.str_schema(
        strict=True,
        min_length=schema.get("minLength"),
        max_length=schema.get("maxLength"),
        pattern=pattern if "pattern" in done else None,
        regex_engine="rust-regex",
    )
    return translated, frozenset(done)


def _integer(schema: Mapping[str, Any], leniency: Leniency, _place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    bounds, done = _bounds(schema)
    inner = core_schema.int_schema(**bounds)
    if leniency.lenient:
        return inner, done
    return core_schema.no_info_wrap_validator_function(_json_integer, inner), done


def _number(schema: Mapping[str, Any], leniency: Leniency, _place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    bounds, done = _bounds(schema)
    inner = core_schema.float_schema(**bounds)
    if leniency.lenient:
        return inner, done
    return core_schema.no_info_wrap_validator_function(_json_number, inner), done


def _boolean(_schema: Mapping[str, Any], leniency: Leniency, _place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    return core_schema.bool_schema(strict=not leniency.lenient), frozenset({"type"})


def _null(_schema: Mapping[str, Any], _leniency: Leniency, _place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    return core_schema.none_schema(), frozenset({"type"})


_TRANSLATIONS: dict[str, Callable[[Mapping[str, Any], Leniency, Pointer], tuple[CoreSchema, frozenset[str]]]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "null": _null,
}

# pydantic's names of the types in error locations inside a union.
_LABELS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "dict"}

# Keywords whose meaning depends on sibling keywords: jsonschema then checks the siblings as well.
_NEIGHBOURS_OF_PROPERTIES = frozenset({"patternProperties", "unevaluatedProperties"})
_NEIGHBOURS_OF_ITEMS = frozenset({"prefixItems", "unevaluatedItems"})

_BOUNDS = {
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
}


def _bounds(schema: Mapping[str, Any]) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the bounds that pydantic-core supports: integers only."""
    held = {key: schema[key] for key in _BOUNDS if isinstance(schema.get(key), int)}
    return {_BOUNDS[key]: value for key, value in held.items()}, frozenset({"type", *held})


# Types for which JSON Schema and pydantic-core differ ----------------------------------------------------------------

_PAST_64_BITS = 2.0**63


def _json_integer(value: Any, handler: _Handler) -> Any:
    """Accept integers as JSON Schema defines them: 5 and 5.0, but not booleans and strings."""
    if isinstance(value, bool | str):
        raise PydanticKnownError("int_type")
    if isinstance(value, float) and abs(value) >= _PAST_64_BITS:
        # A float of this size has no fraction, so it is an integer, but pydantic-core rejects it.
        try:
            return handler(int(value))
        except ValidationError:
            return handler(value)
    return handler(value)


def _json_number(value: Any, handler: _Handler) -> Any:
    if isinstance(value, bool | str):
        raise PydanticKnownError("float_type")
    return handler(value)


def _date_time(leniency: Leniency) -> CoreSchema:
    if leniency.lenient:
        return core_schema.datetime_schema()
    aware = core_schema.datetime_schema(tz_constraint="aware")
    return core_schema.no_info_wrap_validator_function(_rfc3339, aware)


def _rfc3339(value: Any, handler: _Handler) -> Any:
    """Accept RFC 3339 only. Where pydantic rejects the value too, use its error."""
    if not isinstance(value, str):
        raise PydanticKnownError("datetime_type")
    if is_date_time(value):
        return value
    handler(value)
    raise PydanticKnownError("datetime_parsing", {"error": "expected RFC 3339, e.g. 2024-06-14T10:00:00Z"})


# Keywords that pydantic-core does not have ---------------------------------------------------------------------------


def _checked_by_jsonschema(inner: CoreSchema, schema: Mapping[str, Any]) -> CoreSchema:
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - slow to import, rarely needed

    from chat_contract.json_schema import validator_for  # noqa: PLC0415 - as above

    validator = validator_for(schema)

    def check(value: Any, handler: _Handler) -> Any:
        handler(value)
        error = best_match(validator.iter_errors(value))
        if error is not None:
            raise PydanticCustomError("value_error", "Value error, {error}", {"error": error.message})
        return value

    return core_schema.no_info_wrap_validator_function(check, inner)
