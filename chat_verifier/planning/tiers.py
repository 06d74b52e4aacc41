"""How many requests a run may send, and for what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SMALL_BUDGET = 110
"""With fewer requests than this, the plan is the small one."""


MAX_WAIT = 300.0
"""The longest wait in all, in seconds, because of 429 responses before the run ends."""


class Tier(StrEnum):
    """How thorough a run is."""

    QUICK = "quick"
    DEFAULT = "default"
    DEEP = "deep"


@dataclass(frozen=True)
class Sizes:
    """How large the parts of a plan are.

    ``rows``: accepted requests of the covering array. ``packs``: requests with several faults. ``alone``: requests
    with one fault. ``complete``: rows go on after all pairs are covered. ``small``: only the most telling other
    requests. ``exotic``: also the least telling ones. ``prepared``: the name of the arrays that were made for these
    sizes.
    """

    rows: int
    packs: int
    alone: int
    small: bool = False
    complete: bool = False
    exotic: bool = True
    prepared: str = ""


@dataclass(frozen=True)
class Limits:
    """How many requests a part of a run may begin, and how many of them the server may accept; None: no limit."""

    requests: int | None = None
    accepted: int | None = None


@dataclass(frozen=True)
class Allocation:
    """The requests of a run, all of them and those that the server accepts.

    ``confirming`` and ``exploring`` are shares of ``requests``, ``confirming_accepted`` is one of ``accepted``.
    """

    requests: int
    accepted: int
    confirming: int
    confirming_accepted: int
    exploring: int
    sizes: Sizes

    @property
    def until_exploration(self) -> Limits:
        """The requests before exploration begins."""
        confirming = self.until_confirmation
        return Limits(max(1, self.requests - self.confirming - self.exploring), confirming.accepted)

    @property
    def until_confirmation(self) -> Limits:
        """The requests before findings are confirmed."""
        return Limits(max(1, self.requests - self.confirming), max(1, self.accepted - self.confirming_accepted))


ALLOCATIONS = {
    Tier.QUICK: Allocation(60, 25, 2, 1, 0, Sizes(rows=10, packs=12, alone=22, small=True, prepared="quick")),
    Tier.DEFAULT: Allocation(200, 90, 3, 1, 0, Sizes(rows=46, packs=75, alone=69, exotic=False, prepared="default")),
    Tier.DEEP: Allocation(1500, 600, 40, 20, 60, Sizes(rows=500, packs=460, alone=520, complete=True)),
}


def allocate(tier: Tier, max_requests: int | None = None, max_accepted: int | None = None) -> Allocation:
    """Return the allocation of the tier, with the limits that are given instead of its own."""
    usual = ALLOCATIONS[tier]
    if max_requests is None and max_accepted is None:
        return usual
    requests = usual.requests if max_requests is None else max_requests
    # The share of accepted requests is that of the default tier.
    accepted = max_accepted if max_accepted is not None else max(1, requests * 45 // 100)
    if requests < SMALL_BUDGET or accepted < SMALL_BUDGET * 45 // 100:
        rows = max(1, min(accepted * 6 // 10, accepted - 14))
        sizes = Sizes(rows=rows, packs=max(1, requests // 6), alone=requests // 3, small=True)
    else:
        rows = max(1, accepted - 40)
        left = max(2, requests - accepted - 45)
        sizes = Sizes(rows=rows, packs=left * 8 // 10, alone=left * 11 // 10, complete=tier is Tier.DEEP)
    exploring = 0 if requests < SMALL_BUDGET else usual.exploring
    return Allocation(requests, accepted, min(8, requests // 10), min(4, accepted // 10), exploring, sizes)
