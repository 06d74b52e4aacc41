"""How many requests a run may send, and for what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SMALL_BUDGET = 150
"""With fewer requests than this, packs of faults tell more than single faults."""


class Tier(StrEnum):
    """How thorough a run is. ``DEEP`` has no request limit and explores until its time is over."""

    QUICK = "quick"
    DEFAULT = "default"
    DEEP = "deep"


@dataclass(frozen=True)
class Allocation:
    """The requests of a run; None: no limit.

    ``confirming`` and ``exploring`` are shares of ``requests``. Unless the limit is ``hard``, confirmations of
    findings may exceed it.
    """

    requests: int | None
    confirming: int
    exploring: int
    hard: bool = False

    @property
    def until_exploration(self) -> int | None:
        """The number of requests before exploration begins."""
        return None if self.requests is None else max(1, self.requests - self.confirming - self.exploring)

    @property
    def until_confirmation(self) -> int | None:
        """The number of requests before findings are confirmed."""
        return None if self.requests is None else self.requests - self.confirming

    @property
    def is_small(self) -> bool:
        """Whether the plan must begin with the fewest requests that test everything."""
        return self.requests is not None and self.requests < SMALL_BUDGET


ALLOCATIONS = {
    Tier.QUICK: Allocation(60, confirming=3, exploring=0),
    Tier.DEFAULT: Allocation(200, confirming=2, exploring=4),
    Tier.DEEP: Allocation(None, confirming=30, exploring=40),
}


def allocate(tier: Tier, max_requests: int | None = None) -> Allocation:
    """Return the allocation of the tier, or of a hard limit if ``max_requests`` sets one."""
    if max_requests is None:
        return ALLOCATIONS[tier]
    exploring = 0 if max_requests < SMALL_BUDGET else ALLOCATIONS[tier].exploring
    return Allocation(max_requests, min(3, max_requests // 10), exploring, hard=True)
