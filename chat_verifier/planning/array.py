"""Covering arrays: few rows in which every pair of levels of different factors stands together.

A greedy generator in the manner of IPOG and AETG. Levels are bits of integers, so that the uncovered pairs of a level
with a whole row are counted by one operation. Deterministic for the same factors and seed.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

Level = tuple[str, str]
"""A factor and one of its levels."""

LevelPair = tuple[str, str]
"""Two levels that stand in one row: each as ``factor=level``, or the name of a kind of levels."""

Row = dict[str, str]
"""A level for each factor that applies to the row."""

Follow = Callable[[str, "CoveringArray"], object]
"""Gives an array of a name the rows to follow."""


def nothing(_: str, __: CoveringArray) -> None:
    """Give an array no rows to follow."""


_KIND = "kind"
_ATTEMPTS = 12
_TIE = 0.9
"""The weight of pairs with levels that are not chosen yet: less than that of one pair."""

_PASSES = 2
"""How often the levels of a row are chosen anew."""

_CANDIDATES = 6
"""How many rows are tried before the best one is taken."""


def always(_: Level, __: Level) -> bool:
    return True


class CoveringArray:
    """The factors of an array and the pairs that no row covers yet.

    ``possible`` tells whether two levels may be in one row; a factor without a possible level is left out of the row.
    Factors that others depend on come first. ``wanted`` tells which pairs to cover. ``kind`` names the kind of a level:
    pairs are then counted for the kind, and each level of the kind must be in some row.
    ``weight``: how much a pair with the level counts when a row is chosen; a few different weights.
    ``bonus``: what a level is worth besides its pairs, in pairs of the weight 1.
    """

    def __init__(
        self,
        factors: Mapping[str, Sequence[str]],
        *,
        possible: Callable[[Level, Level], bool] = always,
        wanted: Callable[[Level, Level], bool] = always,
        dependent: Callable[[str], bool] = lambda _: True,
        kind: Callable[[Level], str] = lambda _: "",
        weight: Callable[[Level], float] = lambda _: 1.0,
        bonus: Callable[[Level], float] = lambda _: 0.0,
        seed: int = 0,
    ) -> None:
        real = [(name, level) for name, levels in factors.items() for level in levels]
        kind_of = list(map(kind, real))
        kinds = dict.fromkeys(filter(None, kind_of))
        self._levels: list[Level] = [*real, *((name, _KIND) for name in kinds)]
        self._number = {level: number for number, level in enumerate(self._levels)}
        self._of = {name: [self._number[name, level] for level in levels] for name, levels in factors.items()}
        self._leading = [name for name in factors if not dependent(name)]
        self._following = [name for name in factors if dependent(name)]
        self._rng = random.Random(seed)  # noqa: S311 - chooses test cases, not secrets
        self.excluded = [0] * len(self._levels)
        self._uncovered = [0] * len(self._levels)
        self._count = len(real)
        self._barred = 0
        self._open_shares: list[float] = []
        self._real = (1 << self._count) - 1
        self._prepared: Iterator[Row] = iter(())
        self._observe: Callable[[Sequence[Row], Collection[Level], Row], object] | None = None
        self._kinds = [-1] * len(self._levels)
        self._bonus = list(map(bonus, real))
        self._bits = [1 << number for number in range(len(self._levels))]
        for number, name in enumerate(kind_of):
            if name:
                of_kind = self._number[name, _KIND]
                self._kinds[number] = of_kind
                self._bits[number] |= 1 << of_kind
                self._want(number, of_kind)
        self._weights = [*map(weight, real), *(weight(real[kind_of.index(name)]) for name in kinds)]
        tiers: dict[float, int] = {}
        for number, found in enumerate(self._weights):
            tiers[found] = tiers.get(found, 0) | 1 << number
        self._tiers = list(tiers.items())
        counted = [number if of_kind < 0 else of_kind for number, of_kind in enumerate(self._kinds)]
        for one, other in combinations(range(len(real)), 2):
            a, b = real[one], real[other]
            if a[0] == b[0] or not possible(a, b):
                self.excluded[one] |= 1 << other
                self.excluded[other] |= 1 << one
            elif wanted(a, b):
                self._want(counted[one], counted[other])
        self.wanted = tuple(self._uncovered)
        self.pairs = self.left

    @property
    def factors(self) -> Mapping[str, Sequence[str]]:
        """The levels of each factor, those that others depend on first."""
        names = (*self._leading, *self._following)
        return {name: [self._levels[number][1] for number in self._of[name]] for name in names}

    def number(self, level: Level) -> int:
        return self._number[level]

    def bit(self, number: int) -> int:
        """Return the bits of a level and of its kind."""
        return self._bits[number]

    def row_of(self, mask: int) -> Row:
        """Return the row that contains the levels of a mask."""
        return dict(self._levels[number] for number in bits(mask & self._real))

    @property
    def average_weight(self) -> float:
        """The average weight of a pair."""
        return sum(self.weighed(number, others) for number, others in enumerate(self.wanted)) / 2 / max(1, self.pairs)

    def again(self) -> CoveringArray:
        """Return an array of the same factors in which no pair is covered yet; it gets other rows."""
        other = copy.copy(self)
        other.__dict__.update(_uncovered=list(self.wanted))
        return other

    def share_of_triples(self, rows: Iterable[Row]) -> float:
        """Return the share of the triples of levels, all pairs of which are wanted, that stand together in a row."""
        seen: dict[tuple[int, int], int] = {}
        for row in rows:
            mask = self._mask(row)
            for pair in combinations(bits(mask), 2):
                seen[pair] = seen.get(pair, 0) | mask
        common = {
            (one, other): self.wanted[one] & self.wanted[other]
            for one, others in enumerate(self.wanted)
            for other in bits(others)
            if one < other
        }
        every = sum(others.bit_count() for others in common.values())
        covered = sum((seen.get(pair, 0) & others).bit_count() for pair, others in common.items())
        return covered / every if every else 1.0

    def _want(self, one: int, other: int) -> None:
        self._uncovered[one] |= 1 << other
        self._uncovered[other] |= 1 << one

    @property
    def left(self) -> int:
        """The number of pairs that no row covers yet."""
        return sum(mask.bit_count() for mask in self._uncovered) // 2

    @property
    def share(self) -> float:
        """The share of the pairs that the rows cover."""
        return 1.0 - self.left / self.pairs if self.pairs else 1.0

    @property
    def uncovered(self) -> tuple[LevelPair, ...]:
        """The pairs that no row covers yet, in alphabetical order."""
        pairs = {
            (self._named(min(one, other)), self._named(max(one, other)))
            for one, others in enumerate(self._uncovered)
            for other in bits(others)
        }
        return tuple(sorted(pairs))

    def _named(self, number: int) -> str:
        factor, level = self._levels[number]
        return factor if level == _KIND else f"{factor}={level}"

    def cover(self, row: Row) -> None:
        """Note that a row will be sent."""
        self._cover(self._mask(row))

    def _cover(self, mask: int) -> None:
        for number in bits(mask):
            self._uncovered[number] &= ~mask

    def _gain(self, mask: int) -> float:
        """Return the weight of the uncovered pairs that a row covers."""
        return sum(self.weighed(number, self._uncovered[number] & mask) for number in bits(mask)) / 2

    def weighed(self, number: int, others: int) -> float:
        """Return the weight of the pairs of a level with others."""
        worth = 0.0
        if others:
            for weight, tier in self._tiers:
                worth += weight * (others & tier).bit_count()
        return self._weights[number] * worth

    def follow(self, rows: Iterable[Row]) -> None:
        """Use these rows first, where they contain an option and no barred level."""
        self._prepared = iter(rows)

    def observe(self, observe: Callable[[Sequence[Row], Collection[Level], Row], object]) -> None:
        """Call a function with the options, the barred levels and the row whenever a row is made."""
        self._observe = observe

    def prepared_row(self, fixed: Row, barred: Collection[Level] = ()) -> Row | None:
        """Return the next of the rows to follow, unless a factor has another level than the fixed one."""
        row = next(self._prepared, None)
        if (
            row is None
            or not row.items().isdisjoint(barred)
            or any(row.get(name, own) != own for name, own in fixed.items())
        ):
            return None
        self.cover(row)
        return row

    def next_row(self, options: Sequence[Row], barred: Collection[Level] = ()) -> Row:
        """Return the row that covers the most new pairs among several candidates; each contains one of the options.

        ``barred``: levels that the row must not contain.
        """
        self._barred = sum(1 << self._number[level] for level in barred)
        self._open_shares = [
            self.weighed(number, self._open(number)) / len(self._levels) for number in range(self._count)
        ]
        tries = max(1, _CANDIDATES // len(options))
        candidates = [(self._candidate(fixed), fixed) for fixed in options for _ in range(tries)]
        best, fixed = max(candidates, key=lambda candidate: self._gain(candidate[0]))
        row = self._improved(dict(self._levels[number] for number in bits(best & self._real)), fixed)
        self.cover(row)
        if self._observe is not None:
            self._observe(options, barred, row)
        return row

    def _improved(self, row: Row, fixed: Row) -> Row:
        """Choose each level that is not fixed anew, given all others, and add each factor that fits; return the row."""
        for _ in range(_PASSES):
            before = dict(row)
            for name in self._rng.sample([*self._of], len(self._of)):
                if name not in fixed:
                    own = row.pop(name, None)
                    level = self._best_level(name, self._mask(row))
                    if level is not None:
                        row[name] = self._levels[level][1]
                    elif own is not None:
                        row[name] = own
            if row == before:
                break
        return row

    def _mask(self, row: Row) -> int:
        mask = 0
        for level in row.items():
            mask |= self._bits[self._number[level]]
        return mask

    def _candidate(self, fixed: Row) -> int:
        """Return the levels of a row."""
        chosen = self._mask(fixed)
        taken = set(fixed)
        for number in self._seed_pair(chosen):
            chosen |= self._bits[number]
            taken.add(self._levels[number][0])
        following = self._rng.sample(self._following, len(self._following))
        for name in (*self._leading, *following):
            if name not in taken:
                level = self._best_level(name, chosen)
                if level is not None:
                    chosen |= self._bits[level]
        return chosen

    def _seed_pair(self, chosen: int) -> tuple[int, ...]:
        """Return two levels that no row combines yet and that fit those chosen, if a few attempts find any."""
        for _ in range(_ATTEMPTS):
            number = self._rng.randrange(self._count)
            uncovered = self._open(number) & self._real & ~self.excluded[number] & ~self._barred
            if not uncovered or self.excluded[number] & chosen or (chosen | self._barred) >> number & 1:
                continue
            other = self._rng.choice(bits(uncovered))
            if not self.excluded[other] & chosen and not chosen >> other & 1:
                return number, other
        return ()

    def _best_level(self, name: str, chosen: int) -> int | None:
        """Return the level that covers the most new pairs with those chosen; then the one with the most left."""
        best, most = None, -1.0
        excluded, uncovered, barred, chance = self.excluded, self._uncovered, self._barred, self._rng.random
        for number in self._of[name]:
            if excluded[number] & chosen or barred >> number & 1:
                continue
            gained = self.weighed(number, uncovered[number] & (chosen | self._bits[number]))
            kind = self._kinds[number]
            if kind >= 0:
                gained += self.weighed(kind, uncovered[kind] & chosen)
            worth = self._bonus[number] + gained + self._open_shares[number] * chance() * _TIE
            if worth > most:
                best, most = number, worth
        return best

    def _open(self, number: int) -> int:
        """Return the levels with which a level, or its kind, is uncovered."""
        kind = self._kinds[number]
        return self._uncovered[number] | self._uncovered[kind] if kind >= 0 else self._uncovered[number]


def bits(mask: int) -> list[int]:
    """Return the numbers of the bits that are set."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
