"""The whole plan of a run. It is the same for the same contract, options and seed."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from chat_contract import Contract
from chat_verifier.planning import conversations, credentials, fault_packs, must_accept, unspecified_inputs, wire
from chat_verifier.planning.case import CaseSequence, Priority, requests_of
from chat_verifier.planning.rejections import rejections
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.value_variation import vary_values


@dataclass(frozen=True)
class Plan:
    """The sequences of a run, in order, without those that follow when packs are split."""

    sequences: tuple[CaseSequence, ...]

    @property
    def requests(self) -> int:
        return requests_of(self.sequences)


def make_plan(contract: Contract, *, seed: int = 0, key: str | None = None, small: bool = False) -> Plan:
    """Derive the plan from the contract.

    ``key`` adds the sequences about credentials. A ``small`` plan begins with the fewest requests that test
    everything.
    """
    builder = RequestBuilder(contract)
    rng = random.Random(seed)  # noqa: S311 - chooses test cases, not secrets
    rejected = rejections(builder)
    sequences = [
        *must_accept.first_turns(builder),
        *conversations.sequences(builder, rejected),
        *rejected.first_turns,
        *fault_packs.packs_of_more_values(builder),
        *wire.sequences(builder),
        *(credentials.sequences(builder, key) if key is not None else ()),
        *unspecified_inputs.sequences(builder, rng),
    ]
    if small:
        fewest = _fewest(builder, key)
        included = {sequence.id for sequence in fewest}
        sequences = [
            *fewest,
            *(
                replace(other, priority=max(other.priority, Priority.MEDIUM))
                for other in sequences
                if other.id not in included
            ),
        ]
    return Plan(tuple(vary_values(builder, _by_priority(sequences))))


def _by_priority(sequences: Iterable[CaseSequence]) -> list[CaseSequence]:
    return sorted(sequences, key=lambda sequence: sequence.priority)


def _fewest(builder: RequestBuilder, key: str | None) -> list[CaseSequence]:
    """Return the sequences of a small plan."""
    first, later = fault_packs.fewest_packs(builder)
    essential = [one for one in must_accept.first_turns(builder) if one.priority is Priority.ESSENTIAL]
    return [
        *essential,
        *conversations.fewest(builder, later),
        *first,
        *(credentials.fewest(builder, key) if key is not None else ()),
        *unspecified_inputs.fewest_packs(builder),
        *wire.fewest(builder),
    ]
