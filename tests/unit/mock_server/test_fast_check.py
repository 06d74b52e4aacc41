"""The fast check accepts only what jsonschema accepts, and all that ships with the kit."""

from __future__ import annotations

import copy
import subprocess
import sys
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from chat_contract import load_contract
from chat_contract.document.source import read_source
from chat_contract.resources import fixtures_dir
from mock_server.shop.fixture_schemas import CATALOGUE, CONVERSATION, RECORDED_CATALOGUE
from mock_server.validation.fast_check import ASSERTIONS, surely_conforms
from tests.support.waiting import PATIENCE

REPLY = load_contract().response_schema(200)
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
        (False, [None]),
    ],
)
def test_doubtful_values_are_left_to_jsonschema(schema: Any, values: list[Any]) -> None:
    assert not any(surely_conforms(value, schema) for value in values)


def test_shipped_contract_and_fixtures_load_without_jsonschema_and_the_engine_that_backtracks() -> None:
    code = (
        "import sys; from mock_server import read_snapshot; read_snapshot(); "
        "sys.exit('jsonschema' in sys.modules or 'regex' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False, timeout=PATIENCE).returncode == 0
