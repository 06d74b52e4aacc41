"""The whole plan of a run. It is the same for the same contract, options and seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chat_contract import Contract
from chat_verifier.planning import credentials, special_inputs, wire
from chat_verifier.planning.array import Follow, LevelPair
from chat_verifier.planning.case import CaseSequence, Group, Priority, requests_of, single
from chat_verifier.planning.prepared import prepared
from chat_verifier.planning.rejections import Rejections
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.rows import Rows, conversations
from chat_verifier.planning.tiers import Sizes


class Pairs(StrEnum):
    """Kinds of pairs of conditions of which the requests of a plan cover a share.

    The first two kinds are pairs of must-accept conditions, and pairs with an unspecified value. A complete plan also
    covers triples of must-accept conditions. The others are pairs of a wrong value and a condition, in requests with
    several faults and in requests with one.
    """

    MUST_ACCEPT = "must-accept"
    UNSPECIFIED = "unspecified"
    TRIPLES = "triples"
    SEVERAL_FAULTS = "several-faults"
    ONE_FAULT = "one-fault"


@dataclass(frozen=True)
class Plan:
    """The sequences of a run, in order, without those that follow after a response.

    ``coverage``: the share of each kind of pairs that the requests combine, if all of them are sent. ``uncovered``:
    the other pairs, where the plan is meant to cover all.
    """

    sequences: tuple[CaseSequence, ...]
    coverage: dict[Pairs, float]
    uncovered: dict[Pairs, tuple[LevelPair, ...]]

    @property
    def requests(self) -> int:
        return requests_of(self.sequences)


def make_plan(
    contract: Contract, sizes: Sizes, *, seed: int = 0, key: str | None = None, follow: Follow | None = None
) -> Plan:
    """Derive the plan from the contract. ``key`` adds the sequences about credentials.

    A small plan has room for the most telling values only, so it is the same for every seed.
    """
    builder = RequestBuilder(contract)
    seed = 0 if sizes.small else seed
    follow = follow or prepared(sizes.prepared)
    rejected = Rejections(
        builder, packs=sizes.packs, alone=sizes.alone, seed=seed, complete=sizes.complete, follow=follow
    )
    rows = Rows(builder, seed=seed, complete=sizes.complete, follow=follow)
    sequences = [*conversations(rows, rejected, most=sizes.rows), *_first_turns(rejected)]
    if sizes.small:
        sequences += [
            *special_inputs.fewest(rows),
            *wire.fewest(builder),
            *(credentials.fewest(builder, key) if key is not None else ()),
        ]
    else:
        sequences += [
            *special_inputs.sequences(rows),
            *special_inputs.on_rows(rows, wire.sequences(builder)),
            *(credentials.sequences(builder, key) if key is not None else ()),
        ]
    if not sizes.exotic:
        sequences = [one for one in sequences if one.priority is not Priority.EXOTIC]
    kinds = (Pairs.MUST_ACCEPT, Pairs.UNSPECIFIED, Pairs.SEVERAL_FAULTS, Pairs.ONE_FAULT)
    shares = dict(zip(kinds, (*rows.shares, *rejected.shares), strict=True))
    uncovered: dict[Pairs, tuple[LevelPair, ...]] = {}
    if sizes.complete:
        shares[Pairs.TRIPLES] = rows.share_of_triples
        uncovered = dict(zip(kinds, (*rows.uncovered, *rejected.uncovered), strict=True))
    return Plan(tuple(_by_priority(sequences)), shares, uncovered)


def _first_turns(rejected: Rejections) -> list[CaseSequence]:
    return [
        *(single(case, Group.REJECTION, priority=Priority.LEARNING) for case in rejected.learning),
        *(single(case, Group.REJECTION, priority=Priority.ESSENTIAL) for case in rejected.each),
        *(
            single(case, Group.REJECTION, priority=Priority.HIGH if case.number <= _FIRST else Priority.VARIANT)
            for case in rejected.first_turns()
        ),
    ]


_FIRST = 40
"""How many packs or single faults come early; the others come after the cases that stand for one kind of bug each."""


def _by_priority(sequences: Iterable[CaseSequence]) -> list[CaseSequence]:
    return sorted(sequences, key=lambda sequence: sequence.priority)
