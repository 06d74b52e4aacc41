"""Servers that reject, with a valid 422, requests which must be accepted."""

from __future__ import annotations

import json
import re
from typing import Any

from .base import Malformed, Problem, Turn, whole
from .correct import STRICT
from .fault import Group, answers, first_event, rejects
from .witness import FULL, MESSAGE, Client, event, events, gets, say

request = Group("request")
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
DOCUMENTED = say(conversation_id="c8a7d9f6-e4b1-42d3-8c2e-5a8d4f31b96f")


def text(name: str, field: str, wrong: str, about: str, shown: Any, **options: Any) -> None:
    """Add a fault: strings of a field that match a pattern are rejected."""
    hook = rejects(field, lambda turn: turn.has(field) and re.search(wrong, turn.text(field)))
    request(name, about, gets(422, say(**{field: shown})), validate=hook, **options)


def in_event(name: str, wrong: Any, about: str, shown: dict[str, Any]) -> None:
    """Add a fault: a valid event is rejected."""
    request(name, about, gets(422, say(events=[shown])), validate=rejects("events.?", first_event(wrong)))


def stamp(name: str, wrong: str, about: str, shown: str, **options: Any) -> None:
    """Add a fault: timestamps that match a pattern are rejected."""
    hook = rejects("events.?.timestamp", first_event(lambda one: re.search(wrong, str(one["timestamp"]))))
    request(name, about, gets(422, say(events=[event(timestamp=shown)])), validate=hook, **options)


def ordered(*names: str) -> Any:
    """Return which of the names the body has, in its order."""
    return lambda turn: [name for name in turn.body if name in names] == list(names)


# -- which fields there are

request(
    "needs-session-id",
    "The session is required because the analytics team asked for it.",
    gets(422, say()),
    validate=rejects("session_id", lambda turn: not turn.has("session_id")),
)
request(
    "needs-user-id-later",
    "A later turn requires a user_id.",
    gets(422, say(), turn=2),
    validate=rejects("user_id", lambda turn: turn.later and not turn.has("user_id")),
)
request(
    "user-needs-session",
    "A user_id is only accepted together with a session_id.",
    gets(422, say(user_id="u8a7d9f6")),
    validate=rejects("session_id", lambda turn: turn.has("user_id") and not turn.has("session_id")),
)
request(
    "limit-needs-events",
    "A limit is only accepted together with events.",
    gets(422, say(limit=3)),
    validate=rejects("limit", lambda turn: turn.has("limit") and not turn.has("events")),
)
request(
    "limit-or-conversation",
    "A limit is only accepted in the first turn.",
    gets(422, say(limit=3), turn=2),
    validate=rejects("limit", lambda turn: turn.has("limit") and turn.later),
)
request(
    "no-more-than-five-fields",
    "The model was given maxProperties 5 before limit was added.",
    gets(422, FULL, turn=2),
    validate=rejects("", lambda turn: len(turn.body) > 5),
)
request(
    "no-empty-events",
    "An empty list of events is treated as a mistake.",
    gets(422, say(events=[])),
    validate=rejects("events", lambda turn: turn.get("events") == []),
)
request(
    "no-empty-events-later",
    "Events may be empty at first, but not in a later turn.",
    gets(422, say(events=[]), turn=2),
    validate=rejects("events", lambda turn: turn.later and turn.get("events") == []),
)
in_event("item-id-required", lambda one: "item_id" not in one, "item_id is required in an event.", event())
in_event(
    "description-required",
    lambda one: "description" not in one,
    "description is required in an event.",
    event(item_id="ST678VG"),
)
in_event(
    "description-needs-item",
    lambda one: "description" in one and "item_id" not in one,
    "A description is only accepted together with an item_id.",
    event(description="Looked around"),
)
in_event(
    "item-needs-description",
    lambda one: "item_id" in one and "description" not in one,
    "An item_id is only accepted together with a description.",
    event(item_id="ST678VG"),
)

# -- events

