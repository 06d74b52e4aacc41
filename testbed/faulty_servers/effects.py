"""What a drawn fault does: one effect for each kind of clause that a server can violate.

Each effect is made of hooks that act on marked turns: those whose request met the fault's conditions when validated.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .base import EVENT_TEXTS, TEXTS, Done, Hook, Problem, Turn
from .conditions import POSITIONS, Scene
from .fault import GROUPS, edits, wire
from .wire import TEXT, Answer


@dataclass(frozen=True)
class Effect:
    """A wrong behaviour, by the group of its clause and the hooks that cause it."""

    group: str
    about: str
    hooks: dict[str, Hook]

    def __post_init__(self) -> None:
        assert self.group in GROUPS, self.group


def marked(turn: Turn) -> bool:
    return turn.marked


def accepted(turn: Turn) -> bool:
    return turn.marked and turn.status == 200


def rejected(turn: Turn) -> bool:
    return turn.marked and turn.status == 422


def responds(status: int) -> Hook:
    def hook(usual: Callable[[Turn], Any], turn: Turn) -> Any:
        if turn.marked:
            raise Done(Answer(status, b'{"detail":"Something went wrong"}'))
        return usual(turn)

    return hook


def replies(about: str, **fields: Any) -> Effect:
    """Return an effect that sets fields of the reply."""
    return Effect("reply", about, {"compose": edits(lambda _, made: {**made, **fields}, marked)})


def lacks(name: str) -> Effect:
    return Effect(
        "reply",
        f"the reply has no {name}",
        {"compose": edits(lambda _, made: {key: value for key, value in made.items() if key != name}, marked)},
    )


def items(about: str, **fields: Any) -> Effect:
    """Return an effect that sets fields of each item."""

    def change(_: Turn, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**item, **fields} for item in found]

    return Effect("reply", about, {"search": edits(change, marked)})


def limits(about: str, change: Callable[[int], int]) -> Effect:
    return Effect("limit", about, {"limit": edits(lambda _, number: change(number), marked)})


def identifies(about: str, change: Callable[[Turn, str], Any]) -> Effect:
    """Return an effect that gives a conversation another id."""
    return Effect("conversation", about, {"identify": edits(change, marked)})


def first_issued(turn: Turn, made: str) -> str:
    return made if turn.has("conversation_id") else turn.app.issued[0]


def refuses(path: str) -> Effect:
    problem = Problem(("body", *([path] if path else [])), "value_error", "Value error, not supported")
    return Effect(
        "request",
        f"the request is rejected at {path or 'the body'}",
        {"validate": edits(lambda _, found: found or [problem], marked)},
    )


def cut(group: str, about: str, when: Callable[[Turn], bool], **how: Any) -> Effect:
    return Effect(group, about, {"send": wire(when, **how)})


ACCEPTING: tuple[Effect, ...] = (
    *(refuses(path) for path in ("message", "user_id", "limit", "events", "")),
    *(Effect("request", f"the response is {status}", {"search": responds(status)}) for status in (400, 403, 404)),
    *(Effect("robustness", f"the response is {status}", {"search": responds(status)}) for status in (500, 503)),
    cut("robustness", "the connection is reset", accepted, reset=True),
    cut("robustness", "the response is cut", accepted, cut=20),
    cut("reply", "the status is 201", accepted, status=201),
    cut("reply", "the media type is text/plain", accepted, headers=dict(TEXT)),
    *(lacks(name) for name in ("conversation_id", "message", "items")),
    replies("items is null", items=None),
    replies("message is null", message=None),
    replies("message is a list", message=["Here is what fits."]),
    replies("message is blank", message=" "),
    replies("conversation_id is a number", conversation_id=17),
    items("an item's price is a number", price=999.99),
    items("an item's item_id is empty", item_id=""),
    items("an item's title is a list", title=["desk"]),
    items("an item's price has a currency sign", price="€ 999.99"),
    limits("one item too many", lambda number: number + 1),
    limits("limit is ignored", lambda _: 14),
    limits("there are at least five items", lambda number: max(number, 5)),
    identifies("the id changes", lambda turn, _: turn.app.issue()),
    identifies("the id is in upper case", lambda _, made: made.upper()),
    identifies("a new conversation gets the id of the first one", first_issued),
)
"""The effects on requests that the server should accept; most are violations for unspecified behaviour too."""


# -- wrong requests


JSON_TYPES: dict[str, tuple[Any, Callable[[Any], bool]]] = {
    "null": (None, lambda value: value is None),
    "a boolean": (True, lambda value: isinstance(value, bool)),
    "a number": (7, lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "a string": ("oak", lambda value: isinstance(value, str)),
    "an array": (["oak"], lambda value: isinstance(value, list)),
    "an object": ({"text": "oak"}, lambda value: isinstance(value, dict)),
}
MISSING = "missing"
NOT_TEXT = ("a boolean", "a number", "an array", "an object")
TOP_LEVEL: dict[str, tuple[str, ...]] = {
    "message": (*NOT_TEXT, "null", MISSING),
    **dict.fromkeys(TEXTS, NOT_TEXT),
    "events": ("a boolean", "a number", "a string", "an object"),
    "limit": ("a string", "an array", "an object"),
}
IN_EVENTS: dict[str, tuple[str, ...]] = {
    "": ("null", *NOT_TEXT[:3], "a string"),
    "timestamp": ("a boolean", "an array", "an object", "null", MISSING),
    **dict.fromkeys(EVENT_TEXTS, NOT_TEXT),
    "type": (*NOT_TEXT, "null", MISSING),
}


@dataclass(frozen=True)
class Wrong:
    """A wrong value: its JSON type, the field, and the position of the event."""

    field: str
    type: str
    position: str = ""

    @property
    def name(self) -> str:
        where = f"{self.position} event's {self.field}" if self.field else f"{self.position} event"
        return f"{where if self.position else self.field} {self.type}"

    def show(self, scene: Scene) -> None:
        """Put the wrong value into the scene; the field of an event that another change replaced stays away."""
        if self.position:
            holder = scene.event(self.position)
            if not self.field:
                assert scene.events
                scene.events[POSITIONS[self.position]] = JSON_TYPES[self.type][0]
                return
        else:
            holder = scene.fields
        if self.type == MISSING:
            holder.pop(self.field, None)
        elif self.field == "events":
            scene.events = JSON_TYPES[self.type][0]
        else:
            holder[self.field] = JSON_TYPES[self.type][0]

    def is_at(self, turn: Turn, problem: Problem) -> bool:
        """Return whether the problem is this one."""
        if not self._leads_to(turn, problem.loc[1:]):
            return False
        if MISSING in (self.type, problem.type):
            return self.type == problem.type
        value = turn.body
        for step in problem.loc[1:]:
            value = value[step]
        return JSON_TYPES[self.type][1](value)

    def _leads_to(self, turn: Turn, steps: tuple[Any, ...]) -> bool:
        if not self.position:
            return steps == (self.field,)
        if len(steps) < 2 or steps[0] != "events" or steps[2:] != ((self.field,) if self.field else ()):
            return False
        index = POSITIONS[self.position]
        return bool(steps[1] == (index if index >= 0 else len(turn.get("events")) - 1))


WRONG: tuple[Wrong, ...] = (
    *(Wrong(name, kind) for name, kinds in TOP_LEVEL.items() for kind in kinds),
    *(Wrong(name, kind, position) for position in POSITIONS for name, kinds in IN_EVENTS.items() for kind in kinds),
)

Entry = dict[str, Any]


def overlooks(wrong: Wrong) -> Effect:
    def change(turn: Turn, problems: list[Problem]) -> list[Problem]:
        return [problem for problem in problems if not wrong.is_at(turn, problem)]

    return Effect("rejection", "the request is accepted", {"validate": edits(change, marked)})


def names(wrong: Wrong, about: str, change: Callable[[Entry], Any]) -> Effect:
    """Return an effect that changes the entry of the wrong value, in a 422 that names it."""

    def changed(turn: Turn, made: list[Entry]) -> list[Entry]:
        return [
            {**entry, **change(entry)} if wrong.is_at(turn, problem) else entry
            for problem, entry in zip(turn.problems, made, strict=True)
        ]

    return Effect("validation-error", about, {"detail": edits(changed, rejected)})


def whole_detail(wrong: Wrong, group: str, about: str, change: Callable[[Turn], Any]) -> Effect:
    """Return an effect on the whole response of a 422 that names the wrong value."""

    def changed(turn: Turn, _: list[Entry]) -> Any:
        return change(turn) if any(wrong.is_at(turn, problem) for problem in turn.problems) else None

    return Effect(group, about, {"detail": edits(changed, rejected)})


def ends(status: int, **how: Any) -> Callable[[Turn], Any]:
    def end(_: Turn) -> Any:
        raise Done(Answer(status, json.dumps({"detail": "Something went wrong"}).encode(), **how))

    return end


def next_index(entry: Entry) -> Entry:
    return {"loc": [step + 1 if isinstance(step, int) else step for step in entry["loc"]]}


def rejecting(wrong: Wrong) -> tuple[Effect, ...]:
    """Return the effects on requests that the server must reject for a wrong value."""
    other = "message" if wrong.field != "message" else "user_id"
    at_index = (names(wrong, "loc counts from 1", next_index),) * bool(wrong.position)
    return (
        overlooks(wrong),
        overlooks(wrong),
        *(whole_detail(wrong, "rejection", f"the response is {status}", ends(status)) for status in (400, 404)),
        whole_detail(wrong, "robustness", "the response is 500", ends(500)),
        whole_detail(wrong, "robustness", "the connection is reset", ends(422, reset=True)),
        whole_detail(wrong, "validation-error", "detail is a text", lambda _: "Something is wrong"),
        whole_detail(wrong, "validation-error", "detail is empty", lambda _: []),
        *at_index,
        names(wrong, "loc names another field", lambda _: {"loc": ["body", other]}),
        names(wrong, "loc names only the body", lambda _: {"loc": ["body"]}),
        names(wrong, "loc is null", lambda _: {"loc": None}),
        names(wrong, "msg is empty", lambda _: {"msg": ""}),
        names(wrong, "type is a number", lambda _: {"type": 17}),
    )
