"""All that must be refused, in a first turn and in a later one, for servers that name one fault and for others."""

from __future__ import annotations

from dataclasses import dataclass

from chat_verifier.planning.case import Case, CaseSequence, single
from chat_verifier.planning.packs import GROUP, halves
from chat_verifier.planning.rejections import half_right, one_by_one, pairs
from chat_verifier.planning.samples import Samples


@dataclass(frozen=True)
class Refused:
    """What must be refused.

    In a first turn: ``fresh``. In a later one: ``telling`` comes first; then two faults at once (``pairs``), and every
    wrong value ``alone`` or, for servers that name several faults, in ``packs``.
    """

    fresh: tuple[CaseSequence, ...]
    telling: tuple[Case, ...]
    alone: tuple[Case, ...]
    packs: tuple[Case, ...]
    pairs: tuple[Case, ...]


def refused(samples: Samples) -> Refused:
    """Return every wrong value where it can stand, one by one and packed, and two at once."""
    alone = one_by_one(samples)
    in_pairs = list(pairs(samples))
    packs = [*halves(samples, later=False), *halves(samples, later=True)]
    return Refused(
        fresh=(
            *(
                single(case, GROUP, rank=rank, naming="first" if rank and not _lacks(samples, case) else "any")
                for rank, case in alone
                if not case.continues
            ),
            *(single(case, GROUP, rank=1, naming="several") for case in packs if not case.continues),
            *(single(case, GROUP, rank=2, naming="first") for case in half_right(samples)),
            *(single(case, GROUP, rank=rank) for rank, case in in_pairs if not case.continues),
        ),
        telling=tuple(case for rank, case in alone if case.continues and not rank),
        alone=tuple(case for rank, case in alone if case.continues and rank),
        packs=(
            *(case for rank, case in alone if case.continues and rank and _lacks(samples, case)),
            *(case for case in packs if case.continues),
        ),
        pairs=tuple(case for _, case in in_pairs if case.continues),
    )


def _lacks(samples: Samples, case: Case) -> bool:
    """Say whether a field is missing: what is not there is overlooked in company more easily than what is wrong."""
    return not set(samples.required) <= set(case.body)
