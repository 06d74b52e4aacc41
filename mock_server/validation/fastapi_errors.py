"""Says what FastAPI would answer to a body that breaks the request schema.

Pure. The names, types and bounds come from the contract's schema and from nowhere else: the schema is translated
into the validator that FastAPI itself runs on, so that the wording, the order and the echo of the input are its own.
What that validator has no word for is left to jsonschema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match
from pydantic_core import (
    CoreSchema,
    PydanticCustomError,
    PydanticKnownError,
    SchemaValidator,
    ValidationError,
    core_schema,
)

from chat_contract.errors import Pointer
from mock_server.validation.leniency import DOCUMENTED, Latitude
from mock_server.validation.rfc3339 import is_date_time

Detail = list[dict[str, Any]]
"""The value of ``detail`` in FastAPI's 422: one entry a fault."""

_Handler = Callable[[Any], Any]
_Schema = Mapping[str, Any] | bool


class Refuser:
    """Holds one request schema, ready to read a body or to say its every fault."""

    def __init__(self, schema: Mapping[str, Any], latitude: Latitude = DOCUMENTED) -> None:
        self._validator = SchemaValidator(core_schema_of(schema, latitude, ()))

    def read(self, value: Any) -> tuple[Mapping[str, Any], Detail]:
        """Return the body as it is understood, and every fault of it as FastAPI writes it and in its order.

        Understood means: a number or a string that the profile takes for an integer is one. A body with a fault is
        not understood; a good one has no fault.
        """
        try:
            understood = self._validator.validate_python(value, from_attributes=True)
        except ValidationError as error:
            return {}, [_entry(fault) for fault in error.errors(include_url=False)]
        body = value if isinstance(value, Mapping) else {}
        # What reads an object gives its fields first; what is left to jsonschema gives the value as it came.
        fields = understood[0] if isinstance(understood, tuple) else {}
        return {**body, **{name: field for name, field in fields.items() if isinstance(field, int)}}, []


def blamed(place: str, value: Any, error: str) -> Detail:
    """Return the refusal of one field for a reason that no schema knows."""
    return [
        {
            "type": "value_error",
            "loc": ["body", place],
            "msg": f"Value error, {error}",
            "input": value,
            "ctx": {"error": error},
        }
    ]


