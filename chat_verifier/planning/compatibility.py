"""Which levels can stand in one request, and how much each of them counts in a plan."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from chat_contract.roles import EVENT_TEXT, EVENT_TIME, EVENT_TYPE, EVENTS, ITEM, LIMIT, MESSAGE, SESSION, USER
from chat_verifier.planning.array import Level as Pair
from chat_verifier.planning.dimensions import (
    AFTER,
    ESCAPES,
    EVENT_KEYS,
    HEADERS,
    KEYS,
    LAYOUT,
    ORDER,
    TURN,
    UNKNOWN_IN_EVENT,
    Dimension,
    Level,
)

_RELATED = frozenset({"same-as-user", "case-of-user"})
_FEATURES: Mapping[str, float] = {
    f"{EVENT_TIME} dense": 3.0,
    f"{EVENT_TEXT} dense": 3.0,
    f"{USER} dense": 2.5,
    f"{SESSION} dense": 2.5,
    f"{MESSAGE} dense": 3.0,
    f"{MESSAGE} long": 3.0,
    f"{EVENTS} long": 1.5,
    f"{EVENTS} null": 0.3,
    f"{LIMIT} negative": 0.3,
    f"{EVENT_TYPE} known-click": 0.3,
    f"{TURN} fourth": 0.3,
    f"{AFTER} no": 4.0,
    "none": 0.1,
    "documented": 0.1,
}
"""The number of features of a level on which a fault may depend, for each level that has more or fewer than one."""
_RELATED_SHARE = 0.25
_RARE = 0.1
_UNUSUAL = 0.1
_IDLE = frozenset({ESCAPES, LAYOUT, ORDER, EVENT_KEYS})
"""The dimensions that parsers hide from the server, so that faults seldom depend on them."""
_WRITING = frozenset({KEYS, EVENT_KEYS, ORDER, LAYOUT, ESCAPES})


def weights(levels: Iterable[Dimension]) -> dict[Pair, float]:
    """Return how much each level counts, as powers of two.

    A fault is as likely to concern one topic as another: a field, the turn, an event, the headers. Within a topic each
    dimension counts the same, and within a dimension each feature. Ids that are related to others are a topic too.
    """
    found = list(levels)
    dimensions_of = Counter(map(_topic, found))
    weighed = {}
    for one in found:
        features = {level.id: _features(one, level) for level in one.levels}
        total = sum(count for name, count in features.items() if name not in _RELATED)
        for name, count in features.items():
            share = _RELATED_SHARE if name in _RELATED else count / total / dimensions_of[_topic(one)]
            weighed[one.name, name] = 2.0 ** round(math.log2(_SCALE * share))
    return weighed


_SCALE = 64.0
"""The weight of a topic."""


def _topic(one: Dimension) -> str:
    if one.name in HEADERS:
        return "headers"
    if one.name in _WRITING:
        return "writing"
    return one.position or one.name


def _features(one: Dimension, level: Level) -> float:
    plainest = level is one.levels[0] and level.id == "plain" and one.field != ITEM
    if level.rare or plainest:
        return _RARE
    usual = _UNUSUAL if one.name in _IDLE or (one.position and level.unspecified and level.id != "null") else 1.0
    return _FEATURES.get(f"{one.field or one.name} {level.id}", _FEATURES.get(level.id, usual))


def rare_levels(levels: Iterable[Dimension]) -> frozenset[Pair]:
    """Return the levels that only have to appear."""
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