KNOWN_TYPES = ("browse", "click", "purchase", "view", "search", "add_to_cart")
in_event(
    "event-type-enum",
    lambda one: one["type"] not in KNOWN_TYPES,
    "The open vocabulary of event types became an enumeration.",
    event(type="wishlist"),
)
in_event(
    "event-type-one-word",
    lambda one: " " in one["type"],
    "An event type must be one word.",
    event(type="left the shop"),
)
in_event(
    "event-item-known",
    lambda one: not re.match("[A-Z]{2}[0-9]{3}[A-Z]{2}$", one.get("item_id") or "ST678VG"),
    "The item of an event must look like one of the catalogue's.",
    event(item_id="unheard-of"),
)
in_event(
    "event-description-ascii",
    lambda one: not (one.get("description") or "").isascii(),
    "A description must be ASCII.",
    event(description="Établi d'atelier"),
)
in_event(
    "event-description-80",
    lambda one: len(one.get("description") or "") > 80,
    "A description has at most 80 characters.",
    event(description="d" * 100),
)
in_event(
    "event-keys-in-order",
    lambda one: list(one).index("timestamp") > list(one).index("type"),
    "A hand-written reader requires the timestamp before the type.",
    {"type": "browse", "timestamp": "2024-06-14T10:00:00Z"},
)
request(
    "events-must-ascend",
    "Events must come in the order of time.",
    gets(422, say(events=[event(3), event(0)])),
    validate=rejects("events", lambda turn: turn.each("timestamp") != sorted(turn.each("timestamp"))),
)
request(
    "events-must-differ",
    "Doubled events are rejected instead of merged.",
    gets(422, say(events=[event(), event()])),
    validate=rejects("events", lambda turn: len({json.dumps(one) for one in turn.events}) < len(turn.events)),
)
request(
    "at-most-ten-events",
    "Eleven events are too many.",
    gets(422, say(events=events(11))),
    validate=rejects("events", lambda turn: len(turn.events) > 10),
)
request(
    "fewer-than-twenty-events",
    "The bound of twenty events is checked with >= instead of >.",
    gets(422, say(events=events(20))),
    style=STRICT,
    validate=rejects("events", lambda turn: len(turn.events) >= 20),
)
request(
    "three-events-later",
    "In a later turn at most three events are accepted.",
    gets(422, say(events=events(6)), turn=2),
    validate=rejects("events", lambda turn: turn.later and len(turn.events) > 3),
)

# -- timestamps

stamp("stamp-no-fraction", r"\.", "Fractions of a second are rejected.", "2024-06-14T10:00:00.123Z")
stamp("stamp-only-millis", r":\d\d\.(\d{1,2}|\d{4,})\D", "A fraction must have three digits.", "2024-06-14T10:00:00.5Z")
stamp("stamp-only-z", r"[+-]\d\d:\d\d$", "Only Z is accepted, no offset.", "2024-06-14T12:00:00+02:00")
stamp("stamp-only-offset", r"Z$", "Only an offset is accepted, no Z (an old fromisoformat).", "2024-06-14T10:00:00Z")
stamp("stamp-no-plus-zero", r"\+00:00$", "+00:00 is rejected, since Z says the same.", "2024-06-14T10:00:00+00:00")
stamp("stamp-no-west", r"-\d\d:\d\d$", "Offsets west of Greenwich are rejected.", "2024-06-14T10:00:00-05:00")
stamp("stamp-whole-hours", r":[1-9]\d$", "An offset must be whole hours.", "2024-06-14T10:00:00+05:30")
stamp("stamp-offset-12", r"[+-]1[34]:\d\d$", "Offsets past twelve hours are rejected.", "2024-06-14T10:00:00+14:00")
stamp("stamp-since-1970", r"^(1[0-8]|19[0-6])", "No year before 1970.", "1600-01-01T00:00:00Z")
stamp("stamp-not-in-future", r"^(20[3-9]|2[1-9]|[3-9])", "No year after 2029.", "9998-12-31T23:59:59Z")
stamp("stamp-no-leap-day", r"-02-29T", "February has 28 days.", "2024-02-29T10:00:00Z")
stamp("stamp-no-midnight", r"T00:00:00", "Midnight is treated as a date without a time.", "2024-06-14T00:00:00Z")

# -- text

