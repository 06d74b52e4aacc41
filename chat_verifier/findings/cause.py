"""One fault of a server, with the exchange that shows it.

A cause has violations of one clause, at one place, with one id of what was observed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from chat_contract import Violation
from chat_contract.errors import Pointer
from chat_contract.roles import USER
from chat_contract.rules.exchange_facts import RequestKind
from chat_verifier.findings.consequences import without_indices
from chat_verifier.findings.smaller import length_to_read
from chat_verifier.planning.case import Case, CaseSequence
from chat_verifier.planning.dimensions import ABSENT, AFTER
from chat_verifier.run.knowledge import rebuilt
from chat_verifier.run.observation import Observation
from kit_reports.waivers import Waiver

ENOUGH = 2
"""The number of times a violation must be seen to be confirmed."""

SELF_EVIDENT = frozenset({"conversation.distinct", "conversation.concurrent"})
"""Clauses whose violation needs no confirmation: an id that two conversations share cannot be a coincidence."""

_ORDINARY = frozenset({RequestKind.MUST_ACCEPT, RequestKind.MUST_REJECT, RequestKind.UNSPECIFIED})
"""The kinds of requests that clients send. A violation that one of them shows does not need an unusual one."""

_ACCEPTANCE = "request"
"""The group of clauses about acceptance. Which of them a rejection violates depends on the rest of the request."""

_HARMLESS = "rejection.harmless"
"""The clause that a server violates if it accepts a request, but not after a rejection."""


class Confirmation(StrEnum):
    """How certain a cause is."""

    CONFIRMED = "confirmed"
    INTERMITTENT = "intermittent"
    NOT_CONFIRMED = "not-confirmed"


@dataclass(frozen=True)
class CauseKey:
    """What the violations of one cause have in common.

    ``place``: where, with ``*`` for every array index. ``observed``: the id of what was observed.
    """

    clause: str
    place: Pointer
    observed: str


@dataclass(frozen=True, eq=False)
class Cause:
    """One fault of the server.

    ``exhibit``: the smallest exchange that shows it. ``seen``: how many of the ``sent`` requests showed it.
    ``cases``: ids of the test cases that showed it, in the order in which they were sent. ``recorded``: it was seen in
    recorded traffic, which cannot be sent again. ``comes_and_goes``: equal requests failed and did not fail.
    """

    key: CauseKey
    violation: Violation
    exhibit: Observation
    seen: int
    sent: int
    cases: tuple[str, ...] = ()
    waiver: Waiver | None = None
    recorded: bool = False
    comes_and_goes: bool = False

    @property
    def confirmation(self) -> Confirmation:
        if self.comes_and_goes:
            return Confirmation.INTERMITTENT
        if self.recorded or self.seen >= ENOUGH or self.violation.clause in SELF_EVIDENT:
            return Confirmation.CONFIRMED
        return Confirmation.NOT_CONFIRMED if self.sent == 1 else Confirmation.INTERMITTENT

    @property
    def intermittent(self) -> bool:
        """Whether the violation was not seen often enough to count."""
        return self.confirmation is not Confirmation.CONFIRMED

    @property
    def unconfirmed(self) -> bool:
        """Whether the violation was seen once and the request not sent again."""
        return self.confirmation is Confirmation.NOT_CONFIRMED

    @property
    def level(self) -> str:
        return self.violation.level


def plan_id(sequence: CaseSequence, case: Case) -> str:
    """Return an id of the test case that is unique within the plan: ``case`` or ``sequence/case``."""
    return case.id if case.id == sequence.id else f"{sequence.id}/{case.id}"


def case_id(observation: Observation) -> str:
    """Return the plan-wide id of the observed test case."""
    return plan_id(observation.sequence, observation.case)


def key_of(violation: Violation) -> CauseKey:
    """Return the key of the violation's cause."""
    return CauseKey(violation.clause, without_indices(violation.pointer), violation.observed)


def size_of(observation: Observation) -> tuple[bool, bool, bool, int]:
    """Return a sort key: ordinary requests that need no other conversation come first, then those with less to read."""
    earlier = observation.earlier if observation.case.continues else ()
    together = observation.sequence.together is not None
    length = sum(length_to_read(one.request.body) for one in (*earlier, observation.exchange))
    length += sum(len(name) + len(value) for name, value in observation.exchange.request.headers)
    return together, observation.is_deferred and bool(earlier), observation.facts.kind not in _ORDINARY, length


def sightings(cause: Cause, observed: Iterable[Observation]) -> list[tuple[Violation, Observation]]:
    """Return the violations of the same cause, with the observations that show them."""
    return [
        (violation, observation)
        for observation in observed
        for violation in sorted(observation.violations, key=lambda violation: violation.clause != _HARMLESS)
        if is_same_cause(key_of(violation), cause.key)
    ]


def seen_in(cause: Cause, observed: Iterable[Observation]) -> Cause:
    """Return the cause with what further observations show of it."""
    found = [observation for _, observation in sightings(cause, observed)]
    cases = tuple(dict.fromkeys((*cause.cases, *map(case_id, found))))
    return replace(cause, seen=cause.seen + len(found), sent=cause.sent + len(found), cases=cases)


def shown_by(cause: Cause, found: Iterable[tuple[Violation, Observation]]) -> Cause:
    """Return the cause with a request of fewer conditions, which may be longer: a compact layout is a condition."""
    violation, exhibit = min(found, key=lambda sighting: size_of(sighting[1]))
    return replace(
        cause,
        key=key_of(violation),
        violation=violation,
        exhibit=exhibit,
        seen=cause.seen + 1,
        sent=cause.sent + 1,
    )


def is_same_cause(key: CauseKey, other: CauseKey) -> bool:
    """Return whether two keys belong to one cause.

    A smaller version of a must-accept request may violate another clause of the same group. If the request passes
    alone, the rejection before it does harm.
    """
    if key.observed == other.observed and key.clause == _HARMLESS and _is_acceptance(other):
        return True
    if (key.place, key.observed) != (other.place, other.observed):
        return False
    return key.clause == other.clause or (_is_acceptance(key) and _is_acceptance(other))


def _is_acceptance(key: CauseKey) -> bool:
    return key.clause.startswith(f"{_ACCEPTANCE}.")


def alone(exhibit: Observation, case: Case) -> CaseSequence:
    """Return a sequence with only the case, after what it needs: an opening, and a rejection if it follows one."""
    opening = exhibit.sequence.cases[:1] if case.continues else ()
    if opening and opening[0].recipe is not None and case.recipe is not None:
        first = opening[0].recipe
        kept = () if case.recipe.user is ABSENT else (USER,)
        opening = (rebuilt(opening[0], first.plainer([name for name in first.varied if name not in kept])),)
    before = rejection_before(exhibit, case) if opening else ()
    cases = (*opening, *before, replace(case, as_is=True))
    return replace(exhibit.sequence, cases=cases, deferred=0, together=None)


def rejection_before(exhibit: Observation, case: Case) -> tuple[Case, ...]:
    """Return the rejected request before the exhibit, if the case is one after a rejection."""
    before = exhibit.sequence.cases[max(1, exhibit.index - 1) : exhibit.index]
    follows = case.recipe is not None and AFTER in case.recipe.varied
    rejected = (one for one in before if follows and one.recipe is not None and one.recipe.wrongs)
    return tuple(replace(one, as_is=True) for one in rejected)
