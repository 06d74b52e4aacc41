"""What the refusals say beyond FastAPI's own words, and that they refuse what the documented schema refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from chat_contract import load_contract
from mock_server.loading.load import Blueprint
from mock_server.validation.fastapi_errors import Refuser
from mock_server.validation.leniency import FASTAPI
from tests.integration.test_fastapi_parity import ANYTHING, REQUEST
from tests.support.deciding import decide, service_of

EVENT = {"timestamp": "2024-06-14T10:00:00Z", "type": "x"}


@pytest.fixture(scope="module")
def refuser(blueprint: Blueprint) -> Refuser:
    return Refuser(blueprint.request_schema)


def faults(refuser: Refuser, body: Any) -> list[tuple[str, list[Any]]]:
    return [(fault["type"], fault["loc"]) for fault in refuser.read(body)[1]]


def test_refuses_exactly_what_the_documented_schema_refuses(refuser: Refuser) -> None:
    judge = load_contract().validators["documented"]

    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @given(REQUEST | ANYTHING)
    def check(body: Any) -> None:
        assert bool(refuser.read(body)[1]) == (not judge.is_valid(body))

    check()


def test_every_answer_keeps_the_contract(blueprint: Blueprint) -> None:
    judges = load_contract().response_validators
    service = service_of(blueprint)

    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @given(REQUEST | ANYTHING)
    def check(body: Any) -> None:
        answer = decide(service, json.dumps(body).encode())
        judges[answer.status].validate(json.loads(answer.body))

    check()


@pytest.mark.parametrize(
    "loose",
    [
        *("2024-06-14 10:00:00Z", "2024-06-14T10:00Z", "2024-06-14_10:00:00Z", "2024-06-14T10:00:00+0530"),
        *("1718359200", "1718359200.5", "2024-06-14T10:00:00,5Z", "2024-06-14T10:00:00\u221201:00"),
        *("2024-06-14T10:00:00Z\n", "2024-06-14T10:00:60Z"),
    ],
)
def test_a_time_that_only_lenient_readers_take_is_refused(refuser: Refuser, loose: str) -> None:
    [fault] = refuser.read({"message": "hi", "events": [{**EVENT, "timestamp": loose}]})[1]
    assert fault["loc"] == ["body", "events", 0, "timestamp"]
    assert fault["type"].startswith("datetime_")
    assert fault["input"] == loose


@pytest.mark.parametrize("leap", ["2016-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00", "2016-12-31t23:59:60.5z"])
def test_a_leap_second_is_a_time(refuser: Refuser, leap: str) -> None:
    assert not refuser.read({"message": "hi", "events": [{**EVENT, "timestamp": leap}]})[1]


@pytest.mark.parametrize(("asked", "understood"), [(5.0, 5), (1e300, int(1e300)), (10**30, 10**30), (0, 0), (-0.0, 0)])
def test_a_number_without_fraction_is_an_integer(refuser: Refuser, asked: float, understood: int) -> None:
    body, detail = refuser.read({"message": "hi", "limit": asked})
    assert not detail
    assert body["limit"] == understood
    assert isinstance(body["limit"], int)


@pytest.mark.parametrize("asked", [-1, -1.0, -1e300])
def test_a_negative_limit_is_refused(refuser: Refuser, asked: float) -> None:
    assert [loc for _, loc in faults(refuser, {"message": "hi", "limit": asked})] == [["body", "limit"]]


def test_lenient_profile_understands_what_it_takes(blueprint: Blueprint) -> None:
    lenient = Refuser(blueprint.request_schema, FASTAPI)
    assert lenient.read({"message": "hi", "limit": " 5 "})[0]["limit"] == 5
    assert lenient.read({"message": "hi", "limit": None}) == ({"message": "hi", "limit": None}, [])


# Schemas that overlays and other contracts bring ---------------------------------------------------------------------

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
        (request(a={"type": "string", "pattern": "^x"}), {"a": "xa"}, {"a": "ax"}, "value_error"),
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
def test_every_keyword_counts(schema: dict[str, Any], good: Any, bad: Any, kind: str | None) -> None:
    refuser = Refuser(schema)
    assert not refuser.read(good)[1]
    if kind is not None:
        assert kind in [fault["type"] for fault in refuser.read(bad)[1]]


def test_a_union_names_its_alternatives_as_pydantic_does() -> None:
    refuser = Refuser(request(a={"anyOf": [STRING, {"type": "integer"}]}))
    assert faults(refuser, {"a": []}) == [("string_type", ["body", "a", "str"]), ("int_type", ["body", "a", "int"])]
