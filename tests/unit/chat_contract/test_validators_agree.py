"""jsonschema and jsonschema-rs agree on every body, except for the differences explained here."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given

from chat_contract import Contract
from chat_contract.formats import is_non_blank
from tests.unit.chat_contract.bodies import bodies
from tests.unit.chat_contract.exchanges import EVENT
from tests.unit.chat_contract.properties import examples, json_values
from tests.unit.chat_contract.test_classification import EVENT_FIELDS, FIELDS

SETS = ("must-accept", "documented", "may-accept")


@pytest.fixture(scope="module")
def others(contract: Contract) -> dict[Any, jsonschema_rs.Draft202012Validator]:
    schemas = dict(contract.schemas) | {status: contract.response_schema(status) for status in (200, 422)}
    return {name: jsonschema_rs.Draft202012Validator(schema, validate_formats=True) for name, schema in schemas.items()}


def is_of_year_zero(value: Any) -> bool:
    """Return whether a value has year 0000, which RFC 3339 and jsonschema-rs allow, but not Python's calendar."""
    return '"0000-' in json.dumps(value)


def has_leap_second(value: Any) -> bool:
    """Return whether a value has a second 60, which RFC 3339 and jsonschema-rs allow, and nearly no server accepts."""
    return bool(re.search(":60[.Zz+-]", json.dumps(value)))


def has_blank_text(value: Any) -> bool:
    """Return whether a text is blank, which only the kit's own format excludes."""
    if isinstance(value, str):
        return not is_non_blank(value)
    return any(
        map(has_blank_text, value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
    )


def agree(contract: Contract, others: dict[Any, Any], name: Any, value: Any) -> None:
    ours = contract.validators[name] if name in SETS else contract.response_validators[name]
    if ours.is_valid(value) is others[name].is_valid(value):
        return
    assert is_of_year_zero(value) or has_leap_second(value) or (name == "must-accept" and has_blank_text(value)), (
        f"{name}: jsonschema says {ours.is_valid(value)} of {value!r}"
    )


@given(bodies())
@examples(700)
def test_validators_agree_on_generated_bodies(contract: Contract, others: dict[Any, Any], body: Any) -> None:
    for name in SETS:
        agree(contract, others, name, body)


TABLED = [{"message": "a"} | {name: value} for name, sets in FIELDS.items() for rows in sets.values() for value in rows]
TABLED += [
    {"message": "a", "events": [EVENT | {name: value}]}
    for name, sets in EVENT_FIELDS.items()
    for rows in sets.values()
    for value in rows
]


@pytest.mark.parametrize("name", SETS)
def test_validators_agree_on_every_sample_of_the_table(contract: Contract, others: dict[Any, Any], name: str) -> None:
    for body in TABLED:
        agree(contract, others, name, body)


@given(json_values())
@examples(300)
def test_validators_agree_on_any_response(contract: Contract, others: dict[Any, Any], answer: Any) -> None:
    for status in (200, 422):
        agree(contract, others, status, answer)
        agree(contract, others, status, {"conversation_id": "a", "message": "b", "items": answer})
        agree(
            contract,
            others,
            status,
            {"conversation_id": "a", "message": "b", "items": [{"item_id": "a", "title": answer}]},
        )
        agree(contract, others, status, {"detail": answer})
        agree(contract, others, status, {"detail": [{"loc": ["body", answer], "msg": "a", "type": "b"}]})


@pytest.mark.parametrize("limit", [2**63, 2**64, 10**30, -(10**30), int("9" * 300)])
def test_validators_agree_on_integers_beyond_64_bits(contract: Contract, others: dict[Any, Any], limit: int) -> None:
    for name in SETS:
        agree(contract, others, name, {"message": "a", "limit": limit})


def test_known_difference_between_the_validators_still_exists(contract: Contract, others: dict[Any, Any]) -> None:
    body = {"message": "a", "events": [EVENT | {"timestamp": "0000-01-01T00:00:00Z"}]}
    assert not contract.validators["documented"].is_valid(body)
    assert others["documented"].is_valid(body)
    body["events"][0]["timestamp"] = "2016-12-31T23:59:60Z"
    assert not contract.validators["documented"].is_valid(body)
    assert others["documented"].is_valid(body)
    assert not contract.validators["must-accept"].is_valid({"message": " "})
    assert others["must-accept"].is_valid({"message": " "})


def test_validators_agree_on_the_examples(contract: Contract, others: dict[Any, Any]) -> None:
    for example in contract.request_examples.values():
        assert others["documented"].is_valid(example)
    for status, examples_ in contract.response_examples.items():
        assert all(others[status].is_valid(example) for example in examples_.values())