text("no-emoji", "message", "[\U0001f300-\U0001faff]", "Emoji are rejected (utf8mb3).", "A gift 🎁 please")
text("no-cjk", "message", "[\u3040-\u9fff]", "Only western scripts are accepted.", "机を探しています")
text("no-right-to-left", "message", "[\u0590-\u06ff]", "Right-to-left text is rejected.", "أبحث عن هدية")
text("no-accents", "message", "[\u00c0-\u00ff]", "Accents are rejected.", "Une idée pour mon père")
text("no-single-quote", "message", "'", "A simple filter against SQL injection.", "It's for my dad's birthday")
text("no-double-quote", "message", '"', "A simple filter against injection.", 'A 24" desk')
text("no-angle-bracket", "message", "<", "A simple filter against markup.", "A desk <b>under</b> 300")
text("no-backslash", "message", r"\\", "Backslashes are rejected.", r"C:\desks")
text("no-combining-marks", "message", "[\u0300-\u036f]", "Only composed characters are accepted.", "cafe\u0301 table")
text("at-least-two-characters", "message", r"\A.?\Z", "A message has at least two characters.", "?")
text("at-least-a-word", "message", r"\A\S{1,12}\Z", "A message must be more than one word.", "desk")
text("at-most-200", "message", "(?s)^.{201}", "A message has at most 200 characters.", "desk " * 50)
text("at-most-500", "message", "(?s)^.{501}", "A message has at most 500 characters.", "desk " * 150)
text("fewer-than-1000", "message", "(?s)^.{1000}", "1,000 characters are one too many.", "d" * 1000)
request(
    "thousand-bytes",
    "The thousand characters of a message are counted in bytes.",
    gets(422, say("é" * 1000)),
    validate=rejects("message", lambda turn: len(turn.text("message").encode("utf-8", "replace")) > 1000),
)
request(
    "web-application-firewall",
    "A firewall responds 403 to messages that look like a template.",
    gets(403, say("A desk {with drawers}")),
    validate=answers(403, lambda turn: "{" in turn.text("message")),
)

# -- identifiers and limit

request(
    "limit-not-six",
    "Only the limits of a drop-down list are accepted: 1 to 5, and 10.",
    gets(422, say(limit=6)),
    validate=rejects("limit", lambda turn: turn.get("limit") in {6, 7, 8, 9}),
)
request(
    "five-or-six-events",
    "Five or six events are rejected.",
    gets(422, say(events=events(5))),
    validate=rejects("events", lambda turn: len(turn.events) in {5, 6}),
)
request(
    "offset-later",
    "A later turn reads timestamps with another library.",
    gets(422, say(events=[event(timestamp="2024-06-14T12:00:00+02:00")]), turn=2),
    validate=rejects(
        "events.?.timestamp",
        lambda turn: turn.later and first_event(lambda one: re.search(r"[+-]\d\d:\d\d$", str(one["timestamp"])))(turn),
    ),
)
request(
    "no-blank-after-the-brace",
    "The body must begin with a brace and a quote.",
    gets(422, b'{ "message" : "a desk" }'),
    parse=answers(
        422,
        lambda turn: turn.raw.startswith(b"{ "),
        b'{"detail":[{"loc":["body",1],"msg":"JSON decode error","type":"json_invalid"}]}',
    ),
)
text("session-needs-uuid", "session_id", f"^(?!{UUID}$)", "A session_id must be a UUID.", "s1")
text("user-starts-with-u", "user_id", "^[^u]", "A user_id starts with u.", "A-1")
text("user-without-underscore", "user_id", "_", "A user_id has no underscore.", "u_1")
text("user-at-most-36", "user_id", "^.{37}", "A user_id has at most 36 characters.", "u" * 64)
text("user-of-two-characters", "user_id", r"\A.\Z", "A user_id has two characters or more.", "u")
text("user-not-shouted", "user_id", r"\A[A-Z]+\Z", "A user_id in upper case is treated as a placeholder.", "USER")
text("session-ends-in-a-letter", "session_id", r"\W\Z", "A session_id ends in a letter or digit.", "s-1-")
text("message-no-formula", "message", r"\A=", "A filter for spreadsheet formulas.", "=desk+chair")
text(
    "message-no-select",
    "message",
    "(?i)select .* from",
    "A filter for SQL keywords.",
    "Select a gift from all of these",
)
text("message-no-quote-at-the-end", "message", r"\"\Z", "A message in quotes is cut at the last one.", 'A shelf of 7"')
text(
    "message-300-to-512",
    "message",
    r"(?s)\A.{300,512}\Z",
    "Messages of 300 to 512 characters fit neither of two columns.",
    "desk " * 80,
)
text("session-not-only-digits", "session_id", r"^\d+$", "A session_id is not a number.", "20240614")
in_event(
    "item-at-most-32",
    lambda one: len(one.get("item_id") or "") > 32,
    "An item_id has at most 32 characters.",
    event(item_id="A" * 64),
)
request(
    "user-and-session-alike",
    "A user_id equal to the session_id is treated as a mistake.",
    gets(422, say(session_id="x1", user_id="x1")),
    validate=rejects("user_id", lambda turn: turn.has("user_id") and turn.get("user_id") == turn.get("session_id")),
)
request(
    "limit-below-ten",
    "The bound of limit is checked with >= 10.",
    gets(422, say(limit=10)),
    validate=rejects("limit", lambda turn: turn.get("limit") == 10),
)
request(
    "limit-above-one",
    "limit must be greater than 1.",
    gets(422, say(limit=1)),
    validate=rejects("limit", lambda turn: turn.get("limit") == 1),
)

