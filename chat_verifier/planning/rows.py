"""Requests that must be accepted, as rows of a covering array, and the conversations that hold them.

A row combines a level of every dimension. Later turns take the place of new conversations where they can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count

from chat_contract.roles import EVENT_TEXT, EVENTS, ITEM, LIMIT, MESSAGE, SESSION, USER
from chat_verifier.planning.array import CoveringArray, Level, Row
from chat_verifier.planning.case import Case, CaseSequence, Group, Priority, Together, of_recipe
from chat_verifier.planning.dimensions import (
    ABSENT,
    TURN,
    Dimension,
    can_stand_together,
    depends,
    dimensions,
    is_rare,
)
from chat_verifier.planning.recipe import Condition, Recipe
from chat_verifier.planning.request_builder import RequestBuilder

REJECTED_IN_A_ROW = 6
_CONCURRENT = 3
_EVERY, _OPEN_ROWS = 3, 2
"""Of so many rows, so many hold values that a server may reject."""
_LONGEST = 8


class Choice:
    """Chooses the value of each level: the next one each time, beginning at the seed."""

    def __init__(self, levels: Sequence[Dimension], seed: int) -> None:
        self._dimensions = {one.name: one for one in levels}
        self._used: Counter[tuple[str, str]] = Counter()
        self._seed = seed

    def conditions(self, row: Mapping[str, str]) -> dict[str, Condition]:
        """Return the conditions of a row, in the order of the dimensions."""
        return {name: self._condition(one, row[name]) for name, one in self._dimensions.items() if name in row}

    def _condition(self, dimension: Dimension, name: str) -> Condition:
        level = dimension.level(name)
        number = self._used[dimension.name, name]
        self._used[dimension.name, name] += 1
        # Plain values begin with the same one for every seed, so that the simplest request is always sent.
        start = 0 if name == dimension.levels[0].id else self._seed
        return Condition(dimension, name, level.values[(number + start) % len(level.values)], level.unspecified)


def conversations(rows: Rows, rejected: Sequence[Case], *, most: int) -> list[CaseSequence]:
    """Return conversations until so many rows are made, and the rejected later turns spread over them."""
    return list(_Assembly(rows, rejected, most=most).conversations())


class Rows:
    """Makes the rows of two arrays: of what every server must accept, and of pairs with what it may reject."""

    def __init__(self, builder: RequestBuilder, *, seed: int, complete: bool) -> None:
        self.builder = builder
        self.made = 0
        levels = dimensions(builder, unspecified=True, complete=complete)
        self._unspecified = [(one.name, level.id) for one in levels for level in one.levels if level.unspecified]
        self._must = _array(dimensions(builder, unspecified=False, complete=complete), seed)
        self._all = _array(levels, seed)
        self._choose = Choice(levels, seed)
        self.names = tuple(one.name for one in levels)

    @property
    def shares(self) -> tuple[float, float]:
        """The shares of the pairs that are covered: of must-accept levels, and with unspecified ones."""
        pairs = self._all.pairs - self._must.pairs
        left = self._all.left - self._must.left
        return self._must.share, 1.0 - left / pairs if pairs else 1.0

    def row(self, fixed: Row, *, may_be_open: bool = True) -> Recipe:
        """Return the next row with the fixed levels; some rows hold values that a server may reject."""
        self.made += 1
        barred = () if may_be_open and self.made % _EVERY < _OPEN_ROWS else self._unspecified
        row = self._all.next_row([fixed], barred)
        self._must.cover({name: level for name, level in row.items() if (name, level) not in self._unspecified})
        return Recipe(self.builder, self._choose.conditions(row))


class _Assembly:
    """Puts rows into conversations until there are enough."""

    def __init__(self, rows: Rows, rejected: Sequence[Case], *, most: int) -> None:
        self.rows = rows
        self.builder = rows.builder
        self.waiting = list(rejected)
        self.most = most

    @property
    def is_full(self) -> bool:
        return self.rows.made >= self.most

    def conversations(self) -> Iterator[CaseSequence]:
        slots = max(1, (self.most - _CONCURRENT * 2 - 4) // 4)
        each = -(-len(self.waiting) // max(1, slots))
        openings = iter(self._openings())
        if self.most > _LONGEST:
            yield from self._together(Together.INTERLEAVED, 2)
        for number in count(1):
            if number == 3 and self.most > 4 * _LONGEST:
                yield from self._together(Together.CONCURRENT, _CONCURRENT)
            if self.is_full:
                return
            yield self._conversation(number, next(openings, {}), each)

    def _openings(self) -> Iterator[Row]:
        """Yield what openings contain for the clauses about fields: every field, then each optional field alone."""
        optional = [name for name in self.rows.names if name in self.builder.optional]
        plain = {name: "lowest" if name == LIMIT else "plain" for name in optional}
        absent = dict.fromkeys(optional, "absent")
        if EVENTS in optional:
            whole = self._members("first", self.builder.event_fields)
            yield {**plain, EVENTS: "one", **whole}
            yield {**absent, EVENTS: "two", **self._members("first", (ITEM,)), **self._members("second", (EVENT_TEXT,))}
        yield from ({**absent, name: plain[name]} for name in optional if name != EVENTS)

    def _members(self, position: str, present: Sequence[str]) -> Row:
        return {
            f"{position}-event-{name}": "plain" if name in present or name in self.builder.event_required else "absent"
            for name in self.builder.event_fields
        }

    def _conversation(self, number: int, opening: Row, each: int) -> CaseSequence:
        grows = number == _GROWING and self.most > 4 * _LONGEST
        turns = _GROWING_PATTERN if grows else _PATTERNS[number % len(_PATTERNS)]
        # Rejected turns with a user need a conversation of that user.
        hosts = USER in self.rows.names and "after-rejection" in turns and USER not in opening
        user = {USER: ("plain", "dense", "digits", "odd")[number % 4]} if hosts else {}
        first = self.rows.row({TURN: "first", **opening, **user}, may_be_open=not opening)
        recipes: list[Recipe | Case] = [first]
        for turn in turns:
            if self.is_full:
                break
            if turn == "after-rejection":
                recipes += self.waiting[:each]
                del self.waiting[:each]
            recipes.append(self._later(first, turn))
        last = recipes[-1]
        cases = tuple(
            of_recipe(one, f"turn-{index}") if isinstance(one, Recipe) else _within(one, first)
            for index, one in enumerate(recipes, 1)
        )
        return CaseSequence(
            f"conversation-{number}",
            Group.CONVERSATION,
            cases,
            priority=Priority.ESSENTIAL if number <= _ESSENTIAL else Priority.HIGH,
            deferred=1 if len(recipes) > 1 and isinstance(last, Recipe) else 0,
        )

    def _later(self, first: Recipe, turn: str) -> Recipe:
        """Return a later row; the user of the conversation stays the same or is left out."""
        fixed = {TURN: turn}
        user = first.conditions.get(USER)
        if user is not None:
            known = not user.unspecified and user.value is not ABSENT
            fixed[USER] = user.level if known and self.rows.made % 3 else "absent"
        if turn == "after-rejection" and self.rows.made % 2:
            # The limit of a rejected turn must not apply to the next one, which the number of items shows.
            fixed |= {LIMIT: "absent", MESSAGE: "plain"}
        recipe = self.rows.row(fixed, may_be_open=turn != "after-rejection")
        return replace(recipe, user=first.body.get(USER, ABSENT))

    def _together(self, how: Together, size: int) -> Iterator[CaseSequence]:
        """Yield conversations of one user in one session, with different limits, for play at the same time."""
        same = {name: "plain" for name in (SESSION, USER) if name in self.rows.names} | {MESSAGE: "plain"}
        limits = ("lowest", "highest", "absent")
        for number in range(1, size + 1):
            first = self.rows.row({TURN: "first", LIMIT: limits[number % 3], **same}, may_be_open=False)
            empty = {EVENTS: "empty"} if number == 1 and EVENTS in self.rows.names else {}
            second = {TURN: "second", LIMIT: limits[(number + 1) % 3], **same, **empty}
            later = self.rows.row(second, may_be_open=False)
            cases = (
                of_recipe(first, "turn-1"),
                of_recipe(replace(later, user=first.body.get(USER, ABSENT)), "turn-2"),
            )
            yield CaseSequence(
                f"{how}-conversation-{number}", Group.CONVERSATION, cases, priority=Priority.ESSENTIAL, together=how
            )


def _wanted(one: Level, other: Level) -> bool:
    """Return whether two levels are to stand together; a rare one is to be in each kind of turn only."""
    return not (is_rare(one) or is_rare(other)) or TURN in {one[0], other[0]}


def _bonus(level: Level) -> float:
    """Prefer what shows most: few items asked for, and a message that finds items."""
    return {(LIMIT, "lowest"): 5.0, (LIMIT, "low"): 5.0, (SESSION, "same-as-user"): 3.0}.get(level, 0.0)


def _array(levels: Sequence[Dimension], seed: int) -> CoveringArray:
    leading = depends(levels)
    return CoveringArray(
        {one.name: [level.id for level in one.levels] for one in sorted(levels, key=lambda one: one.name in leading)},
        possible=can_stand_together,
        wanted=_wanted,
        dependent=lambda name: name in leading,
        bonus=_bonus,
        seed=seed,
    )


_PATTERNS = (
    ("second", "later"),
    ("after-rejection", "later"),
    ("second", "after-rejection", "later"),
    ("later",),
)
"""The turns of a conversation after the first; the last one comes at the end of the run."""

_GROWING = 2
_GROWING_PATTERN = ("second", "after-rejection", "later", "later", "after-rejection", "later", "later")
_ESSENTIAL = 6


def _within(case: Case, first: Recipe) -> Case:
    """Return a rejected case as a turn of the conversation that ``first`` opens."""
    assert case.recipe is not None
    recipe = replace(case.recipe, user=first.body.get(USER, ABSENT))
    return replace(case, body=recipe.body, recipe=recipe)
