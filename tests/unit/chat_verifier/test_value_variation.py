"""Default values vary over all forms; the values that a case tests stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from chat_contract import load_contract
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, FaultNaming, Freedom, Group, single
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.value_variation import vary_values
from chat_verifier.planning.values import (
    EVENT_TYPES,
    IDS,
    ITEM_IDS,
    LENGTHS,
    MESSAGES,
    OTHER_TIMES,
    TIMES,
)

CONTRACT = load_contract()
BUILDER = RequestBuilder(CONTRACT)


def bodies(freedoms: set[Freedom], sequences: Iterable[CaseSequence]) -> list[dict[str, Any]]:
    return [case.body for sequence in sequences for case in sequence.cases if case.freedom in freedoms]


@pytest.fixture(scope="module")
def accepted() -> list[dict[str, Any]]:
    sequences = [sequence for sequence in make_plan(CONTRACT).sequences if sequence.naming is not FaultNaming.FIRST]
    return [body for body in bodies({Freedom.VALUES, Freedom.FIELDS}, sequences) if BUILDER.is_must_accept(body)]


def test_varied_bodies_are_must_accept(accepted: list[dict[str, Any]]) -> None:
    case = Case("hello", "hello", BUILDER.request(), freedom=Freedom.FIELDS)
    for body in bodies({Freedom.FIELDS}, vary_values(BUILDER, [single(case, Group.REQUEST)] * 300)):
        assert BUILDER.is_must_accept(body), body
    assert len(accepted) > 35


def test_every_form_of_a_value_is_in_a_must_accept_request(accepted: list[dict[str, Any]]) -> None:
    messages = {body["message"] for body in accepted}
    assert set(MESSAGES) <= messages
    assert {len(message) for message in messages} >= set(LENGTHS)
    assert {body.get("limit") for body in accepted} == {None, *range(1, 11)}
    assert {body.get("user_id") for body in accepted} >= set(IDS[:8])
    assert {body.get("session_id") for body in accepted} >= set(IDS[5:])
    events = [event for body in accepted for event in body.get("events", ())]
    assert {event["timestamp"] for event in events} >= {*TIMES, *OTHER_TIMES}
    assert {event["type"] for event in events} >= set(EVENT_TYPES)
    assert {event.get("item_id") for event in events} >= set(ITEM_IDS)
    assert {tuple(event) for event in events} >= {
        ("timestamp", "type"),
        ("timestamp", "type", "item_id"),
        ("timestamp", "type", "description"),
        ("timestamp", "type", "item_id", "description"),
    }


def test_first_and_later_turns_have_many_sets_of_fields(accepted: list[dict[str, Any]]) -> None:
    for later in (False, True):
        sets = {frozenset(body) - {"conversation_id"} for body in accepted if ("conversation_id" in body) == later}
        assert len(sets) >= 12


def test_user_stays_the_same_within_a_conversation() -> None:
    for sequence in make_plan(CONTRACT).sequences:
        user = None
        for case in sequence.cases:
            if not isinstance(case.body, dict) or case.freedom is Freedom.NONE:
                user = case.body.get("user_id", user) if isinstance(case.body, dict) else user
                continue
            user_id = case.body.get("user_id")
            if case.continues and BUILDER.is_must_accept(case.body):
                assert user_id in (None, user), (sequence.id, case.label)
            elif not case.continues:
                user = user_id


def test_tested_values_do_not_change() -> None:
    go_on = BUILDER.request(message="and then?", conversation_id=ISSUED, limit=2, session_id="mine")
    (sequence,) = vary_values(
        BUILDER,
        [CaseSequence("talk", Group.CONVERSATION, (Case("goes-on", "goes on", go_on, freedom=Freedom.VALUES),))],
    )
    assert sequence.cases[0].body == go_on
    wrong = BUILDER.request("session_id", user_id=5)
    (sequence,) = vary_values(BUILDER, [single(Case("wrong", "wrong", wrong, freedom=Freedom.VALUES), Group.REJECTION)])
    assert sequence.cases[0].body["user_id"] == 5
    assert sequence.cases[0].body.keys() == wrong.keys()
    assert sequence.cases[0].body["session_id"] != wrong["session_id"]


def test_many_optional_fields_still_get_distinct_sets() -> None:
    properties = {**CONTRACT.schemas["documented"]["properties"], **{f"x_{n}": {"type": "string"} for n in range(40)}}
    schemas = {name: {**schema, "properties": properties} for name, schema in CONTRACT.schemas.items()}
    bounds = {**properties, **CONTRACT.schemas["must-accept"]["properties"]}
    many = RequestBuilder(
        replace(CONTRACT, schemas={**schemas, "must-accept": {**schemas["must-accept"], "properties": bounds}})
    )
    case = Case("hello", "hello", many.request(), freedom=Freedom.FIELDS)
    bodies = [sequence.cases[0].body for sequence in vary_values(many, [single(case, Group.REQUEST)] * 20)]
    assert len({frozenset(body) for body in bodies}) == 20


def test_case_without_freedom_does_not_change() -> None:
    sequence = single(Case("hello", "hello", BUILDER.request(*BUILDER.optional)), Group.REQUEST)
    assert vary_values(BUILDER, [sequence]) == [sequence]
