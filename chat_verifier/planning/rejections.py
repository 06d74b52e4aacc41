"""Requests that every server must reject: wrong values, and the conditions under which a server overlooks them.

The conditions are those of accepted requests, so one array holds both: each wrong value with each condition. A server
that names several faults receives many of them in one request, another one receives them one by one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from chat_contract.roles import CONVERSATION, EVENTS
from chat_verifier.planning import wrong_values
from chat_verifier.planning.array import CoveringArray, Level, Row
from chat_verifier.planning.case import Case, Naming, of_recipe
from chat_verifier.planning.dimensions import APPLIES, POSITIONS, TURN, can_stand_together, depends, dimensions
from chat_verifier.planning.recipe import Condition, Recipe, Wrong
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.rows import Choice
from chat_verifier.planning.wrong_values import Wrongs

_WRONG = "wrong"
_NONE = "none"
_OPTIONS = 24


@dataclass(frozen=True)
class Rejections:
    """The requests that must be rejected, in the order in which they tell most.

    ``learning``: show which kinds of faults a server names several of. ``packs``: for such kinds. ``alone``: for the
    others. ``each``: one of each field, for every server. ``share``: the share of the pairs that the packs cover.
    """

    learning: tuple[Case, ...]
    each: tuple[Case, ...]
    packs: tuple[Case, ...]
    alone: tuple[Case, ...]
    share: float
    share_alone: float


class _Faults:
    """The wrong values as factors of an array, one factor for each field and position."""

    def __init__(self, builder: RequestBuilder, seed: int, *, complete: bool) -> None:
        grouped = (lambda wrongs: wrongs) if complete else wrong_values.in_classes
        self.values: dict[str, tuple[str, Wrongs]] = {
            f"{_WRONG}:{name}": ("", wrongs) for name, wrongs in wrong_values.top_level(builder).items()
        }
        in_event = wrong_values.in_event(builder)
        for position in POSITIONS:
            for name, wrongs in in_event.items():
                self.values[f"{_WRONG}:{position}:{name}"] = (position, grouped(wrongs))
        found = [wrong for by_type in in_event.values() for wrongs in by_type.values() for wrong in wrongs]
        self._in_turn = cycle(random.Random(seed).sample(found, len(found)))  # noqa: S311 - chooses test cases
        self._used: Counter[tuple[str, str]] = Counter()
        self._seed = seed

    def factors(self) -> dict[str, list[str]]:
        return {name: [_NONE, *wrongs] for name, (_, wrongs) in self.values.items()}

    def some_valid(self, rng: random.Random) -> Row:
        """Return a part of a row in which some of the fields are valid."""
        share = rng.choice((0.1, 0.3, 0.5))
        return {
            name: _NONE
            for name, (position, _) in self.values.items()
            if rng.random() < (share if not position else 0.9 if name.endswith(":") else share / 2)
        }

    def wrongs(self, row: Row) -> tuple[Wrong, ...]:
        """Return the wrong values of a row, each time the next value of its type."""
        return tuple(self._next(name, row[name]) for name in self.values if row.get(name, _NONE) != _NONE)

    def between(self, events: Condition | None) -> tuple[Wrong, ...]:
        """Return wrong values for the events between those at the positions, where there are any."""
        count = events.value if events is not None and events.level in APPLIES["last"] else 0
        return tuple(Wrong(next(self._in_turn), str(index)) for index in range(3, count - 1))

    def _next(self, name: str, type_name: str) -> Wrong:
        position, wrongs = self.values[name]
        options = wrongs[type_name]
        # The same field at another position goes on where the last one stopped.
        key = (name.rpartition(":")[2] + ("" if position else "!"), type_name)
        number = self._used[key] + self._seed
        self._used[key] += 1
        return Wrong(options[number % len(options)], position)


def rejections(builder: RequestBuilder, *, packs: int, alone: int, seed: int = 0, complete: bool = False) -> Rejections:
    """Return the requests: at most so many packs and so many single faults."""
    faults = _Faults(builder, seed, complete=complete)
    levels = dimensions(builder, unspecified=False, rare=False)
    rng = random.Random(seed)  # noqa: S311 - chooses test cases, not secrets
    choose = Choice(levels, seed)
    array = _array(faults, builder, seed)
    single = array.copy()

    def case(number: int, row: Row, naming: Naming, what: str) -> Case:
        conditions = choose.conditions(row)
        more = faults.between(conditions.get(EVENTS)) if naming is Naming.SEVERAL else ()
        recipe = Recipe(builder, conditions, (*faults.wrongs(row), *more))
        return of_recipe(recipe, f"{what}-{number}", naming=naming, number=number)

    each = [single.next_row([row]) for row in _one_of_each_field(faults)]
    packed: list[Row] = []
    while len(packed) < packs and array.left:
        turn = "later" if len(packed) % 5 < 2 else "first"
        options = [{TURN: _turn(turn, len(packed)), **faults.some_valid(rng)} for _ in range(_OPTIONS)]
        packed.append(array.next_row(options))
    rows: list[Row] = []
    for row in _each_wrong_value(faults):
        if len(rows) >= alone:
            break
        turn = _turn("later" if len(rows) % 5 < 2 else "first", len(rows))
        if f"{_WRONG}:{CONVERSATION}" in row and row[f"{_WRONG}:{CONVERSATION}"] != _NONE:
            turn = "first"
        rows.append(single.next_row([{**row, TURN: turn}]))
    return Rejections(
        learning=tuple(_learning(builder, faults)),
        each=tuple(case(number, row, Naming.ANY, "fault-of-each-field") for number, row in enumerate(each, 1)),
        packs=tuple(case(number, row, Naming.SEVERAL, "faults") for number, row in enumerate(packed, 1)),
        alone=tuple(case(number, row, Naming.FIRST, "fault") for number, row in enumerate(rows, 1)),
        share=array.share,
        share_alone=single.share,
    )


def _turn(kind: str, number: int) -> str:
    return "first" if kind == "first" else ("second", "later", "after-rejection")[number // 5 % 3]


def _array(faults: _Faults, builder: RequestBuilder, seed: int) -> CoveringArray:
    conditions = dimensions(builder, unspecified=False, rare=False)
    leading = depends(conditions)
    factors = {
        **{one.name: [level.id for level in one.levels] for one in conditions if one.name not in leading},
        **faults.factors(),
        **{one.name: [level.id for level in one.levels] for one in conditions if one.name in leading},
    }
    return CoveringArray(
        factors,
        possible=_possible,
        wanted=_wanted,
        dependent=lambda name: name in leading,
        kind=_kind,
        seed=seed,
    )


def _kind(level: Level) -> str:
    """Return the wrong value of an event field without its position: the position is a condition like others."""
    if not _is_wrong(level) or level[0].count(":") < 2:
        return ""
    return f"{level[0].rpartition(':')[2]} {level[1]}"


def _is_wrong(level: Level) -> bool:
    return level[0].startswith(_WRONG) and level[1] != _NONE


def _wanted(one: Level, other: Level) -> bool:
    """Return whether a pair is a wrong value and a condition."""
    return not (one[0].startswith(_WRONG) and other[0].startswith(_WRONG)) and (_is_wrong(one) or _is_wrong(other))


def _possible(one: Level, other: Level) -> bool:
    if not one[0].startswith(_WRONG) and not other[0].startswith(_WRONG):
        return can_stand_together(one, other)
    return _allows(one, other) and _allows(other, one)


def _allows(wrong: Level, other: Level) -> bool:
    """Return whether a wrong value and another level can stand in one request."""
    if not _is_wrong(wrong):
        return True
    _, *where = wrong[0].split(":")
    name, level = other
    if len(where) == 1:
        return _allows_at_top(where[0], name, level)
    position, field = where
    if name == EVENTS:
        return level in APPLIES[position]
    if name == f"{_WRONG}:{EVENTS}":
        return level == _NONE
    if field == "":
        # The event as a whole is wrong, so it has no fields.
        own = name.startswith((f"{position}-event-", f"{_WRONG}:{position}:"))
        return not own or level == _NONE
    return name != f"{position}-event-{field}"


def _allows_at_top(field: str, name: str, level: str) -> bool:
    if field == CONVERSATION and name == TURN:
        return level == "first"
    if field == EVENTS:
        in_events = "-event-" in name or name in {"event-key-order", "event-order"}
        return not (in_events or (name.count(":") == 2 and level != _NONE)) and name != EVENTS
    return name != field and not (
        name == "session_id" and field == "user_id" and level in {"same-as-user", "case-of-user"}
    )


def _only(faults: _Faults, name: str, type_name: str) -> Row:
    return {**dict.fromkeys(faults.values, _NONE), name: type_name}


def _one_of_each_field(faults: _Faults) -> Iterator[Row]:
    """Yield a fault of each field, alone in its request, each time of another type; a missing field comes extra."""
    positions = list(POSITIONS)
    number = 0
    for name, (position, wrongs) in faults.values.items():
        if position and position != positions[number % len(positions)]:
            continue
        types = list(wrongs)
        number += 1
        if "missing" in types:
            yield _only(faults, name, "missing")
            types.remove("missing")
        if types:
            yield _only(faults, name, types[number % len(types)])


def _each_wrong_value(faults: _Faults) -> Iterator[Row]:
    """Yield every wrong type of every field alone, first at one position each, then at the others; then all again."""
    positions = list(POSITIONS)
    top = [(name, type_name) for name, (at, wrongs) in faults.values.items() if not at for type_name in wrongs]
    in_events: list[list[tuple[str, str]]] = []
    for shift in range(len(positions)):
        found = []
        fields: dict[str, int] = {}
        for name, (position, wrongs) in faults.values.items():
            if not position:
                continue
            field = name.rpartition(":")[2]
            for index, type_name in enumerate(wrongs):
                start = fields.setdefault(field, len(fields))
                if positions[(start + index + shift) % len(positions)] == position:
                    found.append((name, type_name))
        in_events.append(found)
    order = [*_alternating(top, in_events[0]), *in_events[1]]
    rest = [*in_events[2], *in_events[3]]
    while True:
        for name, type_name in (*order, *rest):
            yield _only(faults, name, type_name)
        order = _alternating(top, in_events[0])
        rest = [*in_events[1], *in_events[2], *in_events[3]]


def _alternating(one: Sequence[tuple[str, str]], other: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    longest = max(len(one), len(other))
    pairs = (list(part[number : number + 1]) for number in range(longest) for part in (one, other))
    return [found for part in pairs for found in part]


def _learning(builder: RequestBuilder, faults: _Faults) -> Iterator[Case]:
    """Yield two requests with several faults of one kind each: wrong types, and missing fields."""
    conditions = {one.name: one for one in dimensions(builder, unspecified=False)}
    plain: dict[str, Condition] = {}
    if EVENTS in conditions:
        plain[EVENTS] = Condition(conditions[EVENTS], "two", 2)
    tops = [name for name, (position, _) in faults.values.items() if not position and not name.endswith(EVENTS)]
    for kind in ("types", "missing"):
        wrongs: list[Wrong] = []
        for name in (*tops, "wrong:first:type", "wrong:second:timestamp", "wrong:second:type", "wrong:first:timestamp"):
            if name not in faults.values:
                continue
            position, found = faults.values[name]
            types = [one for one in found if (one == "missing") == (kind == "missing")]
            if types:
                wrongs.append(Wrong(found[types[-1]][0], position))
        if len(wrongs) > 1:
            recipe = Recipe(builder, plain, tuple(wrongs))
            yield of_recipe(recipe, f"several-{kind}")
