"""Where the value does not matter, every form of one is sent; what a step is about stays as it was."""

from __future__ import annotations

from dataclasses import replace

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


def bodies(freedoms, sequences):
    return [case.body for sequence in sequences for case in sequence.cases if case.freedom in freedoms]


@pytest.fixture(scope="module")
def accepted():
    sequences = [sequence for sequence in make_plan(CONTRACT).sequences if sequence.naming is not FaultNaming.FIRST]
    return [body for body in bodies({Freedom.VALUES, Freedom.FIELDS}, sequences) if BUILDER.is_must_accept(body)]


def test_all_that_is_made_up_is_what_is_must_accept(accepted):
    case = Case("hello", "hello", BUILDER.request(), freedom=Freedom.FIELDS)
    for body in bodies({Freedom.FIELDS}, vary_values(BUILDER, [single(case, Group.REQUEST)] * 300)):
        assert BUILDER.is_must_accept(body), body
    assert len(accepted) > 35


def test_every_form_of_a_value_is_sent_in_a_request_that_must_be_accepted(accepted):
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


def test_the_fields_come_in_many_sets_in_first_and_later_turns(accepted):
    for later in (False, True):
        sets = {frozenset(body) - {"conversation_id"} for body in accepted if ("conversation_id" in body) == later}
        assert len(sets) >= 12


def test_whoever_opens_a_conversation_goes_on_with_it():
    for sequence in make_plan(CONTRACT).sequences:
        user = None
        for case in sequence.cases:
            if not isinstance(case.body, dict) or case.freedom is Freedom.NONE:
                user = case.body.get("user_id", user) if isinstance(case.body, dict) else user
                continue
            said = case.body.get("user_id")
            if case.continues and BUILDER.is_must_accept(case.body):
                assert said in (None, user), (sequence.id, case.label)
            elif not case.continues:
                user = said


def test_what_a_step_is_about_stays():
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


def test_a_contract_with_many_fields_takes_no_longer():
    properties = {**CONTRACT.schemas["documented"]["properties"], **{f"x_{n}": {"type": "string"} for n in range(40)}}
    schemas = {name: {**schema, "properties": properties} for name, schema in CONTRACT.schemas.items()}
    bounds = {**properties, **CONTRACT.schemas["must-accept"]["properties"]}
    many = RequestBuilder(
        replace(CONTRACT, schemas={**schemas, "must-accept": {**schemas["must-accept"], "properties": bounds}})
    )
    case = Case("hello", "hello", many.request(), freedom=Freedom.FIELDS)
    bodies = [sequence.cases[0].body for sequence in vary_values(many, [single(case, Group.REQUEST)] * 20)]
    assert len({frozenset(body) for body in bodies}) == 20


def test_a_step_that_is_not_free_is_left_alone():
    sequence = single(Case("hello", "hello", BUILDER.request(*BUILDER.optional)), Group.REQUEST)
    assert vary_values(BUILDER, [sequence]) == [sequence]
