"""A request described by its conditions, from which the request, smaller versions of it and its name are made."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import cycle, islice
from typing import Any

from chat_contract.errors import Pointer, shorten
from chat_contract.exchange import Headers
from chat_contract.roles import CONVERSATION, EVENT_TIME, EVENT_TYPE, EVENTS, ITEM, SESSION, USER
from chat_verifier.planning import values
from chat_verifier.planning.dimensions import (
    ABSENT,
    AFTER,
    CASE_OF_USER,
    CONTENT_TYPE,
    ESCAPES,
    EVENT_KEYS,
    KEYS,
    LAYOUT,
    ORDER,
    POSITIONS,
    SAME_AS_USER,
    TURN,
    UNKNOWN,
    UNKNOWN_IN_EVENT,
    Dimension,
    Level,
    Stand,
)
from chat_verifier.planning.encoding import ISSUED, JSON_HEADERS, Layout
from chat_verifier.planning.request_builder import RUN_USER, RequestBuilder
from chat_verifier.planning.wrong_values import MISSING, WrongValue
from kit_reports.counting import count_of

_AS_A_WHOLE = frozenset({UNKNOWN, UNKNOWN_IN_EVENT, CONTENT_TYPE})
"""The dimensions whose values a server accepts or rejects whatever they are."""

_MOST_NAMED = 4
"""How many conditions a label names."""

_LABELS: Mapping[str, str] = {
    KEYS: "fields in {} order",
    EVENT_KEYS: "fields of events in {} order",
    ORDER: "events in {} order",
    LAYOUT: "JSON in {} layout",
    ESCAPES: "non-ASCII characters as escapes",
}
"""The labels of conditions that are not the value of a field; ``{}`` is the level."""

_OF_EVENTS = frozenset({EVENTS, EVENT_KEYS, ORDER, UNKNOWN_IN_EVENT})
"""The dimensions of the list of events, besides those of single events."""

_RELATED: Mapping[Stand, str] = {
    Stand.SAME_AS_USER: "equal to user_id",
    Stand.CASE_OF_USER: "equal to user_id in another case",
}


@dataclass(frozen=True)
class Condition:
    """One level of a dimension, with the value that was chosen for it. ``plain``: the level is the plainest one."""

    dimension: Dimension
    level: str
    value: Any
    unspecified: bool = False

    @property
    def plain(self) -> bool:
        return self.level == self.dimension.levels[0].id

    @property
    def key(self) -> str:
        """What a server accepts or rejects as a whole: the value of the field, in whichever event it is."""
        if self.dimension.name in _AS_A_WHOLE:
            return f"{self.dimension.name}:{self.level}"
        return f"{self.dimension.field or self.dimension.name}:{self.level}:{self.value!r:.80}"

    @property
    def label(self) -> str:
        name = self.dimension.name.replace("-event-", " event ")
        if self.dimension.name == EVENTS and isinstance(self.value, int):
            return f"{self.value} events" if self.value != 1 else "1 event"
        if self.dimension.name == TURN:
            return {"second": "in the second turn", "third": "in the third turn"}.get(self.level, "in a later turn")
        if self.dimension.name == AFTER:
            return "after a rejection"
        if self.value is ABSENT:
            return f"{name} absent"
        if self.dimension.name in _LABELS:
            return _LABELS[self.dimension.name].format(self.level)
        if self.dimension.name in {UNKNOWN, UNKNOWN_IN_EVENT}:
            name = "unknown property" if self.dimension.name == UNKNOWN else "unknown property in an event:"
        if self.dimension.name in {*_HEADER_NAMES, CONTENT_TYPE}:
            name = f"header {name.title()}"
        return f"{name} {_RELATED[self.value] if isinstance(self.value, Stand) else shorten(self.value, 40)}"


@dataclass(frozen=True)
class Wrong:
    """A wrong value in the request.

    ``position`` is empty for a field of the request itself; else it names an event, or is its index.
    """

    wrong: WrongValue
    position: str = ""

    @property
    def name(self) -> str:
        return f"{_ordinal(self.position)} event {self.wrong.label}" if self.position else self.wrong.label


@dataclass(frozen=True, eq=False)
class Recipe:
    """The conditions of a request by the name of their dimension, and its wrong values.

    ``user``: the user_id that the conversation began with, for a later turn. ``extra``: fields beside the conditions,
    with a name for them all.
    """

    builder: RequestBuilder = field(repr=False)
    conditions: Mapping[str, Condition]
    wrongs: tuple[Wrong, ...] = ()
    user: Any = ABSENT
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)
    extra_label: str = ""

    @property
    def turn(self) -> str:
        return self.conditions[TURN].level if TURN in self.conditions else "first"

    @property
    def continues(self) -> bool:
        return self.turn != "first"

    @cached_property
    def body(self) -> dict[str, Any]:
        body = self._fields()
        body.update(self.extra)
        for wrong in self.wrongs:
            self._spoil(body, wrong)
        order = self._level(KEYS)
        return {name: body[name] for name in _ordered(list(body), order)}

    @property
    def headers(self) -> Headers:
        media = self._value(CONTENT_TYPE)
        if not media or media is ABSENT:
            media = JSON_HEADERS[0][1]
        others = tuple(
            (name.title(), condition.value)
            for name, condition in self.conditions.items()
            if not condition.plain and name in _HEADER_NAMES
        )
        return (("Content-Type", media), *others)

    @property
    def layout(self) -> Layout:
        return Layout(self.conditions[LAYOUT].value if LAYOUT in self.conditions else Layout.PLAIN)

    @property
    def ascii_only(self) -> bool:
        return self._level(ESCAPES) == "ascii"

    @property
    def label(self) -> str:
        """The wrong values and the conditions that are not the plainest ones."""
        shown = [wrong.name for wrong in self.wrongs] + [self.extra_label] * bool(self.extra_label)
        conditions = [one.label for one in self.conditions.values() if not one.plain]
        if len(shown) > _MOST_NAMED:
            shown = [*shown[:_MOST_NAMED], count_of(len(shown) - _MOST_NAMED, "more wrong value")]
        room = max(1, _MOST_NAMED + 1 - len(shown))
        more = [count_of(len(conditions) - room, "more condition")] if len(conditions) > room else []
        named = ", ".join([*shown, *conditions[:room], *more])
        return named or "a plain message"

    @cached_property
    def unspecified(self) -> dict[str, Pointer]:
        """The conditions that a server may reject, with the place of each in the body."""
        return {
            name: self.pointer(condition.dimension, condition)
            for name, condition in self.conditions.items()
            if condition.unspecified
        }

    @property
    def varied(self) -> tuple[str, ...]:
        """The names of the conditions that are not the plainest ones."""
        return tuple(name for name, condition in self.conditions.items() if not condition.plain)

    def pointer(self, dimension: Dimension, condition: Condition | None = None) -> Pointer:
        """Return the place of a dimension's value in the body."""
        if dimension.name == UNKNOWN and condition is not None:
            return (condition.value,)
        if dimension.name == UNKNOWN_IN_EVENT and condition is not None:
            return (EVENTS, 0, condition.value)
        if dimension.position:
            return (EVENTS, self._index(dimension.position), dimension.field)
        return (dimension.field,) if dimension.field else ()

    def place(self, wrong: Wrong) -> Pointer:
        """Return the place of a wrong value in the body."""
        if not wrong.position:
            return (wrong.wrong.field,)
        place = (EVENTS, self._index(wrong.position))
        return (*place, wrong.wrong.field) if wrong.wrong.field else place

    def plainer(self, names: Collection[str]) -> Recipe:
        """Return the recipe with the named dimensions at their plainest level; events with wrong values stay."""
        needed = {EVENTS} if any(wrong.position for wrong in self.wrongs) else set()
        kept = {
            name: _plainest(condition.dimension) if name in names and name not in needed else condition
            for name, condition in self.conditions.items()
        }
        return replace(self, conditions=kept)

    def with_fewer_events(self) -> Recipe | None:
        """Return the recipe without events that no condition and no wrong value names; None if all are named."""
        events = self.conditions.get(EVENTS)
        positions = {self.conditions[name].dimension.position for name in self.varied}
        positions |= {wrong.position for wrong in self.wrongs}
        needed = 1 + max((POSITIONS[one] if one in POSITIONS else int(one) for one in positions if one), default=-1)
        if "last" in positions:
            needed = max(needed + 1, _SHORTEST_WITH_LAST)
        if events is None or not isinstance(events.value, int) or not 0 < needed < events.value:
            return None
        return replace(self, conditions={**self.conditions, EVENTS: replace(events, value=needed)})

    def with_events(self, events: Sequence[Any]) -> Recipe:
        """Return the recipe with the given events instead of those that its conditions and wrong values describe."""
        kept = {
            name: condition
            for name, condition in self.conditions.items()
            if not condition.dimension.position and name not in _OF_EVENTS
        }
        label = count_of(len(events), "event")
        others = self.extra_label and EVENTS not in self.extra
        labels = f"{self.extra_label}, {label}" if others else label
        extra = {**self.extra, EVENTS: list(events)}
        wrongs = tuple(wrong for wrong in self.wrongs if not wrong.position)
        return replace(self, conditions=kept, wrongs=wrongs, extra=extra, extra_label=labels)

    def with_wrong_first(self) -> Recipe | None:
        """Return the recipe with one event, which holds the only wrong value; None unless it is one of several."""
        events = self.conditions.get(EVENTS)
        if len(self.wrongs) != 1 or not self.wrongs[0].position or events is None or events.value == 1:
            return None
        moved = replace(self.wrongs[0], position="first")
        return replace(self, conditions={**self.conditions, EVENTS: replace(events, value=1)}, wrongs=(moved,))

    def with_only(self, wrongs: Collection[Wrong]) -> Recipe:
        """Return the recipe with only these wrong values; valid ones take the place of the others that are present."""
        others = [wrong for wrong in self.wrongs if wrong not in wrongs and wrong.wrong.value is not MISSING]
        valid = dict(one for wrong in others for one in self._valid_instead(wrong))
        kept = tuple(wrong for wrong in self.wrongs if wrong in wrongs)
        return replace(self, wrongs=kept, conditions={**valid, **self.conditions})

    def _valid_instead(self, wrong: Wrong) -> Iterator[tuple[str, Condition]]:
        """Yield the condition that puts a valid value in the place of a wrong one, if one is needed."""
        field, position, builder = wrong.wrong.field, wrong.position, self.builder
        if position in POSITIONS and field:
            value = builder.full_event(max(0, POSITIONS[position])).get(field, ABSENT)
        elif not position and field in builder.optional:
            value = 1 if field == EVENTS else builder.valid(field)
        else:
            return
        name = f"{position}-event-{field}" if position else field
        levels = (Level("absent", (ABSENT,)), Level("plain", (value,)))
        yield name, Condition(Dimension(name, levels, field, position), levels[1].id, value)

    def without(self, refused: Collection[str]) -> Recipe:
        """Return the recipe without the unspecified values that the server is known to reject."""
        names = [name for name in self.unspecified if self.conditions[name].key in refused]
        return self.plainer(names) if names else self

    def with_unspecified(self, kept: Collection[str]) -> Recipe:
        """Return the recipe without other unspecified values than those of the named dimensions."""
        return self.plainer([name for name in self.unspecified if name not in kept])

    # -- the body

    def _level(self, name: str) -> str:
        return self.conditions[name].level if name in self.conditions else ""

    def _value(self, name: str) -> Any:
        return self.conditions[name].value if name in self.conditions else ABSENT

    def _fields(self) -> dict[str, Any]:
        builder = self.builder
        body: dict[str, Any] = {}
        for name in builder.fields:
            value: Any = ABSENT
            if name in self.extra:
                value = self.extra[name]
            elif name == CONVERSATION:
                value = ISSUED if self.continues else ABSENT
            elif name == EVENTS:
                value = self._events()
            elif name in self.conditions:
                value = copy.deepcopy(self.conditions[name].value)
            elif name in builder.required:
                value = builder.valid(name)
            if value is not ABSENT:
                body[name] = value
        self._relate_ids(body)
        unknown = self._value(UNKNOWN)
        if unknown is not ABSENT:
            body[unknown] = {"x": [1, "a"]} if len(unknown) % 2 else "x"
        return body

    def _relate_ids(self, body: dict[str, Any]) -> None:
        """Keep the user of the conversation, and use it as the session where the two are to be equal."""
        user = self.conditions.get(USER)
        if USER in body and self.continues and user is not None and not user.unspecified:
            if self.user is ABSENT:
                del body[USER]
            else:
                body[USER] = self.user
        if body.get(SESSION) is SAME_AS_USER:
            body[SESSION] = body.get(USER) or RUN_USER
        elif body.get(SESSION) is CASE_OF_USER:
            body[SESSION] = (body.get(USER) or RUN_USER).swapcase()
        events = body.get(EVENTS)
        for event in events if isinstance(events, list) else ():
            if isinstance(event, dict) and event.get(ITEM) is SAME_AS_USER:
                event[ITEM] = body.get(USER) or RUN_USER

    def _index(self, position: str) -> int:
        index = POSITIONS[position] if position in POSITIONS else int(position)
        return index if index >= 0 else self._count() + index

    def _count(self) -> int:
        value = self._value(EVENTS)
        return value if isinstance(value, int) else 0

    def _events(self) -> Any:
        value = self._value(EVENTS)
        if not isinstance(value, int):
            return copy.deepcopy(value)
        fill = self._fillers(value)
        events = []
        by_index = {self._index(position): position for position in reversed([*POSITIONS]) if self._fits(position)}
        for index in range(value):
            position = by_index.get(index)
            event = self._event(position, index) if position else next(fill)
            order = self._level(EVENT_KEYS)
            unknown = self._value(UNKNOWN_IN_EVENT)
            if unknown is not ABSENT and index == 0:
                event[unknown] = 1
            events.append({name: event[name] for name in _ordered(list(event), order)})
        return events

    def _fits(self, position: str) -> bool:
        count = self._count()
        return count >= _SHORTEST_WITH_LAST if position == "last" else count > POSITIONS[position]

    def _event(self, position: str, index: int) -> dict[str, Any]:
        event: dict[str, Any] = {}
        for name in self.builder.event_fields:
            value = self._value(f"{position}-event-{name}")
            if value is ABSENT and name in self.builder.event_required:
                value = self.builder.full_event(index).get(name)
            if value is not ABSENT:
                event[name] = copy.deepcopy(value)
        condition = self.conditions.get(f"{position}-event-{EVENT_TIME}")
        if condition is not None and condition.plain:
            minute = 59 - index if self._level(ORDER) == "descending" else index
            event[EVENT_TIME] = f"2024-06-14T10:{minute % 60:02d}:00Z"
        return event

    def _fillers(self, seed: int) -> Any:
        """Yield the events between those whose fields are dimensions, with other valid values; one of them twice."""
        times = islice(cycle(_PLAIN_TIMES), seed, None)
        items = islice(cycle(values.ITEM_IDS), seed, None)
        types = islice(cycle(values.EVENT_TYPES), seed, None)
        number = 0
        while True:
            event = self.builder.full_event(number)
            event[EVENT_TIME] = next(times)
            if ITEM in event:
                event[ITEM] = next(items)
            if EVENT_TYPE in event:
                event[EVENT_TYPE] = next(types)
            yield event
            if number == _TWICE:
                yield dict(event)
            number += 1

    def _spoil(self, body: dict[str, Any], wrong: Wrong) -> None:
        """Put a wrong value into the body."""
        target: Any = body
        *path, last = self.place(wrong)
        for step in path:
            target = target[step]
        if wrong.wrong.value is MISSING:
            target.pop(last, None)
        else:
            target[last] = copy.deepcopy(wrong.wrong.value)


