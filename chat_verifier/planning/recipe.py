"""A request described by its conditions, from which the request, smaller versions of it and its name are made."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from chat_contract.errors import Pointer, shorten
from chat_contract.exchange import Headers
from chat_contract.roles import EVENTS, USER
from chat_verifier.planning.body import SHORTEST_WITH_LAST, BodyMaker, index_of, level_of, ordered, spoil, value_of
from chat_verifier.planning.conditions import HEADER_NAMES, Condition, Wrong, in_plain_words, plainest
from chat_verifier.planning.dimensions import (
    ABSENT,
    CONTENT_TYPE,
    ESCAPES,
    EVENT_KEYS,
    KEYS,
    LAYOUT,
    ORDER,
    POSITIONS,
    TURN,
    UNKNOWN,
    UNKNOWN_IN_EVENT,
    Dimension,
    Level,
)
from chat_verifier.planning.encoding import JSON_HEADERS, Layout
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.wrong_values import MISSING
from kit_reports.counting import count_of

_MOST_NAMED = 4
"""How many conditions a label names."""

_OF_EVENTS = frozenset({EVENTS, EVENT_KEYS, ORDER, UNKNOWN_IN_EVENT})
"""The dimensions of the list of events, besides those of single events."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """The conditions of a request by the name of their dimension, and its wrong values.

    ``user``: the user_id that the conversation began with, for a later turn. ``extra``: fields besides the conditions,
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
        maker = BodyMaker(self.builder, self.conditions, self.continues, self.user, self.extra)
        body = maker.fields()
        body.update(self.extra)
        for wrong in self.wrongs:
            spoil(body, self.place(wrong), wrong.wrong.value)
        return {name: body[name] for name in ordered(list(body), level_of(self.conditions, KEYS))}

    @property
    def headers(self) -> Headers:
        media = value_of(self.conditions, CONTENT_TYPE)
        if not media or media is ABSENT:
            media = JSON_HEADERS[0][1]
        others = tuple(
            (name.title(), condition.value)
            for name, condition in self.conditions.items()
            if not condition.plain and name in HEADER_NAMES
        )
        return (("Content-Type", media), *others)

    @property
    def layout(self) -> Layout:
        return Layout(self.conditions[LAYOUT].value if LAYOUT in self.conditions else Layout.PLAIN)

    @property
    def ascii_only(self) -> bool:
        return level_of(self.conditions, ESCAPES) == "ascii"

    @property
    def label(self) -> str:
        """The wrong values and the conditions that are not the plainest ones."""
        shown = [wrong.name for wrong in self.wrongs] + self._extra_labels
        conditions = [one.label for one in self.conditions.values() if not one.plain]
        if len(shown) > _MOST_NAMED:
            shown = [*shown[:_MOST_NAMED], count_of(len(shown) - _MOST_NAMED, "more wrong value")]
        room = max(1, _MOST_NAMED + 1 - len(shown))
        more = [count_of(len(conditions) - room, "more condition")] if len(conditions) > room else []
        named = ", ".join([*shown, *conditions[:room], *more])
        is_plain = not self.wrongs and not self.extra and {*self.varied} <= {TURN}
        return ", ".join(["a plain message"] * is_plain + [named] * bool(named))

    @property
    def _extra_labels(self) -> list[str]:
        named = [self.extra_label] if self.extra_label else []
        return named or [f"{name} {shorten(value, 40)}" for name, value in self.extra.items()]

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

    @property
    def in_events(self) -> frozenset[str]:
        """The names of the conditions that are not the plainest ones and need a list of events."""
        of_list = _OF_EVENTS - {EVENTS}
        return frozenset(name for name in self.varied if name in of_list or self.conditions[name].dimension.position)

    def pointer(self, dimension: Dimension, condition: Condition | None = None) -> Pointer:
        """Return the place of a dimension's value in the body."""
        if dimension.name == UNKNOWN and condition is not None:
            return (condition.value,)
        if dimension.name == UNKNOWN_IN_EVENT and condition is not None:
            return (EVENTS, 0, condition.value)
        if dimension.position:
            return (EVENTS, index_of(self.conditions, dimension.position), dimension.field)
        return (dimension.field,) if dimension.field else ()

    def place(self, wrong: Wrong) -> Pointer:
        """Return the place of a wrong value in the body."""
        if not wrong.position:
            return (wrong.wrong.field,)
        place = (EVENTS, index_of(self.conditions, wrong.position))
        return (*place, wrong.wrong.field) if wrong.wrong.field else place

    def plainer(self, names: Collection[str]) -> Recipe:
        """Return the recipe with the named dimensions at their plainest level; events with wrong values stay."""
        needed = {EVENTS} if any(wrong.position for wrong in self.wrongs) else set()
        kept = {
            name: plainest(condition.dimension) if name in names and name not in needed else condition
            for name, condition in self.conditions.items()
        }
        return replace(self, conditions=kept)

    def in_plain_words(self) -> Recipe:
        """Return the recipe with a plain value in each field that it has, written in the usual way."""
        plain = {name: in_plain_words(one) for name, one in self.conditions.items()}
        events = plain.get(EVENTS)
        if events is not None and isinstance(events.value, int) and not self.wrongs:
            # Only the first events have conditions, and so a plain value in each field.
            plain[EVENTS] = replace(events, value=min(events.value, SHORTEST_WITH_LAST - 1))
        return replace(self, conditions=plain, user=ABSENT if self.user is ABSENT else self.builder.valid(USER))

    def with_fewer_events(self) -> Recipe | None:
        """Return the recipe without events that no condition and no wrong value names; None if all are named."""
        events = self.conditions.get(EVENTS)
        positions = {self.conditions[name].dimension.position for name in self.varied}
        positions |= {wrong.position for wrong in self.wrongs}
        needed = 1 + max((POSITIONS[one] if one in POSITIONS else int(one) for one in positions if one), default=-1)
        if "last" in positions:
            needed = max(needed + 1, SHORTEST_WITH_LAST)
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
