"""The levels of the arrays of faults: which of them can stand in one request, and which pairs are wanted."""

from __future__ import annotations

from collections.abc import Collection

from chat_contract.roles import CONVERSATION, EVENTS, USER
from chat_verifier.planning.array import Level, Row
from chat_verifier.planning.compatibility import APPLIES, can_stand_together
from chat_verifier.planning.dimensions import AFTER, EVENT_KEYS, ORDER, POSITIONS, TURN
from chat_verifier.planning.request_builder import RequestBuilder

WRONG = "wrong"
NONE = "none"


def events_alike(builder: RequestBuilder) -> list[Row]:
    """Return parts of rows in which no event has an optional field, or each event has a valid one."""
    if EVENTS not in builder.optional:
        return []
    optional = [name for name in builder.event_fields if name not in builder.event_required]
    groups = [(name,) for name in optional]
    absent = [_in_all_events(fields, "absent") for fields in (*groups, optional)]
    return [*absent, *(_in_all_events(fields, "plain") for fields in groups)]


def _in_all_events(fields: Collection[str], level: str) -> Row:
    """Return a part of a row with several events, in which the fields of each event have the level."""
    row = {EVENTS: "long"}
    for position in POSITIONS:
        row[f"{WRONG}:{position}:"] = NONE
        for field in fields:
            row |= {f"{position}-event-{field}": level, f"{WRONG}:{position}:{field}": NONE}
    return row


def fields_alike(builder: RequestBuilder, row: Row) -> set[str]:
    """Return the fields that all events of a row have with a plain value, or that none of them has."""
    levels = {
        field: {row.get(f"{position}-event-{field}", "") for position in POSITIONS} for field in builder.event_fields
    }
    return {field for field, found in levels.items() if found in ({"absent"}, {"plain"})}


def kind_of_wrong(level: Level) -> str:
    """Return the wrong value of an event field without its position: the position is a condition like others."""
    if not is_wrong(level) or level[0].count(":") < 2:
        return ""
    return f"{level[0].rpartition(':')[2]} {level[1]}"


def is_wrong(level: Level) -> bool:
    return level[0].startswith(WRONG) and level[1] != NONE


def wanted(one: Level, other: Level) -> bool:
    """Return whether a pair is a wrong value and a condition."""
    return not (one[0].startswith(WRONG) and other[0].startswith(WRONG)) and (is_wrong(one) or is_wrong(other))


def possible(one: Level, other: Level) -> bool:
    if not one[0].startswith(WRONG) and not other[0].startswith(WRONG):
        return can_stand_together(one, other)
    return _allows(one, other) and _allows(other, one)


def _allows(wrong: Level, other: Level) -> bool:
    """Return whether a wrong value and another level can stand in one request."""
    if not is_wrong(wrong):
        return True
    _, *where = wrong[0].split(":")
    name, level = other
    if len(where) == 1:
        return _allows_at_top(where[0], name, level)
    position, field = where
    if name == EVENTS:
        return level in APPLIES[position]
    if name == f"{WRONG}:{EVENTS}":
        return level == NONE
    if field == "":
        # The event as a whole is wrong, so it has no fields.
        own = name.startswith((f"{position}-event-", f"{WRONG}:{position}:"))
        return not own or level == NONE
    return name != f"{position}-event-{field}"


def _allows_at_top(field: str, name: str, level: str) -> bool:
    if field == CONVERSATION and name in {TURN, AFTER}:
        # A conversation_id of any kind makes the turn another one than the first.
        return False
    if field == EVENTS:
        in_events = "-event-" in name or name in {EVENT_KEYS, ORDER}
        return not (in_events or (name.count(":") == 2 and level != NONE)) and name != EVENTS
    return name != field and not (field == USER and level in {"same-as-user", "case-of-user"})
