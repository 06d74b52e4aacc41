"""Requests that must be accepted, as rows of a covering array, and the conversations that hold them.

A row combines a level of every dimension. Later turns take the place of new conversations where they can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Protocol, TypeVar

from chat_contract.roles import EVENT_TEXT, EVENTS, ITEM, LIMIT, MESSAGE, SESSION, USER
from chat_verifier.planning.array import CoveringArray, Follow, Level, LevelPair, Row, nothing
from chat_verifier.planning.case import Case, CaseSequence, Group, Priority, Together, of_recipe
from chat_verifier.planning.compatibility import can_stand_together, depends, rare_levels, weights
from chat_verifier.planning.conditions import AS_A_WHOLE, Condition, unspecified_events
from chat_verifier.planning.dimensions import (
    ABSENT,
    AFTER,
    CONTENT_TYPE,
    OTHER_EVENTS,
    TURN,
    Dimension,
    dimensions,
)
from chat_verifier.planning.recipe import Recipe
from chat_verifier.planning.request_builder import RequestBuilder

_CONCURRENT = 3
_EVERY, _OPEN_ROWS = 6, 4
"""Of so many rows, so many hold any values that a server may reject; the others only unknown properties and charsets.

Next to those, a server has no other reason to reject a row, so its wrong rejections show.
"""
_NEARLY_ALL = 0.995
_LONGEST = 8

One = TypeVar("One")


def _none(_: str) -> bool:
    return False


class RejectedTurns(Protocol):
    """Makes requests for later turns that every server must reject."""

    def turns(self, turn: str, users: Sequence[str]) -> list[Case]: ...


def in_turn(ones: Sequence[One], number: int, seed: int) -> One:
    """Return the next one, beginning again after the last.

    The bits of the seed tell which neighbours change places, so that every plan has the most telling ones, which come
    first.
    """
    number %= len(ones)
    neighbour = number ^ 1
    swapped = seed >> (number // 2) & 1 and neighbour < len(ones)
    return ones[neighbour if swapped else number]


class Choice:
    """Chooses the value of each level: the next one each time."""

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
        # Plain values begin with the same one for every seed, so that the simplest request is always sent; values of
        # several kinds too, since the most telling ones come first.
        seed = 0 if level is dimension.levels[0] or level.unlike else self._seed
        return Condition(dimension, name, in_turn(level.values, number, seed), level.unspecified)


def conversations(rows: Rows, rejected: RejectedTurns, *, most: int) -> list[CaseSequence]:
    """Return conversations until so many rows are made, with rejected turns between those after a rejection."""
    return list(_Assembly(rows, rejected, most=most).conversations())


class Rows:
    """Makes the rows of two arrays: of what every server must accept, and of pairs with what it may reject."""

    def __init__(self, builder: RequestBuilder, *, seed: int, complete: bool, follow: Follow = nothing) -> None:
        self.builder = builder
        self.complete = complete
        self.made = 0
        levels = dimensions(builder, unspecified=True)
        self._unspecified = frozenset(
            (one.name, level.id) for one in levels for level in one.levels if level.unspecified
        )
        self._as_a_whole = frozenset(level for level in self._unspecified if level[0] in AS_A_WHOLE)
        self.unspecified_users = sorted(level for name, level in self._unspecified if name == USER)
        self._must = _array(dimensions(builder, unspecified=False), seed)
        self._all = _array(levels, seed)
        self._next = self._all.again()
        follow("rows", self._next)
        self._sent: list[Row] = []
        self._choose = Choice(levels, seed)
        self._dimensions = levels
        self.names = tuple(one.name for one in levels)

    def all_unspecified(self, number: int) -> Recipe:
        """Return an opening in which every field that may have one has an unspecified value; events differ in theirs.

        ``number`` counts from 0 and chooses the level: the first one, then the next ones, then always the last.
        """
        row = {TURN: "first"}
        for dimension in self._dimensions:
            levels = [level for level in dimension.levels if level.unspecified and not level.rare]
            if dimension.name == EVENTS and number:
                row[EVENTS] = "long"
            elif levels and dimension.name != CONTENT_TYPE:
                # Other rows hold each level whose values are unlike; one with many values comes first of these.
                levels.sort(key=lambda level: (level.unlike, -len(level.values) if level.unlike else 0))
                row[dimension.name] = levels[min(number, len(levels) - 1)].id
        if row.get(EVENTS) != "long":
            row = {name: level for name, level in row.items() if can_stand_together((name, level), (EVENTS, "null"))}
        self._all.cover(row)
        others = {OTHER_EVENTS: unspecified_events(number)} if row.get(EVENTS) == "long" else {}
        return Recipe(self.builder, {**self._choose.conditions(row), **others})

    @property
    def shares(self) -> tuple[float, float]:
        """The shares of the pairs that are covered: of must-accept levels, and with unspecified ones."""
        pairs = self._all.pairs - self._must.pairs
        left = self._all.left - self._must.left
        return self._must.share, 1.0 - left / pairs if pairs else 1.0

    @property
    def uncovered(self) -> tuple[tuple[LevelPair, ...], tuple[LevelPair, ...]]:
        """The pairs that are not covered: of must-accept levels, and with unspecified ones."""
        must = self._must.uncovered
        return must, tuple(pair for pair in self._all.uncovered if pair not in must)

    @property
    def share_of_triples(self) -> float:
        """The share of the triples of must-accept levels that are covered."""
        return self._must.share_of_triples(self._sent)

    def row(
        self,
        options: Sequence[Row],
        *,
        may_be_open: bool = True,
        without: Callable[[str], bool] = _none,
    ) -> Recipe:
        """Return the next row with the levels of an option; some rows hold values that a server may reject.

        ``without``: tells which dimensions the request replaces, so that the row has no level of them.
        """
        self.made += 1
        barred = self._unspecified
        if may_be_open:
            barred = frozenset() if self.made % _EVERY < _OPEN_ROWS else barred - self._as_a_whole
        barred |= {(one.name, level.id) for one in self._dimensions if without(one.name) for level in one.levels}
        if self._next.share > _NEARLY_ALL:
            # Once all pairs are covered, more rows cover them in the company of other levels.
            self._next = self._next.again()
        possible = [one for one in options if barred.isdisjoint(one.items())]
        row = self._next.prepared_row(common(possible), barred) or self._next.next_row(possible, barred)
        plain = {name: level for name, level in row.items() if (name, level) not in self._unspecified}
        self._all.cover(row)
        self._must.cover(plain)
        self._sent.append(plain)
        return Recipe(self.builder, self._choose.conditions(row))


def common(options: Sequence[Row]) -> Row:
    """Return the levels that are in all options."""
    first, *others = options
    return {name: level for name, level in first.items() if all(other.get(name) == level for other in others)}


class _Assembly:
    """Puts rows into conversations until there are enough."""

    def __init__(self, rows: Rows, rejected: RejectedTurns, *, most: int) -> None:
        self.rows = rows
        self.builder = rows.builder
        self.rejected = rejected
        self.most = most
        self._after_rejections = 0

    @property
    def is_small(self) -> bool:
        return self.most <= 4 * _LONGEST

    @property
    def is_full(self) -> bool:
        return self.rows.made >= self.most

    def conversations(self) -> Iterator[CaseSequence]:
        openings = iter(self._openings())
        if self.most > _LONGEST:
            yield from self._together(Together.INTERLEAVED, 2)
        for number in count(1):
            if number == 3 and self.most > 4 * _LONGEST:
                yield from self._together(Together.CONCURRENT, _CONCURRENT)
            if self.is_full:
                return
            grows = self._grows(number)
            yield self._conversation(number, {} if grows else next(openings, {}), grows=grows)

    def _openings(self) -> Iterator[Row]:
        """Yield what openings contain for the clauses about fields: every field, then each optional field alone."""
        optional = [name for name in self.rows.names if name in self.builder.optional]
        plain = {name: "lowest" if name == LIMIT else "plain" for name in optional}
        absent = dict.fromkeys(optional, "absent")
        if EVENTS in optional:
            whole = self._members("first", self.builder.event_fields)
            yield {**plain, EVENTS: "one", **whole}
            alone = {**self._members("first", (ITEM,)), **self._members("second", (EVENT_TEXT,))}
            if self.is_small:
                # Other rows are too few for an event with nothing but its required fields.
                yield {**absent, EVENTS: "three", **alone, **self._members("third", ())}
            else:
                yield {**absent, EVENTS: "two", **alone}
        yield from ({**absent, name: plain[name]} for name in optional if name != EVENTS)

    def _members(self, position: str, present: Sequence[str]) -> Row:
        return {
            f"{position}-event-{name}": "plain" if name in present or name in self.builder.event_required else "absent"
            for name in self.builder.event_fields
        }

    def _grows(self, number: int) -> bool:
        return not self.is_small and (number in _GROWING or (self.rows.complete and number % 3 == 0))

    def _conversation(self, number: int, opening: Row, *, grows: bool) -> CaseSequence:
        pattern: Pattern = _GROWING_PATTERN if grows else _PATTERNS[number % len(_PATTERNS)]
        if number == 1 and self.is_small:
            pattern = _SHORT_GROWING_PATTERN
        if number == _GROWING[0] and self.rows.complete:
            pattern = (*pattern, *pattern[2:] * 3)[: _MOST_TURNS - 1]
        # A rejected turn with a user needs a conversation of that user.
        level = _USERS[(number // 2 - 1) % _KNOWN] if grows else _USERS[number % len(_USERS)]
        user = {} if USER in opening or USER not in self.rows.names else {USER: level}
        first = self.rows.row([{TURN: "first", **opening, **user}], may_be_open=not opening)
        turns: list[Recipe | Case] = [first]
        for turn, after in pattern:
            if self.is_full:
                break
            rejected = self.rejected.turns(turn, self._users(first)) if after == _YES else []
            later = self._later(first, turn, after)
            if self.is_small:
                # Few rejected turns have a valid limit otherwise, which a server may keep.
                rejected = [_without_wrong_limit(case) if case.number % 2 == 0 else case for case in rejected]
            turns += (_within(case, first, later) for case in rejected)
            turns.append(later)
        if len(pattern) > len(_PATTERNS[0]):
            turns = _with_repeated_message(turns)
        cases = tuple(
            of_recipe(one, f"turn-{index}") if isinstance(one, Recipe) else one for index, one in enumerate(turns, 1)
        )
        return CaseSequence(
            f"conversation-{number}",
            Group.CONVERSATION,
            cases,
            priority=Priority.ESSENTIAL if number <= _ESSENTIAL else Priority.HIGH,
            # A server that fails late in a conversation is to show it while requests are left.
            deferred=1 if len(turns) > 1 and (number != _GROWING[0] or not grows) else 0,
        )

    def _users(self, first: Recipe) -> list[str]:
        """Return the levels that the user of a later turn may have: that of the conversation, or none."""
        user = first.conditions.get(USER)
        if user is None:
            return []
        return ["absent"] if user.unspecified or user.value is ABSENT else [user.level, "absent"]

    def _later(self, first: Recipe, turn: str, after: str) -> Recipe:
        """Return a later row; the user of the conversation stays the same or is left out."""
        fixed = {TURN: turn, AFTER: after}
        first_of_few = self.is_small and not self._after_rejections
        if after == _YES and (self.rows.made % 4 == 0 or first_of_few):
            # The limit of a rejected turn must not apply to the next one, which the number of items shows.
            fixed |= {LIMIT: "absent", MESSAGE: "plain"}
        users = [*self._users(first), *self.rows.unspecified_users]
        # The first ones show that a rejection does no harm, which only a row of must-accept values can.
        self._after_rejections += after == _YES
        must_accept = after == _YES and self._after_rejections <= _MUST_ACCEPT
        recipe = self.rows.row([{**fixed, USER: level} for level in users] or [fixed], may_be_open=not must_accept)
        return replace(recipe, user=first.body.get(USER, ABSENT))

    def _together(self, how: Together, size: int) -> Iterator[CaseSequence]:
        """Yield conversations of one user in one session, with different limits, for play at the same time."""
        related = dict(zip((USER, SESSION), _RELATED[how], strict=True))
        same = {name: level for name, level in related.items() if {*related} <= {*self.rows.names}}
        limits = ("lowest", "highest", "absent")
        shared: dict[str, Condition] = {}
        for number in range(1, size + 1):
            first = self.rows.row([{TURN: "first", LIMIT: limits[number % 3], **same}], may_be_open=False)
            shared = shared or {name: first.conditions[name] for name in same}
            empty = {EVENTS: "empty"} if number == 1 and EVENTS in self.rows.names else {}
            second = {TURN: "second", AFTER: "no", LIMIT: limits[(number + 1) % 3], **same, **empty}
            later = self.rows.row([second], may_be_open=False)
            user = shared[USER].value if USER in shared else ABSENT
            cases = tuple(
                of_recipe(replace(one, conditions={**one.conditions, **shared}, user=user), f"turn-{turn}")
                for turn, one in enumerate((first, later), 1)
            )
            yield CaseSequence(
                f"{how}-conversation-{number}", Group.CONVERSATION, cases, priority=Priority.ESSENTIAL, together=how
            )


_RELATED = {Together.INTERLEAVED: ("dense", "same-as-user"), Together.CONCURRENT: ("upper", "case-of-user")}
"""The levels of the user and the session in conversations that are played together."""


def _bonus(level: Level) -> float:
    """Prefer what shows most: few items asked for, and a message that finds items."""
    return {(LIMIT, "lowest"): 5.0, (LIMIT, "low"): 5.0, (SESSION, "same-as-user"): 3.0}.get(level, 0.0)


def _array(levels: Sequence[Dimension], seed: int) -> CoveringArray:
    leading = depends(levels)
    rare = rare_levels(levels)

    def wanted(one: Level, other: Level) -> bool:
        """Return whether two levels should stand together; a rare one only has to appear in each kind of turn."""
        return (one not in rare and other not in rare) or TURN in {one[0], other[0]}

    return CoveringArray(
        {one.name: [level.id for level in one.levels] for one in sorted(levels, key=lambda one: one.name in leading)},
        possible=can_stand_together,
        wanted=wanted,
        dependent=lambda name: name in leading,
        weight=weights(levels).__getitem__,
        bonus=_bonus,
        seed=seed,
    )


_YES = "yes"

Pattern = tuple[tuple[str, str], ...]

_PATTERNS = (
    (("second", "no"), ("third", _YES)),
    (("second", _YES), ("third", "no")),
)
"""The turns of a conversation after the first, and whether they follow a rejection; the last one ends the run."""

_MOST_TURNS = 20
"""The turns of the longest conversation of a complete plan. Its messages have several thousand characters."""

_GROWING = (2, 4)
_GROWING_PATTERN = (
    ("second", "no"),
    ("third", _YES),
    ("fourth", "no"),
    ("later", "no"),
    ("later", _YES),
    ("later", _YES),
    ("later", "no"),
)
_SHORT_GROWING_PATTERN = (("second", _YES), ("third", "no"), ("fourth", "no"), ("later", _YES))
_ESSENTIAL = 6
_MUST_ACCEPT = 3
_USERS, _KNOWN = ("dense", "upper", "digits", "absent"), 3
"""The levels of the user of a conversation; the first ones are present."""


def _with_repeated_message(turns: Sequence[Recipe | Case]) -> list[Recipe | Case]:
    """Return the turns; the last one whose user is certain repeats the message of an earlier one, as shoppers do.

    If no two messages have the same level, the message may have any level that is not unspecified.
    """
    accepted = [(index, turn) for index, turn in enumerate(turns) if isinstance(turn, Recipe)]
    certain = [
        (index, turn, earlier)
        for index, turn in reversed(accepted)
        if USER not in turn.unspecified and not turn.conditions[MESSAGE].unspecified
        for before, earlier in accepted
        if before < index and not earlier.conditions[MESSAGE].unspecified
    ]
    alike = [one for one in certain if one[1].conditions[MESSAGE].level == one[2].conditions[MESSAGE].level]
    for index, turn, earlier in (alike or certain)[:1]:
        same = {**turn.conditions, MESSAGE: earlier.conditions[MESSAGE]}
        return [*turns[:index], replace(turn, conditions=same), *turns[index + 1 :]]
    return list(turns)


def _without_wrong_limit(case: Case) -> Case:
    """Return a rejected case with its other faults only, if it has any."""
    assert case.recipe is not None
    others = [one for one in case.recipe.wrongs if one.position or one.wrong.field != LIMIT]
    return of_recipe(case.recipe.with_only(others), case.id, naming=case.naming, number=case.number) if others else case


def _within(case: Case, first: Recipe, later: Recipe) -> Case:
    """Return a rejected case as a turn of the conversation that ``first`` opens, before the turn ``later``.

    If the later turn has no limit, the rejected case has the highest one. The number of items in the reply to the later
    turn then shows whether the server kept that limit.
    """
    assert case.recipe is not None
    recipe, limit = case.recipe, later.conditions.get(LIMIT)
    if limit is not None and limit.value is ABSENT and LIMIT not in {wrong.wrong.field for wrong in recipe.wrongs}:
        highest = limit.dimension.level("highest")
        most = Condition(limit.dimension, highest.id, highest.values[0])
        recipe = replace(recipe, conditions={**recipe.conditions, LIMIT: most})
    recipe = replace(recipe, user=first.body.get(USER, ABSENT))
    return replace(case, body=recipe.body, recipe=recipe)
