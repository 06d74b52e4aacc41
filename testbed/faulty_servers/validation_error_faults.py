"""Servers that reject correctly, but with a wrong error format or a wrong loc."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .base import Problem, Turn, is_json
from .correct import STRICT
from .fault import SHOULD, Group, always, answers, edits, wire
from .rejection_faults import only_for_json
from .wire import TEXT, Answer
from .witness import Client, Witness, blames, broken, complains, event, events, say, unreadable

error = Group("validation-error")
Entry = dict[str, Any]
WRONG = say(limit="abc")
IN_EVENT = say(events=[event(), event(type=5)])


def refused(turn: Turn) -> bool:
    return turn.status == 422


def body_is(name: str, about: str, change: Callable[[list[Entry]], Any]) -> None:
    """Add a fault that replaces the payload of a 422."""

    def witness(client: Client) -> bool:
        reply = client.send(WRONG)
        return reply.status == 422 and not (
            isinstance(reply.data, dict) and reply.detail and isinstance(reply.detail, list)
        )

    def hook(usual: Any, turn: Turn) -> Answer:
        if refused(turn):
            turn.payload = change(turn.payload["detail"])
        answer: Answer = usual(turn)
        return answer

    error(name, about, witness, send=hook)


def entries(
    name: str,
    about: str,
    witness: Witness,
    change: Callable[[Turn, Entry], Any],
    when: Callable[[Turn], Any] = always,
    **options: Any,
) -> None:
    """Add a fault that changes each entry of the detail, in place or by the returned value."""
    error(
        name,
        about,
        witness,
        detail=edits(lambda turn, made: [change(turn, one) or one for one in made], when),
        **options,
    )


def sets(name: str, value: Any) -> Callable[[Turn, Entry], None]:
    return lambda turn, entry: entry.__setitem__(name, value)


def drops(name: str) -> Callable[[Turn, Entry], None]:
    return lambda turn, entry: entry.__delitem__(name)


def moved(change: Callable[[list[Any]], list[Any]]) -> Callable[[Turn, Entry], None]:
    return lambda turn, entry: entry.__setitem__("loc", change(entry["loc"]))


def any_entry(wrong: Callable[[Entry], Any], body: Any = None, **options: Any) -> Witness:
    return complains(lambda detail: any(wrong(entry) for entry in detail), WRONG if body is None else body, **options)


# -- the payload

body_is("detail-string", "detail is a string.", lambda detail: {"detail": detail[0]["msg"]})
body_is("detail-empty", "detail is an empty list.", lambda detail: {"detail": []})
body_is("detail-object", "detail is one error without its list.", lambda detail: {"detail": detail[0]})
body_is("errors-instead", "The list is called errors.", lambda detail: {"errors": detail})
body_is("bare-list", "The body is the list without an object.", lambda detail: detail)
body_is("detail-by-field", "detail maps fields to messages.", lambda detail: {"detail": {"limit": ["Not a number."]}})
body_is("message-only", "The error is a message.", lambda detail: {"message": "Unprocessable Entity"})
body_is("detail-null", "detail is null.", lambda detail: {"detail": None})
error(
    "detail-of-strings",
    "detail is a list of strings.",
    complains(lambda detail: isinstance(detail[0], str), WRONG),
    detail=edits(lambda turn, made: [one["msg"] for one in made]),
)
error(
    "malformed-detail-string",
    "Malformed JSON gets a 422 whose detail is a string.",
    complains(lambda detail: isinstance(detail, str), b'{"message": '),
    parse=only_for_json(422, b'{"detail":"JSON parse error - Expecting value: line 1 column 13"}'),
)
error(
    "no-body-detail-string",
    "An empty body gets a 422 whose detail is a string.",
    complains(lambda detail: isinstance(detail, str), b""),
    parse=lambda usual, turn: (
        usual(turn) if turn.raw else answers(422, always, b'{"detail":"Request body is required"}')(usual, turn)
    ),
)
error(
    "media-type-detail-string",
    "An unsupported media type gets a 422 whose detail is a string.",
    lambda client: (
        (reply := client.send(say(), {"Content-Type": "text/plain"})).status == 422 and isinstance(reply.detail, str)
    ),
    parse=answers(422, lambda turn: turn.raw and not is_json(turn), b'{"detail":"Send application/json"}'),
)


# -- the entries

entries(
    "loc-dotted",
    "loc is a dotted string.",
    any_entry(lambda one: isinstance(one["loc"], str)),
    lambda turn, one: one.update(loc=".".join(map(str, one["loc"]))),
)
entries(
    "loc-pointer",
    "loc is a JSON Pointer.",
    any_entry(lambda one: isinstance(one["loc"], str)),
    lambda turn, one: one.update(loc="/" + "/".join(map(str, one["loc"]))),
)
entries(
    "loc-missing",
    "loc is called path.",
    any_entry(lambda one: "loc" not in one),
    lambda turn, one: {"path" if key == "loc" else key: value for key, value in one.items()},
)
entries("loc-null", "loc is null.", any_entry(lambda one: one["loc"] is None), sets("loc", None))
entries(
    "loc-holds-objects",
    "loc holds objects.",
    any_entry(lambda one: isinstance(one["loc"][-1], dict)),
    moved(lambda loc: [*loc[:-1], {"field": loc[-1]}]),
)
entries(
    "loc-holds-null",
    "loc holds null where there is no index.",
    any_entry(lambda one: None in one["loc"]),
    moved(lambda loc: [*loc, None]),
)
entries(
    "msg-missing",
    "msg is called message.",
    any_entry(lambda one: "msg" not in one),
    lambda turn, one: {"message" if key == "msg" else key: value for key, value in one.items()},
)
entries("msg-empty", "msg is empty.", any_entry(lambda one: one["msg"] == ""), sets("msg", ""))
entries(
    "msg-object",
    "msg is translated into an object.",
    any_entry(lambda one: isinstance(one["msg"], dict)),
    lambda turn, one: one.update(msg={"en": one["msg"]}),
)
entries(
    "msg-list",
    "msg is a list.",
    any_entry(lambda one: isinstance(one["msg"], list)),
    lambda turn, one: one.update(msg=[one["msg"]]),
)
entries("type-missing", "type is left out.", any_entry(lambda one: "type" not in one), drops("type"))
entries("type-empty", "type is empty.", any_entry(lambda one: one["type"] == ""), sets("type", ""))
entries("type-a-number", "type is a number.", any_entry(lambda one: one["type"] == 422), sets("type", 422))
error(
    "second-entry-bare",
    "Only the first of several entries is complete.",
    any_entry(lambda one: "msg" not in one, say(5, limit="abc")),
    detail=edits(lambda turn, made: [made[0], *({"loc": one["loc"]} for one in made[1:])]),
)
entries(
    "type-missing-when-missing",
    "For a missing field the type is left out.",
    any_entry(lambda one: "type" not in one, {}),
    lambda turn, one: one.pop("type", None) and one if one["type"] == "missing" else one,
)
entries(
    "msg-missing-for-malformed",
    "The error of malformed JSON has no msg.",
    any_entry(lambda one: "msg" not in one, b"{"),
    lambda turn, one: one.pop("msg", None) and one if one["type"] == "json_invalid" else one,
)

# -- the place

entries(
    "blames-message",
    "Every loc names the first field.",
    blames(["body", "message"], WRONG),
    moved(lambda loc: ["body", "message", *loc[2:]]),
)
entries(
    "blames-body",
    "Every loc is just the body.",
    any_entry(lambda one: one["loc"] == ["body"]),
    moved(lambda loc: ["body"]),
)
entries(
    "stops-at-events",
    "No loc is deeper than the field.",
    any_entry(lambda one: one["loc"] == ["body", "events"], IN_EVENT),
    moved(lambda loc: loc[:2]),
    style=STRICT,
)
entries(
    "counts-from-one",
    "The indices of events start at 1.",
    any_entry(lambda one: one["loc"][2] == 2, IN_EVENT),
    moved(lambda loc: [one + 1 if type(one) is int and loc[1] == "events" else one for one in loc]),
)
entries(
    "always-first-event",
    "Every loc names the first event.",
    any_entry(lambda one: one["loc"][2] == 0, IN_EVENT),
    moved(lambda loc: [0 if type(one) is int and loc[1] == "events" else one for one in loc]),
)
entries(
    "no-index",
    "The loc lacks the index of the event.",
    any_entry(lambda one: one["loc"] == ["body", "events", "type"], IN_EVENT),
    moved(lambda loc: [one for one in loc if type(one) is not int or loc[1] != "events"]),
)
entries(
    "counts-from-the-end",
    "Events are counted from the end.",
    any_entry(lambda one: one["loc"][2] == -1, IN_EVENT),
    lambda turn, one: one.update(
        loc=[
            step - len(turn.get("events")) if type(step) is int and one["loc"][1] == "events" else step
            for step in one["loc"]
        ]
    ),
)
entries(
    "camel-case",
    "The loc has field names in camel case.",
    blames(["body", "sessionId"], say(session_id=5)),
    moved(lambda loc: [camel(one) for one in loc]),
)
entries(
    "user-for-session",
    "The error of a wrong user_id names session_id.",
    blames(["body", "session_id"], say(user_id=5)),
    moved(lambda loc: ["body", "session_id"] if loc == ["body", "user_id"] else loc),
)
entries(
    "type-for-timestamp",
    "The error of a wrong timestamp names type.",
    blames(["body", "events", 0, "type"], say(events=[event(timestamp=True)])),
    moved(lambda loc: [*loc[:-1], "type"] if loc[-1] == "timestamp" else loc),
)
entries(
    "later-blames-conversation",
    "In a later turn every error names conversation_id.",
    blames(["body", "conversation_id"], WRONG, turn=2),
    moved(lambda loc: ["body", "conversation_id"]),
    when=lambda turn: turn.later,
)
entries(
    "index-past-nine",
    "The index of an event is cut to one digit.",
    any_entry(lambda one: one["loc"][2] == 0, say(events=[*events(10), event(type=5)])),
    moved(lambda loc: [one % 10 if type(one) is int and loc[1] == "events" else one for one in loc]),
)


def camel(step: Any) -> Any:
    first, *rest = str(step).split("_")
    return step if isinstance(step, int) else first + "".join(word.title() for word in rest)


def blames_all(turn: Turn, made: list[Entry]) -> list[Entry]:
    """Name every field of the body if one of them is wrong."""
    if not isinstance(turn.body, dict) or any(len(one["loc"]) < 2 for one in made):
        return made
    named = {one["loc"][1] for one in made}
    rest = (name for name in ("message", "session_id", "user_id", "limit") if turn.has(name) and name not in named)
    return made + [Problem(("body", name)).entry() for name in rest]


error(
    "blames-all-fields",
    "If one field is wrong, the errors name every field.",
    blames(["body", "message"], WRONG),
    detail=edits(blames_all),
)
error(
    "blames-all-events",
    "If one event is wrong, the errors name every event.",
    blames(["body", "events", 0, "type"], IN_EVENT),
    detail=edits(
        lambda turn, made: (
            made
            + [
                Problem(("body", "events", index, "type")).entry()
                for index in range(len(turn.events))
                if any(one["loc"][1:2] == ["events"] for one in made)
                and isinstance(turn.events[index].get("type"), str)
            ]
        )
    ),
)
# -- the bytes

error(
    "error-as-html",
    "A 422 has the media type of HTML.",
    lambda client: "html" in client.send(WRONG).headers["content-type"],
    send=wire(refused, headers={"Content-Type": "text/html; charset=utf-8"}),
)
error(
    "error-as-text",
    "A 422 is sent as text/plain.",
    lambda client: "plain" in client.send(WRONG).headers["content-type"],
    send=wire(refused, headers=TEXT),
)
error(
    "error-without-type",
    "A 422 has no media type.",
    lambda client: "content-type" not in client.send(WRONG).headers,
    send=wire(refused, headers={}),
)
error(
    "malformed-as-text",
    "Malformed JSON gets its 422 as text/plain.",
    lambda client: "plain" in client.send(b"{").headers["content-type"],
    send=wire(lambda turn: refused(turn) and turn.problems[0].type == "json_invalid", headers=TEXT),
)
error("error-truncated", "A 422 is truncated.", broken("truncated", WRONG), send=wire(refused, cut=20))
error("error-empty", "A 422 has no body.", unreadable(WRONG, status=422), send=wire(refused, body=b""))
error(
    "error-as-python",
    "A 422 is the repr of a dictionary.",
    unreadable(WRONG, status=422),
    encode=lambda usual, turn: repr(turn.payload).encode() if refused(turn) else usual(turn),
)
error(
    "error-encoded-twice",
    "A 422 is JSON in a JSON string.",
    lambda client: isinstance(client.send(WRONG).data, str),
    encode=lambda usual, turn: json.dumps(usual(turn).decode()).encode() if refused(turn) else usual(turn),
)
error(
    "error-in-latin-1",
    "A 422 echoes the input in Latin-1.",
    unreadable(say("Une idée", limit="abc"), status=422),
    detail=edits(lambda turn, made: [{**one, "input": str(turn.body)[:300]} for one in made]),
    encode=lambda usual, turn: usual(turn).decode().encode("latin-1", "replace") if refused(turn) else usual(turn),
)

# -- common sense

entries(
    "index-as-string",
    "The index of an event is a string.",
    any_entry(lambda one: one["loc"][2] == "1", IN_EVENT),
    moved(lambda loc: [str(one) if loc[1:2] == ["events"] else one for one in loc]),
    level=SHOULD,
)
entries(
    "loc-without-body",
    "loc starts at the field.",
    blames(["limit"], WRONG),
    moved(lambda loc: loc[1:] or loc),
    level=SHOULD,
)
