"""The dimensions of a request: what may differ between two requests, and the levels that a plan combines.

A level is a class of values, such as an id in an unusual form; each use of a level takes its next value. Levels marked
as unspecified may be rejected by a correct server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from chat_contract.contract import validator_for
from chat_contract.roles import (
    CONVERSATION,
    EVENT_TIME,
    EVENT_TYPE,
    EVENTS,
    ITEM,
    LIMIT,
    MESSAGE,
    SESSION,
    USER,
)
from chat_verifier.planning import values
from chat_verifier.planning.request_builder import RUN_SESSION, RUN_USER, RequestBuilder


class Stand(StrEnum):
    """What stands in a level for a value that is not known when the level is made."""

    ABSENT = "absent"
    SAME_AS_USER = "same-as-user"
    CASE_OF_USER = "case-of-user"


ABSENT: Any = Stand.ABSENT
"""Stands for a field that is left out."""

SAME_AS_USER: Any = Stand.SAME_AS_USER
"""Stands for the user_id of the same request."""

CASE_OF_USER: Any = Stand.CASE_OF_USER
"""Stands for the user_id of the same request with upper and lower case swapped."""

POSITIONS: Mapping[str, int] = {"first": 0, "second": 1, "third": 2, "last": -1}
"""The events whose fields are dimensions, with their indices."""

TURN, AFTER, UNKNOWN, UNKNOWN_IN_EVENT, KEYS, EVENT_KEYS, LAYOUT, ESCAPES, ORDER = (
    "turn",
    "after-rejection",
    "unknown-property",
    "unknown-property-in-event",
    "key-order",
    "event-key-order",
    "layout",
    "escapes",
    "event-order",
)


_LONGEST_OF_MANY = 300
"""The length of the longest unspecified values of which one request holds many."""

OTHER_EVENTS = "other-events"
"""The events between those whose fields are dimensions. No array has this dimension."""


@dataclass(frozen=True)
class Level:
    """A class of values of one dimension.

    ``rare``: the level only has to appear, and its pairs do not matter. Either another level shows the same features,
    or each value of this level matters on its own. ``unlike``: the values are of several kinds, so the level is used
    often.
    """

    id: str
    values: tuple[Any, ...]
    unspecified: bool = False
    rare: bool = False
    unlike: bool = False


@dataclass(frozen=True)
class Dimension:
    """What differs between requests. The first level is the plainest one.

    ``position`` is empty, or names the event to which the dimension belongs; ``field`` is the field, if it is one.
    """

    name: str
    levels: tuple[Level, ...]
    field: str = ""
    position: str = ""

    def level(self, name: str) -> Level:
        return next(level for level in self.levels if level.id == name)


CONTENT_TYPE = "content-type"

HEADERS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "accept": (
        ("plain", ("",)),
        ("browser", ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",)),
        ("odd", ("*/*", "application/json, text/plain, */*", "application/json;q=0.9, */*;q=0.1")),
    ),
    "accept-language": (
        ("plain", ("",)),
        ("several", ("de-DE,de;q=0.9,en-US;q=0.5,en;q=0.4", "ar-EG,ar,ja,fr-CH;q=0.9,en-GB,de-AT;q=0.3, *;q=0.1")),
        ("odd", ("en", "de", "fr-CH, fr;q=0.9, *;q=0.5", "ja", "zz")),
    ),
    "cookie": (
        ("plain", ("",)),
        (
            "several",
            (
                "_ga=GA1.2.3; theme=dark; cart=%7B%22a%22%3A1%7D; lang=en; conversation_id=abc",
                'a="b c"; session_id=xyz; user_id=q; session=3f0e7a52',
            ),
        ),
    ),
    "accept-encoding": (
        ("plain", ("",)),
        ("browser", ("gzip, deflate, br",)),
        ("odd", ("gzip", "gzip, deflate")),
    ),
    "user-agent": (
        ("plain", ("",)),
        ("browser", ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0",)),
        ("client", ("curl/8.5.0", "python-requests/2.32.3", "curl/8.5.0", "axios/1.7.2")),
    ),
    "origin": (("plain", ("",)), ("shop", ("https://shop.example", "http://localhost:3000", "null"))),
    "x-forwarded-for": (("plain", ("",)), ("list", ("203.0.113.7, 10.0.0.1", "2001:db8::1", "198.51.100.4"))),
    "x-request-id": (("plain", ("",)), ("id", ("3f0e7a52-9c1d-4b86-a7e4-60d2f1b8c935", "abc 123"))),
    CONTENT_TYPE: (
        ("plain", ("",)),
        ("odd", ("Application/JSON", "application/JSON")),
        ("charset", ("application/json; charset=utf-8", "application/json;charset=UTF-8")),
    ),
}  # fmt: skip
"""Headers that must not change how a server responds, with the values of each level; an empty value: not sent."""


def dimensions(builder: RequestBuilder, *, unspecified: bool, rare: bool = True) -> list[Dimension]:
    """Return all dimensions. ``unspecified`` includes the levels that a server may reject, ``rare`` the rare ones."""
    found = []
    for dimension in _all(builder):
        levels = tuple(level for level in dimension.levels if level.values and (unspecified or not level.unspecified))
        levels = tuple(level for level in levels if rare or not level.rare or level is dimension.levels[0])
        found.append(replace(dimension, levels=levels))
    return found


def _all(builder: RequestBuilder) -> Iterator[Dimension]:
    yield Dimension(
        TURN,
        (
            Level("first", ("first",)),
            Level("second", ("second",)),
            Level("third", ("third",)),
            Level("fourth", ("fourth",), rare=True),
            Level("later", ("later",)),
        ),
    )
    yield Dimension(AFTER, (Level("no", ("no",)), Level("yes", ("yes",))))
    yield from _events(builder)
    yield from _ids(builder)
    yield _limit(builder)
    yield _message(builder)
    known = {MESSAGE, CONVERSATION, SESSION, USER, LIMIT, EVENTS}
    for name in builder.optional:
        if name not in known:
            yield Dimension(name, (Level("absent", (ABSENT,)), Level("plain", (builder.valid(name),))), name)
    for place in (UNKNOWN, UNKNOWN_IN_EVENT):
        some = Level("some", tuple(values.UNKNOWN_PROPERTIES), unspecified=True)
        yield Dimension(place, (Level("none", (ABSENT,)), some))
    yield Dimension(KEYS, tuple(Level(name, (name,)) for name in ("documented", "reverse", "sorted", "rotated")))
    yield Dimension(EVENT_KEYS, tuple(Level(name, (name,)) for name in ("documented", "rotated", "reverse", "sorted")))
    yield Dimension(ORDER, tuple(Level(name, (name,)) for name in ("ascending", "descending")))
    layouts = {"plain": ("plain",), "compact": ("compact",), "pretty": ("pretty",), "loose": ("loose", "spaced")}
    yield Dimension(LAYOUT, tuple(Level(name, found) for name, found in layouts.items()))
    yield Dimension(ESCAPES, tuple(Level(name, (name,)) for name in ("none", "ascii")))
    for name, levels in HEADERS.items():
        yield Dimension(
            name,
            tuple(Level(level, options, level == "charset", level == "odd") for level, options in levels),
        )


def _valid(schema: Mapping[str, Any], candidates: Iterable[Any]) -> tuple[Any, ...]:
    validator = validator_for(schema)
    return tuple(dict.fromkeys(value for value in candidates if validator.is_valid(value)))


def _unspecified(narrow: Mapping[str, Any], wide: Mapping[str, Any], candidates: Iterable[Any]) -> tuple[Any, ...]:
    """Return the values that a server may accept or reject, without repetitions."""
    must, may = validator_for(narrow), validator_for(wide)
    found = {repr(value): value for value in candidates if may.is_valid(value) and not must.is_valid(value)}
    return tuple(found.values())


def _asked(builder: RequestBuilder, *place: str) -> list[Any]:
    """Return the values at a place by which the open questions are asked."""
    found: list[Any] = []
    for question in builder.contract.questions.values():
        value: Any = question.ask
        for name in place:
            value = value[0] if isinstance(value, list) and value else value
            value = value.get(name, ABSENT) if isinstance(value, Mapping) else ABSENT
        if value is not ABSENT:
            is_asked = question.place is not None and question.place[-1:] == place[-1:]
            found.append(value * question.times if is_asked and isinstance(value, str) else value)
    return found


def _field_levels(
    narrow: Mapping[str, Any],
    wide: Mapping[str, Any],
    plain: Sequence[Any],
    odd: Mapping[str, Iterable[Any]],
    other: Iterable[Any],
    *,
    optional: bool = False,
) -> tuple[Level, ...]:
    """Return the levels of a field: absent, plain, the kinds of ``odd`` values, null, and other unspecified values."""
    others = _unspecified(narrow, wide, other)
    return (
        *((Level("absent", (ABSENT,)),) if optional else ()),
        Level("plain", tuple(plain)),
        *(
            Level(name, tuple(value for value in _valid(narrow, values) if value not in plain), rare=name == "odd")
            for name, values in odd.items()
        ),
        *((Level("null", (None,), unspecified=True),) if None in others else ()),
        Level("unspecified", tuple(value for value in others if value is not None), unspecified=True),
    )


def _ids(builder: RequestBuilder) -> Iterator[Dimension]:
    narrow, wide = builder.narrowest["properties"], builder.widest["properties"]
    for name, plain in ((USER, RUN_USER), (SESSION, RUN_SESSION)):
        if name not in builder.optional:
            continue
        longest = narrow[name]["maxLength"]
        ids = values.IDS if name == USER else (*values.IDS[7:], *values.IDS[:7])
        odd = {
            "dense": [value[:longest] for value in values.DENSE_IDS],
            "digits": ["9" * longest, "0042", "7"],
            "upper": [*values.UPPER_IDS],
            "odd": [value[:longest] for value in ids if not value.isdigit()],
        }
        other = (*_asked(builder, name), *(values.UNSPECIFIED_IDS if name == USER else values.OTHER_UNSPECIFIED_IDS))
        levels = _field_levels(narrow[name], wide[name], (plain,), odd, other, optional=True)
        levels = tuple(replace(level, rare=level.rare or level.id == "plain") for level in levels)
        related = (Level("same-as-user", (SAME_AS_USER,)), Level("case-of-user", (CASE_OF_USER,)))
        same = related if name == SESSION and USER in builder.optional else ()
        yield Dimension(name, (*levels, *same), name)


def _limit(builder: RequestBuilder) -> Dimension:
    narrow, wide = builder.narrowest["properties"][LIMIT], builder.widest["properties"][LIMIT]
    lowest, highest = narrow["minimum"], narrow["maximum"]
    others = (*values.UNSPECIFIED_LIMITS, *_asked(builder, LIMIT))
    return Dimension(
        LIMIT,
        (
            Level("absent", (ABSENT,)),
            Level("lowest", (lowest,)),
            Level("two", _in_range((2,), lowest, highest), rare=True),
            Level("low", _in_range((3,), lowest, highest)),
            Level("default", _in_range((4,), lowest, highest)),
            Level("above-default", _in_range((5,), lowest, highest)),
            Level("middle", _in_range((7, 6, 9, 8), lowest, highest)),
            Level("highest", (highest,)),
            Level("zero", _unspecified(narrow, wide, (0,)), unspecified=True),
            *_unspecified_limits(_unspecified(narrow, wide, others), highest),
            Level("null", (None,), unspecified=True),
        ),
        LIMIT,
    )


def _unspecified_limits(found: Iterable[Any], highest: int) -> Iterator[Level]:
    """Yield the levels of limits that a server may reject, but for zero and null."""
    kinds: dict[str, list[Any]] = {"large": [], "negative": [], "written-otherwise": []}
    for value in found:
        if type(value) is not int:
            kinds["written-otherwise"] += [value] * (value is not None)
        elif value:
            kinds["large" if value > highest else "negative"].append(value)
    for name, values_of_kind in kinds.items():
        yield Level(name, tuple(values_of_kind), unspecified=True, unlike=True)


def _in_range(candidates: Iterable[int], lowest: int, highest: int) -> tuple[int, ...]:
    return tuple(min(max(value, lowest), highest) for value in candidates)


def _message(builder: RequestBuilder) -> Dimension:
    narrow, wide = builder.narrowest["properties"][MESSAGE], builder.widest["properties"][MESSAGE]
    longest = narrow["maxLength"]
    sentences = " ".join(values.EVERYDAY_MESSAGES)
    long = [
        _filled(f"{values.DENSE_TEXTS[(number + shift) % len(values.DENSE_TEXTS)]} {sentences}", min(length, longest))
        for shift in range(len(values.DENSE_TEXTS))
        for number, length in enumerate((longest, *values.LONG_LENGTHS))
    ]
    lengths = [
        *(("Desk, oak? " * length)[: length - 1] + "!" for length in (longest, *values.LENGTHS, 256, 255, 192)),
        "ä" * longest,
        "🎁" * 600,
    ]
    return Dimension(
        MESSAGE,
        (
            Level("plain", _valid(narrow, (*builder.messages, *values.EVERYDAY_MESSAGES))),
            Level("dense", _valid(narrow, values.DENSE_WORDS)),
            Level("long", _valid(narrow, long)),
            Level("odd", _valid(narrow, (*values.MESSAGES, *(text for _, text in values.TEXTS), *lengths)), rare=True),
            Level(
                "unspecified",
                _unspecified(narrow, wide, (*_asked(builder, MESSAGE), *values.UNSPECIFIED_TEXTS, "Desk " * 600)),
                unspecified=True,
            ),
        ),
        MESSAGE,
    )


def _filled(text: str, length: int) -> str:
    """Return as much of the repeated text as fits, without blanks at the end."""
    return (f"{text} " * length)[: length - 1].rstrip() + "?"


def _events(builder: RequestBuilder) -> Iterator[Dimension]:
    if EVENTS not in builder.optional:
        return
    yield Dimension(
        EVENTS,
        (
            Level("absent", (ABSENT,)),
            Level("one", (1,)),
            Level("two", (2,)),
            Level("three", (3,), rare=True),
            Level("several", tuple(min(count, builder.most_events) for count in (5, 7, 4, 6, 8)), rare=True),
            Level("long", tuple(min(count, builder.most_events) for count in (20, 10, 12, 16))),
            Level("empty", (0,)),
            Level("null", (None,), unspecified=True),
            Level("many", (builder.most_events + 1, builder.most_events * 5), unspecified=True, rare=True),
        ),
        EVENTS,
    )
    narrow = builder.narrowest["properties"][EVENTS]["items"]["properties"]
    wide = builder.widest["properties"][EVENTS]["items"]["properties"]
    for shift, position in enumerate(POSITIONS):
        for name in builder.event_fields:
            optional = name not in builder.event_required
            plain = [event[name] for event in builder.example[EVENTS] if name in event] or [
                builder.full_event(0).get(name)
            ]
            odd, other = _event_values(builder, name, shift)
            levels = _field_levels(narrow[name], wide[name], plain[:1], odd, other, optional=optional)
            if name == ITEM and position == "second" and USER in builder.optional:
                levels = (*levels, Level("same-as-user", (SAME_AS_USER,)))
            plainest = sorted(levels, key=lambda level: level.id != "plain")
            if name != ITEM:
                # Most events have plain values anyway.
                plainest[0] = replace(plainest[0], rare=True)
            yield Dimension(f"{position}-event-{name}", tuple(plainest), name, position)


def unspecified_in_events(builder: RequestBuilder) -> dict[str, tuple[str, ...]]:
    """Return texts for each field of an event that a server may reject, without the very long ones."""
    narrow = builder.narrowest["properties"][EVENTS]["items"]["properties"]
    wide = builder.widest["properties"][EVENTS]["items"]["properties"]
    found = {}
    for name in builder.event_fields:
        _, other = _event_values(builder, name, 0)
        options = _unspecified(narrow[name], wide[name], other)
        found[name] = tuple(one for one in options if isinstance(one, str) and len(one) <= _LONGEST_OF_MANY)
    return found


def _event_values(builder: RequestBuilder, name: str, shift: int) -> tuple[dict[str, list[Any]], list[Any]]:
    """Return the odd and the unspecified values of a field of an event.

    Each position begins elsewhere in the lists (``shift``), so that together they go through all values.
    """
    asked = _asked(builder, EVENTS, name)
    narrow = builder.narrowest["properties"][EVENTS]["items"]["properties"]
    texts = [text for _, text in values.TEXTS]
    if name == EVENT_TIME:
        times = [*values.TIMES, *values.OTHER_TIMES]
        odd = {
            "dense": [*values.DENSE_TIMES],
            "odd": [time for time in times if time not in values.DENSE_TIMES],
        }
        other: Sequence[Any] = values.UNSPECIFIED_TIMES
    elif name == ITEM:
        odd = {"dense": [*values.DENSE_IDS], "odd": [*values.ITEM_IDS, *values.IDS]}
        other = values.UNSPECIFIED_IDS
    else:
        longest = narrow[name].get("maxLength", 100)
        kinds = [*(values.EVENT_TYPES if name == EVENT_TYPE else values.MESSAGES), "y" * longest, "42"]
        known = [event[name] for event in builder.example[EVENTS] if name in event]
        documented = {"purchase", *known[1:]} - {*known[:1]} if name == EVENT_TYPE else {*known}
        dense = [_filled(text, longest) for text in values.DENSE_SHORT_TEXTS]
        odd = {
            **({f"known-{text}": [text] for text in sorted(documented)} if name == EVENT_TYPE else {}),
            "dense": dense,
            "odd": [text for text in (*kinds, *(text[:longest].strip() for text in texts)) if text not in documented],
        }
        other = values.UNSPECIFIED_TEXTS
    turned = {kind: _rotated(found, 5 * shift) for kind, found in odd.items()}
    return turned, _rotated([*asked, *other], 3 * shift)


def _rotated(ones: Sequence[Any], by: int) -> list[Any]:
    by %= max(1, len(ones))
    return [*ones[by:], *ones[:by]]
