"""Requests that every server must reject: wrong values, and the conditions under which a server overlooks them.

The conditions are those of accepted requests, so one array holds both: each wrong value with each condition. A server
that names several faults receives many of them in one request, another one receives them one by one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations, cycle

from chat_contract.roles import CONVERSATION, EVENTS, USER
from chat_verifier.planning import wrong_values
from chat_verifier.planning.array import CoveringArray, Follow, LevelPair, Row, nothing
from chat_verifier.planning.case import Case, Naming, of_recipe
from chat_verifier.planning.compatibility import APPLIES, depends, rare_levels, weights
from chat_verifier.planning.conditions import Condition, Wrong
from chat_verifier.planning.dimensions import (
    AFTER,
    POSITIONS,
    TURN,
    Dimension,
    dimensions,
)
from chat_verifier.planning.fault_levels import (
    NONE,
    WRONG,
    events_alike,
    fields_alike,
    kind_of_wrong,
    possible,
    wanted,
)
from chat_verifier.planning.recipe import Recipe
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.rows import Choice, common, in_turn
from chat_verifier.planning.wrong_values import MISSING_TYPE, Wrongs

_NEARLY_ALL = 0.99
_OPTIONS = 10
_VALID = ((0.2, 0.6), (0.3, 0.6), (0.4, 0.8))
"""How often a field of the request is valid, a field of an event, and an event as a whole."""
_IN_A_ROW, _OF_FEW_IN_A_ROW = 3, 2
"""How many requests are rejected before a turn of a conversation, besides those for other servers."""
_WITHOUT_EVENTS = 7
"""One of so many packs has a wrong value instead of the events."""
_WRONG_USER = 0.4
"""How often a pack has a wrong user."""
_WRONG_CONVERSATION = 0.2
"""How often a pack that belongs to no conversation has a wrong conversation_id."""
_TWO_FAULTS = 2
"""One of so many packs that begin a conversation has two faults only, until each pair of fields had its turn."""
_ENOUGH = 60
"""With fewer packs than this, none has two faults only."""
_LATER, _OF_FEW_LATER = 0.55, 0.4
"""The largest share of the requests that are later turns."""
_ALIKE = 5
"""One of so many packs that begin a conversation has events that all have an optional field, or all lack it."""


class _Faults:
    """The wrong values as factors of an array, one factor for each field and position."""

    def __init__(self, builder: RequestBuilder, seed: int, classes: Mapping[str, str]) -> None:
        fine = wrong_values.FINE_CLASSES
        self.values: dict[str, tuple[str, Wrongs]] = {
            f"{WRONG}:{name}": ("", wrong_values.in_classes(wrongs, fine))
            for name, wrongs in wrong_values.top_level(builder).items()
        }
        in_event = wrong_values.in_event(builder)
        for position in POSITIONS:
            for name, wrongs in in_event.items():
                self.values[f"{WRONG}:{position}:{name}"] = (position, wrong_values.in_classes(wrongs, classes))
        found = [wrong for by_type in in_event.values() for wrongs in by_type.values() for wrong in wrongs]
        self._in_turn = cycle(random.Random(seed).sample(found, len(found)))  # noqa: S311 - chooses test cases
        self._used: Counter[tuple[str, str]] = Counter()
        self._seed = seed

    def factors(self) -> dict[str, list[str]]:
        return {name: [NONE, *wrongs] for name, (_, wrongs) in self.values.items()}

    def some_valid(self, rng: random.Random) -> Row:
        """Return a part of a row in which some of the fields are valid."""
        top, field, whole = (rng.uniform(*limits) for limits in _VALID)
        return {
            name: NONE
            for name, (position, _) in self.values.items()
            if rng.random() < (top if not position else whole if name.endswith(":") else field)
        }

    def some_wrong(self, rng: random.Random, field: str) -> Row:
        """Return a part of a row in which a field of the request is wrong."""
        name = f"{WRONG}:{field}"
        return {name: rng.choice([*self.values[name][1]])} if name in self.values else {}

    def only(self, fields: Collection[str], number: int) -> Row:
        """Return a part of a row in which only these fields of the request are wrong; required ones are missing."""
        found = {f"{WRONG}:{field}": [*self.values[f"{WRONG}:{field}"][1]] for field in fields}
        wrong = {
            name: MISSING_TYPE if MISSING_TYPE in types else types[number % len(types)] for name, types in found.items()
        }
        return {**dict.fromkeys(self.values, NONE), **wrong}

    def wrongs(self, row: Row) -> tuple[Wrong, ...]:
        """Return the wrong values of a row, each time the next value of its type."""
        return tuple(self._next(name, row[name]) for name in self.values if row.get(name, NONE) != NONE)

    def between(self, events: Condition | None, alike: Collection[str]) -> tuple[Wrong, ...]:
        """Return wrong values for the events between those at the positions, but none for the fields ``alike``."""
        count = events.value if events is not None and events.level in APPLIES["last"] else 0
        wrongs = (Wrong(next(self._in_turn), str(index)) for index in range(3, count - 1))
        return tuple(wrong for wrong in wrongs if not alike or wrong.wrong.field not in {*alike, ""})

    def _next(self, name: str, type_name: str) -> Wrong:
        position, wrongs = self.values[name]
        options = wrongs[type_name]
        # The same field at another position goes on where the last one stopped.
        key = (name.rpartition(":")[2] + ("" if position else "!"), type_name)
        number = self._used[key]
        self._used[key] += 1
        return Wrong(in_turn(options, number, self._seed), position)


class Rejections:
    """Makes the requests that every server must reject: ``packs`` of several faults, and faults ``alone``, at most.

    ``learning``: requests that show of which kinds of faults a server names more than one. ``each``: one fault of each
    field; those of required fields and of the list of events are for every server. Packs contain the kinds of which a
    server names several; the others are sent alone.
    """

    def __init__(
        self,
        builder: RequestBuilder,
        *,
        packs: int,
        alone: int,
        seed: int = 0,
        complete: bool = False,
        follow: Follow = nothing,
    ) -> None:
        levels = dimensions(builder, unspecified=False, rare=False)
        self._builder = builder
        self._users = {level.id for one in levels if one.name == USER for level in one.levels}
        self._choose = Choice(levels, seed)
        self._rng = random.Random(seed)  # noqa: S311 - chooses test cases, not secrets
        self._packed = _Faults(builder, seed, wrong_values.FINE_CLASSES)
        self._single = _Faults(builder, seed, wrong_values.FINE_CLASSES if complete else wrong_values.CLASSES)
        self._packs = _array(self._packed, levels, seed, positions=True)
        self._alone = _array(self._single, levels, seed, positions=complete)
        follow("packs", self._packs)
        follow("alone", self._alone)
        self._most = {Naming.SEVERAL: packs, Naming.FIRST: alone}
        self._next_packs = self._packs
        self._made: Counter[Naming] = Counter()
        self._waiting = _each_wrong_value(self._single)
        self._held: list[Row] = []
        self._alike = cycle(events_alike(builder))
        few = packs < _ENOUGH
        self._twos = [] if few else [*combinations(wrong_values.top_level(builder), 2)]
        self._in_a_row, self._later = (_OF_FEW_IN_A_ROW, _OF_FEW_LATER) if few else (_IN_A_ROW, _LATER)
        always = builder.required if few else (*builder.required, EVENTS)
        self.learning = tuple(_learning(builder, self._packed))
        self.each = tuple(
            self._case(
                self._single_row([{**row, TURN: "first"}]),
                Naming.ANY if any(row.get(f"{WRONG}:{name}", NONE) != NONE for name in always) else Naming.FIRST,
                f"fault-of-each-field-{number}",
            )
            for number, row in enumerate(_one_of_each_field(self._single), 1)
        )

    @property
    def shares(self) -> tuple[float, float]:
        """The shares of the pairs that are covered: by packs, and by single faults."""
        return self._packs.share, self._alone.share

    @property
    def uncovered(self) -> tuple[tuple[LevelPair, ...], tuple[LevelPair, ...]]:
        """The pairs that are not covered: by packs, and by single faults."""
        return self._packs.uncovered, self._alone.uncovered

    def turns(self, turn: str, users: Sequence[str]) -> list[Case]:
        """Return some requests for later turns. ``users``: the levels that the user may have in the conversation."""
        known = [level for level in users if level in self._users]
        return [
            self._next(naming, {TURN: turn, AFTER: "yes" if number else "no"}, known)
            for naming in (Naming.SEVERAL, Naming.FIRST)
            for number in range(self._in_a_row)
            if self._made[naming] < self._most[naming] * self._later
        ]

    def first_turns(self) -> list[Case]:
        """Return all other requests, which begin a conversation."""
        return [
            self._next(naming, {TURN: "first"}, ())
            for naming in (Naming.SEVERAL, Naming.FIRST)
            for _ in range(self._most[naming] - self._made[naming])
        ]

    def _next(self, naming: Naming, fixed: Row, users: Sequence[str]) -> Case:
        self._made[naming] += 1
        number = self._made[naming]
        if naming is Naming.FIRST:
            row = self._single_row(list(self._with_user(self._wrong(fixed), users)))
            return self._case(row, naming, f"fault-{number}", number)
        if self._next_packs.share > _NEARLY_ALL:
            self._next_packs = self._packs.again()
        if fixed[TURN] == "first" and number % _ALIKE == 1:
            fixed = {**fixed, **next(self._alike, {})}
            row = self._next_packs.prepared_row(fixed) or self._next_packs.next_row([fixed])
        elif fixed[TURN] == "first" and self._twos and number % _TWO_FAULTS == 0:
            fixed = self._two_faults(self._twos.pop(), number)
            row = self._next_packs.prepared_row(fixed) or self._next_packs.next_row([fixed])
        else:
            row = self._next_packs.prepared_row(fixed) or self._next_packs.next_row(
                [self._option(fixed, users) for _ in range(_OPTIONS)]
            )
        return self._case(row, naming, f"faults-{number}", number)

    def _single_row(self, options: Sequence[Row]) -> Row:
        return self._alone.prepared_row(common(options)) or self._alone.next_row(options)

    def _two_faults(self, fields: Collection[str], number: int) -> Row:
        """Return a part of a row with two faults; a request with a wrong conversation_id has no turn."""
        wrong = self._packed.only(fields, number)
        return wrong if CONVERSATION in fields else {**wrong, TURN: "first"}

    def _option(self, fixed: Row, users: Sequence[str]) -> Row:
        """Return a part of a row for a pack; the dimensions that decide about others come with faults now and then."""
        option = {**self._packed.some_valid(self._rng), **fixed}
        if fixed[TURN] == "first" and self._rng.random() < _WRONG_CONVERSATION:
            del option[TURN]
            option |= self._packed.some_wrong(self._rng, CONVERSATION)
        if self._made[Naming.SEVERAL] % _WITHOUT_EVENTS == 1:
            option |= self._packed.some_wrong(self._rng, EVENTS)
        if self._rng.random() < _WRONG_USER:
            return option | self._packed.some_wrong(self._rng, USER)
        return option | ({USER: self._rng.choice(users), f"{WRONG}:{USER}": NONE} if users else {})

    def _wrong(self, fixed: Row) -> Row:
        """Return the next single fault; one of the conversation id waits for a first turn."""
        first = fixed[TURN] == "first"
        row = self._held.pop() if first and self._held else next(self._waiting)
        while not first and row.get(f"{WRONG}:{CONVERSATION}", NONE) != NONE:
            self._held.append(row)
            row = next(self._waiting)
        return {**row, **fixed}

    def _with_user(self, row: Row, users: Sequence[str]) -> Iterator[Row]:
        free = row.get(f"{WRONG}:{USER}", NONE) == NONE and users
        yield from ({**row, USER: user} for user in users) if free else [row]

    def _case(self, row: Row, naming: Naming, name: str, number: int = 0) -> Case:
        several = naming is Naming.SEVERAL
        faults = self._packed if several else self._single
        conditions = self._choose.conditions(row)
        wrongs = faults.wrongs(row)
        packed = several and any(one.position for one in wrongs)
        more = faults.between(conditions.get(EVENTS), fields_alike(self._builder, row)) if packed else ()
        recipe = Recipe(self._builder, conditions, (*wrongs, *more))
        return of_recipe(recipe, name, naming=naming, number=number)


def _array(faults: _Faults, conditions: Sequence[Dimension], seed: int, *, positions: bool) -> CoveringArray:
    """Return the array of faults and conditions; with ``positions``, a fault counts at each position of its own."""
    leading = depends(conditions)
    factors = {
        **{one.name: [level.id for level in one.levels] for one in conditions if one.name not in leading},
        **faults.factors(),
        **{one.name: [level.id for level in one.levels] for one in conditions if one.name in leading},
    }
    of_conditions, rare = weights(conditions), rare_levels(conditions)
    return CoveringArray(
        factors,
        possible=possible,
        wanted=lambda one, other: wanted(one, other) and one not in rare and other not in rare,
        dependent=lambda name: name in leading,
        kind=(lambda _: "") if positions else kind_of_wrong,
        weight=lambda level: of_conditions.get(level, 1.0 if level[0].count(":") < 2 else 0.5),
        seed=seed,
    )


def _only(faults: _Faults, name: str, type_name: str) -> Row:
    return {**dict.fromkeys(faults.values, NONE), name: type_name}


def _one_of_each_field(faults: _Faults) -> Iterator[Row]:
    """Yield a fault of each field, alone in its request, each time of another type, and a missing field besides."""
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
    required = [
        name.rpartition(":")[2]
        for name, (position, found) in faults.values.items()
        if position == "first" and MISSING_TYPE in found
    ]
    in_events = [f"{WRONG}:{position}:{field}" for position in ("first", "second") for field in required]
    for kind in ("types", MISSING_TYPE):
        wrongs: list[Wrong] = []
        for name in (*tops, *in_events):
            position, found = faults.values[name]
            types = [one for one in found if (one == MISSING_TYPE) == (kind == MISSING_TYPE)]
            if types:
                wrongs.append(Wrong(found[types[-1]][0], position))
        if len(wrongs) > 1:
            recipe = Recipe(builder, plain, tuple(wrongs))
            yield of_recipe(recipe, f"several-{kind}")
