"""Improves the rows of a covering array by simulated annealing, which takes too long for a run.

Each row in turn leaves the array, its levels change one by one, and it returns. A change that covers less is kept now
and then, ever more seldom.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from chat_verifier.planning.array import CoveringArray, Level, Row, bits

_MOVES = 30
"""How many changes are tried while a row is out of the array."""

_NO_LEVEL = -1
"""Stands for the level of a factor that a row leaves out."""


@dataclass(frozen=True)
class Place:
    """A row to improve. ``allowed``: the levels that a factor may have, if not all of them."""

    row: Row
    allowed: Mapping[str, Sequence[str]]
    barred: frozenset[Level] = frozenset()


@dataclass(frozen=True)
class Circumstance:
    """Rows with one of the levels; ``share``: how much of a pair's weight counts only in such a row.

    Without levels: every row.
    """

    share: float
    levels: frozenset[Level] = frozenset()


class Annealing:
    """The rows of an array, and how many rows cover each pair in each circumstance.

    ``order``: a factor with a lower number decides whether the levels of one with a higher number apply.
    """

    def __init__(
        self,
        array: CoveringArray,
        places: Sequence[Place],
        circumstances: Sequence[Circumstance] = (Circumstance(1.0),),
        *,
        order: Callable[[str], int],
        seed: int = 0,
    ) -> None:
        self._array = array
        self._rng = random.Random(seed)  # noqa: S311 - chooses test cases, not secrets
        names = sorted(array.factors, key=order)
        self._names = names
        self._insisted: set[tuple[int, int]] = set()
        last = max(map(order, names))
        self._deciding = [order(name) < last for name in names]
        self._options = [[self._free(place, name) for name in names] for place in places]
        self._movable = [
            [index for index, options in enumerate(of_row) if len(options) > 1] for of_row in self._options
        ]
        self._latent = [
            [
                array.number((name, place.row[name])) if name in place.row else self._rng.choice(options or [_NO_LEVEL])
                for name, options in zip(names, of_row, strict=True)
            ]
            for place, of_row in zip(places, self._options, strict=True)
        ]
        self._masks = [self._effective(latent) for latent in self._latent]
        self._shares = [one.share for one in circumstances]
        self._members = [sum(1 << array.number(level) for level in one.levels) for one in circumstances]
        self._uncovered = [list(array.wanted) for _ in circumstances]
        self._counts: list[dict[tuple[int, int], int]] = [{} for _ in circumstances]
        for mask in self._masks:
            self._add(mask, 1)

    def _free(self, place: Place, name: str) -> list[int]:
        levels = place.allowed.get(name, self._array.factors[name])
        return [self._array.number((name, level)) for level in levels if (name, level) not in place.barred]

    def rows(self) -> list[Row]:
        """Return the improved rows."""
        return [self._array.row_of(mask) for mask in self._masks]

    def improve(self, sweeps: int, *, warm: float = 1.0, cold: float = 0.02) -> None:
        """Change every row so many times, with a falling temperature in units of an average pair's weight."""
        average = self._array.average_weight
        for sweep in range(sweeps):
            temperature = average * warm * (cold / warm) ** (sweep / max(1, sweeps - 1))
            for index in self._rng.sample(range(len(self._masks)), len(self._masks)):
                self._add(self._masks[index], -1)
                self._change(index, temperature)
                self._add(self._masks[index], 1)

    def insist(self, level: Level, times: int, among: Collection[int] | None = None) -> None:
        """Give the level to so many rows, those that lose least by it: its values matter more than its pairs.

        ``among``: the indices of the rows that may have it; None: any row.
        """
        rows = range(len(self._masks)) if among is None else among
        number, name = self._array.number(level), level[0]
        place = self._names.index(name)
        having = [index for index in rows if self._masks[index] >> number & 1]
        self._insisted.update((index, place) for index in having[:times])
        for _ in range(times - len(having)):
            costs = [
                (self._cost(index, place, number), index)
                for index in rows
                if len(self._options[index][place]) > 1
                and number in self._options[index][place]
                and (index, place) not in self._insisted
                and self._masks[index] >> number & 1 == 0
            ]
            costs = [one for one in costs if one[0] < math.inf]
            if not costs:
                return
            _, index = min(costs)
            self._add(self._masks[index], -1)
            self._latent[index][place] = number
            self._masks[index] = self._effective(self._latent[index])
            self._add(self._masks[index], 1)
            self._insisted.add((index, place))

    def _cost(self, index: int, place: int, number: int) -> float:
        """Return what the row loses if a factor gets a level; infinite if the level does not fit."""
        mask, latent = self._masks[index], list(self._latent[index])
        latent[place] = number
        changed = self._effective(latent)
        if not changed >> number & 1:
            return math.inf
        self._add(mask, -1)
        cost = self._gain(mask) - self._gain(changed)
        self._add(mask, 1)
        return cost

    def _change(self, index: int, temperature: float) -> None:
        latent, options, movable = self._latent[index], self._options[index], self._movable[index]
        mask, worth = self._masks[index], self._gain(self._masks[index])
        if not movable:
            return
        for _ in range(_MOVES):
            place = self._rng.choice(movable)
            before = latent[place]
            level = self._rng.choice(options[place])
            if level == before:
                continue
            latent[place] = level
            changed, now = self._moved(latent, place, before, mask, worth)
            if now >= worth or self._rng.random() < math.exp((now - worth) / temperature):
                mask, worth = changed, now
            else:
                latent[place] = before
        self._masks[index] = mask

    def _moved(self, latent: list[int], place: int, before: int, mask: int, worth: float) -> tuple[int, float]:
        """Return the levels of the row after a change, and what they gain."""
        array, after = self._array, latent[place]
        if self._deciding[place] or any((1 << after | 1 << before) & one for one in self._members):
            changed = self._effective(latent)
            return changed, self._gain(changed)
        rest = mask & ~array.bit(before)
        changed = rest if array.excluded[after] & rest else rest | array.bit(after)
        for number, sign in ((before, -1), (after, 1)):
            if (mask if sign < 0 else changed) >> number & 1:
                worth += sign * self._gain_of(number, rest, mask)
        return changed, worth

    def _effective(self, latent: Sequence[int]) -> int:
        """Return the levels of a row that fit those before them."""
        array, chosen = self._array, 0
        for number in latent:
            if number != _NO_LEVEL and not array.excluded[number] & chosen:
                chosen |= array.bit(number)
        return chosen

    def _shares_of(self, mask: int) -> list[int]:
        return [index for index, members in enumerate(self._members) if not members or members & mask]

    def _gain(self, mask: int) -> float:
        """Return the weight of the pairs that no other row covers."""
        numbers = bits(mask)
        return (
            sum(
                self._shares[index]
                * sum(self._array.weighed(one, self._uncovered[index][one] & mask) for one in numbers)
                for index in self._shares_of(mask)
            )
            / 2
        )

    def _gain_of(self, number: int, others: int, mask: int) -> float:
        return sum(
            self._shares[index] * self._array.weighed(number, self._uncovered[index][number] & others)
            for index in self._shares_of(mask)
        )

    def _add(self, mask: int, by: int) -> None:
        numbers = bits(mask)
        wanted = self._array.wanted
        for index in self._shares_of(mask):
            counts, uncovered = self._counts[index], self._uncovered[index]
            for one in numbers:
                for other in bits(wanted[one] & mask):
                    if other > one:
                        count = counts.get((one, other), 0) + by
                        counts[one, other] = count
                        if count == (1 if by > 0 else 0):
                            uncovered[one] ^= 1 << other
                            uncovered[other] ^= 1 << one
