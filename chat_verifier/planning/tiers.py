"""How much a run sends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tier:
    """How much a run sends. ``requests``: at most, but for confirmations of what it found beyond those kept for it."""

    requests: int | None
    confirming: int
    exploring: int
    hard: bool = False
    """Whether not even a confirmation may go beyond."""


TIERS = {"quick": Tier(60, 3, 0), "default": Tier(200, 2, 4), "deep": Tier(None, 30, 40)}
"""``deep`` has no bound but time: it goes on exploring, each round with another seed."""
