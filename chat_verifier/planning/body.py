"""The body of a request, made from conditions: its fields, its events, and the wrong values in it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count, cycle, islice
from typing import Any

from chat_contract.errors import Pointer
from chat_contract.roles import CONVERSATION, EVENT_TIME, EVENT_TYPE, EVENTS, ITEM, SESSION, USER
from chat_verifier.planning import values
from chat_verifier.planning.conditions import Condition
from chat_verifier.planning.dimensions import (
    ABSENT,
    CASE_OF_USER,
    EVENT_KEYS,
    ORDER,
    OTHER_EVENTS,
    POSITIONS,
    SAME_AS_USER,
    UNKNOWN,
    UNKNOWN_IN_EVENT,
    unspecified_in_events,
)
from chat_verifier.planning.encoding import ISSUED
from chat_verifier.planning.request_builder import RUN_USER, RequestBuilder
from chat_verifier.planning.wrong_values import MISSING

_PLAIN_TIMES = ("2024-06-14T10:30:00Z", "2024-06-14T12:31:00+02:00", "2024-06-14T10:32:00.250Z")

_TWICE = 1
"""The number of the event that is sent twice, as by clients that repeat what they have sent."""

SHORTEST_WITH_LAST = 4
"""With fewer events, the last one already has another name, such as third."""


@dataclass(frozen=True)
class BodyMaker:
    """Makes the body of one request.

    ``continues``: the request is a later turn. ``user``: the user_id that its conversation began with.
    ``extra``: fields besides the conditions.
    """

    builder: RequestBuilder
    conditions: Mapping[str, Condition]
    continues: bool
    user: Any
    extra: Mapping[str, Any]

    def fields(self) -> dict[str, Any]:
        """Return the fields of the body, without wrong values."""
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
        unknown = value_of(self.conditions, UNKNOWN)
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

    def _events(self) -> Any:
        value = value_of(self.conditions, EVENTS)
        if not isinstance(value, int):
            return copy.deepcopy(value)
        unusual = value_of(self.conditions, OTHER_EVENTS)
        fill = self._fillers(value) if unusual is ABSENT else self._unspecified_fillers(unusual * value)
        events = []
        by_index = {
            index_of(self.conditions, position): position for position in reversed([*POSITIONS]) if self._fits(position)
        }
        for index in range(value):
            position = by_index.get(index)
            event = self._event(position, index) if position else next(fill)
            order = level_of(self.conditions, EVENT_KEYS)
            unknown = value_of(self.conditions, UNKNOWN_IN_EVENT)
            if unknown is not ABSENT and index == 0:
                event[unknown] = 1
            events.append({name: event[name] for name in ordered(list(event), order)})
        return events

    def _fits(self, position: str) -> bool:
        count = count_of_events(self.conditions)
        return count >= SHORTEST_WITH_LAST if position == "last" else count > POSITIONS[position]

    def _event(self, position: str, index: int) -> dict[str, Any]:
        event: dict[str, Any] = {}
        for name in self.builder.event_fields:
            value = value_of(self.conditions, f"{position}-event-{name}")
            if value is ABSENT and name in self.builder.event_required:
                value = self.builder.full_event(index).get(name)
            if value is not ABSENT:
                event[name] = copy.deepcopy(value)
        condition = self.conditions.get(f"{position}-event-{EVENT_TIME}")
        if condition is not None and condition.plain:
            minute = 59 - index if level_of(self.conditions, ORDER) == "descending" else index
            event[EVENT_TIME] = f"2024-06-14T10:{minute % 60:02d}:00Z"
        return event

    @cached_property
    def _in_no_event(self) -> list[str]:
        """The optional fields that the event at each position lacks."""
        return [
            name
            for name in self.builder.event_fields
            if name not in self.builder.event_required
            and all(level_of(self.conditions, f"{position}-event-{name}") == "absent" for position in POSITIONS)
        ]

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
            for name in self._in_no_event:
                event.pop(name, None)
            yield event
            if number == _TWICE:
                yield dict(event)
            number += 1

    def _unspecified_fillers(self, start: int) -> Iterator[dict[str, Any]]:
        """Yield events with unspecified values, those of a field in turn."""
        found = unspecified_in_events(self.builder)
        for number in count(start):
            yield {name: options[number % len(options)] for name, options in found.items() if options}


def spoil(body: dict[str, Any], place: Pointer, value: Any) -> None:
    """Put a wrong value into the body."""
    target: Any = body
    *path, last = place
    for step in path:
        target = target[step]
    if value is MISSING:
        target.pop(last, None)
    else:
        target[last] = copy.deepcopy(value)


def level_of(conditions: Mapping[str, Condition], name: str) -> str:
    """Return the level of a dimension; empty if no condition has it."""
    return conditions[name].level if name in conditions else ""


def value_of(conditions: Mapping[str, Condition], name: str) -> Any:
    """Return the value of a dimension; ABSENT if no condition has it."""
    return conditions[name].value if name in conditions else ABSENT


def count_of_events(conditions: Mapping[str, Condition]) -> int:
    """Return the number of events; 0 if the events are not a list."""
    value = value_of(conditions, EVENTS)
    return value if isinstance(value, int) else 0


def index_of(conditions: Mapping[str, Condition], position: str) -> int:
    """Return the index of the event at a position, which is a name or an index."""
    index = POSITIONS[position] if position in POSITIONS else int(position)
    return index if index >= 0 else count_of_events(conditions) + index


def ordered(names: list[str], order: str) -> list[str]:
    """Return the names in the order of a level."""
    if order == "reverse":
        return names[::-1]
    if order == "sorted":
        return sorted(names)
    if order == "rotated":
        return [*names[1:], *names[:1]]
    return names
