"""Which levels can stand in one request, and how much each of them counts in a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chat_contract.roles import EVENT_TIME, EVENTS, LIMIT, USER
from chat_verifier.planning.array import Level as Pair
from chat_verifier.planning.dimensions import (
    AFTER,
    ESCAPES,
    EVENT_KEYS,
    LAYOUT,
    ORDER,
    TURN,
    UNKNOWN_IN_EVENT,
    Dimension,
    Level,
)

_RELATED = frozenset({"same-as-user", "case-of-user"})
_MANY_LEVELS = frozenset({LIMIT, LAYOUT, ESCAPES, ORDER})


def weights(levels: Iterable[Dimension]) -> dict[Pair, float]:
    """Return how much each level counts: more where a few levels stand for much, less where many are much alike."""
    return {(one.name, level.id): _weight(one, level) for one in levels for level in one.levels}


def _weight(one: Dimension, level: Level) -> float:
    if level.id in _RELATED or (level.id == "dense" and (not one.position or one.field == EVENT_TIME)):
        return 4.0
    if level.unlike:
        return 8.0
    return 1.0 if one.name in _MANY_LEVELS or (one.position and level.id in {"plain", "absent"}) else 2.0


def rare_levels(levels: Iterable[Dimension]) -> frozenset[Pair]:
    """Return the levels that are only to appear."""
    return frozenset((one.name, level.id) for one in levels for level in one.levels if level.rare)


def depends(dimensions: Iterable[Dimension]) -> frozenset[str]:
    """Return the names of the dimensions that do not decide whether others apply."""
    return frozenset(dimension.name for dimension in dimensions if dimension.name not in {TURN, AFTER, EVENTS, USER})


APPLIES: Mapping[str, frozenset[str]] = {
    "first": frozenset({"one", "two", "three", "several", "long", "many"}),
    "second": frozenset({"two", "three", "several", "long", "many"}),
    "third": frozenset({"three", "several", "long", "many"}),
    "last": frozenset({"several", "long", "many"}),
}
"""The levels of the dimension of events with which an event at a position exists."""

_WITH_EVENTS = APPLIES["first"]
_WITH_SEVERAL = APPLIES["second"]

_IDS = frozenset({"plain", "dense", "odd", "digits", "upper"})
"""The levels of the user with which another id can be related to it."""


def can_stand_together(one: Pair, other: Pair) -> bool:
    """Return whether two levels of different dimensions make sense in one request."""
    return _fits(one, other) and _fits(other, one)


def _fits(one: Pair, other: Pair) -> bool:
    (name, level), (other_name, other_level) = one, other
    if other_name == EVENTS:
        position = name.partition("-event-")[0] if "-event-" in name else ""
        if position:
            return other_level in APPLIES[position]
        if name == EVENT_KEYS or (name == UNKNOWN_IN_EVENT and level == "some"):
            return other_level in _WITH_EVENTS
        if name == ORDER:
            return other_level in _WITH_SEVERAL
    if level == "same-as-user" and other_name == USER:
        return other_level in _IDS
    if level == "case-of-user" and other_name == USER:
        return other_level in _IDS - {"odd", "digits"}
    if name == AFTER and level == "yes":
        return other != (TURN, "first")
    return True