_PLAIN_TIMES = ("2024-06-14T10:30:00Z", "2024-06-14T12:31:00+02:00", "2024-06-14T10:32:00.250Z")

_TWICE = 1
"""The number of the event that is sent twice, as clients do that send what happened again."""

_SHORTEST_WITH_LAST = 4
"""With fewer events, the last one is another one of those that have a name."""
_HEADER_NAMES = frozenset(
    {
        "accept",
        "accept-language",
        "cookie",
        "accept-encoding",
        "user-agent",
        "origin",
        "x-forwarded-for",
        "x-request-id",
    }
)


def _ordinal(position: str) -> str:
    """Return the name of a position: ``first``, or ``21st`` for the index 20."""
    if not position.isdigit():
        return position
    number = int(position) + 1
    last = 0 if number % 100 in {11, 12, 13} else number % 10
    return f"{number}" + {1: "st", 2: "nd", 3: "rd"}.get(last, "th")


def _plainest(dimension: Dimension) -> Condition:
    level = dimension.levels[0]
    return Condition(dimension, level.id, level.values[0])


def _ordered(names: list[str], order: str) -> list[str]:
    if order == "reverse":
        return names[::-1]
    if order == "sorted":
        return sorted(names)
    if order == "rotated":
        return [*names[1:], *names[:1]]
    return names
