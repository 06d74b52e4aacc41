"""Measured responses of FastAPI violate no MUST clause, whatever the style of its models."""

from __future__ import annotations

from typing import Any

import pytest

from chat_contract import Contract
from tests.unit.chat_contract.exchanges import (
    EVENT,
    JSON,
    NOON,
    Headers,
    ask,
    reply,
    response,
    violated,
    violated_musts,
)

STRING = ("string_type", "Input should be a valid string")
INTEGER = ("int_type", "Input should be a valid integer")
PARSING = ("int_parsing", "Input should be a valid integer, unable to parse string as an integer")
OBJECT = ("model_attributes_type", "Input should be a valid dictionary or object to extract fields from")
MISSING = ("missing", "Field required")
DATETIME = ("datetime_type", "Input should be a valid datetime")
EXTRA = ("extra_forbidden", "Extra inputs are not permitted")
SYNTAX = ("json_invalid", "JSON decode error")


def says(*entries: Any, status: int = 422) -> Any:
    detail = [{"type": kind[0], "loc": ["body", *loc], "msg": kind[1], "input": None} for kind, *loc in entries]
    return response(status, {"detail": detail})


def at(timestamp: Any) -> dict[str, Any]:
    return {"message": "hi", "events": [{"timestamp": timestamp, "type": "click"}]}


UNREADABLE = response(400, {"detail": "There was an error parsing the body"})
CRASH = response(500, "Internal Server Error", (("Content-Type", "text/plain"),))
OK = reply()

# name: (body, response, violated clauses, none of them a MUST)
MEASURED: dict[str, tuple[Any, Any, set[str]]] = {
    "empty": ("", says((MISSING,)), set()),
    "cut short": ('{"message":', says((SYNTAX, 11)), set()),
    "two documents": ('{"message":"hi"}{"message":"hi"}', says((SYNTAX, 16)), set()),
    "a control character": ('{"message":"a\nb"}', says((SYNTAX, 13)), set()),
    "a leading zero": ('{"message":"hi","limit":04}', says((SYNTAX, 25)), set()),
    "a byte order mark": ('\ufeff{"message":"hi"}', OK, set()),
    "UTF-16": ('{"message":"hi"}'.encode("utf-16"), OK, set()),
    "broken UTF-8": (b'{"message":"\xff"}', UNREADABLE, set()),
    "5000 digits": ('{"message":"hi","limit":' + "9" * 5000 + "}", UNREADABLE, set()),
    "100,000 brackets": ("[" * 100_000, UNREADABLE, set()),
    "a surrogate, accepted": (r'{"message":"\ud800"}', OK, set()),
    "a surrogate, echoed (forbid)": (r'{"message":"\ud800"}', CRASH, {"robustness.beyond-i-json"}),
    "a surrogate in limit": (r'{"message":"hi","limit":"\ud800"}', CRASH, {"robustness.beyond-i-json-echoed"}),
    "a duplicate key, accepted": ('{"message":5,"message":"hi"}', OK, set()),
    "a duplicate key, rejected": ('{"message":"hi","message":5}', says((STRING, "message")), set()),
    "NaN": ('{"message":"hi","limit":NaN}', CRASH, {"robustness.beyond-i-json-echoed"}),
    "NaN, overlooked": ('{"message":"hi","x":NaN}', OK, set()),
    "1e400": ('{"message":"hi","limit":1e400}', CRASH, {"robustness.beyond-i-json-echoed"}),
    "NUL": (r'{"message":"a\u0000b"}', OK, set()),
    "a list": ([], says((OBJECT,)), set()),
    "a list that holds a request": ([{"message": "hi"}], says((OBJECT,)), set()),
    "null": (None, says((OBJECT,)), set()),
    "null before 0.158": (None, says((MISSING,)), set()),
    "nothing": ({}, says((MISSING, "message")), set()),
    "message null": ({"message": None}, says((STRING, "message")), set()),
    "message 5": ({"message": 5}, says((STRING, "message")), set()),
    "message empty (forbid)": ({"message": ""}, says((STRING, "message")), {"request.documented"}),
    "Message": ({"Message": "hi"}, says((MISSING, "message")), set()),
    "Message (forbid)": ({"Message": "hi"}, says((MISSING, "message"), (EXTRA, "Message")), set()),
    "an extra key (forbid)": ({"message": "hi", "foo": 1}, says((EXTRA, "foo")), set()),
    "conversation_id null (nonnull)": (
        {"message": "hi", "conversation_id": None},
        says((STRING, "conversation_id")),
        set(),
    ),
    "conversation_id 5": ({"message": "hi", "conversation_id": 5}, says((STRING, "conversation_id")), set()),
    "user_id true": ({"message": "hi", "user_id": True}, says((STRING, "user_id")), set()),
    **{
        f"limit {limit!r}, {style}": ({"message": "hi", "limit": limit}, outcome, set())
        for limit in ("5", 5.0, "5.0", " 5 ", "1_000", "+5", 1e2, True, False, None, -1)
        for style, outcome in (("accepted", OK), ("strict", says((INTEGER, "limit"))))
    },
    **{
        f"limit {limit!r}": ({"message": "hi", "limit": limit}, says((PARSING, "limit")), set())
        for limit in ("abc", "5.5", "", "0x5", "٥", 5.5, [], {})
    },
    "limit 0 (forbid)": ({"message": "hi", "limit": 0}, says((INTEGER, "limit")), {"request.documented"}),
    "limit 51 (forbid)": ({"message": "hi", "limit": 51}, says((INTEGER, "limit")), {"request.documented"}),
    "events null (nonnull)": ({"message": "hi", "events": None}, says((STRING, "events")), set()),
    "events {}": ({"message": "hi", "events": {}}, says((STRING, "events")), set()),
    "events [null]": ({"message": "hi", "events": [None]}, says((OBJECT, "events", 0)), set()),
    "events [{}]": (
        {"message": "hi", "events": [{}]},
        says((MISSING, "events", 0, "timestamp"), (MISSING, "events", 0, "type")),
        set(),
    ),
    "the second event is wrong": (
        {"message": "hi", "events": [EVENT, {"timestamp": NOON}]},
        says((MISSING, "events", 1, "type")),
        set(),
    ),
    "an extra key of an event (forbid)": (
        {"message": "hi", "events": [EVENT | {"z": 1}]},
        says((EXTRA, "events", 0, "z")),
        set(),
    ),
    **{
        f"timestamp {time!r}, rejected": (at(time), says((DATETIME, "events", 0, "timestamp")), set())
        for time in (
            "not a date",
            "",
            "2024-13-01T00:00:00Z",
            "2024-02-30T00:00:00Z",
            "2024-W24-5",
            True,
            None,
            [],
            1e30,
        )
    },
    **{
        f"timestamp {time!r}, accepted": (at(time), OK, set())
        for time in ("2024-06-14", "2024-06-14 10:00:00", 1718359200, "1718359200", "2024-06-14t10:00:00z")
    },
    "a lower-case timestamp, strict": (
        at("2024-06-14t10:00:00z"),
        says((DATETIME, "events", 0, "timestamp")),
        {"request.documented"},
    ),
    "five errors": (
        {"limit": "abc", "user_id": 5, "events": [{"timestamp": "x"}, 7]},
        says(
            (MISSING, "message"),
            (STRING, "user_id"),
            (DATETIME, "events", 0, "timestamp"),
            (MISSING, "events", 0, "type"),
            (OBJECT, "events", 1),
            (PARSING, "limit"),
        ),
        set(),
    ),
}


