"""All that must be refused, in a first turn and in a later one, for servers that name one fault and for others."""

from __future__ import annotations

from dataclasses import dataclass

from chat_verifier.planning.packs import GROUP, halves
from chat_verifier.planning.rejections import half_right, one_by_one, pairs
from chat_verifier.planning.samples import Samples
from chat_verifier.planning.case import Script, Step, single


@dataclass(frozen=True)
class Refused:
    """What must be refused.

    In a first turn: ``fresh``. In a later one: ``telling`` comes first; then two faults at once (``pairs``), and every
    wrong value ``alone`` or, for servers that name several faults, in ``packs``.
    """

    fresh: tuple[Script, ...]
    telling: tuple[Step, ...]
    alone: tuple[Step, ...]
    packs: tuple[Step, ...]
    pairs: tuple[Step, ...]


def refused(samples: Samples) -> Refused:
    """Return every wrong value where it can stand, one by one and packed, and two at once."""
    alone = one_by_one(samples)
    in_pairs = list(pairs(samples))
    packs = [*halves(samples, later=False), *halves(samples, later=True)]
    return Refused(
        fresh=(
            *(
                single(step, GROUP, rank=rank, naming="first" if rank and not _lacks(samples, step) else "any")
                for rank, step in alone
                if not step.continues
            ),
            *(single(step, GROUP, rank=1, naming="several") for step in packs if not step.continues),
            *(single(step, GROUP, rank=2, naming="first") for step in half_right(samples)),
            *(single(step, GROUP, rank=rank) for rank, step in in_pairs if not step.continues),
        ),
        telling=tuple(step for rank, step in alone if step.continues and not rank),
        alone=tuple(step for rank, step in alone if step.continues and rank),
        packs=(
            *(step for rank, step in alone if step.continues and rank and _lacks(samples, step)),
            *(step for step in packs if step.continues),
        ),
        pairs=tuple(step for _, step in in_pairs if step.continues),
    )


def _lacks(samples: Samples, step: Step) -> bool:
    """Say whether a field is missing: what is not there is overlooked in company more easily than what is wrong."""
    return not set(samples.required) <= set(step.body)
