"""The whole plan of a run: pure, and the same for the same contract, options and seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from chat_contract import Contract
from chat_verifier.planning import acceptances, conversations, credentials, packs, unspecified, wire
from chat_verifier.planning.case import CaseSequence, requests_of
from chat_verifier.planning.rejection_plan import refused
from chat_verifier.planning.samples import Samples
from chat_verifier.planning.variety import with_variety

SMALL_BUDGET = 150
"""With fewer requests than this, packs of faults tell more than faults one by one."""


@dataclass(frozen=True)
class Plan:
    """What a run sends, in order; packs may be taken apart besides."""

    sequences: tuple[CaseSequence, ...]

    @property
    def requests(self) -> int:
        return requests_of(self.sequences)


def make_plan(contract: Contract, *, seed: int = 0, key: str | None = None, budget: int | None = None) -> Plan:
    """Derive the plan from the contract; ``key`` adds the credential clauses.

    Where the ``budget`` of requests is small, what can be packed comes first, packed as tightly as it can be.
    """
    samples = Samples(contract)
    rng = random.Random(seed)  # noqa: S311 - chooses test cases, keeps no secret
    to_refuse = refused(samples)
    sequences = [
        *acceptances.first_turns(samples),
        *conversations.sequences(samples, to_refuse),
        *to_refuse.fresh,
        *packs.varied(samples),
        *wire.sequences(samples),
        *(credentials.sequences(samples, key) if key is not None else ()),
        *unspecified.sequences(samples, rng),
    ]
    if budget is not None and budget < SMALL_BUDGET:
        tight = _tight(samples, key)
        named = {sequence.name for sequence in tight}
        sequences = [
            *tight,
            *(replace(other, rank=max(other.rank, 2)) for other in sequences if other.name not in named),
        ]
    return Plan(tuple(with_variety(samples, sorted(sequences, key=lambda sequence: sequence.rank))))


def _tight(samples: Samples, key: str | None) -> list[CaseSequence]:
    first, later = packs.packed(samples)
    return [
        *(sequence for sequence in acceptances.first_turns(samples) if sequence.rank == 0),
        *conversations.few(samples, later),
        *first,
        *(credentials.packed(samples, key) if key is not None else ()),
        *unspecified.packed(samples),
        *wire.few(samples),
    ]
