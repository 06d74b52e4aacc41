"""Validation errors: which bodies are rejected, and what FastAPI parity does not cover."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from chat_contract import load_contract
from mock_server.loading.snapshot import Snapshot
from mock_server.validation.fastapi_errors import RequestValidator
from mock_server.validation.leniency import FASTAPI
from tests.integration.test_fastapi_parity import ANYTHING, REQUEST
from tests.support.deciding import decide, service_of

EVENT = {"timestamp": "2024-06-14T10:00:00Z", "type": "x"}


@pytest.fixture(scope="module")
def validator(snapshot: Snapshot) -> RequestValidator:
    return RequestValidator(snapshot.request_schema)


def faults(validator: RequestValidator, body: Any) -> list[tuple[str, list[Any]]]:
    return [(fault["type"], fault["loc"]) for fault in validator.validate(body)[1]]


def test_rejects_exactly_what_the_documented_schema_rejects(validator: RequestValidator) -> None:
    judge = load_contract().validators["documented"]

    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @given(REQUEST | ANYTHING)
    def check(body: Any) -> None:
        assert bool(validator.validate(body)[1]) == (not judge.is_valid(body))

    check()


def test_every_response_conforms_to_the_contract(snapshot: Snapshot) -> None:
    judges = load_contract().response_validators
    service = service_of(snapshot)

    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @given(REQUEST | ANYTHING)
    def check(body: Any) -> None:
        answer = decide(service, json.dumps(body).encode())
        assert judges[answer.status].is_valid(json.loads(answer.body))

    check()


@pytest.mark.parametrize(
    "loose",
    [
        *("2024-06-14 10:00:00Z", "2024-06-14T10:00Z", "2024-06-14_10:00:00Z", "2024-06-14T10:00:00+0530"),
        *("1718359200", "1718359200.5", "2024-06-14T10:00:00,5Z", "2024-06-14T10:00:00\u221201:00"),
        *("2024-06-14T10:00:00Z\n", "2024-06-14T10:00:60Z"),
    ],
)
def test_timestamp_outside_rfc_3339_is_rejected(validator: RequestValidator, loose: str) -> None:
    [fault] = validator.validate({"message": "hi", "events": [{**EVENT, "timestamp": loose}]})[1]
    assert fault["loc"] == ["body", "events", 0, "timestamp"]
    assert fault["type"].startswith("datetime_")
    assert fault["input"] == loose


@pytest.mark.parametrize("leap", ["2016-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00", "2016-12-31t23:59:60.5z"])
def test_leap_second_is_rejected_as_in_fastapi(validator: RequestValidator, leap: str) -> None:
    [fault] = validator.validate({"message": "hi", "events": [{**EVENT, "timestamp": leap}]})[1]
    assert fault["type"] == "datetime_from_date_parsing"


@pytest.mark.parametrize(("given", "converted"), [(5.0, 5), (2147483647.0, 2**31 - 1), (0, 0), (-0.0, 0)])
def test_number_without_fraction_becomes_an_integer(validator: RequestValidator, given: float, converted: int) -> None:
    body, errors = validator.validate({"message": "hi", "limit": given})
    assert not errors
    assert body["limit"] == converted
    assert isinstance(body["limit"], int)


@pytest.mark.parametrize("limit", [-1, -1.0, -1e300])
def test_negative_limit_is_rejected(validator: RequestValidator, limit: float) -> None:
    assert [loc for _, loc in faults(validator, {"message": "hi", "limit": limit})] == [["body", "limit"]]


def test_lenient_profile_converts_what_it_accepts(snapshot: Snapshot) -> None:
    lenient = RequestValidator(snapshot.request_schema, FASTAPI)
    assert lenient.validate({"message": "hi", "limit": " 5 "})[0]["limit"] == 5
    assert lenient.validate({"message": "hi", "limit": None}) == ({"message": "hi", "limit": None}, [])


# Schemas of overlays and other contracts ---------------------------------------------------------------------

STRING = {"type": "string"}


def request(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "good", "bad", "kind"),
    [
        (request(a={"type": "integer", "maximum": 20}), {"a": 20}, {"a": 21}, "less_than_equal"),
        (request(a={"type": "integer", "multipleOf": 5}), {"a": 5}, {"a": 6}, "multiple_of"),
        (request(a={"type": "integer", "minimum": 0.5}), {"a": 1}, {"a": 0}, "value_error"),
        (request(a={"type": "number", "exclusiveMinimum": 0}), {"a": 0.5}, {"a": 0}, "greater_than"),
        (request(a={"type": "number"}), {"a": 1}, {"a": "1"}, "float_type"),
        (request(a={"type": "boolean"}), {"a": True}, {"a": 1}, "bool_type"),
        (request(a={"type": "null"}), {"a": None}, {"a": 0}, "none_required"),
        (request(a={"type": "string", "minLength": 2}), {"a": "😀😀"}, {"a": "😀"}, "string_too_short"),
        (request(a={"type": "string", "pattern": "^x"}), {"a": "xa"}, {"a": "ax"}, "string_pattern_mismatch"),
        (request(a={"type": "string", "pattern": "^(?!y)x"}), {"a": "xa"}, {"a": "yx"}, "value_error"),
        (request(a={"type": "string", "pattern": "^[[]x$"}), {"a": "[x"}, {"a": "[x\n"}, "value_error"),
        (request(a={"type": "string", "format": "ipv4"}), {"a": "127.0.0.1"}, {"a": "localhost"}, "value_error"),
        (request(a={"enum": ["x", 1]}), {"a": 1}, {"a": 2}, "value_error"),
        (request(a={"type": ["string", "null"]}), {"a": None}, {"a": 5}, "string_type"),
        (request(a={"type": ["string", "integer"]}), {"a": 5}, {"a": None}, "value_error"),
        (request(a={"anyOf": [STRING, {"type": "null"}]}), {"a": None}, {"a": 5}, "string_type"),
        (request(a={"anyOf": [STRING, {"type": "integer"}]}), {"a": 5}, {"a": [1]}, "string_type"),
        (request(a={"oneOf": [STRING, {"type": "integer"}]}), {"a": 5}, {"a": [1]}, "value_error"),
        (request(a={"allOf": [STRING], "maxLength": 1}), {"a": "x"}, {"a": "xx"}, "string_too_long"),
        (request(a={"allOf": [{"maxLength": 2}], "maxLength": 1}), {"a": "x"}, {"a": "xx"}, "value_error"),
        (request(a={"not": STRING}), {"a": 5}, {"a": "x"}, "value_error"),
        (request(a=False), {}, {"a": 1}, "value_error"),
        (request(a=True), {"a": [1]}, [], "model_attributes_type"),
        (request(a={"type": "object"}), {"a": {"b": 1}}, {"a": []}, "dict_type"),
        (request(a={"type": "array", "maxItems": 1}), {"a": [1]}, {"a": [1, 2]}, "too_long"),
        (request(a={"type": "array", "uniqueItems": True}), {"a": [1]}, {"a": [1, 1]}, "value_error"),
        (
            request(a={"type": "array", "prefixItems": [STRING], "items": False}),
            {"a": ["x"]},
            {"a": [1]},
            "value_error",
        ),
        ({**request(a=STRING), "additionalProperties": False}, {"a": "x"}, {"b": 1}, "extra_forbidden"),
        ({**request(a=STRING), "additionalProperties": STRING}, {"a": "x", "b": "y"}, {"b": 1}, "value_error"),
        ({**request(a=STRING), "unevaluatedProperties": False}, {"a": "x"}, {"b": 1}, "value_error"),
        (
            {**request(a=STRING), "patternProperties": {"^x-": {}}, "additionalProperties": False},
            {"x-b": 1},
            {"b": 1},
            "value_error",
        ),
        ({**request(a=STRING), "required": ["z"]}, {"z": 1}, {"a": "x"}, "value_error"),
        (request(a={**request(b=STRING), "required": ["b"]}), {"a": {"b": "x"}}, {"a": {}}, "missing"),
        ({"$comment": "anything", "title": "T", "x-y": 1}, [1], None, None),
    ],
)
def test_every_keyword_is_checked(schema: dict[str, Any], good: Any, bad: Any, kind: str | None) -> None:
    validator = RequestValidator(schema)
    assert not validator.validate(good)[1]
    if kind is not None:
        assert kind in [fault["type"] for fault in validator.validate(bad)[1]]


def test_errors_of_a_union_name_its_members_as_pydantic_does() -> None:
    validator = RequestValidator(request(a={"anyOf": [STRING, {"type": "integer"}]}))
    assert faults(validator, {"a": []}) == [("string_type", ["body", "a", "str"]), ("int_type", ["body", "a", "int"])]
