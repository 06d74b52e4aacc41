"""The oracle works with another contract and checks only what that contract states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chat_contract import Contract, classify, load_contract
from tests.unit.chat_contract.conftest import Write
from tests.unit.chat_contract.documents import Change, Value, contract_with, post, schemas
from tests.unit.chat_contract.exchanges import EVENT, ITEM, ask, judged, reject, reply, response, say, violated

Load = Callable[[Change], Contract]


@pytest.fixture
def load(write: Write) -> Load:
    """Return a function that loads the shipped contract with a change applied."""
    return lambda change: load_contract(write(contract_with(change)))


def media(document: Value, status: str = "") -> Value:
    """Return the JSON media type object of the request, or of the response with the status."""
    owner = post(document)["responses"][status] if status else post(document)["requestBody"]
    found: Value = owner["content"]["application/json"]
    return found


def without_required(document: Value) -> None:
    for name in ("ChatRequest", "Event", "ChatResponse"):
        del schemas(document)[name]["required"]


def without_examples(document: Value) -> None:
    del media(document)["examples"]
    del media(document, "200")["examples"]


def with_replies(**examples: Any) -> Change:
    """Return a change that replaces the examples of the reply; each value holds the fields of one."""

    def change(document: Value) -> None:
        media(document, "200")["examples"] = {
            name: {"value": {"conversation_id": "c", "message": "m", **fields}} for name, fields in examples.items()
        }

    return change


@pytest.mark.parametrize(
    ("request_", "clause"),
    [
        (say(), "request.optional-field"),
        (ask({"limit": 3}), "request.optional-field"),
        (ask({"events": [{"type": "click"}], "limit": 3}), "request.accepted"),
        (say(events=[{}]), "request.minimal-event"),
    ],
)
def test_without_required_fields_a_request_tests_the_clause_of_its_fields(
    load: Load, request_: Any, clause: str
) -> None:
    assert violated(load(without_required), request_, response(400)) == {clause}


def test_without_required_fields_a_reply_may_omit_any_field(load: Load) -> None:
    contract = load(without_required)
    assert violated(contract, say(), response(200, {"conversation_id": "c"})) == set()
    assert violated(contract, ask({"message": "a"}, credential="missing"), response(401, {"items": []})) == set()


def test_property_of_a_closed_object_is_a_fault_at_its_own_place(load: Load) -> None:
    def change(document: Value) -> None:
        schemas(document)["ChatRequest"]["properties"]["context"] = {"type": "object", "additionalProperties": False}

    (fault,) = classify(load(change), say(context={"x": 1})).faults
    assert (fault.place, fault.value, fault.outside) == (("context", "x"), 1, "may-accept")


def test_without_examples_no_clause_about_the_example_applies(load: Load) -> None:
    contract = load(without_examples)
    assert violated(contract, say(events=[EVENT | {"item_id": "A1"}]), response(400)) == {"request.event-type"}
    assert violated(contract, say(limit=0), reject(["limit"])) == {"request.documented"}
    assert violated(contract, say(), reply(items=[{"item_id": "A1"}])) == set()


@pytest.mark.parametrize(
    ("examples", "fields"),
    [
        ({"ours": {"items": [{"item_id": "A", "colour": "red"}]}}, {"colour"}),
        ({"a": {"items": []}, "documented": {"items": [{"item_id": "A"}, {"item_id": "B", "size": "L"}]}}, {"size"}),
        (
            {"a": {"items": [{"item_id": "A", "colour": "red"}]}, "b": {"items": [{"item_id": "A", "x": "y"}]}},
            {"colour"},
        ),
        ({"a": {"items": []}}, set()),
    ],
)
def test_items_are_compared_with_the_documented_example_or_the_first_one(
    load: Load, examples: dict[str, Any], fields: set[str]
) -> None:
    found = judged(load(with_replies(**examples)), say(), reply(items=[ITEM]))
    assert {violation.pointer[-1] for violation in found} == fields


def test_example_of_a_reply_may_have_no_items(load: Load) -> None:
    def change(document: Value) -> None:
        without_required(document)
        with_replies(documented={})(document)

    assert violated(load(change), say(), reply(items=[ITEM])) == set()
