"""Servers that accept requests which must be rejected with 422, or reject them incorrectly."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from typing import Any

from .base import Malformed, Problem, Turn, is_json
from .correct import STRICT
from .fault import Group, answers, matches, overlooks_if
from .witness import FULL, event, events, gets, say

rejection = Group("rejection")


def at(turn: Turn, problem: Problem) -> Any:
    """Return the value with the problem; None if it is missing."""
    value = turn.body
    for step in problem.loc[1:]:
        value = value.get(step) if isinstance(value, dict) else value[step]
    return value


def index(problem: Problem) -> int:
    """Return the index of the event with the problem; -1 outside events."""
    return problem.loc[2] if len(problem.loc) > 2 and problem.loc[1] == "events" else -1


def kind(path: str, *kinds: type, when: Callable[[Turn], Any]) -> Any:
    """Return a hook that accepts values of these JSON types at a path."""
    return overlooks_if(
        lambda turn, one: (
            matches(one.loc, path) and one.type != "missing" and type(at(turn, one)) in kinds and when(turn)
        )
    )


def takes(name: str, path: str, about: str, shown: Any, *kinds: type, **options: Any) -> None:
    """Add a fault: values of these wrong types (without types: of any) are accepted at a path."""
    turn = options.pop("turn", 1)
    when = options.pop("when", lambda _: True)
    hook = kind(path, *(kinds or (str, int, float, bool, list, dict, type(None))), when=when)
    rejection(name, about, gets(200, shown, turn=turn), validate=hook, **options)


def lacking(*names: str) -> dict[str, Any]:
    return {name: value for name, value in event().items() if name not in names}


def beside(**fields: Any) -> dict[str, Any]:
    return {**FULL, **fields}


# -- the body as a whole


def body_becomes(change: Callable[[Any], Any]) -> Any:
    return lambda usual, turn: change(usual(turn))


def unwrapped(body: Any) -> Any:
    return body[0] if isinstance(body, list) and len(body) == 1 else body


def read_twice(body: Any) -> Any:
    try:
        return json.loads(body) if isinstance(body, str) else body
    except ValueError:
        return body


def empty_is_object(usual: Any, turn: Turn) -> Any:
    return usual(turn) if turn.raw.strip() else say()


def from_values(body: Any) -> Any:
    fields = ("message", "conversation_id", "session_id", "user_id", "events", "limit")
    return dict(zip(fields, body, strict=True)) if isinstance(body, list) and len(body) == len(fields) else body


def fails_on_no_object(usual: Any, turn: Turn) -> Any:
    body = usual(turn)
    return body | {} if isinstance(body, int | float | None) else body


rejection(
    "one-request-in-an-array",
    "A batch of one is unwrapped and answered.",
    gets(200, [say()]),
    parse=body_becomes(unwrapped),
)
rejection(
    "request-in-a-string",
    "A body that is a string holding JSON is read twice.",
    gets(200, json.dumps(say())),
    parse=body_becomes(read_twice),
)
rejection(
    "string-is-the-message",
    "A bare string is treated as the message.",
    gets(200, "A desk, please"),
    parse=body_becomes(lambda body: say(body) if isinstance(body, str) else body),
)
rejection(
    "null-body-greets",
    "A null body gets a 200 with a greeting.",
    gets(200, None),
    parse=body_becomes(lambda body: say() if body is None else body),
)
rejection("empty-body-greets", "An empty body gets a 200 with a greeting.", gets(200, b""), parse=empty_is_object)
rejection(
    "empty-array-greets",
    "PHP cannot tell an empty array from an empty object.",
    gets(200, []),
    parse=body_becomes(lambda body: say() if body == [] else body),
)
rejection(
    "values-in-field-order",
    "An array of the values of all fields in order is read as a request, as serde reads structs.",
    gets(200, ["A desk, please", None, "s", "u", [], 4]),
    parse=body_becomes(from_values),
)
rejection("number-body-crashes", "A body that is a number or null crashes.", gets(500, 5), parse=fails_on_no_object)
rejection(
    "array-body-is-400",
    "An array gets 400 instead of 422.",
    gets(400, [say()]),
    validate=answers(400, lambda turn: isinstance(turn.body, list)),
)

# -- the grammar of JSON


def repaired(pattern: bytes, by: bytes) -> Any:
    """Repair invalid JSON, as lenient parsers do."""

    def hook(usual: Any, turn: Turn) -> Any:
        try:
            return usual(turn)
        except Malformed:
            turn.raw = re.sub(pattern, by, turn.raw)
            return usual(turn)

    return hook


def python_literal(usual: Any, turn: Turn) -> Any:
    try:
        return usual(turn)
    except Malformed:
        try:
            read = ast.literal_eval(turn.raw.decode())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            read = None
        return read if isinstance(read, dict) else usual(turn)


def first_value(usual: Any, turn: Turn) -> Any:
    try:
        return usual(turn)
    except Malformed:
        try:
            return json.JSONDecoder().raw_decode(turn.raw.decode())[0]
        except (ValueError, RecursionError):
            return usual(turn)


def lenient_strings(usual: Any, turn: Turn) -> Any:
    try:
        return usual(turn)
    except Malformed:
        try:
            return json.loads(turn.raw, strict=False)
        except (ValueError, RecursionError):
            return usual(turn)


def only_for_json(status: int, body: bytes) -> Any:
    """Return a hook for `parse` that responds to malformed JSON with this status."""

    def hook(usual: Any, turn: Turn) -> Any:
        try:
            return usual(turn)
        except Malformed as malformed:
            if turn.raw and is_json(turn) and malformed.problem.type == "json_invalid":
                return answers(status, lambda _: True, body)(usual, turn)
            raise

    return hook


TEXT = json.dumps(say()).encode()
rejection.should(
    "trailing-comma",
    "A JSON5 reader accepts a trailing comma.",
    gets(200, TEXT[:-1] + b",}"),
    parse=repaired(rb",\s*([}\]])", rb"\1"),
)
rejection.should(
    "comments",
    "A JSON5 reader accepts comments.",
    gets(200, b"/* hello */" + TEXT),
    parse=repaired(rb"(?s)/\*.*?\*/|//[^\n]*", b""),
)
rejection.should(
    "python-literals", "The body goes through literal_eval.", gets(200, repr(say()).encode()), parse=python_literal
)
rejection(
    "missing-brace-repaired",
    "A lenient parser adds missing closing braces.",
    gets(200, TEXT[:-1]),
    parse=repaired(rb"\Z", b"}"),
)
rejection(
    "missing-comma-repaired",
    "A lenient parser adds missing commas.",
    gets(200, TEXT[:-1] + b' "limit": 3}'),
    parse=repaired(rb'(["\d])\s+"', rb'\1, "'),
)
rejection.should(
    "escapes-of-other-languages",
    "\\x41 is an A in many languages, not in JSON.",
    gets(200, rb'{"message": "\x41 desk"}'),
    parse=repaired(rb"\\x([0-9A-Fa-f]{2})", rb"\\u00\1"),
)
rejection(
    "form-in-json",
    "A body that is not JSON is parsed as a form.",
    gets(200, b"message=A+desk"),
    parse=repaired(rb"\Amessage=([^&]*)\Z", rb'{"message": "\1"}'),
)
rejection(
    "blanks-crash",
    "A body of white space crashes; only an empty body is handled.",
    gets(500, b"  \n"),
    parse=answers(500, lambda turn: bool(turn.raw) and not turn.raw.strip()),
)
rejection.should(
    "rest-ignored", "Everything after the object is ignored.", gets(200, TEXT + b" garbage"), parse=first_value
)
rejection.should(
    "raw-line-break-in-string",
    "Raw line breaks are accepted inside strings.",
    gets(200, TEXT.replace(b"desk", b"desk\nor")),
    parse=lenient_strings,
)
rejection.should(
    "leading-zeros",
    "Numbers may have leading zeros.",
    gets(200, b'{"message": "A desk", "limit": 03}'),
    parse=repaired(rb":\s*0+([1-9])", rb": \1"),
)
rejection(
    "malformed-crashes",
    "Malformed JSON gets 500.",
    gets(500, TEXT[:-1]),
    parse=only_for_json(500, b"Internal Server Error"),
)
rejection(
    "malformed-is-empty-object",
    "Malformed JSON gets a 200 that asks to try again.",
    gets(200, TEXT[:-1]),
    parse=only_for_json(200, b'{"conversation_id":"0","message":"Sorry, say that again?","items":[]}'),
)
rejection.should(
    "malformed-is-400",
    "Malformed JSON gets 400 instead of 422.",
    gets(400, TEXT[:-1]),
    parse=only_for_json(400, b'{"detail":"There was an error parsing the body"}'),
)
rejection.should(
    "empty-body-is-400",
    "An empty body gets 400 instead of 422.",
    gets(400, b""),
    parse=answers(400, lambda turn: not turn.raw, b'{"detail":"No body"}'),
)
rejection(
    "empty-body-crashes",
    "An empty body gets 500.",
    gets(500, b""),
    parse=lambda usual, turn: usual(turn) if turn.raw else turn.raw[0],
)

# -- the message

takes("message-null", "message", "A null message is accepted.", say(None), type(None))
takes("message-number", "message", "A number is turned into a message.", say(5), int, float)
takes("message-true", "message", "A boolean is turned into a message.", say(True), bool)
takes("message-list", "message", "A list of paragraphs is treated as a message.", say(["A", "desk"]), list)
takes("message-object", "message", "A rich text object is treated as a message.", say({"text": "A desk"}), dict)
takes(
    "message-anything-later",
    "message",
    "Only the first turn checks the type of the message.",
    say(5),
    turn=2,
    when=lambda turn: turn.later,
)
rejection(
    "message-missing",
    "A missing message is treated as an empty one.",
    gets(200, {}),
    validate=overlooks_if(lambda turn, one: one.loc == ("body", "message") and one.type == "missing"),
)
rejection(
    "message-missing-beside-events",
    "Events alone are accepted without a message.",
    gets(200, {"events": [event()]}),
    validate=overlooks_if(lambda turn, one: one.loc == ("body", "message") and one.type == "missing" and turn.events),
)
rejection(
    "message-missing-later",
    "A later turn needs no message.",
    gets(200, {}, turn=2),
    validate=overlooks_if(lambda turn, one: one.loc == ("body", "message") and one.type == "missing" and turn.later),
)
rejection(
    "message-missing-with-session-and-user",
    "With a session_id and a user_id, no message is required.",
    gets(200, {"session_id": "s1", "user_id": "u1"}),
    style=STRICT,
    validate=overlooks_if(
        lambda turn, one: one.type == "missing" and turn.has("session_id", "user_id") and index(one) < 0
    ),
)

# -- the other strings

takes(
    "conversation-number", "conversation_id", "A number is treated as a conversation_id.", say(conversation_id=5), int
)
takes(
    "conversation-object",
    "conversation_id",
    "An object is accepted as conversation_id.",
    say(conversation_id={"id": "1"}),
    dict,
    list,
)
takes("session-number", "session_id", "A number is treated as a session_id.", say(session_id=5), int, float)
takes("session-anything", "session_id", "session_id is only logged, so it is not checked.", say(session_id=["s"]))
takes("user-number", "user_id", "A number is treated as a user_id.", say(user_id=42), int)
takes(
    "user-number-without-session",
    "user_id",
    "Without a session_id the user_id is not checked.",
    say(user_id=42),
    when=lambda turn: not turn.has("session_id"),
)
rejection(
    "session-false",
    "False is treated as no session_id (if not session_id).",
    gets(200, say(session_id=False)),
    style=STRICT,
    validate=overlooks_if(lambda turn, one: one.loc == ("body", "session_id") and turn.get("session_id") is False),
)
takes(
    "user-object-later",
    "user_id",
    "In a later turn the user_id is not checked.",
    say(user_id={"id": "u1"}),
    turn=3,
    when=lambda turn: turn.number > 2,
)
rejection(
    "empty-containers-are-absent",
    "[] and {} are treated as an absent identifier.",
    gets(200, say(user_id=[])),
    validate=overlooks_if(
        lambda turn, one: one.loc[1:] in [("user_id",), ("session_id",)] and at(turn, one) in ([], {})
    ),
)

# -- events and what is in them

takes("events-object", "events", "A single event without its list is accepted.", say(events=event()), dict)
takes("events-string", "events", "A string is treated as events.", say(events="browse"), str)
rejection(
    "events-falsy",
    "Every falsy value is treated as no events: 0, false, an empty string, an empty object.",
    gets(200, say(events=0)),
    style=STRICT,
    validate=overlooks_if(lambda turn, one: one.loc == ("body", "events") and turn.get("events") in (0, "", {})),
)
takes("event-null", "events.*", "A null in events is skipped.", say(events=[None]), type(None))
takes("event-string", "events.*", "A string is treated as an event's type.", say(events=["browse"]), str)
takes("event-list", "events.*", "A pair is treated as an event.", say(events=[["2024-06-14T10:00:00Z", "click"]]), list)
rejection(
    "event-values-in-field-order",
    "An array of the values of all fields in order is read as an event, as serde reads structs.",
    gets(200, say(events=[["2024-06-14T10:00:00Z", "click", "ST678VG", "Clicked"]])),
    validate=overlooks_if(
        lambda turn, one: (
            matches(one.loc, "events.*")
            and isinstance(at(turn, one), list)
            and [type(value) for value in at(turn, one)] == [str] * 4
        )
    ),
)
rejection(
    "event-alone-is-a-list",
    "A single valid event in place of the list is accepted.",
    gets(200, say(events=event())),
    validate=overlooks_if(
        lambda turn, one: (
            one.loc == ("body", "events")
            and isinstance(at(turn, one), dict)
            and {"timestamp", "type"} <= {*at(turn, one)}
        )
    ),
)
takes("event-number", "events.*", "Numbers in events are skipped.", say(events=[event(), 5]), int, float)
rejection(
    "event-empty-object",
    "An empty event is skipped.",
    gets(200, say(events=[{}])),
    validate=overlooks_if(lambda turn, one: index(one) >= 0 and turn.get("events")[index(one)] == {}),
)


def missing_in_event(turn: Turn, problem: Problem) -> bool:
    return index(problem) >= 0 and problem.type == "missing"


rejection(
    "event-without-timestamp",
    "A missing timestamp is treated as now.",
    gets(200, say(events=[lacking("timestamp")])),
    validate=overlooks_if(lambda turn, one: missing_in_event(turn, one) and one.loc[-1] == "timestamp"),
)
rejection(
    "event-without-type",
    "A missing type is treated as browse.",
    gets(200, say(events=[lacking("type")])),
    validate=overlooks_if(lambda turn, one: missing_in_event(turn, one) and one.loc[-1] == "type"),
)
rejection(
    "event-without-type-with-item",
    "An event with an item needs no type: it must be a view.",
    gets(200, say(events=[{"timestamp": "2024-06-14T10:00:00Z", "item_id": "ST678VG"}])),
    validate=overlooks_if(
        lambda turn, one: missing_in_event(turn, one) and "item_id" in turn.get("events")[index(one)]
    ),
)
rejection(
    "required-only-in-first-event",
    "Required fields are checked in the first event only.",
    gets(200, say(events=[event(), lacking("type")])),
    validate=overlooks_if(lambda turn, one: missing_in_event(turn, one) and index(one) > 0),
)
rejection(
    "required-only-in-first-turn",
    "In a later turn an event needs no timestamp.",
    gets(200, say(events=[lacking("timestamp")]), turn=2),
    validate=overlooks_if(lambda turn, one: missing_in_event(turn, one) and turn.later),
)
rejection(
    "only-first-event-checked",
    "Validation stops after the first event.",
    gets(200, say(events=[event(), event(type=5)])),
    validate=overlooks_if(lambda turn, one: index(one) > 0),
)
rejection(
    "only-first-two-events-checked",
    "Only the first two events are checked.",
    gets(200, say(events=[*events(2), event(description=5)])),
    validate=overlooks_if(lambda turn, one: index(one) > 1),
)
rejection(
    "last-event-unchecked",
    "range(len(events) - 1) skips the last event.",
    gets(200, say(events=[event(), event(item_id=5)])),
    validate=overlooks_if(lambda turn, one: 0 < index(one) == len(turn.get("events")) - 1),
)
rejection(
    "middle-events-unchecked",
    "Only the first and the last event are checked.",
    gets(200, say(events=[event(), event(type=None), event()])),
    validate=overlooks_if(lambda turn, one: 0 < index(one) < len(turn.get("events")) - 1),
)
takes("timestamp-true", "events.*.timestamp", "True is treated as a time.", say(events=[event(timestamp=True)]), bool)
takes(
    "timestamp-null", "events.*.timestamp", "null is treated as now.", say(events=[event(timestamp=None)]), type(None)
)
takes(
    "timestamp-list",
    "events.*.timestamp",
    "A date in parts, as Java writes it, is treated as a timestamp.",
    say(events=[event(timestamp=[2024, 6, 14])]),
    list,
)
takes("type-number", "events.*.type", "A number is treated as an event's type.", say(events=[event(type=5)]), int)
takes("type-null", "events.*.type", "null is treated as an event's type.", say(events=[event(type=None)]), type(None))
takes("item-number", "events.*.item_id", "A number is treated as an item_id.", say(events=[event(item_id=678)]), int)
takes("item-object", "events.*.item_id", "A whole item is treated as its id.", say(events=[event(item_id={})]), dict)
takes(
    "description-anything", "events.*.description", "A description may be anything.", say(events=[event(description=5)])
)
takes(
    "type-anything-with-limit",
    "events.*.type",
    "With a limit, a fast path builds the events unchecked.",
    say(limit=3, events=[event(type=5)]),
    when=lambda turn: turn.has("limit"),
)
rejection(
    "second-event-unchecked-with-limit",
    "With a limit, only the first event is checked.",
    gets(200, say(limit=3, events=[event(), event(item_id=5)])),
    style=STRICT,
    validate=overlooks_if(lambda turn, one: index(one) > 0 and turn.has("limit")),
)
takes(
    "item-anything-without-description",
    "events.*.item_id",
    "Only an event with a description is checked in full.",
    say(events=[event(item_id=5)]),
    when=lambda turn: not turn.each("description"),
)
takes(
    "description-anything-without-items",
    "events.*.description",
    "Descriptions are only read where some event names an item.",
    say(events=[event(description=5)]),
    when=lambda turn: not turn.each("item_id"),
)
takes(
    "type-anything-in-bare-events",
    "events.*.type",
    "Events without items and descriptions take a path of their own.",
    say(events=[event(type=5)]),
    when=lambda turn: not turn.each("item_id") and not turn.each("description"),
)
takes(
    "item-anything-beside-descriptions",
    "events.*.item_id",
    "Where every event has a description, the items are not needed.",
    say(events=[event(item_id=5, description="Viewed")]),
    when=lambda turn: len(turn.each("description")) == len(turn.events),
)

takes(
    "user-number-later",
    "user_id",
    "A later turn accepts the user from a cache, whatever the request has.",
    say(user_id=5),
    int,
    turn=2,
    when=lambda turn: turn.later,
)
takes(
    "message-null-beside-events",
    "message",
    "With events, a null message is accepted.",
    beside(message=None),
    type(None),
)
rejection(
    "null-event-in-the-middle",
    "null between two events is skipped.",
    gets(200, say(events=[event(), None, event()])),
    validate=overlooks_if(
        lambda turn, one: (
            matches(one.loc, "events.*") and at(turn, one) is None and 0 < index(one) < len(turn.get("events")) - 1
        )
    ),
)
rejection(
    "item-number-from-the-third",
    "From the third event on, numbers are treated as ids.",
    gets(200, say(events=[*events(2), event(item_id=5)])),
    validate=overlooks_if(
        lambda turn, one: (
            matches(one.loc, "events.*.item_id") and isinstance(at(turn, one), int | float) and index(one) > 1
        )
    ),
)
takes(
    "events-as-text",
    "events",
    "Events that were encoded twice are decoded twice.",
    say(events="[]"),
    str,
    when=lambda turn: str(turn.get("events")).startswith("["),
)

# -- limit


def no_number(value: Any) -> bool:
    return isinstance(value, str) and bool(re.search("[A-DF-Za-df-z]", value))


rejection(
    "limit-fraction",
    "2.5 is cut to 2.",
    gets(200, say(limit=2.5)),
    validate=overlooks_if(lambda turn, one: one.loc == ("body", "limit") and type(turn.get("limit")) is float),
)
rejection(
    "limit-words",
    "A limit in words falls back to the default.",
    gets(200, say(limit="abc")),
    validate=overlooks_if(lambda turn, one: one.loc == ("body", "limit") and no_number(turn.get("limit"))),
)
rejection(
    "limit-minus-half",
    "-0.5 is rounded to 0.",
    gets(200, say(limit=-0.5)),
    validate=overlooks_if(lambda turn, one: one.loc == ("body", "limit") and turn.get("limit") == -0.5),
)
rejection(
    "limit-begins-with-a-number",
    "Like parseInt, the parser reads the leading digits.",
    gets(200, say(limit="5 items")),
    validate=overlooks_if(
        lambda turn, one: one.loc == ("body", "limit") and re.match(r"[1-9]\d* [a-z]", str(turn.get("limit")))
    ),
)
rejection(
    "limit-infinity",
    "Infinity is accepted as a limit.",
    gets(200, say(limit="Infinity")),
    validate=overlooks_if(lambda turn, one: one.loc == ("body", "limit") and turn.get("limit") == "Infinity"),
)
rejection(
    "limit-none-in-words",
    'The strings "null" and "none" are treated as no limit.',
    gets(200, say(limit="none")),
    validate=overlooks_if(
        lambda turn, one: one.loc == ("body", "limit") and turn.get("limit") in ("null", "none", "None")
    ),
)
takes("limit-list", "limit", "A list of limits is accepted.", say(limit=[3]), list)
takes("limit-object", "limit", "An object is treated as a limit.", say(limit={}), dict)
takes(
    "limit-anything-beside-events",
    "limit",
    "Beside events the limit is not checked.",
    beside(limit="many"),
    when=lambda turn: turn.events,
)
takes(
    "limit-fraction-later",
    "limit",
    "Only the first turn checks the limit.",
    say(limit=2.5),
    turn=2,
    style=STRICT,
    when=lambda turn: turn.later,
)
