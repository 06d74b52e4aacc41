"""The places that a loc may name, the tags that it may contain, and what only breaks a SHOULD."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_contract import Contract, History, Request
from chat_contract.body import ABSENT
from tests.unit.chat_contract.exchanges import EVENT, JSON, NOON, ask, entry, knows, response, say, violated
from tests.unit.chat_contract.properties import examples

LOC, BODY, INDEX = "error.loc", "error.loc-body", "error.loc-index"
WRONG = EVENT | {"type": 5}
UNTYPED = {"timestamp": NOON}
CHARSET = (("Content-Type", "application/json; charset=utf-8"),)


def style(contract: Contract, request: Request, loc: Any, history: History | None = None) -> set[str]:
    """Return the clauses about loc that the 422 violates."""
    found = violated(contract, request, response(422, {"detail": [entry(loc)]}), history)
    return found & {LOC, BODY, INDEX, "error.entry"}


# (request, loc, violated clauses); each row tests a sentence of CONTRACT.md
ROWS: list[tuple[str, Request, list[Any], set[str]]] = [
    ("the missing field", ask({}), ["body", "message"], set()),
    ("the wrong field", say(5), ["body", "message"], set()),
    ("below the fault", say(5), ["body", "message", "str"], set()),
    ("far below the fault", say({"a": [1]}), ["body", "message", "a", 0, "b"], set()),
    ("without body", ask({}), ["message"], {BODY}),
    ("in the query", ask({}), ["query", "message"], {BODY}),
    ("above the fault", ask({}), ["body"], {LOC}),
    ("nowhere", ask({}), [], {LOC, BODY}),
    ("another field", ask({}), ["body", "user_id"], {LOC}),
    ("a field that is right", ask({"limit": 4}), ["body", "limit"], {LOC}),
    ("an unknown field", ask({}), ["body", "text"], {LOC}),
    ("a pointer in one part", ask({}), ["body.message"], {LOC, BODY}),
    ("a slash in front", ask({}), ["body", "/message"], {LOC}),
    ("another case", ask({}), ["body", "Message"], {LOC}),
    ("the body twice", ask({}), ["body", "body", "message"], set()),
    ("a model between", ask({}), ["body", "ChatRequest", "message"], set()),
    ("two tags between", ask({}), ["body", "chat", "ChatRequest", "message"], set()),
    ("a field between", ask({}), ["body", "limit", "message"], {LOC}),
    ("a number between", ask({}), ["body", 0, "message"], {LOC}),
    ("an index as text between", ask({}), ["body", "0", "message"], {LOC}),
    # events
    ("a field of an event", say(events=[WRONG]), ["body", "events", 0, "type"], set()),
    ("a missing field of an event", say(events=[EVENT, UNTYPED]), ["body", "events", 1, "type"], set()),
    ("below a field of an event", say(events=[WRONG]), ["body", "events", 0, "type", "str"], set()),
    ("the index as text", say(events=[WRONG]), ["body", "events", "0", "type"], {INDEX}),
    ("the index as text with a zero", say(events=[EVENT, WRONG]), ["body", "events", "01", "type"], {LOC, INDEX}),
    ("counted from one", say(events=[WRONG]), ["body", "events", 1, "type"], {LOC}),
    ("counted from one, among three", say(events=[EVENT, WRONG, EVENT]), ["body", "events", 2, "type"], {LOC}),
    ("counted from one, as text", say(events=[WRONG]), ["body", "events", "1", "type"], {LOC, INDEX}),
    ("counted from the end", say(events=[EVENT, WRONG]), ["body", "events", -1, "type"], {LOC}),
    ("the other event", say(events=[EVENT, WRONG]), ["body", "events", 0, "type"], {LOC}),
    ("another field of the event", say(events=[WRONG]), ["body", "events", 0, "timestamp"], {LOC}),
    ("the event", say(events=[WRONG]), ["body", "events", 0], {LOC}),
    ("the list", say(events=[WRONG]), ["body", "events"], {LOC}),
    ("no index", say(events=[WRONG]), ["body", "events", "type"], {LOC}),
    ("a tag after the list", say(events=[WRONG]), ["body", "events", "list", 0, "type"], set()),
    ("a tag after the index", say(events=[WRONG]), ["body", "events", 0, "Event", "type"], set()),
    ("tags everywhere", say(events=[WRONG]), ["body", "R", "events", "list", 0, "Event", "type", "str"], set()),
    ("the list of wrong events", say(events={}), ["body", "events"], set()),
    ("below the list", say(events={}), ["body", "events", 0, "type"], set()),
    ("the last of many", say(events=[EVENT] * 19 + [WRONG]), ["body", "events", 19, "type"], set()),
    ("no event at all", say(user_id=5, events=[]), ["body", "events", 0], {LOC}),
    # an event that is not an object
    ("an event that is null", say(events=[EVENT, None]), ["body", "events", 1], set()),
    ("below an event that is null", say(events=[None]), ["body", "events", 0, "type"], set()),
    ("the list that holds it", say(events=[None]), ["body", "events"], set()),
    ("the body that holds it", say(events=[None]), ["body"], set()),
    ("a valid event", say(events=[EVENT, None]), ["body", "events", 0], {LOC}),
    ("its index as text", say(events=[5]), ["body", "events", "0"], {INDEX}),
    ("another field than events", say(events=[5]), ["body", "message"], {LOC}),
    ("a valid event, as text", say(events=[EVENT, None]), ["body", "events", "0"], {LOC, INDEX}),
    ("its list with a tag", say(events=[None]), ["body", "events", "list[Event]"], set()),
    ("its list, and no index", say(events=[None]), ["body", "events", "type"], set()),
    ("its request, by its model", say(events=[None]), ["body", "ChatRequest"], set()),
    ("its request, by a number", say(events=[None]), ["body", 0], set()),
    ("its index, a tag between", say(events=[EVENT, None]), ["body", "events", "list", 1, "Event"], set()),
    ("another index, a tag between", say(events=[EVENT, None]), ["body", "events", "list", 0, "Event"], {LOC}),
    # the body as a whole
    ("no object", ask("[]"), ["body"], set()),
    ("no object, below", ask("[]"), ["body", "message"], set()),
    ("no object, with a tag", ask("5"), ["body", "ChatRequest"], set()),
    ("no object, no body", ask("null"), [], {BODY}),
    ("broken grammar", ask("{"), ["body", 1], set()),
    ("broken grammar, no body", ask("{"), ["json"], {BODY}),
    ("empty", ask(""), ["body"], set()),
    ("too deep", ask("[" * 600), ["body", "x", 3], set()),
    ("a name that readers fear", ask('{"message": "a", "__proto__": {}}'), ["body"], set()),
    ("the name itself", ask('{"message": "a", "__proto__": {}}'), ["body", "__proto__"], set()),
    ("the name in an event", say(events=[EVENT | {"__proto__": 1}]), ["body"], set()),
    ("the name in an event, itself", say(events=[EVENT | {"__proto__": 1}]), ["body", "events", 0, "__proto__"], set()),
    # unknown properties
    ("an unknown property", say(x=1), ["body", "x"], set()),
    ("below an unknown property", say(x={"y": 1}), ["body", "x", "y"], set()),
    ("the object that holds it", say(x=1), ["body"], set()),
    ("a valid field", say(x=1), ["body", "message"], {LOC}),
    ("an unknown property of an event", say(events=[EVENT | {"x": 1}]), ["body", "events", 0, "x"], set()),
    ("the event that holds it", say(events=[EVENT | {"x": 1}]), ["body", "events", 0], set()),
    ("the other event than it", say(events=[EVENT, EVENT | {"x": 1}]), ["body", "events", 0], {LOC}),
    ("the body and not the event", say(events=[EVENT | {"x": 1}]), ["body"], {LOC}),
    ("a field in another case", ask({"Message": "a"}), ["body", "Message"], set()),
    ("an unknown property named body", ask({"message": "a", "body": 1}), ["body", "body"], set()),
    # unspecified behaviour
    ("zero", say(limit=0), ["body", "limit"], set()),
    ("zero, another field", say(limit=0), ["body", "message"], {LOC}),
    ("an unknown conversation", say(conversation_id="x"), ["body", "conversation_id"], set()),
    ("an unknown conversation, another field", say(conversation_id="x"), ["body", "user_id"], {LOC}),
    (
        "an unusual timestamp",
        say(events=[EVENT | {"timestamp": "yesterday"}]),
        ["body", "events", 0, "timestamp"],
        set(),
    ),
    ("too many events", say(events=[EVENT] * 21), ["body", "events"], set()),
    ("too many events, the last", say(events=[EVENT] * 21), ["body", "events", 20], set()),
    ("null", say(user_id=None), ["body", "user_id"], set()),
    # malformed entries
    ("a loc that is a string", ask({}), "body", {"error.entry"}),
    ("a loc with a fraction", ask({}), ["body", 1.5], {"error.entry"}),
    ("a loc with a boolean", say(events=[WRONG]), ["body", "events", False, "type"], {"error.entry"}),
    ("a loc with null", ask({}), ["body", None], {"error.entry"}),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_loc_violates_exactly_the_clauses_of_the_table(
    contract: Contract, row: tuple[str, Request, list[Any], set[str]]
) -> None:
    _, request, loc, expected = row
    assert style(contract, request, loc) == expected


def test_loc_must_not_name_an_issued_conversation_id(contract: Contract) -> None:
    request = say(conversation_id="c", limit=0)
    assert style(contract, request, ["body", "conversation_id"], knows("c")) == {LOC}
    assert style(contract, request, ["body", "limit"], knows("c")) == set()


def test_loc_may_name_another_user(contract: Contract) -> None:
    request = say(conversation_id="c", user_id="bob")
    assert style(contract, request, ["body", "user_id"], knows("c", user="ann")) == set()
    assert style(contract, request, ["body", "conversation_id"], knows("c", user="ann")) == {LOC}


@pytest.mark.parametrize(
    "request_",
    [
        say(),
        ask({"message": "a"}, headers=CHARSET),
        ask({"message": "a"}, headers=()),
        ask({"message": "a"}, chunked=True),
    ],
    ids=["plain", "charset", "no media type", "chunked"],
)
def test_loc_is_not_checked_if_the_422_itself_is_wrong(contract: Contract, request_: Request) -> None:
    assert LOC not in style(contract, request_, ["body", "message"])


def test_each_entry_is_checked_separately(contract: Contract) -> None:
    request = say(5, limit="abc")
    outcome = response(422, {"detail": [entry(["body", "message"]), entry(["body", "user_id"]), entry(["limit"])]})
    assert {LOC, BODY} <= violated(contract, request, outcome)
    assert "error.all-faults" not in violated(contract, request, outcome)


def test_pointer_of_the_violation_leads_to_the_loc_of_the_entry(contract: Contract) -> None:
    from chat_contract import Exchange, judge

    outcome = response(422, {"detail": ["no", entry(["body", "message"]), entry(["body", "user_id"])]})
    (violation,) = [v for v in judge(contract, Exchange(ask({}), outcome)) if v.clause == LOC]
    assert violation.pointer == ("detail", 2, "loc")
    assert violation.got == ["body", "user_id"]
    assert '["body", "message"]' in violation.expected


# Whatever a server may write -----------------------------------------------------------------------------------------

FAULTY = st.sampled_from(
    [
        (ask({}), [("message",)]),
        (say(5, limit="abc"), [("message",), ("limit",)]),
        (say(events=[EVENT, WRONG, UNTYPED]), [("events", 1, "type"), ("events", 2, "type")]),
        (say(events={}), [("events",)]),
        (say(user_id=[], session_id={}), [("user_id",), ("session_id",)]),
    ]
)
PARTS = st.sampled_from(["message", "limit", "events", "type", "timestamp", "user_id", "session_id", 0, 1, 2, 3])


@given(FAULTY, st.lists(PARTS, max_size=5))
@examples(600)
def test_loc_without_tags_is_right_if_it_starts_with_the_place_of_a_fault(
    contract: Contract, case: tuple[Request, list[tuple[str | int, ...]]], parts: list[Any]
) -> None:
    request, places = case
    right = any(tuple(parts[: len(place)]) == place for place in places)
    assert style(contract, request, ["body", *parts]) == (set() if right else {LOC})


ANY_PART = (
    st.text(max_size=3) | st.integers() | st.booleans() | st.none() | st.floats() | st.lists(st.none(), max_size=1)
)


@given(
    st.sampled_from([ask({}), say(events=[None]), ask("{"), say(), say(limit=0)]),
    st.lists(ANY_PART, max_size=4) | ANY_PART,
)
@examples(300)
def test_judging_any_loc_never_raises(contract: Contract, request_: Request, loc: Any) -> None:
    violated(contract, request_, response(422, {"detail": [entry(loc)]}, JSON))
    violated(contract, request_, response(422, {"detail": [loc, {"loc": loc}, ABSENT.__class__.__name__]}, JSON))
