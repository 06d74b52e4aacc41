"""Proves the differences of one pair: each by itself, and all together where none shows a break by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spec_gate.budget import OutOfTimeError
from spec_gate.differ.differences import Difference, differences
from spec_gate.differ.groups import KeywordGroup
from spec_gate.differ.pairs import NodePair
from spec_gate.prove.inclusion import Answer
from spec_gate.prove.proof import INCLUDED, OUT_OF_TIME, UNPROVED, Outcome, Proof
from spec_gate.prove.prover import Prover
from spec_gate.prove.transfer import transferred
from spec_gate.schemas.node import Schema

_MAX_ROOTS = 8
_PARTS = 4
_SETTLED = {Outcome.INCLUDED, Outcome.WITNESS}
_DECIDED = {Answer.YES, None}
"""Answers for all differences of a pair after which none is proved by itself; None: both schemas mean the same."""


@dataclass(frozen=True)
class ProvedDifference:
    """A difference with its proof. ``separate`` is false if it was judged only together with the others."""

    difference: Difference
    proof: Proof
    separate: bool = True


class DifferenceProver:
    """Proves all differences of the pairs of one walk."""

    def __init__(self, prover: Prover) -> None:
        self.prover = prover
        self.hybrids = prover.hybrids

    def proved(self, pair: NodePair, seconds: float) -> list[ProvedDifference]:
        """Return the differences of a pair with their proofs; none if both schemas mean the same."""
        found = differences(pair, self.hybrids)
        if not found:
            return []
        with self.prover.budget.share(seconds):
            return list(self._proved(pair, found))

    def _proved(self, pair: NodePair, found: list[Difference]) -> Iterator[ProvedDifference]:
        mixed = self.hybrids.mixed(pair)
        try:
            with self.prover.budget.share(self.prover.budget.left / 2):
                answer = None if self.prover.equivalent(pair.base, mixed) else self.prover.decide(pair, mixed)
                safe = set() if answer in _DECIDED else self._safe_together(pair, found)
        except OutOfTimeError:
            answer, safe = Answer.UNKNOWN, set()
        if answer in _DECIDED:
            yield from (ProvedDifference(one, INCLUDED) for one in found if answer is Answer.YES)
            return
        proofs = self._each(pair, found, safe)
        if any(proof.outcome is Outcome.WITNESS for proof in proofs):
            yield from _with_witness(found, proofs)
            return
        yield from self._without_witness(pair, found, proofs, mixed)

    def _each(self, pair: NodePair, found: list[Difference], safe: set[tuple[KeywordGroup, str]]) -> list[Proof]:
        """Prove each difference; a witness for one name may show others as well."""
        proofs: list[Proof] = []
        lacking: dict[str, Proof] = {}
        known: dict[bool, tuple[Difference, Proof]] = {}
        for one in found:
            required, named = one.group is KeywordGroup.REQUIRED, one.group is KeywordGroup.PROPERTIES
            proof = INCLUDED if (one.group, one.name) in safe else lacking.get(one.name) if required else None
            if proof is None:
                like = known.get(one.after is None) if named else None
                proof = self._in_time(pair, one, like)
                lacking |= self.prover.lacking(proof, one.name) if required else {}
            if named and proof.outcome is Outcome.WITNESS:
                known[one.after is None] = one, proof
            proofs.append(proof)
        return proofs

    def _in_time(self, pair: NodePair, one: Difference, like: tuple[Difference, Proof] | None) -> Proof:
        """Prove a difference in a part of the time that is left, so that no difference uses up that of the others."""
        try:
            with self.prover.budget.share(self.prover.budget.left / _PARTS):
                found = None if like is None else transferred(self.prover, pair, like, one)
                return self.prover.prove(pair, one.hybrid) if found is None else found
        except OutOfTimeError:
            return OUT_OF_TIME

    def _without_witness(
        self, pair: NodePair, found: list[Difference], proofs: list[Proof], mixed: Schema
    ) -> Iterator[ProvedDifference]:
        try:
            together = self._together(pair, mixed)
        except OutOfTimeError:
            together = OUT_OF_TIME
        if together.outcome is Outcome.INCLUDED:
            yield from (ProvedDifference(one, INCLUDED) for one in found)
            return
        # Differences that are safe one by one need not be safe together.
        unsettled = sum(proof.outcome is not Outcome.INCLUDED for proof in proofs)
        if unsettled == 1 or (unsettled and together.outcome is not Outcome.WITNESS):
            proofs = [proof if proof.outcome is Outcome.INCLUDED else together for proof in proofs]
            yield from map(ProvedDifference, found, proofs)
            return
        whole = Difference(KeywordGroup.WHOLE, "", pair.base, pair.revision, mixed)
        yield ProvedDifference(whole, together)
        yield from _with_witness(found, proofs)

    def _safe_together(self, pair: NodePair, found: list[Difference]) -> set[tuple[KeywordGroup, str]]:
        """Return differences, by group and name, that are safe together, because one by one would take too long."""
        safe: set[tuple[KeywordGroup, str]] = set()
        for group in (KeywordGroup.PROPERTIES, KeywordGroup.REQUIRED):
            of_group = [one for one in found if one.group is group]
            for some in ([one for one in of_group if one.after], [one for one in of_group if not one.after]):
                hybrid = self.hybrids.with_names(pair, group, {one.name for one in some}) if len(some) > 1 else None
                if hybrid is not None and self.prover.decide(pair, hybrid) is Answer.YES:
                    safe |= {(group, one.name) for one in some}
        return safe

    def _together(self, pair: NodePair, mixed: Schema) -> Proof:
        """Prove all differences of a pair at once."""
        found = self.prover.prove(pair, mixed)
        if found.outcome not in _SETTLED and all(root.is_text for root in pair.roots()[:_MAX_ROOTS]):
            return INCLUDED if self.prover.text_is_included(pair, mixed) else UNPROVED
        return found


def _with_witness(found: list[Difference], proofs: list[Proof]) -> Iterator[ProvedDifference]:
    """Return the proofs; a difference without a proof of its own, though there was time, is not judged separately."""
    for one, proof in zip(found, proofs, strict=True):
        settled = proof.outcome in _SETTLED or proof is OUT_OF_TIME
        yield ProvedDifference(one, proof if settled else INCLUDED, separate=settled)
