"""Proves differences of one pair of schemas.

A proved inclusion is safe. Otherwise the prover searches for a witness. A candidate counts only if one schema accepts
it and the other rejects it: first the schemas of the pair, then those of the whole body as written.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chat_contract.errors import Pointer
from spec_gate.differ.hybrids import Hybrids, around
from spec_gate.differ.pairs import NodePair, Root, data_path_of
from spec_gate.prove.candidates import Candidates
from spec_gate.prove.enlarge import enlarged, in_real_size
from spec_gate.prove.everywhere import is_safe_everywhere
from spec_gate.prove.inclusion import Answer, accepts_all, alternatives, covers, included, is_too_large
from spec_gate.prove.isolate import Holds, Isolation, at, path_to
from spec_gate.prove.lift import MAX_STEPS, Lift
from spec_gate.prove.proof import INCLUDED, REFUSED, TOO_DEEP, UNPROVED, Outcome, Proof, Undecided
from spec_gate.prove.surroundings import Surroundings
from spec_gate.prove.wire import listed_values, readings
from spec_gate.schemas.combine import join
from spec_gate.schemas.names import keeps_to_names
from spec_gate.schemas.node import Schema, SchemaNode, Side, number_of
from spec_gate.schemas.pair import SchemaPair
from spec_gate.schemas.recent import Recent
from spec_gate.schemas.validity import Judge
from spec_gate.search.sampler import Sampler
from spec_gate.search.shrink import shrink

_KEPT_JUDGES = 32
_MAX_CANDIDATES = 12
_MAX_ROOTS = 4
_MAX_PARENTS = 8
_MAX_LEVELS = 40
"""How many schemas around a difference are decided and searched."""

_LIST_OF_TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}

_MISSING: Any = object()


@dataclass(frozen=True)
class _Checks:
    """What a part of a witness must satisfy: ``counts`` is ``shows`` with the names rule.

    ``needed`` returns the names of properties that the part must lack.
    """

    counts: Holds
    shows: Holds
    needed: Callable[[Any], set[str]]


class Prover:
    """Proves differences for one side: the sender follows one document, the receiver the other."""

    def __init__(self, schemas: SchemaPair, sampler: Sampler, hybrids: Hybrids) -> None:
        self.schemas = schemas
        self.budget = schemas.budget
        self.sampler = sampler
        self.hybrids = hybrids
        self._candidates = Candidates(schemas, sampler)
        self._lift = Lift(schemas, sampler)
        self._surroundings = Surroundings(schemas, lambda pair: self.directed(pair.base, pair.revision)[0])
        self._original_judges: Recent[int, Judge] = Recent(_KEPT_JUDGES)
        self._limited: dict[tuple[int, int], Schema] = {}

    def directed(self, base: Any, revision: Any) -> tuple[Any, Any]:
        """Return sender and receiver: clients follow the base, both when they send and when they receive."""
        return (base, revision) if self.schemas.side is Side.REQUEST else (revision, base)

    # Deciding ---------------------------------------------------------------------------------------------------------

    def equivalent(self, base: Schema, mixed: Schema) -> bool:
        """Return whether both schemas provably accept the same values."""
        return accepts_all(self.schemas, base, mixed) and accepts_all(self.schemas, mixed, base)

    def decide(self, pair: NodePair, hybrid: Schema) -> Answer:
        """Decide whether the receiver accepts everything that the sender may send, as its value or in a larger one."""
        sender, receiver = self.directed(pair.base, hybrid)
        others = self._surroundings.of(pair)
        answer = included(self.schemas, sender, receiver, others)
        # A name that some differences only test or forbid may be one that another difference introduces.
        whole = self.directed(pair.base, pair.revision)
        if answer is not Answer.YES and included(self.schemas, *whole, others) is Answer.YES:
            return Answer.YES
        if answer is Answer.YES or pair.parents:
            return answer
        return self._decide_alone(pair, hybrid, answer)

    def _decide_alone(self, pair: NodePair, hybrid: Schema, answer: Answer) -> Answer:
        """Decide for the whole parameters and bodies that the pair describes; ``answer`` is that without limits."""
        sender, receiver = self.directed(pair.base, hybrid)
        limits = _different(*(root.limits for root in pair.own_roots))
        answers = {
            answer if one is True else included(self.schemas, self._within(sender, one), receiver) for one in limits
        }
        return next(one for one in (Answer.NO, Answer.UNKNOWN, Answer.YES) if one in answers)

    def _within(self, sender: Schema, limits: Schema) -> Schema:
        """Return the schema of what a sender can write within the limits of a parameter or header."""
        if limits is True:
            return sender
        key = number_of(sender), number_of(limits)
        return self._limited.setdefault(key, join(self.schemas.followed(sender), limits))

    def _originals(self, root: Root) -> tuple[Schema, Schema]:
        """Return sender and receiver of a whole value as they were written."""
        sender, receiver = self.directed(root.original_base, root.original_revision)
        if root.limits is True:
            return sender, receiver
        key = number_of(sender), number_of(root.limits)
        return self._limited.setdefault(key, SchemaNode({"allOf": [sender, root.limits]})), receiver

    def prove(self, pair: NodePair, hybrid: Schema) -> Proof:
        """Prove some differences of a pair, given as the schema of the base with only these differences."""
        answer = self.decide(pair, hybrid)
        if answer is Answer.YES:
            return INCLUDED
        if self._is_too_deep(pair):
            return TOO_DEEP
        found = self._search(pair, hybrid)
        if found is None:
            found = self._around(pair, hybrid, answer, {pair})
            if found is INCLUDED and not is_safe_everywhere(pair, hybrid, self._is_safe):
                found = UNPROVED
        return self._explained(pair, found)

    def _is_safe(self, pair: NodePair, hybrid: Schema) -> bool:
        return self.decide(pair, hybrid) is Answer.YES and (
            not pair.own_roots or self._decide_alone(pair, hybrid, Answer.YES) is Answer.YES
        )

    def _explained(self, pair: NodePair, proof: Proof) -> Proof:
        """Return a proof that decides nothing with the reason, as far as it is known."""
        if proof.outcome is not Outcome.UNPROVED:
            return proof
        schemas = (pair.base, pair.revision)
        if any(isinstance(one, SchemaNode) and "pattern" in one for one in schemas):
            return Proof(Outcome.UNPROVED, reason=Undecided.PATTERN)
        if any(is_too_large(self.schemas, one) for one in schemas):
            return Proof(Outcome.UNPROVED, reason=Undecided.SIZE)
        return proof

    def _is_too_deep(self, pair: NodePair) -> bool:
        """Return whether the pair lies deeper in all bodies than a value is lifted."""
        return all(len(pair.path_from(root) or ()) > MAX_STEPS for root in pair.roots()[:_MAX_ROOTS])

    def lacking(self, proof: Proof, name: str) -> dict[str, Proof]:
        """Return proofs that other required properties break clients: the witness for one may lack others as well."""
        if proof.outcome is not Outcome.WITNESS or proof.root is None or proof.abridged:
            return {}
        _, receiver = self.directed(proof.root.original_base, proof.root.original_revision)
        faults = self._original_judge(receiver).faults(proof.value)
        path = next((one.path for one in faults if name in one.names), None)
        names = [other for one in faults if one.path == path for other in one.names if other != name]
        return {other: replace(proof, why=proof.why.replace(f"'{name}'", f"'{other}'")) for other in names}

    def _around(self, pair: NodePair, hybrid: Schema, answer: Answer, seen: set[NodePair]) -> Proof:
        """Prove a difference for the schemas that contain it, level by level up to the whole body."""
        alone = self._decide_alone(pair, hybrid, answer) if pair.own_roots else Answer.YES
        safe = alone is Answer.YES and len(pair.parents) <= _MAX_PARENTS
        refused = alone is Answer.NO
        for parent, step in pair.parents[:_MAX_PARENTS]:
            if parent in seen:
                continue
            if len(seen) > _MAX_LEVELS:
                return TOO_DEEP
            seen.add(parent)
            whole = around(parent, [(step, hybrid)])
            above = self.decide(parent, whole)
            if above is Answer.YES:
                continue
            found = self._search(parent, whole, briefly=True)
            if found is None:
                found = self._around(parent, whole, above if answer is Answer.NO else answer, seen)
            if found.outcome is Outcome.WITNESS:
                return found
            safe = safe and found.outcome is Outcome.INCLUDED
            refused = refused or found.outcome is Outcome.REFUSED
        return INCLUDED if safe else REFUSED if refused else UNPROVED

    def text_is_included(self, pair: NodePair, mixed: Schema) -> bool:
        """Return whether text without a type is safe.

        A receiver of any string accepts every scalar, as does one of a list of any strings. A receiver of the text of a
        listed value accepts the value.
        """
        sender, receiver = self.directed(pair.base, mixed)
        accepts, values = self.sampler.judge((receiver,)).probably, listed_values(sender)
        if values is not None and all(any(map(accepts, readings(one))) for one in values):
            return True
        whole = self.schemas.whole(receiver)
        if covers(whole, _LIST_OF_TEXTS) is Answer.YES:
            no_scalars = SchemaNode({"type": ["array", "object"]})
        elif covers(whole, {"type": "string"}) is Answer.YES:
            no_scalars = SchemaNode({"type": ["string", "array", "object"]})
        else:
            return False
        limits = _different(*(root.limits for root in pair.own_roots)) or [True]
        texts = [SchemaNode({"allOf": [self._within(sender, one), no_scalars]}) for one in limits]
        return all(included(self.schemas, one, receiver) is Answer.YES for one in texts)

    # Searching --------------------------------------------------------------------------------------------------------

    def _search(self, pair: NodePair, hybrid: Schema, *, briefly: bool = False) -> Proof | None:
        """Return a witness for a hybrid, lifted to a whole value of the first root that shows it."""
        sender, receiver = self.directed(pair.base, hybrid)
        actual = self.directed(pair.base, pair.revision)
        limits = _different(*(root.limits for root in pair.own_roots))
        if len(limits) == 1 and not pair.parents:
            sender = self._within(sender, limits[0])
        accepting = [self.sampler.judge((sender,)), self.sampler.judge((actual[0],))]
        rejecting = [self.sampler.judge((receiver,)), self.sampler.judge((actual[1],))]

        def shows(value: Any) -> bool:
            return all(judge.probably(value) for judge in accepting) and not any(
                judge.probably(value) for judge in rejecting
            )

        def counts(value: Any) -> bool:
            return shows(value) and keeps_to_names(self.schemas, value, actual[:1], actual[1:])

        def needed(value: Any) -> set[str]:
            faults = rejecting[0].faults(value)
            return {name for one in faults if not one.path for name in one.names} - (
                value.keys() if isinstance(value, dict) else set()
            )

        roots = pair.roots()[:_MAX_ROOTS]
        senders = self._unaccepted(sender, receiver)
        for part in itertools.islice(
            self._candidates.of(senders, sender, receiver, counts, actual=actual[0], briefly=briefly), _MAX_CANDIDATES
        ):
            for root in roots:
                found = self._lifted(pair, part, root, _Checks(counts, shows, needed))
                if found is not None:
                    return found
        return None

    def _unaccepted(self, sender: Schema, receiver: Schema) -> Iterator[Schema]:
        """Return the alternatives of the sender that the receiver may reject; none if there is only one."""
        parts = alternatives(self.schemas, sender)
        if len(parts) == 1:
            return
        accepting = alternatives(self.schemas, receiver, exclusive=False)
        by_outline: dict[int, list[Schema]] = {}
        for one in accepting:
            by_outline.setdefault(self.schemas.outline(one), []).append(one)
        for part in parts:
            alike = by_outline.get(self.schemas.outline(part), ())
            known = any(self.schemas.same(part, other) for other in alike)
            if not known and included(self.schemas, part, receiver, (sender,)) is not Answer.YES:
                yield part

    def _lifted(self, pair: NodePair, part: Any, root: Root, checks: _Checks) -> Proof | None:
        path = pair.path_from(root)
        if path is None:
            return None
        place = data_path_of(path)
        small = shrink(part, checks.counts)
        # The small part need not be a witness: only one of the validators has judged it.
        for one in (small,) if small is part else (small, part):
            for value in self._lift.values(one, path):
                likely = self._is_probable_witness(value, root)
                found = self._witness(value, one, place, root, checks) if likely else None
                if found is not None:
                    return found
        return None

    def _witness(self, value: Any, part: Any, place: Pointer, root: Root, checks: _Checks) -> Proof | None:
        """Return the proof by a value that the fast validator judges a witness; None if the slow one does not."""

        # A smaller value that is rejected for another reason would not show this change.
        def contains_part(smaller: Any) -> bool:
            return path_to(smaller, part, place) is not None

        small = shrink(value, lambda one: contains_part(one) and self._is_probable_witness(one, root))
        path = path_to(small, part, place)
        alone = small if path is None else self._isolated(small, path, root, checks)
        found = next((one for one in _different(alone, small, value) if self._is_confirmed(one, root)), _MISSING)
        if found is _MISSING:
            return None
        if found is value is not small:
            found = shrink(value, lambda one: contains_part(one) and self.is_witness(one, root))
        why = self.why(found, root, part)
        scale = self.schemas.scale
        if scale.changes_nothing:
            return Proof(Outcome.WITNESS, found, root, why)
        real = enlarged(found, scale)
        if real.is_built and not self._is_real_witness(real.value, root):
            return None
        return Proof(Outcome.WITNESS, real.shown, root, in_real_size(why, scale), real.is_abridged)

    def _is_real_witness(self, value: Any, root: Root) -> bool:
        sender, receiver = self._originals(root)
        sending, receiving = (Judge(partial(self.schemas.real, one), self.budget) for one in (sender, receiver))
        return sending.accepts(value) and receiving.rejects(value)

    def _isolated(self, value: Any, path: Pointer, root: Root, checks: _Checks) -> Any:
        """Return a witness in which nothing but the change is rejected, as far as that is possible.

        A repair may use names that only the receiver declares, because the sender accepts them.
        """
        sender, receiver = self._originals(root)
        sending, receiving = self._original_judge(sender), self._original_judge(receiver)
        isolation = Isolation(self.sampler, (root.base, root.revision), receiving)
        return isolation.repaired(
            value, path, checks.needed(at(value, path)), checks.shows,
            lambda one: sending.probably(one)
            and not any(map(receiving.probably, readings(one) if root.is_text else (one,))),
        )  # fmt: skip

    # Checking ---------------------------------------------------------------------------------------------------------

    def is_witness(self, value: Any, root: Root) -> bool:
        """Return whether a whole value keeps to the names rule, and both validators judge it a witness."""
        return self._is_probable_witness(value, root) and self._is_confirmed(value, root)

    def _is_confirmed(self, value: Any, root: Root) -> bool:
        """Return whether both validators accept a whole value for the sender and reject it for the receiver."""
        sender, receiver = self._originals(root)
        sending, receiving = self._original_judge(sender), self._original_judge(receiver)
        return sending.accepts(value) and all(map(receiving.rejects, readings(value) if root.is_text else (value,)))

    def _is_probable_witness(self, value: Any, root: Root) -> bool:
        """Return whether the fast validator accepts a whole value for the sender and rejects it for the receiver."""
        sender, receiver = self._originals(root)
        sending, receiving = self._original_judge(sender), self._original_judge(receiver)
        senders, receivers = self.directed((root.base,), (root.revision,))
        return (
            sending.probably(value)
            and not any(map(receiving.probably, readings(value) if root.is_text else (value,)))
            and keeps_to_names(self.schemas, value, senders, receivers)
        )

    def why(self, value: Any, root: Root, part: Any) -> str:
        """Return the receiver's validation error for a witness."""
        _, receiver = self.directed(root.original_base, root.original_revision)
        return self._original_judge(receiver).first_error(value, part)

    def _original_judge(self, schema: Schema) -> Judge:
        return self._original_judges.get(
            number_of(schema), lambda: Judge(lambda depth: self.schemas.up_to(schema, depth, simple=False), self.budget)
        )


def _different(*values: Any) -> list[Any]:
    """Return the values without repetitions of the same object."""
    return [one for index, one in enumerate(values) if not any(one is other for other in values[:index])]
