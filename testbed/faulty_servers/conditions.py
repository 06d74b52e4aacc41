"""Conditions on a received request, by dimension, each with a scene that meets it.

They are drawn at random for `pairs`, so they are written from the fields of the contract, not from the verifier's plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .base import EVENT_TEXTS, TEXTS, Turn
from .witness import MESSAGE, event

FIELDS = ("message", *TEXTS, "events", "limit")
EVENT_FIELDS = ("timestamp", *EVENT_TEXTS)
KNOWN_ITEM = "ST678VG"
POSITIONS = {"first": 0, "second": 1, "third": 2, "last": -1}
FEWEST_WITH_LAST = 4
"""The last event differs from the first three only in a list of this length."""


@dataclass
class Scene:
    """A request to send: the turn of its conversation, its body and its headers."""

    fields: dict[str, Any] = field(default_factory=lambda: {"message": MESSAGE})
    events: list[Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    turn: int = 1
    rejected: bool = False
    reverse: bool = False
    body: Any = None

    def event(self, position: str) -> dict[str, Any]:
        """Return the event at a position, after adding those before it."""
        self.grow(POSITIONS[position] + 1 if position != "last" else FEWEST_WITH_LAST)
        found: dict[str, Any] = (self.events or [])[POSITIONS[position]]
        return found

    def grow(self, count: int) -> None:
        self.events = self.events or []
        self.events += [event(minute) for minute in range(len(self.events), count)]

    def build(self) -> dict[str, Any]:
        body = self.fields | ({} if self.events is None else {"events": self.events})
        return dict(reversed(body.items())) if self.reverse else body


@dataclass(frozen=True)
class Condition:
    """A condition and the change that makes a scene meet it."""

    dimension: str
    name: str
    holds: Callable[[Turn], Any]
    show: Callable[[Scene], None]

    @property
    def topic(self) -> str:
        """What is drawn first, so that the many fields of events and headers do not outweigh the rest."""
        return self.dimension.partition("/")[0]


def at(turn: Turn, position: str) -> dict[str, Any]:
    """Return the event at a position, or an empty one."""
    events = turn.get("events")
    index = POSITIONS[position]
    if not isinstance(events, list) or len(events) < (FEWEST_WITH_LAST if index < 0 else index + 1):
        return {}
    return events[index] if isinstance(events[index], dict) else {}


def is_integer(value: Any) -> bool:
    return type(value) is int


def turns() -> Iterator[Condition]:
    def condition(name: str, holds: Callable[[Turn], Any], number: int, *, rejected: bool = False) -> Condition:
        def show(scene: Scene) -> None:
            scene.turn, scene.rejected = number, rejected

        return Condition("turn", name, holds, show)

    yield condition("first turn", lambda turn: not turn.has("conversation_id"), 1)
    yield condition("second turn", lambda turn: turn.number == 2, 2)
    yield condition("third turn", lambda turn: turn.number == 3, 3)
    yield condition("later turn", lambda turn: turn.number > 1, 2)
    yield condition("fifth turn or later", lambda turn: turn.number >= 5, 5)
    yield condition(
        "after a rejection",
        lambda turn: turn.conversation is not None and turn.conversation.memory.get("rejected"),
        2,
        rejected=True,
    )


def top(dimension: str, name: str, value: Any, holds: Callable[[Any], Any]) -> Condition:
    """Return a condition on the value of a top-level field named like its dimension."""

    def show(scene: Scene) -> None:
        scene.fields[dimension] = value

    return Condition(
        dimension, f"{dimension} {name}", lambda turn: turn.has(dimension) and holds(turn.get(dimension)), show
    )


def absent(name: str) -> Condition:
    return Condition(name, f"{name} absent", lambda turn: not turn.has(name), lambda _: None)


def text(pattern: str) -> Callable[[Any], Any]:
    return lambda value: isinstance(value, str) and re.search(pattern, value)


def identifiers() -> Iterator[Condition]:
    for name in ("session_id", "user_id"):
        yield absent(name)
        yield top(name, "present", "u8a7d9f6", lambda value: isinstance(value, str))
        yield top(name, "null", None, lambda value: value is None)
        yield top(name, "of 64 characters", "k7" * 32, text(r"\A.{64}\Z"))
        yield top(name, "of digits", "20240614", text(r"\A[0-9]+\Z"))
        yield top(name, "in upper case", "SHOPPER", text(r"\A[A-Z]+\Z"))
        yield top(name, "with an underscore at an end", "_a-1_", text(r"\A_|_\Z"))
        yield top(name, "outside must-accept", "Jörg's phone", text(r"[^A-Za-z0-9_-]"))


def limits() -> Iterator[Condition]:
    yield absent("limit")
    for number in (0, 1, 3, 4, 5, 10):
        yield top("limit", str(number), number, lambda value, number=number: is_integer(value) and value == number)
    yield top("limit", "6 to 9", 7, lambda value: is_integer(value) and 6 <= value <= 9)
    yield top("limit", "over 10", 50, lambda value: is_integer(value) and value > 10)
    yield top("limit", "null", None, lambda value: value is None)
    yield top("limit", "written otherwise", "5", lambda value: value is not None and not is_integer(value))


def event_counts() -> Iterator[Condition]:
    def condition(name: str, least: int, most: int, shown: int) -> Condition:
        def show(scene: Scene) -> None:
            scene.events = []
            scene.grow(shown)

        def holds(turn: Turn) -> bool:
            events = turn.get("events")
            return isinstance(events, list) and least <= len(events) <= most

        return Condition("events", name, holds, show)

    yield absent("events")
    yield condition("no events in the list", 0, 0, 0)
    yield condition("one event", 1, 1, 1)
    yield condition("two events", 2, 2, 2)
    yield condition("several events", 3, 1000, 5)
    yield condition("ten events or more", 10, 1000, 12)


def of_event(position: str, name: str, what: str, value: Any, holds: Callable[[Any], Any]) -> Condition:
    def show(scene: Scene) -> None:
        scene.event(position)[name] = value

    return Condition(
        f"{position} event/{name}",
        f"{position} event's {name} {what}",
        lambda turn: name in at(turn, position) and holds(at(turn, position)[name]),
        show,
    )


def without(position: str, name: str) -> Condition:
    def show(scene: Scene) -> None:
        scene.event(position).pop(name, None)

    return Condition(
        f"{position} event/{name}",
        f"{position} event without {name}",
        lambda turn: at(turn, position) and name not in at(turn, position),
        show,
    )


def event_fields(position: str) -> Iterator[Condition]:
    for name in ("item_id", "description"):
        yield without(position, name)
        yield of_event(position, name, "null", None, lambda value: value is None)
    yield of_event(position, "item_id", "known", KNOWN_ITEM, text(r"\A[A-Z]{2}[0-9]{3}[A-Z]{2}\Z"))
    yield of_event(position, "item_id", "unknown", "unheard-of", text(r"\A(?![A-Z]{2}[0-9]{3}[A-Z]{2}\Z)"))
    yield of_event(position, "description", "present", "Viewed details", lambda value: isinstance(value, str))
    yield of_event(position, "description", "with an accent", "Établi d'atelier", text("[\u00c0-\u024f]"))
    yield of_event(position, "description", "long", "Looked around. " * 6, text(r"(?s)\A.{60}"))
    yield of_event(position, "type", "purchase", "purchase", text(r"\Apurchase\Z"))
    yield of_event(position, "type", "unusual", "left the shop", text(r"\A(?!(browse|click|purchase|view|search)\Z)"))
    yield of_event(position, "timestamp", "with an offset", "2024-06-14T12:00:00+02:00", text(r"[+-]\d\d:\d\d\Z"))
    yield of_event(position, "timestamp", "with a fraction", "2024-06-14T10:00:00.25Z", text(r"\."))
    yield of_event(position, "timestamp", "before 1970", "1931-06-14T10:00:00Z", text(r"\A1[6-9][0-6]"))


def messages() -> Iterator[Condition]:
    for name, value, pattern in (
        ("with an accent", "Une idée pour mon père", "[\u00c0-\u024f]"),
        ("in Chinese or Japanese", "机を探しています", "[\u3040-\u30ff\u4e00-\u9fff]"),
        ("in Cyrillic", "Стол для мастерской", "[\u0400-\u04ff]"),
        ("in Arabic or Hebrew", "أبحث عن هدية", "[\u0590-\u06ff]"),
        ("with an emoji", "A gift 🎁 please", "[\U0001f300-\U0001faff]"),
        ("with a single quote", "It's for my dad", "'"),
        ("with a double quote", 'A 24" desk', '"'),
        ("with a backslash", r"C:\desks or so", r"\\"),
        ("with a brace", "A desk {with drawers}", r"[{}]"),
        ("with an angle bracket", "A desk < 300", "[<>]"),
        ("with a percent sign", "A desk with 20% off", "%"),
        ("of one word", "desk", r"\A\S+\Z"),
        ("with a number", "A desk under 300 euros", "[0-9]"),
        ("that is a question", MESSAGE, r"\?\Z"),
        ("of more than 500 characters", "desk " * 120, r"(?s)\A.{501}"),
        ("that is a command", "/help me choose", r"\A/"),
        ("that requests JSON", "Answer in JSON: which desk?", "JSON"),
    ):
        yield top("message", name, value, text(pattern))


def orders() -> Iterator[Condition]:
    def reverse(scene: Scene) -> None:
        scene.reverse = True

    def before(first: str, second: str) -> Callable[[Turn], bool]:
        return lambda turn: turn.has(first, second) and list(turn.body).index(first) < list(turn.body).index(second)

    def event_reverse(scene: Scene) -> None:
        found = scene.event("first")
        entries = list(reversed(found.items()))
        found.clear()
        found.update(entries)

    def type_first(turn: Turn) -> bool:
        return list(at(turn, "first"))[:1] == ["type"]

    def with_limit(scene: Scene) -> None:
        scene.fields.setdefault("limit", 3)
        scene.reverse = True

    def with_events(scene: Scene) -> None:
        scene.grow(1)
        scene.reverse = True

    def message_not_first(turn: Turn) -> bool:
        return isinstance(turn.body, dict) and next(iter(turn.body), "message") != "message"

    yield Condition("key order", "message not the first key", message_not_first, with_limit)
    yield Condition("key order", "limit before message", before("limit", "message"), with_limit)
    yield Condition("key order", "events before message", before("events", "message"), with_events)
    yield Condition("key order", "type before timestamp in the first event", type_first, event_reverse)
    yield Condition("key order", "user_id before message", before("user_id", "message"), with_user(reverse))


def with_user(change: Callable[[Scene], None]) -> Callable[[Scene], None]:
    def show(scene: Scene) -> None:
        scene.fields.setdefault("user_id", "u8a7d9f6")
        change(scene)

    return show


def unknown_properties() -> Iterator[Condition]:
    def show(scene: Scene) -> None:
        scene.fields["colour"] = "oak"

    def show_in_event(scene: Scene) -> None:
        scene.event("first")["colour"] = "oak"

    def beyond(holder: dict[str, Any], known: tuple[str, ...]) -> bool:
        return any(name not in known for name in holder)

    yield Condition(
        "unknown property",
        "an unknown property",
        lambda turn: isinstance(turn.body, dict) and beyond(turn.body, FIELDS),
        show,
    )
    yield Condition(
        "unknown property",
        "an unknown property in an event",
        lambda turn: any(beyond(one, EVENT_FIELDS) for one in turn.events),
        show_in_event,
    )


def equal_identifiers() -> Iterator[Condition]:
    def same(scene: Scene) -> None:
        scene.fields["user_id"] = scene.fields["session_id"] = "x1"

    def twins(scene: Scene) -> None:
        scene.fields["user_id"], scene.fields["session_id"] = "Shopper-7", "shopper-7"

    def items(scene: Scene) -> None:
        for position in ("first", "second"):
            scene.event(position)["item_id"] = KNOWN_ITEM

    def is_user(scene: Scene) -> None:
        scene.fields["user_id"] = scene.event("first")["item_id"] = KNOWN_ITEM

    def case_twins(turn: Turn) -> bool:
        user, session = turn.text("user_id"), turn.text("session_id")
        return user != session and user.lower() == session.lower()

    yield Condition(
        "identifiers",
        "user_id equal to session_id",
        lambda turn: turn.text("user_id") and turn.text("user_id") == turn.text("session_id"),
        same,
    )
    yield Condition("identifiers", "user_id and session_id differ by case only", case_twins, twins)
    yield Condition(
        "identifiers",
        "two events with one item_id",
        lambda turn: len(set(turn.each("item_id"))) < len(turn.each("item_id")),
        items,
    )
    yield Condition(
        "identifiers",
        "user_id equal to an item_id",
        lambda turn: turn.text("user_id") and turn.text("user_id") in turn.each("item_id"),
        is_user,
    )


def headers() -> Iterator[Condition]:
    for name, value, pattern in (
        ("Accept", "*/*", r"\*/\*"),
        ("Accept", "application/json", r"\Aapplication/json\Z"),
        ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("Accept-Language", "de-DE,de;q=0.9", "."),
        ("Cookie", "theme=dark; visit=3", "."),
        ("Content-Type", "application/json; charset=utf-8", "charset"),
        ("Accept-Encoding", "gzip, deflate, br", "gzip"),
        ("Accept-Encoding", "identity", r"\A(?!.*gzip)"),
        ("Origin", "https://shop.example", "."),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)", "Mozilla"),
        ("User-Agent", "curl/8.5.0", r"\Acurl"),
        ("X-Forwarded-For", "203.0.113.9", "."),
    ):
        yield header(name, value, pattern)


def header(name: str, value: str, pattern: str) -> Condition:
    def show(scene: Scene) -> None:
        scene.headers[name] = value

    return Condition(
        f"headers/{name}", f"{name} like {value}", lambda turn: re.search(pattern, turn.request.header(name)), show
    )


CONDITIONS: tuple[Condition, ...] = (
    *turns(),
    *messages(),
    *identifiers(),
    *limits(),
    *event_counts(),
    *(one for position in POSITIONS for one in event_fields(position)),
    *unknown_properties(),
    *equal_identifiers(),
    *orders(),
    *headers(),
)
"""All conditions, in the order in which their changes to a scene are applied."""


def drawn(random: Random, *beside: Condition) -> Condition:
    """Draw a condition: a topic, then a dimension of it, then a value; never of the same dimension as another one."""
    taken = {one.dimension for one in beside}
    free = [one for one in CONDITIONS if one.dimension not in taken]
    topic = random.choice(list(dict.fromkeys(one.topic for one in free)))
    of_topic = [one for one in free if one.topic == topic]
    dimension = random.choice(list(dict.fromkeys(one.dimension for one in of_topic)))
    return random.choice([one for one in of_topic if one.dimension == dimension])