# -- how the JSON is written


def compact_only(usual: Any, turn: Turn) -> Any:
    if turn.raw[:1].isspace() or b"\n" in turn.raw:
        raise Malformed(Problem(("body", 0), "json_invalid", "JSON decode error", {}))
    return usual(turn)


def no_unicode_escapes(usual: Any, turn: Turn) -> Any:
    if re.search(rb"\\u[dD][89abAB]", turn.raw):
        raise Malformed(Problem(("body", 0), "json_invalid", "JSON decode error", {}))
    return usual(turn)


request(
    "compact-json-only",
    "A hand-written reader fails on JSON over several lines.",
    gets(422, json.dumps(say(), indent=2).encode()),
    parse=compact_only,
)
request(
    "no-surrogate-escapes",
    "A hand-written reader rejects \\ud83d\\ude00, a pair that is one emoji.",
    gets(422, json.dumps(say("A gift \U0001f381")).encode()),
    parse=no_unicode_escapes,
)
request(
    "message-comes-first",
    "A streaming reader requires the message before the events.",
    gets(422, {"events": [event()], "message": MESSAGE}),
    validate=rejects("message", ordered("events", "message")),
)
request(
    "limit-comes-last",
    "A streaming reader requires the limit after the message.",
    gets(422, {"limit": 3, "message": MESSAGE}),
    validate=rejects("limit", ordered("limit", "message")),
)

# -- expected from the documents, or common sense


def refused_charset(usual: Any, turn: Turn) -> Any:
    if ";" in turn.request.header("Content-Type"):
        raise Malformed(Problem(("body",), "media_type", "Content-Type must be application/json"))
    return usual(turn)


def charset_refused(client: Client) -> bool:
    return client.send(say(), {"Content-Type": "application/json; charset=utf-8"}).status == 422


request.should(
    "no-charset",
    "charset=utf-8 is rejected.",
    charset_refused,
    parse=refused_charset,
)
request.should(
    "no-empty-message",
    "An empty message is rejected, though any string is documented.",
    gets(422, say("")),
    validate=rejects("message", lambda turn: turn.get("message") == ""),
)
request.should(
    "no-line-breaks",
    "A message of two lines is rejected.",
    gets(422, say("A desk\nand a lamp")),
    validate=rejects("message", lambda turn: "\n" in turn.text("message")),
)
request.should(
    "message-at-most-4000",
    "A message of more than 4,000 characters is rejected.",
    gets(422, say("desk " * 2000)),
    validate=rejects("message", lambda turn: len(turn.text("message")) > 4000),
)
request.should(
    "no-limit-zero",
    "limit 0 is rejected.",
    gets(422, say(limit=0)),
    validate=rejects("limit", lambda turn: turn.get("limit") == 0),
)
request.should(
    "limit-at-most-100",
    "A limit past 100 is rejected.",
    gets(422, say(limit=1000)),
    validate=rejects("limit", lambda turn: whole(turn.get("limit")) > 100),
)
request.should(
    "at-most-100-events",
    "More than a hundred events are rejected.",
    gets(422, say(events=events(200))),
    validate=rejects("events", lambda turn: len(turn.events) > 100),
)
request.should(
    "foreign-conversation-refused",
    "A conversation_id that the server did not issue, as in the documented example, is rejected.",
    gets(422, DOCUMENTED),
    validate=rejects("conversation_id", lambda turn: turn.text("conversation_id") and not turn.conversation),
)
request.should(
    "foreign-conversation-404",
    "A conversation_id that the server did not issue gets 404.",
    gets(404, DOCUMENTED),
    identify=answers(404, lambda turn: turn.text("conversation_id") and not turn.conversation),
)