def missing_body() -> Detail:
    """Return what FastAPI says when no byte of a body came."""
    return [{"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}]


def no_json(message: str, offset: int) -> Detail:
    """Return what FastAPI says of text that is no JSON; ``offset`` counts characters."""
    return [
        {
            "type": "json_invalid",
            "loc": ["body", offset],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": message},
        }
    ]


def _entry(fault: Mapping[str, Any]) -> dict[str, Any]:
    entry = {
        "type": fault["type"],
        "loc": ["body", *fault["loc"]],
        "msg": fault["msg"],
        "input": fault["input"],
    }
    if "ctx" in fault:
        entry["ctx"] = fault["ctx"]
    return entry


# From JSON Schema to pydantic's core schema --------------------------------------------------------------------------


def core_schema_of(schema: _Schema, latitude: Latitude, place: Pointer) -> CoreSchema:
    """Translate a JSON Schema (2020-12, references resolved) into the validator's own schema.

    A keyword with no counterpart there is kept and asked of jsonschema, so nothing is ever silently dropped.
    """
    if isinstance(schema, bool):
        return core_schema.any_schema() if schema else _asked_of_jsonschema(core_schema.any_schema(), schema)
    schema = _with_single_all_of(schema)
    translated, done = _any_of(schema, latitude, place) if "anyOf" in schema else _by_type(schema, latitude, place)
    left_over = {key: value for key, value in schema.items() if key not in done}
    if _ASSERTIONS & left_over.keys():
        translated = _asked_of_jsonschema(translated, left_over)
    return latitude.answered(translated, place, schema)


def _with_single_all_of(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Join what an ``allOf`` of one holds with what stands beside it: so a reference with siblings is written out."""
    members = schema.get("allOf")
    if not isinstance(members, list) or len(members) != 1 or not isinstance(members[0], Mapping):
        return schema
    beside = {key: value for key, value in schema.items() if key != "allOf"}
    if members[0].keys() & beside.keys() & _ASSERTIONS:
        return schema
    return _with_single_all_of({**members[0], **beside})


def _any_of(schema: Mapping[str, Any], latitude: Latitude, place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    """Translate alternatives as FastAPI has them: ``X | None``, or a union that names each by its type."""
    members = schema["anyOf"]
    others = [member for member in members if member != {"type": "null"}]
    done = frozenset({"anyOf"})
    if len(others) == 1 and len(members) > 1:
        return core_schema.nullable_schema(core_schema_of(others[0], latitude, place)), done
    choices = [(core_schema_of(member, latitude, place), _label(member, index)) for index, member in enumerate(members)]
    return core_schema.union_schema([*choices]), done


def _label(schema: _Schema, index: int) -> str:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    return _LABELS.get(kind, kind) if isinstance(kind, str) else str(index)


def _by_type(schema: Mapping[str, Any], latitude: Latitude, place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    """Return the translation, and the keywords that it takes care of."""
    kind = schema.get("type")
    if isinstance(kind, list) and len(kind) == 2 and "null" in kind:
        other = next(name for name in kind if name != "null")
        inner, done = _by_type({**schema, "type": other}, latitude, place)
        # What is left over is asked of the value itself and must not meet the null that the type allows.
        return core_schema.nullable_schema(inner), done
    translate = _TRANSLATIONS.get(kind) if isinstance(kind, str) else None
    return translate(schema, latitude, place) if translate else (core_schema.any_schema(), frozenset())


def _object(schema: Mapping[str, Any], latitude: Latitude, place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    properties = schema.get("properties")
    if not properties:
        return core_schema.dict_schema(), frozenset({"type"})
    required = schema.get("required", [])
    fields = {
        name: _field(inner, latitude, (*place, name), required=name in required) for name, inner in properties.items()
    }
    additional = schema.get("additionalProperties", True)
    done = {"type"}
    closed = not latitude.takes_unknown_at(place)
    if isinstance(additional, bool) and not _NEIGHBOURS_OF_PROPERTIES & schema.keys():
        closed = closed or not additional
        done |= {"properties", "additionalProperties"}
    if set(required) <= set(properties):
        done.add("required")
    return core_schema.model_fields_schema(fields, extra_behavior="forbid" if closed else "ignore"), frozenset(done)


def _field(schema: _Schema, latitude: Latitude, place: Pointer, *, required: bool) -> core_schema.ModelField:
    inner = core_schema_of(schema, latitude, place)
    if required:
        return core_schema.model_field(inner)
    if latitude.null_for_optional:
        inner = core_schema.nullable_schema(inner)
    return core_schema.model_field(core_schema.with_default_schema(inner, default=None))


def _array(schema: Mapping[str, Any], latitude: Latitude, place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    done = {"type", "minItems", "maxItems"}
    items: CoreSchema = core_schema.any_schema()
    if not _NEIGHBOURS_OF_ITEMS & schema.keys():
        items = core_schema_of(schema.get("items", True), latitude, (*place, "*"))
        done.add("items")
    translated = core_schema.list_schema(
        items, min_length=schema.get("minItems"), max_length=schema.get("maxItems"), strict=True
    )
    return translated, frozenset(done)


def _string(schema: Mapping[str, Any], latitude: Latitude, _place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    if schema.get("format") == "date-time":
        return _date_time(latitude), frozenset({"type", "format"})
    translated = core_schema.str_schema(
        strict=True, min_length=schema.get("minLength"), max_length=schema.get("maxLength")
    )
    return translated, frozenset({"type", "minLength", "maxLength"})


def _integer(schema: Mapping[str, Any], latitude: Latitude, _place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    bounds, done = _bounds(schema)
    inner = core_schema.int_schema(**bounds)
    if latitude.lenient:
        return inner, done
    return core_schema.no_info_wrap_validator_function(_json_integer, inner), done


def _number(schema: Mapping[str, Any], latitude: Latitude, _place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    bounds, done = _bounds(schema)
    inner = core_schema.float_schema(**bounds)
    if latitude.lenient:
        return inner, done
    return core_schema.no_info_wrap_validator_function(_json_number, inner), done


def _boolean(_schema: Mapping[str, Any], latitude: Latitude, _place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    return core_schema.bool_schema(strict=not latitude.lenient), frozenset({"type"})


def _null(_schema: Mapping[str, Any], _latitude: Latitude, _place: Pointer) -> tuple[CoreSchema, frozenset[str]]:
    return core_schema.none_schema(), frozenset({"type"})


_TRANSLATIONS: dict[str, Callable[[Mapping[str, Any], Latitude, Pointer], tuple[CoreSchema, frozenset[str]]]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "null": _null,
}

# What pydantic calls the types in the location of a fault inside a union.
_LABELS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "dict"}

# Keywords whose meaning depends on which properties or items stand beside them: then jsonschema gets those as well.
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
    """Return the bounds that the validator can hold; one with a fraction is no bound of its integers."""
    held = {key: schema[key] for key in _BOUNDS if isinstance(schema.get(key), int)}
    return {_BOUNDS[key]: value for key, value in held.items()}, frozenset({"type", *held})


# What the documents mean where the validator means something else ----------------------------------------------------

_PAST_64_BITS = 2.0**63


def _json_integer(value: Any, handler: _Handler) -> Any:
    """Take what JSON Schema calls an integer: 5 and 5.0, but no boolean and no string."""
    if isinstance(value, bool | str):
        raise PydanticKnownError("int_type")
    if isinstance(value, float) and abs(value) >= _PAST_64_BITS:
        # The validator reads no float past 64 bits, yet such a number has no fraction and is an integer.
        try:
            return handler(int(value))
        except ValidationError:
            return handler(value)
    return handler(value)


def _json_number(value: Any, handler: _Handler) -> Any:
    if isinstance(value, bool | str):
        raise PydanticKnownError("float_type")
    return handler(value)


def _date_time(latitude: Latitude) -> CoreSchema:
    if latitude.lenient:
        return core_schema.no_info_wrap_validator_function(_rfc3339_or_looser, core_schema.datetime_schema())
    aware = core_schema.datetime_schema(tz_constraint="aware")
    return core_schema.no_info_wrap_validator_function(_rfc3339, aware)


def _rfc3339_or_looser(value: Any, handler: _Handler) -> Any:
    """Take what the validator takes, and the leap seconds that the documents' format allows and it does not."""
    return value if isinstance(value, str) and is_date_time(value) else handler(value)


def _rfc3339(value: Any, handler: _Handler) -> Any:
    """Take RFC 3339 and nothing else; let the validator put its refusal into words where it refuses too."""
    if not isinstance(value, str):
        raise PydanticKnownError("datetime_type")
    if is_date_time(value):
        return value
    handler(value)
    raise PydanticKnownError(
        "datetime_parsing", {"error": "not written as RFC 3339 wants it, e.g. 2024-06-14T10:00:00Z"}
    )


# What is left to jsonschema ------------------------------------------------------------------------------------------

_ASSERTIONS = frozenset(Draft202012Validator.VALIDATORS)
"""The keywords that can refuse a value; all others only describe."""


def _asked_of_jsonschema(inner: CoreSchema, schema: _Schema) -> CoreSchema:
    validator = Draft202012Validator(schema, format_checker=FormatChecker())

    def ask(value: Any, handler: _Handler) -> Any:
        handler(value)
        fault = best_match(validator.iter_errors(value))
        if fault is not None:
            raise PydanticCustomError("value_error", "Value error, {error}", {"error": fault.message})
        return value

    return core_schema.no_info_wrap_validator_function(ask, inner)
