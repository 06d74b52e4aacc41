"""Hand-written changes in the parts of JSON Schema that are hard to compare: each breaks clients on both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.unit.spec_gate.test_small_edits import Schema, compared, request, response

Components = dict[str, Schema]

PAIRS: list[tuple[Schema, Schema, Any]] = [
    (
        {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 1}},
        {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 5}},
        [1],
    ),
    (
        {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 1}},
        {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 1}, "minContains": 2},
        [1],
    ),
    (
        {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 1}, "maxContains": 3},
        {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 1}, "maxContains": 2},
        [1, 1, 1],
    ),
    (
        {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 5}, "maxContains": 1},
        {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 1}, "maxContains": 1},
        [1, 5],
    ),
    (
        {"not": {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 5}}},
        {"not": {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 1}}},
        [1],
    ),
    ({"not": {"type": "string", "minLength": 5}}, {"not": {"type": "string", "minLength": 3}}, "abcd"),
    (
        {"type": "object", "properties": {"a": {"type": "integer"}}, "not": {"required": ["a", "b"]}},
        {"type": "object", "properties": {"a": {"type": "integer"}}, "not": {"required": ["a"]}},
        {"a": 1},
    ),
    (
        {"oneOf": [{"type": "integer", "maximum": 5}, {"type": "integer", "minimum": 6}]},
        {"oneOf": [{"type": "integer", "maximum": 6}, {"type": "integer", "minimum": 6}]},
        6,
    ),
    (
        {
            "oneOf": [
                {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
                {
                    "type": "object",
                    "properties": {"b": {"type": "integer"}},
                    "required": ["b"],
                    "not": {"required": ["a"]},
                },
            ]
        },
        {
            "oneOf": [
                {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
                {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]},
            ]
        },
        {"a": 1, "b": 1},
    ),
    (
        {"if": {"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]}, "then": {"required": ["b"]}},
        {"if": {"type": "object", "properties": {}, "required": ["a"]}, "then": {"required": ["b"]}},
        {"a": 2},
    ),
    (
        {"if": {"type": "object", "properties": {}, "required": ["a"]}, "then": {}},
        {"if": {"type": "object", "properties": {}, "required": ["a"]}, "then": {}, "else": {"required": ["c"]}},
        {},
    ),
    (
        {"if": {"minimum": 5}, "then": {"multipleOf": 5}, "else": {"multipleOf": 2}, "type": "integer"},
        {"if": {"minimum": 4}, "then": {"multipleOf": 5}, "else": {"multipleOf": 2}, "type": "integer"},
        4,
    ),
    (
        {"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}},
        {"type": "object", "propertyNames": {"pattern": "^[a-y]+$"}},
        {"z": 1},
    ),
    (
        {"type": "object", "propertyNames": {"maxLength": 20}},
        {"type": "object", "propertyNames": {"maxLength": 10}},
        {"aaaaaaaaaaaaaaa": 1},
    ),
    (
        {"type": "object", "patternProperties": {"^x": {"type": "string", "maxLength": 10}}},
        {"type": "object", "patternProperties": {"^x": {"type": "string", "maxLength": 5}}},
        {"x": "aaaaaaa"},
    ),
    (
        {"type": "object", "patternProperties": {"^xy": {"type": "integer"}}},
        {"type": "object", "patternProperties": {"^x": {"type": "integer"}}},
        {"xz": "s"},
    ),
    (
        {
            "type": "object",
            "patternProperties": {"^x": {"type": "integer"}},
            "additionalProperties": {"type": "string"},
        },
        {
            "type": "object",
            "patternProperties": {"^xx": {"type": "integer"}},
            "additionalProperties": {"type": "string"},
        },
        {"x": 1},
    ),
    (
        {
            "allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}],
            "properties": {"b": {"type": "integer"}},
        },
        {
            "allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}],
            "properties": {"b": {"type": "integer"}},
            "unevaluatedProperties": False,
            "type": "object",
        },
        {"q": 1},
    ),
    (
        {
            "type": "object",
            "allOf": [
                {"type": "object", "properties": {"a": {"type": "integer"}}},
                {"type": "object", "properties": {"c": {"type": "integer"}}},
            ],
            "unevaluatedProperties": False,
        },
        {
            "type": "object",
            "allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}],
            "unevaluatedProperties": False,
        },
        {"c": 1},
    ),
    (
        {
            "type": "object",
            "anyOf": [
                {"type": "object", "properties": {"a": {"type": "integer"}}},
                {"type": "object", "properties": {"c": {"type": "integer"}}},
            ],
            "unevaluatedProperties": False,
        },
        {
            "type": "object",
            "anyOf": [
                {"type": "object", "properties": {"a": {"type": "integer"}}},
                {
                    "type": "object",
                    "properties": {"c": {"type": "integer"}, "d": {"type": "integer"}},
                    "required": ["d"],
                },
            ],
            "unevaluatedProperties": False,
        },
        {"c": 1},
    ),
    (
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]},
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "unevaluatedItems": False},
        [1, "a", 2],
    ),
    (
        {"type": "array", "contains": {"type": "integer"}, "unevaluatedItems": {"type": "string"}},
        {"type": "array", "contains": {"type": "integer", "minimum": 5}, "unevaluatedItems": {"type": "string"}},
        [1, 5],
    ),
    (
        {"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}},
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}], "items": {"type": "string"}},
        [1, "a"],
    ),
    (
        {"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}},
        {"type": "array", "items": {"type": "string"}},
        [1],
    ),
    (
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "dependentRequired": {"a": ["b"]},
        },
        {"a": 1},
    ),
    (
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "dependentSchemas": {"a": {"type": "object", "properties": {"b": {"minimum": 5}}}},
        },
        {"a": 1, "b": 1},
    ),
    ({"type": "number", "multipleOf": 0.01}, {"type": "number", "multipleOf": 0.05}, 0.01),
    ({"type": "integer", "multipleOf": 6}, {"type": "integer", "multipleOf": 4}, 6),
    ({"type": "number"}, {"type": "integer"}, 1.5),
    ({"type": "number", "minimum": 0}, {"type": "number", "exclusiveMinimum": 0}, 0),
    ({"type": "array", "items": {"enum": ["a", "b"]}}, {"type": "array", "items": {"enum": ["a"]}}, ["b"]),
    ({"enum": [{"a": 1}, {"b": 2}]}, {"enum": [{"a": 1}]}, {"b": 2}),
    ({"enum": [[1], [2]]}, {"const": [1]}, [2]),
    (
        {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}, "uniqueItems": True},
        [[1], [1]],
    ),
    (
        {"type": "array", "items": {"type": ["integer", "string"]}},
        {"type": "array", "items": {"type": ["integer", "string"]}, "uniqueItems": True},
        [1, 1],
    ),
    ({"type": "object"}, {"type": "object", "minProperties": 1}, {}),
    (
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["a", "b"]},
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
            "maxProperties": 2,
        },
        {"a": 1, "b": 1, "c": 1},
    ),
    (
        {"type": "string", "pattern": "^(?=.*[0-9]).+$"},
        {"type": "string", "pattern": "^(?=.*[0-9])(?=.*[a-z]).+$"},
        "1",
    ),
    ({"type": "string", "pattern": "^\\p{L}+$"}, {"type": "string", "pattern": "^[a-z]+$"}, "É"),
    ({"type": "string", "pattern": "a"}, {"type": "string", "pattern": "^a"}, "ba"),
    (
        {"type": "string", "pattern": "^a*$", "maxLength": 50},
        {"type": "string", "pattern": "^a{0,40}$", "maxLength": 50},
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    ({"type": "string"}, {"type": "string", "format": "date"}, "x"),
    ({"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}, "2020-01-01T00:00:00Z"),
    (
        {"type": "string", "format": "uuid"},
        {"type": "string", "pattern": "^[0-9a-f-]{36}$"},
        "ABCDEFAB-CDEF-4ABC-8DEF-ABCDEFABCDEF",
    ),
    (
        {"type": "array", "items": {"anyOf": [{"type": "string", "format": "uri"}, {"type": "integer"}]}},
        {"type": "array", "items": {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "integer"}]}},
        ["urn:a:b"],
    ),
    (
        {"allOf": [{"type": "string", "pattern": "a"}, {"pattern": "b"}]},
        {"allOf": [{"type": "string", "pattern": "a"}, {"pattern": "b"}, {"pattern": "c"}]},
        "ab",
    ),
    (
        {
            "allOf": [
                {"type": "object", "properties": {"a": {"type": "integer"}}},
                {"type": "object", "properties": {"b": {"type": "integer"}}},
            ]
        },
        {
            "allOf": [
                {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False},
                {"type": "object", "properties": {"b": {"type": "integer"}}},
            ]
        },
        {"b": 1},
    ),
    (
        {
            "anyOf": [
                {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
                {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]},
            ]
        },
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["a", "b"]},
        {"a": 1},
    ),
    (
        {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {"t": {"enum": ["x", "y"]}, "v": {"type": "integer"}},
                    "required": ["t"],
                },
                {"type": "object", "properties": {"t": {"enum": ["z"]}, "v": {"type": "string"}}, "required": ["t"]},
            ]
        },
        {
            "anyOf": [
                {"type": "object", "properties": {"t": {"enum": ["x"]}, "v": {"type": "integer"}}, "required": ["t"]},
                {
                    "type": "object",
                    "properties": {"t": {"enum": ["z", "y"]}, "v": {"type": "string"}},
                    "required": ["t"],
                },
            ]
        },
        {"t": "y", "v": 1},
    ),
    ({"type": ["string", "null"]}, {"type": "string"}, None),
    ({"enum": ["a", None]}, {"enum": ["a"]}, None),
    (
        {"type": "integer", "maximum": 9223372036854775808},
        {"type": "integer", "maximum": 9007199254740992},
        1152921504606846976,
    ),
    ({"type": "number", "maximum": 0.3}, {"type": "number", "maximum": 0.29999999999}, 0.3),
    (
        {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "integer"}}},
        {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 0}},
        },
        {"k": [-1]},
    ),
    (
        {"type": "array", "items": {"if": {"type": "integer"}, "then": {"minimum": 0}}},
        {"type": "array", "items": {"if": {"type": "integer"}, "then": {"minimum": 1}}},
        [0],
    ),
    ({"not": {"not": {"type": "integer", "minimum": 0}}}, {"not": {"not": {"type": "integer", "minimum": 1}}}, 0),
    (
        {"not": {"oneOf": [{"type": "integer"}, {"minimum": 5}]}},
        {"not": {"oneOf": [{"type": "integer"}, {"minimum": 3}]}},
        4.5,
    ),
    (
        {
            "allOf": [
                {
                    "if": {"type": "object", "properties": {"k": {"const": "a"}}, "required": ["k"]},
                    "then": {"required": ["x"]},
                }
            ]
        },
        {
            "allOf": [
                {
                    "if": {"type": "object", "properties": {"k": {"enum": ["a", "b"]}}, "required": ["k"]},
                    "then": {"required": ["x"]},
                }
            ]
        },
        {"k": "b"},
    ),
    (
        {"allOf": [{"dependentRequired": {"a": ["b"]}}, {"dependentRequired": {"c": ["d"]}}], "type": "object"},
        {"allOf": [{"dependentRequired": {"a": ["b", "e"]}}, {"dependentRequired": {"c": ["d"]}}], "type": "object"},
        {"a": 1, "b": 1},
    ),
    (
        {"type": "object", "properties": {"a": {"type": "integer"}}},
        {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["zz"]},
        {"a": 1},
    ),
    (
        {"type": "object", "additionalProperties": {"type": ["integer", "string"]}},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"q": "s"},
    ),
    (
        {"type": "object", "properties": {"ab": {"type": "integer"}}, "patternProperties": {"^a": {"minimum": 0}}},
        {"type": "object", "properties": {"ab": {"type": "integer"}}, "patternProperties": {"^a": {"minimum": 1}}},
        {"ab": 0},
    ),
    ({"type": "array", "items": {"type": "integer"}}, {"type": "array", "items": False}, [1]),
    (
        {
            "anyOf": [
                {"type": "array", "items": {"type": "integer"}, "maxItems": 5},
                {"type": "array", "items": {"type": "string"}, "maxItems": 5},
            ]
        },
        {
            "anyOf": [
                {"type": "array", "items": {"type": "integer"}, "maxItems": 5},
                {"type": "array", "items": {"type": "string"}, "maxItems": 4},
            ]
        },
        ["a", "a", "a", "a", "a"],
    ),
    ({"enum": [1, 2]}, {"enum": [1.0]}, 2),
    ({"enum": [True, 1]}, {"enum": [True]}, 1),
    ({"type": "integer", "enum": [1, 5, 9]}, {"type": "integer", "enum": [1, 5, 9], "maximum": 8}, 9),
    (
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 5, "maximum": 3}]},
        1,
    ),
    (
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "patternProperties": {"^x-": {}},
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "patternProperties": {"^x-y": {}},
            "additionalProperties": False,
        },
        {"x-a": 1},
    ),
    (
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "dependentSchemas": {"a": {"properties": {"b": {"type": "integer"}}}},
            "unevaluatedProperties": False,
        },
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "dependentSchemas": {"a": {"properties": {"c": {"type": "integer"}}}},
            "unevaluatedProperties": False,
        },
        {"a": 1, "b": 1},
    ),
    (
        {"type": "object", "propertyNames": {"enum": ["a", "b", "c"]}},
        {"type": "object", "propertyNames": {"enum": ["a", "b"]}},
        {"c": 1},
    ),
    (
        {"type": "object", "additionalProperties": {"anyOf": [{"type": "integer"}, {"type": "string"}]}},
        {
            "type": "object",
            "additionalProperties": {"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 5}]},
        },
        {"k": "aaaaaa"},
    ),
]
"""Base, revision, and a value that only the base allows."""

PAIRS_WITH_COMPONENTS: list[tuple[Schema, Schema, Any, Components, Components]] = [
    (
        {"$ref": "#/components/schemas/T"},
        {"$ref": "#/components/schemas/T"},
        {"kids": [{"v": "aaaaaaa"}]},
        {
            "T": {
                "type": "object",
                "properties": {
                    "v": {"type": "string", "maxLength": 10},
                    "kids": {"type": "array", "items": {"$ref": "#/components/schemas/T"}},
                },
            }
        },
        {
            "T": {
                "type": "object",
                "properties": {
                    "v": {"type": "string", "maxLength": 5},
                    "kids": {"type": "array", "items": {"$ref": "#/components/schemas/T"}},
                },
            }
        },
    ),
    (
        {"$ref": "#/components/schemas/T"},
        {"$ref": "#/components/schemas/T"},
        {"n": {"v": "aaaaaaa"}},
        {
            "T": {
                "anyOf": [
                    {"type": "object", "properties": {"v": {"type": "string", "maxLength": 10}}, "required": ["v"]},
                    {"type": "object", "properties": {"n": {"$ref": "#/components/schemas/T"}}, "required": ["n"]},
                ]
            }
        },
        {
            "T": {
                "anyOf": [
                    {"type": "object", "properties": {"v": {"type": "string", "maxLength": 5}}, "required": ["v"]},
                    {"type": "object", "properties": {"n": {"$ref": "#/components/schemas/T"}}, "required": ["n"]},
                ]
            }
        },
    ),
    (
        {"$ref": "#/components/schemas/T"},
        {"$ref": "#/components/schemas/T"},
        {"n": {"v": 7}},
        {"T": {"type": "object", "properties": {"v": {"type": "integer"}, "n": {"not": {"required": ["w"]}}}}},
        {"T": {"type": "object", "properties": {"v": {"type": "integer"}, "n": {"not": {"required": ["v"]}}}}},
    ),
    (
        {"$ref": "#/components/schemas/Q", "unevaluatedProperties": False},
        {"$ref": "#/components/schemas/Q", "unevaluatedProperties": False},
        {"b": 1},
        {"Q": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}},
        {"Q": {"type": "object", "properties": {"a": {"type": "integer"}}}},
    ),
    (
        {"$ref": "#/components/schemas/Q"},
        {"$ref": "#/components/schemas/Q", "maxLength": 5},
        "aaaaaaa",
        {"Q": {"type": "string", "maxLength": 10}},
        {"Q": {"type": "string", "maxLength": 10}},
    ),
]
"""The same with the schemas that both refer to."""

ALL = [*((*pair, {}, {}) for pair in PAIRS), *PAIRS_WITH_COMPONENTS]


def accepts(schema: Schema, components: Components, value: Any) -> bool:
    whole = {**schema, "components": {"schemas": components}}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True).is_valid(value)


@pytest.mark.parametrize(("base", "then", "value", "ours", "theirs"), ALL)
def test_change_that_rejects_a_value_is_breaking(
    base: Schema, then: Schema, value: Any, ours: Components, theirs: Components, tmp_path: Path
) -> None:
    assert accepts(base, ours, value)
    assert not accepts(then, theirs, value)
    assert compared(tmp_path, request(base, **ours), request(then, **theirs)).counts.breaking
    assert compared(tmp_path, response(then, **theirs), response(base, **ours)).counts.breaking
