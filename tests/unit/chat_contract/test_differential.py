"""Compares the oracle with a small judge that shares neither documents nor code with it.

The judge implements the table of CONTRACT.md, section 2, in Python.
"""

from __future__ import annotations

import calendar
import json
import re
import unicodedata
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from chat_contract import Contract, History, Request, Response, classify
from tests.unit.chat_contract.bodies import bodies
from tests.unit.chat_contract.exchanges import ITEM, JSON, Headers, ask, knows, reject, reply, response, violated_musts
from tests.unit.chat_contract.properties import examples

MUST, DOCUMENTED, MAY, REJECT = range(4)

# The table -----------------------------------------------------------------------------------------------------------


def text(value: Any, longest: int, *, null: int = MAY) -> int:
    if value is None:
        return null
    if not isinstance(value, str):
        return REJECT
    categories = {unicodedata.category(character) for character in value}
    blank = not any(category.startswith(("L", "N", "P", "S")) for category in categories)
    return DOCUMENTED if "Cc" in categories or blank or len(value) > longest else MUST


def identifier(value: Any) -> int:
    if not isinstance(value, str):
        return MAY if value is None else REJECT
    return MUST if re.fullmatch("[A-Za-z0-9_-]{1,64}", value) else DOCUMENTED


def limit(value: Any) -> int:
    if isinstance(value, bool) or value is None:
        return MAY
    if isinstance(value, int):
        return MUST if 1 <= value <= 10 else DOCUMENTED if 0 <= value < 2**31 else MAY
    if isinstance(value, float):
        return MAY if value.is_integer() else REJECT
    if isinstance(value, str):
        return (
            MAY if not any(c.isalpha() for c in re.sub("(?<=[0-9])[eE](?=[+-]?[0-9])", "", value, count=1)) else REJECT
        )
    return REJECT


MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)([Tt])(\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|([+-])(\d\d):(\d\d))", re.ASCII)


def timestamp(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return REJECT
    match = MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return MAY
    year, month, day, hour, minute, second = (int(match[part]) for part in (1, 2, 3, 5, 6, 7))
    offset = int(match[11] or 0) * 60 + int(match[12] or 0)
    real = (
        year >= 1
        and 1 <= month <= 12
        and 1 <= day <= calendar.monthrange(year, month)[1]
        and hour < 24
        and minute < 60
        and second < 60
        and int(match[11] or 0) < 24
        and int(match[12] or 0) < 60
    )
    if not real:
        return MAY
    widest = (12 if match[10] == "-" else 14) * 60
    common = 1600 <= year <= 9998 and "T" in value and "z" not in value and offset <= widest
    return MUST if common and len(match[8] or "") <= 7 else DOCUMENTED


def event(value: Any) -> int:
    if not isinstance(value, dict) or not {"timestamp", "type"} <= value.keys():
        return REJECT
    request_class = max(timestamp(value["timestamp"]), text(value["type"], 100, null=REJECT))
    if "item_id" in value:
        request_class = max(request_class, identifier(value["item_id"]))
    if "description" in value:
        request_class = max(request_class, text(value["description"], 100))
    unknown = value.keys() - {"timestamp", "type", "item_id", "description"}
    return max(request_class, DOCUMENTED) if unknown else request_class


def events(value: Any) -> int:
    if value is None:
        return MAY
    if not isinstance(value, list):
        return REJECT
    return max([DOCUMENTED if len(value) > 20 else MUST, *map(event, value)])


def conversation(value: Any) -> int:
    return MUST if value == "issued" else DOCUMENTED if isinstance(value, str) else MAY if value is None else REJECT


FIELDS = {
    "conversation_id": conversation,
    "session_id": identifier,
    "user_id": identifier,
    "events": events,
    "limit": limit,
}


TOP = {"message", *FIELDS}


def stands_in(body: Any) -> bool:
    """Return whether a top-level property differs from a documented one only by case."""
    return isinstance(body, dict) and any(name not in TOP and name.lower() in TOP for name in body)


def ignoring_case(body: dict[str, Any], *, backwards: bool) -> dict[str, Any]:
    """Return the body as a server reads it that ignores case; of equal names, the first or the last counts."""
    members = list(body.items())
    return {
        name.lower() if name.lower() in TOP else name: value
        for name, value in (reversed(members) if backwards else members)
    }


def class_of(body: Any) -> int:
    """Return the class of a body; a body with several readings is only refused if no reading is acceptable."""
    if not stands_in(body):
        return class_as_written(body)
    readings = [body, ignoring_case(body, backwards=False), ignoring_case(body, backwards=True)]
    return REJECT if all(class_as_written(reading) == REJECT for reading in readings) else MAY


def class_as_written(body: Any) -> int:
    if not isinstance(body, dict) or "message" not in body:
        return REJECT
    classes = [text(body["message"], 1000, null=REJECT)]
    classes += [stands(body[name]) for name, stands in FIELDS.items() if name in body]
    if body.keys() - FIELDS.keys() - {"message"}:
        classes.append(DOCUMENTED)
    if body.get("conversation_id") == "issued" and isinstance(body.get("user_id"), str) and body["user_id"] != "u":
        classes.append(MAY)  # Another user.
    return max(classes)


STRING = {"type": "string", "minLength": 1}
TEXT = {"type": ["string", "null"]}
REPLY = Draft202012Validator(
    {
        "type": "object",
        "required": ["conversation_id", "message", "items"],
        "properties": {
            "conversation_id": STRING,
            "message": {"type": "string"},
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["item_id"],
                    "properties": {"item_id": STRING}
                    | dict.fromkeys(("title", "status", "description", "price"), TEXT),
                },
            },
        },
    }
)
VALIDATION_ERROR = Draft202012Validator(
    {
        "type": "object",
        "required": ["detail"],
        "properties": {
            "detail": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["loc", "msg", "type"],
                    "properties": {
                        "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                        "msg": STRING,
                        "type": STRING,
                    },
                },
            }
        },
    }
)


