"""Covering arrays: few rows in which every pair of levels of different factors stands together.

A greedy generator in the manner of IPOG and AETG. Levels are bits of integers, so that the uncovered pairs of a level
with a whole row are counted by one operation. Deterministic for the same factors and seed.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations

Level = tuple[str, str]
"""A factor and one of its levels."""

Row = dict[str, str]
"""A level for each factor that applies to the row."""

_KIND = "kind"
_ATTEMPTS = 12
_TIE = 0.9
"""The weight of pairs with levels that are not chosen yet: less than that of one pair."""

_CANDIDATES = 6
"""How many rows are tried before the best one is taken."""


def always(_: Level, __: Level) -> bool:
    return True


class CoveringArray:
    """The factors of an array and the pairs that no row covers yet.

    ``possible`` tells whether two levels may stand in one row; a factor without a possible level is left out of the
    row. Factors that others depend on come first. ``wanted`` tells which pairs are to be covered. ``kind`` gives the
    name of a kind of levels: pairs are then counted for the kind, and each level of it must be in some row.
    ``bonus``: what a level is worth besides its pairs, in pairs.
    """

    def __init__(
        self,
        factors: Mapping[str, Sequence[str]],
        *,
        possible: Callable[[Level, Level], bool] = always,
        wanted: Callable[[Level, Level], bool] = always,
        dependent: Callable[[str], bool] = lambda _: True,
        kind: Callable[[Level], str] = lambda _: "",
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
        self._excluded = [0] * len(self._levels)
        self._uncovered = [0] * len(self._levels)
        self._count = len(real)
        self._barred = 0
        self._open_shares: list[float] = []
        self._real = (1 << self._count) - 1
        self._kinds = [-1] * len(self._levels)
        self._bonus = list(map(bonus, real))
        self._bits = [1 << number for number in range(len(self._levels))]
        for number, name in enumerate(kind_of):
            if name:
                of_kind = self._number[name, _KIND]
                self._kinds[number] = of_kind
                self._bits[number] |= 1 << of_kind
                self._want(number, of_kind)
        counted = [number if of_kind < 0 else of_kind for number, of_kind in enumerate(self._kinds)]
        for one, other in combinations(range(len(real)), 2):
            a, b = real[one], real[other]
            if a[0] == b[0] or not possible(a, b):
                self._excluded[one] |= 1 << other
                self._excluded[other] |= 1 << one
            elif wanted(a, b):
                self._want(counted[one], counted[other])
        self.pairs = self.left

    def copy(self) -> CoveringArray:
        """Return an array of the same factors with the same rows, which further rows do not share."""
        other = copy.copy(self)
        other.__dict__.update(_uncovered=list(self._uncovered), _rng=copy.deepcopy(self._rng))
        return other

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

    def cover(self, row: Row) -> None:
        """Note that a row will be sent."""
        self._cover(self._mask(row))

    def _cover(self, mask: int) -> None:
        for number in _bits(mask):
            self._uncovered[number] &= ~mask

    def gain(self, row: Row) -> int:
        """Return how many uncovered pairs the row covers."""
        return self._gain(self._mask(row))

    def _gain(self, mask: int) -> int:
        return sum((self._uncovered[number] & mask).bit_count() for number in _bits(mask)) // 2

    def next_row(self, options: Sequence[Row], barred: Collection[Level] = ()) -> Row:
        """Return the row that covers the most new pairs among several candidates; each contains one of the options.

        ``barred``: levels that the row must not contain.
        """
        self._barred = sum(1 << self._number[level] for level in barred)
        self._open_shares = [self._open(number).bit_count() / len(self._levels) for number in range(self._count)]
        tries = max(1, _CANDIDATES // len(options))
        best = max((self._candidate(fixed) for fixed in options for _ in range(tries)), key=self._gain)
        self._cover(best)
        return dict(self._levels[number] for number in _bits(best & self._real))

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
            uncovered = self._open(number) & self._real & ~self._excluded[number] & ~self._barred
            if not uncovered or self._excluded[number] & chosen or (chosen | self._barred) >> number & 1:
                continue
            other = self._rng.choice(_bits(uncovered))
            if not self._excluded[other] & chosen and not chosen >> other & 1:
                return number, other
        return ()

    def _best_level(self, name: str, chosen: int) -> int | None:
        """Return the level that covers the most new pairs with those chosen; then the one with the most left."""
        best, most = None, -1.0
        excluded, uncovered, barred, chance = self._excluded, self._uncovered, self._barred, self._rng.random
        for number in self._of[name]:
            if excluded[number] & chosen or barred >> number & 1:
                continue
            gained = (uncovered[number] & (chosen | self._bits[number])).bit_count()
            kind = self._kinds[number]
            if kind >= 0:
                gained += (uncovered[kind] & chosen).bit_count()
            worth = self._bonus[number] + gained + self._open_shares[number] * chance() * _TIE
            if worth > most:
                best, most = number, worth
        return best

    def _open(self, number: int) -> int:
        """Return the levels with which a level, or its kind, is uncovered."""
        kind = self._kinds[number]
        return self._uncovered[number] | self._uncovered[kind] if kind >= 0 else self._uncovered[number]


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
