"""Requests are classified by the innermost set that contains them, with every fault."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_contract import Contract, Fault, History, RequestClass, classify
from chat_contract.body import ABSENT
from tests.unit.chat_contract.exchanges import EVENT, JSON, NOON, ask, knows, say
from tests.unit.chat_contract.properties import examples

MUST, DOCUMENTED, MAY, REJECT = RequestClass
A_THOUSAND = "é" * 1000
LONG = "a" * 100_000

# The table of CONTRACT.md, section 2.5: sample values of each field by request class.
# Each sample replaces the field of a must-accept request.
FIELDS: dict[str, dict[RequestClass, list[Any]]] = {
    "limit": {
        MUST: [1, 4, 10],
        DOCUMENTED: [0, 11, 50, 2**31 - 1],
        MAY: [
            *(2**31, 2**53 + 1, 2**63 - 1, -1, -(2**63), 5.0, -1.0, 0.0, 50.0, True, False, None),
            *(
                "5",
                " 5 ",
                "5.0",
                "+5",
                "-5",
                "1_000",
                "1,000",
                "",
                " ",
                "\t5\n",
                "1e3",
                "1E3",
                "1e+3",
                "2.5",
                "٥",
                "５",
            ),
        ],
        REJECT: [
            *(
                "abc",
                "0x5",
                "five",
                "5 items",
                "NaN",
                "inf",
                "e",
                "1e",
                "e5",
                "1e3e4",
                "true",
                "5é",
                "пять",
                "五",
                "ⅴx",
            ),
            *(2.5, -0.5, 0.1, 1e-9, [], [5], {}, {"limit": 5}),
        ],
    },
    "message": {
        MUST: [
            "a",
            A_THOUSAND,
            "Büro für Ärzte",
            "‘’“”\"'\\{}%",
            "מתנה לאבא",
            "プレゼント",
            "👨‍👩‍👧",
            "a\u00a0b",
            "\u2028.",
            "?",
            "€",
            "7",
            "\u0301a",
        ],
        DOCUMENTED: [
            *("", " ", "\u00a0", "\u200b", "\u2028", "\u3000 ", "\u0301", "\ufeff"),
            A_THOUSAND + "a",
            LONG,
            "a\nb",
            "\0",
            "\t",
            "\x7f",
            "\x80",
            "\u009f",
        ],
        REJECT: [None, 5, 0, 1.5, True, False, [], ["a"], {}, {"text": "a"}],
    },
    "conversation_id": {
        MUST: ["issued"],
        DOCUMENTED: ["never issued", "", " issued", "ISSUED", "issue", "a\nb", "😀", LONG, "0"],
        MAY: [None],
        REJECT: [5, 1.5, True, [], ["issued"], {}],
    },
    "session_id": {
        MUST: ["a", "A-b_9", "0", "-", "a" * 64, "2f396d29-fb98-44cf-996c-e8c66fc02fbe"],
        DOCUMENTED: ["", "a" * 65, "a b", "é", "a.b", "a\n", "😀", LONG],
        MAY: [None],
        REJECT: [5, 0, 1.5, True, False, [], ["a"], {}],
    },
    "user_id": {
        MUST: ["u8a7d9f6", "a" * 64],
        DOCUMENTED: ["", "a" * 65, "a@b.c", "u8a7d9f6\n"],
        MAY: [None],
        REJECT: [5, True, [], {}],
    },
    "events": {
        MUST: [[], [EVENT], [EVENT] * 20, [EVENT | {"timestamp": "2030-01-01T00:00:00Z"}, EVENT]],
        DOCUMENTED: [[EVENT] * 21, [EVENT] * 1000],
        MAY: [None],
        REJECT: [{}, "", "[]", 0, False, EVENT, [None], [EVENT, 5], ["click"], [[]], [[EVENT]], [{}]],
    },
}
EVENT_FIELDS: dict[str, dict[RequestClass, list[Any]]] = {
    "timestamp": {
        MUST: [
            *(NOON, "2024-06-14T12:00:00.1Z", "2024-06-14T12:00:00.123456Z", "2024-02-29T00:00:00Z"),
            *("2024-06-14T12:00:00+02:00", "2024-06-14T12:00:00.250-09:30", "2024-06-14T12:00:00+14:00"),
            *("2024-06-14T12:00:00-12:00", "2024-06-14T12:00:00-11:59", "2024-06-14T12:00:00+13:59"),
            *("2024-06-14T12:00:00-00:00", "1600-01-01T00:00:00Z", "9998-12-31T23:59:59Z", "9998-12-31T23:59:59-12:00"),
            *("1999-12-31T23:59:59Z", "2038-01-19T03:14:08Z", "9899-01-01T00:00:00Z", "9989-01-01T00:00:00+14:00"),
        ],
        DOCUMENTED: [
            *("2024-06-14t12:00:00z", "2024-06-14T12:00:00.1234567Z", "0001-01-01T00:00:00Z", "1582-10-10T00:00:00Z"),
            *("1599-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00", "2024-06-14T12:00:00-14:00"),
            *("2024-06-14T12:00:00-12:01", "2024-06-14T12:00:00-13:00"),
            *("2024-06-14T12:00:00+14:01", "2024-06-14T12:00:00+23:59", "2024-06-14T12:00:00-15:00"),
        ],
        MAY: [
            *("2024-06-14T12:00:00", "2024-06-14", "2024-06-14 12:00:00Z", "2024-06-14T12:00Z", "20240614T120000Z"),
            *("2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2024-06-14T24:00:00Z", "2024-06-14T12:00:60Z"),
            *("2016-12-31T23:59:60Z", "2016-12-31T15:59:60-08:00"),
            *("2024-06-14T12:00:00+25:00", "10000-01-01T00:00:00Z", NOON + "\n", " " + NOON, "yesterday", ""),
            *("1718359200", "٢٠٢٤-06-14T10:00:00Z", "2024-06-14T12:00:00,5Z", 1718359200, 1718359200.5, -1, 0, 1e30),
        ],
        REJECT: [True, False, None, [], [NOON], {}],
    },
    "type": {
        MUST: ["browse", "anything at all", "é" * 100, "a"],
        DOCUMENTED: ["", " ", "\u200b", "é" * 101, "a\nb", LONG],
        REJECT: [None, 5, True, [], {}],
    },
    "item_id": {
        MUST: ["ST678VG", "a" * 64, "unknown-item_1"],
        DOCUMENTED: ["", "a" * 65, "a b", "é"],
        MAY: [None],
        REJECT: [5, True, [], {}],
    },
    "description": {
        MUST: ["Viewed", "é" * 100],
        DOCUMENTED: ["", "\u00a0", "é" * 101, "a\tb"],
        MAY: [None],
        REJECT: [5, True, [], {}],
    },
}
HISTORY = knows("issued")


def rows(table: dict[str, dict[RequestClass, list[Any]]]) -> list[Any]:
    return [
        pytest.param(name, value, request_class, id=f"{name}-{request_class}-{number}")
        for name, samples in table.items()
        for request_class, values in samples.items()
        for number, value in enumerate(values)
    ]


@pytest.mark.parametrize(("name", "value", "request_class"), rows(FIELDS))
def test_value_of_a_field_has_the_request_class_of_the_table(
    contract: Contract, name: str, value: Any, request_class: RequestClass
) -> None:
    found = classify(contract, say(**{"message": "A desk"} | {name: value}), HISTORY)
    assert found.request_class is request_class
    assert all(fault.place[0] == name for fault in found.faults)
    assert bool(found.faults) is (request_class is not MUST)


@pytest.mark.parametrize(("name", "value", "request_class"), rows(EVENT_FIELDS))
def test_value_of_an_event_field_has_the_request_class_of_the_table(
    contract: Contract, name: str, value: Any, request_class: RequestClass
) -> None:
    found = classify(contract, say(events=[EVENT, EVENT | {name: value}]))
    assert found.request_class is request_class
    assert {fault.place for fault in found.faults} == ({("events", 1, name)} if request_class is not MUST else set())


@pytest.mark.parametrize("written", ["5.0", "1e0", "1E1", "0.0", "50.0", "1e2", "-1.0", "500e-1"])
def test_limit_with_fraction_or_exponent_is_not_documented(contract: Contract, written: str) -> None:
    found = classify(contract, ask(f'{{"message": "a", "limit": {written}}}'))
    assert found.request_class is MAY
    assert {fault.place for fault in found.faults} == {("limit",)}


# The body as a whole -------------------------------------------------------------------------------------------------

BODIES: dict[str, RequestClass] = {
    '{"message": "a"}': MUST,
    ' {"message": "a"}\n': MUST,
    r'{"m\u0065ssage": "a"}': MUST,
    "{}": REJECT,
    '[{"message": "a"}]': REJECT,
    "[]": REJECT,
    '"message"': REJECT,
    '""': REJECT,
    "5": REJECT,
    "0": REJECT,
    "true": REJECT,
    "null": REJECT,
    '{"Message": "a"}': MAY,
    '{"Message": 5}': REJECT,
    '{"message": "a", "Message": 5}': MAY,
    '{"message": 5, "MESSAGE": "a"}': MAY,
    '{"message": 5, "MESSAGE": 6}': REJECT,
    '{"message": "a", "Limit": "four"}': MAY,
    '{"Message": "a", "limit": "four"}': REJECT,
    '{"message": "a", "Events": [{"Timestamp": "2024-06-14T10:00:00Z", "TYPE": "a"}]}': MAY,
    '{"message": "a", "events": [{"Timestamp": "2024-06-14T10:00:00Z", "type": "a"}]}': MAY,
    '{"message": "a", "events": [{"Timestamp": true, "type": "a"}]}': REJECT,
    "": REJECT,
    "{": REJECT,
    "message=a": REJECT,
    '{"message": "a",}': REJECT,
    '{"message": "a", "limit": NaN}': REJECT,
    '{"message": "a", "x": NaN}': MAY,
    '{"message": "a", "message": "b"}': MAY,
    '{"message": "a", "limit": 1e400}': REJECT,
    '\ufeff{"message": "a"}': MAY,
    r'{"message": "\ud800"}': MAY,
    '{"message": "a", "x": ' + "[" * 600 + "]" * 600 + "}": MAY,
}


@pytest.mark.parametrize("text", BODIES, ids=lambda text: text[:30])
def test_body_has_the_request_class_of_the_table(contract: Contract, text: str) -> None:
    found = classify(contract, ask(text))
    assert found.request_class is BODIES[text]
    assert found.value is found.body.value


@pytest.mark.parametrize("text", ["[]", '"a"', "5", "null", "false"])
def test_body_that_is_not_an_object_is_a_fault_of_the_whole_body(contract: Contract, text: str) -> None:
    (fault,) = classify(contract, ask(text)).faults
    assert (fault.place, fault.keyword, fault.outside) == ((), "type", "may-accept")


@pytest.mark.parametrize("text", ["", "{", "hello"])
def test_malformed_json_is_a_fault_of_the_whole_body(contract: Contract, text: str) -> None:
    assert classify(contract, ask(text)).faults == (Fault((), "syntax", ABSENT, "may-accept"),)


# Media types ---------------------------------------------------------------------------------------------------------

MEDIA_TYPES: dict[str | None, RequestClass] = {
    "application/json": MUST,
    "APPLICATION/JSON": MUST,
    " application/json ": MUST,
    "application/json; charset=utf-8": DOCUMENTED,
    "application/json;charset=UTF-8": DOCUMENTED,
    'application/json; charset="utf-8"': DOCUMENTED,
    "application/json; charset=utf8": DOCUMENTED,
    "application/json; charset=latin-1": MAY,
    "application/json; version=1": MAY,
    "application/json;": MAY,
    "application/vnd.api+json": MAY,
    "text/json": MAY,
    "text/plain": MAY,
    "application/x-www-form-urlencoded": MAY,
    "json": MAY,
    "": MAY,
    None: MAY,
}


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_media_type_has_the_request_class_of_the_table(contract: Contract, media_type: str | None) -> None:
    headers = () if media_type is None else (("content-type", media_type),)
    assert classify(contract, ask({"message": "a"}, headers=headers)).request_class is MEDIA_TYPES[media_type]


def test_invalid_body_is_must_reject_with_every_media_type(contract: Contract) -> None:
    assert classify(contract, ask({}, headers=())).request_class is REJECT


# Unknown properties --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [1, None, "a", [], {"a": [1]}])
def test_unknown_property_is_documented_and_has_its_own_place(contract: Contract, value: Any) -> None:
    found = classify(contract, say(x=value, events=[EVENT, EVENT | {"y": value}]))
    assert found.request_class is DOCUMENTED
    assert set_of(found.faults) == {(("x",), "additionalProperties"), (("events", 1, "y"), "additionalProperties")}
    assert [fault.value for fault in found.faults] == [value, value]


@pytest.mark.parametrize("name", ["__proto__", "constructor", "prototype"])
@pytest.mark.parametrize("where", ["top", "event"])
def test_prototype_name_is_a_fault_of_the_whole_body(contract: Contract, name: str, where: str) -> None:
    body = {"message": "a", name: 1} if where == "top" else {"message": "a", "events": [EVENT, EVENT | {name: 1}]}
    found = classify(contract, ask(body))
    assert found.request_class is DOCUMENTED
    place = (name,) if where == "top" else ("events", 1, name)
    assert set_of(found.faults) == {(place, "additionalProperties"), ((), "whole-body")}
    assert found.questions == set()


@pytest.mark.parametrize(
    "value",
    [
        {"": 1},
        {"\0a": 1},
        {"a\u0085": 1},
        {"a": [{"constructor": {}}]},
        2**63,
        [-(2**63) - 1],
        {"a": {"b": int("9" * 300)}},
        json.loads("[" * 64 + "]" * 64),
    ],
    ids=str,
)
@pytest.mark.parametrize("where", ["top", "event"])
def test_obstacle_inside_an_unknown_property_is_a_fault_of_the_whole_body(
    contract: Contract, value: Any, where: str
) -> None:
    body = {"message": "a", "x": value} if where == "top" else {"message": "a", "events": [EVENT, EVENT | {"x": value}]}
    found = classify(contract, ask(body))
    place = ("x",) if where == "top" else ("events", 1, "x")
    assert found.request_class is DOCUMENTED
    assert set_of(found.faults) == {(place, "additionalProperties"), ((), "whole-body")}


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 1e300, {"a b": 1}, json.loads("[" * 60 + "]" * 60)], ids=str)
def test_body_within_the_usual_limits_of_parsers_has_no_fault_as_a_whole(contract: Contract, value: Any) -> None:
    assert set_of(classify(contract, say(x=value)).faults) == {(("x",), "additionalProperties")}


def set_of(faults: tuple[Fault, ...]) -> set[Any]:
    return {(fault.place, fault.keyword) for fault in faults}


# Conversations -------------------------------------------------------------------------------------------------------


def test_only_the_history_makes_an_id_issued(contract: Contract) -> None:
    request = say(conversation_id="issued")
    assert classify(contract, request).request_class is DOCUMENTED
    assert set_of(classify(contract, request).faults) == {(("conversation_id",), "not-issued")}
    assert classify(contract, request, History(seen={"issued"})).request_class is DOCUMENTED
    assert classify(contract, request, HISTORY).request_class is MUST


@pytest.mark.parametrize(
    ("user", "request_class"), [("ann", MUST), (ABSENT, MUST), ("bob", MAY), ("", MAY), (5, REJECT)]
)
def test_another_user_in_a_conversation_is_may_accept(
    contract: Contract, user: Any, request_class: RequestClass
) -> None:
    fields = {} if user is ABSENT else {"user_id": user}
    found = classify(contract, say(conversation_id="issued", **fields), knows("issued", user="ann"))
    assert found.request_class is request_class


def test_first_user_of_an_anonymous_conversation_counts_as_another_user(contract: Contract) -> None:
    found = classify(contract, say(conversation_id="issued", user_id="ann"), HISTORY)
    assert set_of(found.faults) == {(("user_id",), "other-user")}


def test_another_user_with_an_unusual_id_has_one_fault(contract: Contract) -> None:
    found = classify(contract, say(conversation_id="issued", user_id="bob@home"), knows("issued", user="ann"))
    assert found.request_class is MAY


def test_user_of_an_unknown_conversation_may_be_another_user(contract: Contract) -> None:
    """A server that keeps conversations may know the id from before the run, with another user."""
    found = classify(contract, say(conversation_id="unknown", user_id="ann"), knows("issued", user="bob"))
    assert set_of(found.faults) == {(("conversation_id",), "not-issued"), (("user_id",), "other-user")}
    assert found.request_class is MAY


# Faults --------------------------------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Any, set[tuple[Any, ...]]]] = {
    "a missing message": ({}, {(("message",), "required", "may-accept")}),
    "a wrong message": ({"message": 5}, {(("message",), "type", "may-accept")}),
    "a missing type": (
        {"message": "a", "events": [EVENT, {"timestamp": NOON}]},
        {(("events", 1, "type"), "required", "may-accept")},
    ),
    "an empty event": (
        {"message": "a", "events": [{}]},
        {(("events", 0, "timestamp"), "required", "may-accept"), (("events", 0, "type"), "required", "may-accept")},
    ),
    "an event that is null": ({"message": "a", "events": [EVENT, None]}, {(("events", 1), "type", "may-accept")}),
    "an invalid limit": ({"message": "a", "limit": "ten"}, {(("limit",), "anyOf", "may-accept")}),
    "a negative limit": ({"message": "a", "limit": -1}, {(("limit",), "minimum", "documented")}),
    "an extra field": ({"message": "a", "x": 1}, {(("x",), "additionalProperties", "must-accept")}),
    "a message in another case": (
        {"Message": "a"},
        {
            (("message",), "required", "documented"),
            (("message",), "property-case", "documented"),
            (("Message",), "additionalProperties", "must-accept"),
        },
    ),
    "null for an optional field": ({"message": "a", "user_id": None}, {(("user_id",), "type", "documented")}),
    "everything at once": (
        {
            "conversation_id": [],
            "session_id": 5,
            "user_id": True,
            "events": [{"timestamp": None, "type": 5, "item_id": {}, "description": []}, 7, {"type": "a"}],
            "limit": "many",
            "x": 1,
        },
        {
            (("message",), "required", "may-accept"),
            (("conversation_id",), "type", "may-accept"),
            (("session_id",), "type", "may-accept"),
            (("user_id",), "type", "may-accept"),
            (("events", 0, "timestamp"), "type", "may-accept"),
            (("events", 0, "type"), "type", "may-accept"),
            (("events", 0, "item_id"), "type", "may-accept"),
            (("events", 0, "description"), "type", "may-accept"),
            (("events", 1), "type", "may-accept"),
            (("events", 2, "timestamp"), "required", "may-accept"),
            (("limit",), "anyOf", "may-accept"),
            (("x",), "additionalProperties", "must-accept"),
        },
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_every_fault_is_reported_once_with_its_place(contract: Contract, case: str) -> None:
    body, expected = FAULTS[case]
    faults = classify(contract, ask(body)).faults
    assert {(fault.place, fault.keyword, fault.outside) for fault in faults} == expected
    assert len(faults) == len(expected)


def test_a_fault_shows_the_value_at_its_place(contract: Contract) -> None:
    faults = classify(contract, ask({"events": [EVENT, {"timestamp": NOON, "type": 5}]})).faults
    assert {fault.place: fault.value for fault in faults} == {("message",): ABSENT, ("events", 1, "type"): 5}


def test_hard_faults_are_the_faults_outside_may_accept(contract: Contract) -> None:
    found = classify(contract, ask({"message": 5, "limit": -1, "x": 1}))
    assert [fault.place for fault in found.hard_faults] == [("message",)]
    assert {fault.outside for fault in found.faults} == {"may-accept", "documented", "must-accept"}


# Questions -----------------------------------------------------------------------------------------------------------

TOUCHED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "nothing open": ({"limit": 4, "events": [EVENT]}, set()),
    "limit 0": ({"limit": 0}, {"limit-zero"}),
    "limit false": ({"limit": False}, {"limit-boolean"}),
    "limit 10": ({"limit": 10}, set()),
    "limit 11": ({"limit": 11}, {"limit-large"}),
    "limit 2^31": ({"limit": 2**31}, {"limit-huge"}),
    "limit -1": ({"limit": -1}, {"limit-negative"}),
    "limit 3.0": ({"limit": 3.0}, {"limit-integral-float"}),
    "limit of digits": ({"limit": "3"}, {"limit-string"}),
    "limit of nothing": ({"limit": ""}, {"limit-empty-string"}),
    "nulls": (
        {"limit": None, "session_id": None, "user_id": None, "events": None, "conversation_id": None},
        {"limit-null", "session-id-null", "user-id-null", "events-null", "conversation-id-null"},
    ),
    "nulls in an event": (
        {"events": [EVENT, EVENT | {"item_id": None, "description": None}]},
        {"event-item-id-null", "event-description-null"},
    ),
    "an unknown property": ({"x": 1}, {"unknown-property"}),
    "an unknown property of an event": ({"events": [EVENT, EVENT | {"x": 1}]}, {"unknown-event-property"}),
    "an unknown conversation": ({"conversation_id": "unknown"}, {"conversation-id-unknown"}),
    "a known conversation": ({"conversation_id": "issued"}, set()),
    "another user": ({"conversation_id": "issued", "user_id": "a"}, {"other-user"}),
    "many events": ({"events": [EVENT] * 21}, {"events-many"}),
    "an unusual session": ({"session_id": "a b"}, {"id-odd"}),
    "a date": ({"events": [EVENT | {"timestamp": "2024-06-14"}]}, {"timestamp-date-only"}),
    "no offset": ({"events": [EVENT | {"timestamp": "2024-06-14T10:00:00.5"}]}, {"timestamp-naive"}),
    "a blank": ({"events": [EVENT | {"timestamp": "2024-06-14 10:00:00Z"}]}, {"timestamp-space"}),
    "a leap second": ({"events": [EVENT | {"timestamp": "2016-12-31T23:59:60Z"}]}, {"timestamp-leap-second"}),
    "seconds": ({"events": [EVENT | {"timestamp": 5}]}, {"timestamp-number"}),
    "yesterday": ({"events": [EVENT | {"timestamp": "yesterday"}]}, {"timestamp-free-text"}),
    "a limit in another case": ({"Limit": 5}, set()),
    "an empty message": ({"message": ""}, {"message-empty"}),
    "a long message": ({"message": "a" * 1001}, {"message-long"}),
    "a message of two lines": ({"message": "a\nb"}, {"message-control-characters"}),
}


@pytest.mark.parametrize("case", TOUCHED)
def test_request_raises_exactly_its_questions(contract: Contract, case: str) -> None:
    fields, questions = TOUCHED[case]
    assert classify(contract, say(**{"message": "A desk"} | fields), HISTORY).questions == questions


@pytest.mark.parametrize(
    ("media_type", "question"),
    [
        (None, "media-type-none"),
        ("text/plain", "media-type-text"),
        ("application/vnd.api+json", "media-type-json-suffix"),
        ("text/html", None),
    ],
)
def test_media_type_raises_its_question(contract: Contract, media_type: str | None, question: str | None) -> None:
    headers = () if media_type is None else (("Content-Type", media_type),)
    found = classify(contract, ask({"message": "a"}, headers=headers)).questions
    assert found == (set() if question is None else {question})


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"limit"', '{"events": 5, "limit": [], "x": 1}', '{"events": [5]}']
)
def test_classifying_any_body_never_raises(contract: Contract, text: str) -> None:
    assert classify(contract, ask(text, headers=JSON)).questions <= {"unknown-property"}


# Letters in a limit --------------------------------------------------------------------------------------------------


@given(st.text(max_size=6) | st.text(st.sampled_from("059eE+-. _,"), max_size=8))
@examples(500)
def test_limit_string_without_letters_is_may_accept(contract: Contract, limit: str) -> None:
    letters = any(unicodedata.category(character).startswith("L") for character in limit)
    exponent = re.fullmatch(r"[^eE]*[0-9][eE][+-]?[0-9][^eE]*", limit) and limit.isascii()
    request_class = classify(contract, say(limit=limit)).request_class
    if not letters or (exponent and not re.search("[A-DF-Za-df-z]", limit)):
        assert request_class is MAY
    elif limit.isascii():
        assert request_class is REJECT


def test_signs_marks_and_digits_of_any_script_are_may_accept_in_a_limit(contract: Contract) -> None:
    signs = [
        chr(point)
        for point in range(0x20, 0x2FFFF)
        if unicodedata.category(chr(point))[0] in "NPSZM" and not 0xD800 <= point < 0xE000
    ]
    validator = contract.validators["may-accept"]
    assert [sign for sign in signs if not validator.is_valid({"message": "a", "limit": f"5{sign}"})] == []
