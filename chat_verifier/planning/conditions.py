"""The conditions of a request and its wrong values, with the words for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chat_contract.errors import shorten
from chat_contract.roles import EVENTS, LIMIT
from chat_verifier.planning.dimensions import (
    ABSENT,
    AFTER,
    CONTENT_TYPE,
    ESCAPES,
    EVENT_KEYS,
    KEYS,
    LAYOUT,
    ORDER,
    OTHER_EVENTS,
    TURN,
    UNKNOWN,
    UNKNOWN_IN_EVENT,
    Dimension,
    Level,
    Stand,
)
from chat_verifier.planning.wrong_values import WrongValue

HEADER_NAMES = frozenset({
    "accept", "accept-language", "cookie", "accept-encoding", "user-agent", "origin", "x-forwarded-for", "x-request-id",
})  # fmt: skip
"""The dimensions that are headers, besides Content-Type."""

_WITHOUT_WORDS = frozenset({TURN, AFTER, EVENTS, LIMIT, KEYS})
"""The dimensions whose values have no characters that a server might fail for."""

AS_A_WHOLE = frozenset({UNKNOWN, UNKNOWN_IN_EVENT, CONTENT_TYPE})
"""The dimensions whose values a server accepts or rejects whatever they are."""

_LABELS: Mapping[str, str] = {
    KEYS: "fields in {} order",
    EVENT_KEYS: "fields of events in {} order",
    ORDER: "events in {} order",
    LAYOUT: "JSON in {} layout",
    ESCAPES: "non-ASCII characters as escapes",
}
"""The labels of conditions that are not the value of a field; ``{}`` is the level."""

_RELATED: Mapping[Stand, str] = {
    Stand.SAME_AS_USER: "equal to user_id",
    Stand.CASE_OF_USER: "equal to user_id in another case",
}


@dataclass(frozen=True)
class TurnNumber:
    """Which turn of a conversation shows a cause.

    ``onwards``: later turns show it too. ``history``: how many characters the messages before it need to have; 0 if
    their length does not matter.
    """

    number: int
    onwards: bool = False
    history: int = 0

    @property
    def label(self) -> str:
        nth = _ORDINALS.get(self.number) or _ordinal(str(self.number - 1))
        named = f"from the {nth} turn on" if self.onwards else f"in the {nth} turn"
        return f"{named}, after messages of {self.history:,} characters" if self.history else named


_ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth", 9: "ninth"}


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
        if self.dimension.name in AS_A_WHOLE:
            return f"{self.dimension.name}:{self.level}"
        return f"{self.dimension.field or self.dimension.name}:{self.level}:{self.value!r:.80}"

    @property
    def label(self) -> str:
        name = self.dimension.name.replace("-event-", " event ")
        if self.dimension.name == EVENTS and isinstance(self.value, int):
            return f"{self.value} events" if self.value != 1 else "1 event"
        if isinstance(self.value, TurnNumber):
            return self.value.label
        if self.dimension.name == TURN:
            return {"second": "in the second turn", "third": "in the third turn"}.get(self.level, "in a later turn")
        if self.dimension.name == AFTER:
            return "after a rejection"
        if self.dimension.name == OTHER_EVENTS:
            return "unusual values in all events"
        if self.value is ABSENT:
            return f"{name} absent"
        if self.dimension.name in _LABELS:
            return _LABELS[self.dimension.name].format(self.level)
        if self.dimension.name in {UNKNOWN, UNKNOWN_IN_EVENT}:
            name = "unknown property" if self.dimension.name == UNKNOWN else "unknown property in an event:"
        if self.dimension.name in {*HEADER_NAMES, CONTENT_TYPE}:
            name = f"header {name.title()}"
        return f"{name} {_RELATED[self.value] if isinstance(self.value, Stand) else _shown(self.value)}"


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


def plainest(dimension: Dimension) -> Condition:
    """Return the plainest condition of a dimension."""
    level = dimension.levels[0]
    return Condition(dimension, level.id, level.values[0])


def in_plain_words(condition: Condition) -> Condition:
    """Return the condition with the plain value of its field, unless the field is absent; a list keeps its length."""
    if condition.value is ABSENT or condition.dimension.name in _WITHOUT_WORDS:
        return plainest(condition.dimension) if condition.unspecified else condition
    plain = next((level for level in condition.dimension.levels if level.id == "plain"), None)
    return (
        plainest(condition.dimension)
        if plain is None
        else replace(condition, level=plain.id, value=plain.values[0], unspecified=False)
    )


def in_turn_number(condition: Condition, turn: TurnNumber) -> Condition:
    """Return the condition of the turn with its number."""
    levels = condition.dimension.levels
    level = levels[min(turn.number, len(levels)) - 1]
    return replace(condition, level=level.id, value=turn)


def unspecified_events(number: int) -> Condition:
    """Return the condition that the events between those at the positions have unspecified values.

    ``number`` chooses the values.
    """
    levels = (Level("plain", (ABSENT,)), Level("unspecified", (number,), unspecified=True))
    return Condition(Dimension(OTHER_EVENTS, levels, EVENTS), levels[1].id, number, unspecified=True)


def _shown(value: Any) -> str:
    """Return a value for a label; a text that is cut has its length, which may be what matters."""
    shown = shorten(value, _LONGEST_SHOWN)
    return f"{shown} ({len(value):,} characters)" if isinstance(value, str) and shown.endswith("…") else shown


_LONGEST_SHOWN = 40


def _ordinal(position: str) -> str:
    """Return the name of a position: ``first``, or ``21st`` for the index 20."""
    if not position.isdigit():
        return position
    number = int(position) + 1
    last = 0 if number % 100 in {11, 12, 13} else number % 10
    return f"{number}" + {1: "st", 2: "nd", 3: "rd"}.get(last, "th")