def is_right(body: Any, outcome: Response) -> bool:
    """Return whether the response conforms to every MUST of the table; the places in loc are not checked."""
    request_class = class_of(body)
    allowed = {MUST: {200}, REJECT: {422}}.get(request_class, {200, 422})
    unknown = (
        isinstance(body, dict) and isinstance(body.get("conversation_id"), str) and body["conversation_id"] != "issued"
    )
    if unknown and request_class != REJECT:
        allowed = allowed | {404}
    if outcome.status not in allowed:
        return False
    if outcome.status == 404:
        return True
    if outcome.header("Content-Type") != "application/json":
        return False
    try:
        value = json.loads(outcome.body)
    except ValueError:
        return False
    if outcome.status == 422:
        return VALIDATION_ERROR.is_valid(value)
    if isinstance(value, dict) and body.get("conversation_id") == "" == value.get("conversation_id"):
        # Two rules conflict: an id is not empty, and a client id comes back as sent. The oracle accepts both.
        value["conversation_id"] = "fresh"
    return REPLY.is_valid(value) and holds_its_promises(body, value)


def holds_its_promises(body: Any, value: Any) -> bool:
    if stands_in(body):
        return True  # Servers read different values from it.
    asked = body.get("limit", 4)
    if isinstance(asked, int) and not isinstance(asked, bool) and 0 <= asked < len(value["items"]):
        return False
    sent, came = body.get("conversation_id"), value["conversation_id"]
    if sent == "issued":
        return came == "issued"
    if isinstance(sent, str) or "conversation_id" not in body:
        return came != "issued"
    return True


# Answers -------------------------------------------------------------------------------------------------------------

ITEMS = [ITEM, ITEM | {"item_id": "A2"}, {"item_id": "A3", "title": None}, ITEM | {"item_id": "A4", "more": [1]}]
WRONG_ITEMS = [
    None,
    "A1",
    {},
    ITEM | {"item_id": ""},
    ITEM | {"item_id": 5},
    ITEM | {"price": 9.5},
    ITEM | {"title": []},
]
REPLIES = st.builds(
    lambda fields, without: {name: value for name, value in fields.items() if name != without},
    st.fixed_dictionaries(
        {
            "conversation_id": st.sampled_from(["fresh", "fresh", "issued", "issued", "unknown", "", None, 5]),
            "message": st.sampled_from(["Here.", "Here.", "Here.", "", None, 5]),
            "items": st.lists(st.sampled_from(ITEMS), max_size=6)
            | st.lists(st.sampled_from(ITEMS * 2 + WRONG_ITEMS), max_size=2)
            | st.none(),
        }
    ),
    st.sampled_from([None, None, None, None, None, "conversation_id", "message", "items"]),
)
REJECTIONS = st.sampled_from(
    [
        *({"detail": wrong} for wrong in ([], None, "no", ["no"], [{}], [{"loc": "a", "msg": "b", "type": "c"}])),
        *({}, [], None, {"detail": [{"loc": [], "msg": "", "type": "a"}]}, {"errors": []}),
    ]
)
HEADERS: st.SearchStrategy[Headers] = st.sampled_from([JSON, JSON, JSON, JSON, (("Content-Type", "text/html"),), ()])
OUTCOMES = (
    st.builds(response, st.sampled_from([200, 200, 200, 201, 400]), REPLIES, HEADERS)
    | st.builds(response, st.just(422), REJECTIONS, HEADERS)
    | st.builds(
        response,
        st.sampled_from([400, 401, 403, 404, 409, 413, 500, 503, 204, 302]),
        st.just({"detail": "no"}),
        HEADERS,
    )
    | st.builds(response, st.sampled_from([200, 422]), st.sampled_from([b"", b"{", b"\xff", b"null"]), HEADERS)
)


def blaming_every_fault(contract: Contract, request: Request) -> Response:
    """Return a 422 with an entry for each fault that the oracle finds; other tests cover wrong places."""
    faults = classify(contract, request, history()).faults
    return reject(*(fault.place for fault in faults)) if faults else reject(["message"])


def history() -> History:
    return knows("issued", user="u")


def test_oracle_agrees_with_the_independent_judge(contract: Contract) -> None:
    seen: Counter[tuple[int, bool]] = Counter()

    @given(bodies(), OUTCOMES)
    @examples(1500)
    def agree_on_any_answer(body: Any, outcome: Response) -> None:
        sent = json.dumps(body)
        right = is_right(body, outcome)
        seen[class_of(body), right] += 1
        assert (not violated_musts(contract, ask(sent), outcome, history())) is right

    @given(bodies())
    @examples(600)
    def agree_on_the_usual_answers(body: Any) -> None:
        request = ask(json.dumps(body))
        request_class = class_of(body)
        known = isinstance(body, dict) and body.get("conversation_id") == "issued"
        answers = {
            reply(conversation_id="issued" if known else "fresh"): request_class != REJECT,
            blaming_every_fault(contract, request): request_class != MUST,
        }
        for outcome, right in answers.items():
            seen[request_class, right] += 1
            assert (not violated_musts(contract, request, outcome, history())) is right

    agree_on_any_answer()
    agree_on_the_usual_answers()
    rare = {(request_class, right): seen[request_class, right] for request_class in range(4) for right in (True, False)}
    assert min(rare.values()) >= 5, rare
