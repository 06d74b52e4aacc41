"""A run split over several jobs: each plays a part of the plan, and no conversation is split."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chat_contract import UsageError
from chat_verifier.planning.case import CaseSequence, FaultNaming, requests_of

_SHARD = re.compile(r"(\d{1,4})/(\d{1,4})\Z")


@dataclass(frozen=True)
class Shard:
    """The ``number``-th of ``count`` parts, counted from 1."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def part_of(self, sequences: Iterable[CaseSequence]) -> tuple[CaseSequence, ...]:
        """Return the scripts of this shard; those that are played together stay together.

        Each unit goes to the shard that has the fewest requests so far, so that all take about as long; what is for
        some servers only is spread by itself.
        """
        units: dict[object, list[CaseSequence]] = {}
        for sequence in sequences:
            units.setdefault(sequence.together or id(sequence), []).append(sequence)
        loads: dict[FaultNaming, list[int]] = {sequence.naming: [0] * self.count for (sequence, *_) in units.values()}
        mine: list[CaseSequence] = []
        for unit in sorted(units.values(), key=requests_of, reverse=True):
            taken = loads[unit[0].naming]
            lightest = taken.index(min(taken))
            taken[lightest] += requests_of(unit)
            if lightest == self.number - 1:
                mine += unit
        return tuple(sorted(mine, key=lambda sequence: sequence.priority))

    def share(self, requests: int) -> int:
        """Return this shard's part of a number of requests, rounded up."""
        return -(-requests // self.count)


def parse_shard(text: str) -> Shard:
    """Read ``2/5``; raises :class:`UsageError` for what is no such part."""
    found = _SHARD.match(text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageError(f"--shard {text}: is no part of a run; write 1/5, 2/5 and so on up to 5/5")
    return Shard(int(found[1]), int(found[2]))