@pytest.mark.parametrize("case", MEASURED)
def test_measured_fastapi_response_violates_no_must_clause(contract: Contract, case: str) -> None:
    body, outcome, warned = MEASURED[case]
    request = ask("null" if body is None else body)
    assert violated_musts(contract, request, outcome) == set()
    assert violated(contract, request, outcome) == warned


MEDIA_TYPES: dict[str | None, Any] = {
    None: says((OBJECT,)),
    "text/plain": says((OBJECT,)),
    "application/x-www-form-urlencoded": says((OBJECT,)),
    "application/vnd.api+json": OK,
    "application/json; charset=utf-8": OK,
    "APPLICATION/JSON": OK,
    "text/json": says((OBJECT,)),
    "json": says((OBJECT,)),
}


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_fastapi_response_to_a_media_type_violates_no_clause(contract: Contract, media_type: str | None) -> None:
    headers: Headers = () if media_type is None else (("Content-Type", media_type),)
    assert violated(contract, ask({"message": "hi"}, headers=headers), MEDIA_TYPES[media_type]) == set()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
def test_fastapi_response_to_a_method_violates_no_clause(contract: Contract, method: str) -> None:
    outcome = response(405, {"detail": "Method Not Allowed"}, (*JSON, ("allow", "POST")))
    assert violated(contract, ask("", method=method), outcome) == set()


def test_fastapi_response_to_another_path_violates_no_clause(contract: Contract) -> None:
    assert violated(contract, ask({"message": "a"}, path="/nope"), response(404, {"detail": "Not Found"})) == set()
