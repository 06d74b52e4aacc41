"""The fast check accepts only what jsonschema accepts, and all that ships with the kit."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from chat_contract import load_contract
from chat_contract.document.source import read_source
from chat_contract.fast_check import ASSERTIONS, surely_conforms, surely_violates
from chat_contract.json_schema import format_checker, validator_for
from chat_contract.resources import fixtures_dir
from mock_server.shop.fixture_schemas import CATALOGUE, CONVERSATION, RECORDED_CATALOGUE
from tests.support.waiting import PATIENCE

CONTRACT = load_contract()
REPLY = CONTRACT.response_schema(200)
JUNK: tuple[Any, ...] = (None, True, False, 0, 1, 1.0, -2.5, "", " ", "x", "9.50", [], ["a", "a"], [1, 1], {}, {"x": 1})


def test_assertions_are_the_keywords_that_jsonschema_checks() -> None:
    assert frozenset(Draft202012Validator.VALIDATORS) == ASSERTIONS


def documents() -> list[tuple[Any, Any]]:
    folder = fixtures_dir()
    catalogue = read_source(folder / "catalogue.yaml").value
    scenarios = [read_source(path).value for path in sorted((folder / "conversations").glob("*.yaml"))]
    reply = {"conversation_id": "x", "message": "", "items": catalogue["items"][:3]}
    recorded = {"items": catalogue["items"][:2], "recorded": True}
    return [
        (catalogue, CATALOGUE),
        (recorded, RECORDED_CATALOGUE),
        (reply, REPLY),
        *((scenario, CONVERSATION) for scenario in scenarios),
    ]


DOCUMENTS = documents()


def test_shipped_fixtures_need_only_the_fast_check() -> None:
    assert all(surely_conforms(value, schema) for value, schema in DOCUMENTS)


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(found for key, inner in entries for found in places(inner, (*place, key)))]


def changed(value: Any, chance: Random) -> Any:
    """Return a copy with one value replaced, removed or added."""
    place = chance.choice(places(value))
    if not place:
        return chance.choice(JUNK)
    result = copy.deepcopy(value)
    parent = result
    for key in place[:-1]:
        parent = parent[key]
    match chance.choice(("replace", "remove", "add")):
        case "replace":
            parent[place[-1]] = chance.choice(JUNK)
        case "remove":
            del parent[place[-1]]
        case _ if isinstance(parent, dict):
            parent["added"] = chance.choice(JUNK)
        case _:
            parent.append(chance.choice((*parent, *JUNK)))
    return result


@pytest.mark.parametrize("seed", range(5))
def test_fast_check_accepts_only_what_jsonschema_accepts(seed: int) -> None:
    chance = Random(seed)
    verdicts = set()
    for _ in range(200):
        value, schema = chance.choice(DOCUMENTS)
        for _ in range(chance.randint(1, 3)):
            value = changed(value, chance)
        fast, valid = surely_conforms(value, schema), Draft202012Validator(schema).is_valid(value)
        assert valid or not fast, value
        verdicts.add((fast, valid))
    assert {(True, True), (False, False)} <= verdicts


def bodies(chance: Random) -> Iterator[Any]:
    """Yield bodies of requests with a list of events, most of them changed in some places."""
    example = CONTRACT.request_examples["documented"]
    event = {"timestamp": "2024-06-14T10:00:00Z", "type": "browse", "item_id": "A", "description": "b"}
    for _ in range(60):
        value: Any = {**copy.deepcopy(example), "limit": 3, "events": [dict(event) for _ in range(5)]}
        for _ in range(chance.randint(0, 4)):
            value = changed(value, chance)
        yield value


@pytest.mark.parametrize("name", CONTRACT.schemas)
def test_validator_with_the_fast_check_reports_what_jsonschema_reports(name: str) -> None:
    schema = CONTRACT.schemas[name]
    plain = Draft202012Validator(schema, format_checker=format_checker())
    valid = 0
    for value in bodies(Random(name)):
        expected = [_seen(error) for error in plain.iter_errors(value)]
        assert [_seen(error) for error in validator_for(schema).iter_errors(value)] == expected
        valid += not expected
    assert 0 < valid < 60


def _seen(error: ValidationError) -> tuple[Any, ...]:
    return error.message, list(error.absolute_path), list(error.absolute_schema_path)


def test_what_the_fast_check_calls_a_violation_is_one() -> None:
    texts = ("", " ", "x", "2024-06-14", "2024-06-14T10:00:00Z", "a b", "x" * 65, "\x00", "123", "7e2", "é")
    seen = set()
    for schema in filter(None, (question.schema for question in CONTRACT.questions.values())):
        for value in (*JUNK, *texts):
            violates = surely_violates(value, schema)
            assert not (violates and validator_for(schema).is_valid(value)), (value, schema)
            seen.add(violates)
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"type": "integer"}, [True, 1.5, "1", None]),
        ({"type": ["number", "null"]}, [False, "1", []]),
        ({"const": True}, [1, "true", None]),
        ({"const": "a"}, ["b", 1]),
        ({"minLength": 2, "maxLength": 3}, ["a", "abcd"]),
        ({"maxItems": 1, "items": False}, [[1], [1, 2]]),
        ({"minProperties": 1, "maxProperties": 1}, [{}, {"a": 1, "b": 2}]),
        ({"uniqueItems": True}, [["a", "a"], [1, True]]),
        ({"additionalProperties": {"type": "string"}}, [{"a": 1}]),
        ({"enum": ["a"]}, ["a", "b"]),
        ({"format": "date-time"}, ["x"]),
        ({"minimum": 1, "maximum": 10}, [0, 11, 10.5]),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, [1.5, None]),
        ({"allOf": [{"type": "string"}, {"minLength": 2}]}, ["a", 12]),
        (False, [None]),
    ],
)
def test_doubtful_values_are_left_to_jsonschema(schema: Any, values: list[Any]) -> None:
    assert not any(surely_conforms(value, schema) for value in values)


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"minimum": 1, "maximum": 10}, [1, 10, 2.5, True, "0"]),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, ["a", 1]),
        ({"allOf": [{"type": "string"}, {"minLength": 2}]}, ["ab"]),
    ],
)
def test_certain_values_are_recognized(schema: Any, values: list[Any]) -> None:
    assert all(surely_conforms(value, schema) for value in values)


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"const": 0}, [1, -1]),
        ({"not": {"pattern": "[0-9]"}}, ["2024"]),
        ({"anyOf": [{"pattern": "^x"}, {"maxLength": 0}]}, ["a"]),
        (False, ["a"]),
    ],
)
def test_certain_violations_are_recognized(schema: Any, values: list[Any]) -> None:
    for value in values:
        assert surely_violates(value, schema)
        assert not Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"const": 0}, [0, 0.0, False]),
        ({"not": {"pattern": "[0-9]"}}, ["today"]),
        ({"anyOf": [{"pattern": "^x"}, {"maxLength": 0}]}, ["", "x", 5]),
        (True, ["a"]),
    ],
)
def test_values_that_may_conform_are_not_called_violations(schema: Any, values: list[Any]) -> None:
    assert not any(surely_violates(value, schema) for value in values)


_VALID_EXCHANGE = """
import json, sys
from chat_contract import Exchange, History, Request, Response
from chat_contract.conformance import examine, find_violations
from mock_server import read_snapshot

contract = read_snapshot().contract
json_type = (("Content-Type", "application/json"),)
body = {"message": "a", "conversation_id": "c", "limit": 3}
body["events"] = [{"timestamp": "2024-06-14T10:00:00Z", "type": "click", "item_id": "A"}]
reply = {"conversation_id": "c", "message": "b", "items": []}
request = Request(contract.operation.method, contract.operation.path, json_type, json.dumps(body).encode())
exchange = Exchange(request, Response(200, json_type, json.dumps(reply).encode()))
assert not list(find_violations(examine(contract, exchange, History())))
sys.exit("jsonschema" in sys.modules or "regex" in sys.modules)
"""


def test_mock_loads_and_judges_a_valid_exchange_without_jsonschema_and_the_engine_that_backtracks() -> None:
    command = [sys.executable, "-P", "-c", _VALID_EXCHANGE]
    assert subprocess.run(command, check=False, timeout=PATIENCE).returncode == 0
