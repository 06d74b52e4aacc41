"""Causes: group violations, and confirm each by sending its request again.

A cause is one fault of the server: violations of one clause, at one place, with one id of what was observed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from chat_contract import Violation
from chat_contract.contract import DOCUMENTED
from chat_contract.errors import Pointer
from chat_contract.roles import EVENTS, MESSAGE
from chat_contract.rules.exchange_facts import RequestKind
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, requests_of
from chat_verifier.run.observation import Observation
from chat_verifier.run.runner import Runner
from kit_reports.waivers import Waiver

SENDINGS = 4
"""The number of times a request is sent before its violation counts as intermittent."""

ENOUGH = 2
"""The number of times a violation must be seen to be confirmed."""

MAX_CONFIRMATIONS = 30

SELF_EVIDENT = frozenset({"conversation.distinct", "conversation.concurrent"})
"""Clauses whose violation needs no confirmation: an id that two conversations share cannot be a coincidence."""

_ACCEPTANCE = "request"
"""The group of clauses about acceptance. Which of them a rejection violates depends on the rest of the request."""

_LEVELS = {"must": 0, "should": 1, "observed": 2}

_SILENCE = "silence"


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
    recorded traffic, which cannot be sent again.
    """

    key: CauseKey
    violation: Violation
    exhibit: Observation
    seen: int
    sent: int
    cases: tuple[str, ...] = ()
    waiver: Waiver | None = None
    recorded: bool = False

    @property
    def confirmation(self) -> Confirmation:
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


def find_causes(
    runner: Runner,
    observations: Iterable[Observation],
    *,
    spare: Callable[[int], bool] = lambda _requests: True,
    one_is_enough: bool = False,
    most: int | None = None,
) -> list[Cause]:
    """Group violations by cause, and confirm those seen only once; MUST clauses come first.

    ``spare`` decides whether the run can spend a number of requests on confirming a warning. With ``one_is_enough``,
    it also decides for MUST violations once one of them is confirmed. ``most`` limits the requests of the whole run.
    """
    seen = tuple(observations)
    causes = sorted(_grouped(seen), key=lambda cause: _LEVELS[cause.level])
    budget = _Budget(runner, most)

    def settle(cause: Cause) -> Cause:
        certain = any(other.level == "must" and not other.intermittent for other in causes)
        pressing = cause.level == "must" and not (one_is_enough and certain)
        if not cause.intermittent or (cause.level == "observed" and not pressing):
            return cause
        return _confirmed(runner, cause, budget, seen, worth_it=_always if pressing else spare)

    if runner.workers == 1:
        for number, cause in enumerate(causes):
            causes[number] = settle(cause)
        return list(_merge_equal(causes))
    with ThreadPoolExecutor(max_workers=runner.workers) as pool:
        return list(_merge_equal(pool.map(settle, causes)))


def _merge_equal(causes: Iterable[Cause]) -> Iterator[Cause]:
    """Merge causes whose keys became equal when confirmation found a smaller request."""
    found: dict[CauseKey, Cause] = {}
    for cause in causes:
        same = found.get(cause.key)
        if same is None:
            found[cause.key] = cause
            continue
        plain = min(same, cause, key=lambda one: _size(one.exhibit))
        found[cause.key] = replace(
            plain,
            seen=same.seen + cause.seen,
            sent=same.sent + cause.sent,
            cases=tuple(dict.fromkeys((*same.cases, *cause.cases))),
        )
    yield from found.values()


def group_recorded(observations: Iterable[Observation]) -> list[Cause]:
    """Group the violations in recorded traffic by cause; MUST clauses come first."""
    causes = [replace(cause, cases=(), recorded=True) for cause in _grouped(observations)]
    return sorted(causes, key=lambda cause: _LEVELS[cause.level])


def _grouped(observations: Iterable[Observation]) -> Iterator[Cause]:
    groups: dict[CauseKey, list[tuple[Violation, Observation]]] = {}
    for observation in observations:
        for violation in observation.violations:
            groups.setdefault(key_of(violation), []).append((violation, observation))
    for key, sightings in groups.items():
        violation, exhibit = min(sightings, key=lambda sighting: _size(sighting[1]))
        cases = tuple(dict.fromkeys(case_id(sighting) for _, sighting in sightings))
        yield Cause(key, violation, exhibit, len(sightings), len(sightings), cases)


class _Budget:
    """The number of requests that confirmations may still send. Thread-safe."""

    def __init__(self, runner: Runner, most: int | None) -> None:
        room = MAX_CONFIRMATIONS if most is None else most - runner.sender.budget.sent
        self._left = min(MAX_CONFIRMATIONS, room)
        self._exact = most is not None
        self._lock = threading.Lock()

    def spend(self, requests: int) -> bool:
        """Spend the requests and return True if any are left; under a hard limit, only if all of them are left."""
        with self._lock:
            if self._left <= 0 or (self._exact and self._left < requests):
                return False
            self._left -= requests
            return True


def _always(_requests: int) -> bool:
    return True


def plan_id(sequence: CaseSequence, case: Case) -> str:
    """Return an id of the test case that is unique within the plan: ``case`` or ``sequence/case``."""
    return case.id if case.id == sequence.id else f"{sequence.id}/{case.id}"


def case_id(observation: Observation) -> str:
    """Return the plan-wide id of the observed test case."""
    return plan_id(observation.sequence, observation.case)


def key_of(violation: Violation) -> CauseKey:
    """Return the key of the violation's cause."""
    place = tuple("*" if isinstance(part, int) else part for part in violation.pointer)
    return CauseKey(violation.clause, place, violation.observed)


def _size(observation: Observation) -> tuple[bool, int]:
    """Return a sort key: exchanges that need no parallel conversation come first, then those with less to read."""
    earlier = observation.earlier if observation.case.continues else ()
    parallel = observation.sequence.together is not None or (observation.sequence.spans_run and bool(earlier))
    return parallel, sum(_length(one.request.body) for one in (*earlier, observation.exchange))


def _length(body: bytes) -> int:
    """Return how much there is to read in a request; a byte outside ASCII counts as its escape sequence."""
    return _TURN_LENGTH + len(body) + 2 * sum(byte > ord("~") for byte in body)


_TURN_LENGTH = 200
"""What a turn adds to the length, besides its body."""


def _is_odd(text: Any) -> bool:
    """Return whether a message contains more than plain words."""
    return isinstance(text, str) and not (text.isascii() and text.replace(" ", "").rstrip("?.!").isalpha())


def _confirmed(
    runner: Runner, cause: Cause, budget: _Budget, seen: Iterable[Observation], *, worth_it: Callable[[int], bool]
) -> Cause:
    """Send the cause's request again: the smallest version first, then the original."""
    attempts = _attempts(cause, seen)
    for number in range(SENDINGS - 1):
        sequences = attempts[min(number, len(attempts) - 1)]
        requests = requests_of(sequences)
        if not worth_it(requests) or not budget.spend(requests):
            break
        found = [
            (violation, observation)
            for observation in runner.observe(sequences)
            for violation in observation.violations
            if _is_same_cause(key_of(violation), cause.key)
        ]
        if not found and runner.sender.budget.over:
            # The request may not have been sent.
            break
        cause = replace(cause, sent=cause.sent + 1)
        if found:
            cause = _seen_again(cause, *min(found, key=lambda sighting: _size(sighting[1])))
        if not cause.intermittent or cause.key.observed == _SILENCE:
            break
    return cause


def _seen_again(cause: Cause, violation: Violation, exhibit: Observation) -> Cause:
    cause = replace(cause, seen=cause.seen + 1)
    if _size(exhibit) > _size(cause.exhibit):
        return cause
    return replace(cause, key=key_of(violation), violation=violation, exhibit=exhibit)


def _is_same_cause(key: CauseKey, other: CauseKey) -> bool:
    """Return whether two keys belong to one cause.

    A smaller version of a request that must be accepted may break another clause of the same group.
    """
    if (key.place, key.observed) != (other.place, other.observed):
        return False
    group, other_group = (one.clause.partition(".")[0] for one in (key, other))
    return key.clause == other.clause or group == other_group == _ACCEPTANCE


def _attempts(cause: Cause, seen: Iterable[Observation]) -> list[list[CaseSequence]]:
    """Return what to send: a smaller request in a new conversation, the same request, the whole conversation."""
    exhibit = cause.exhibit
    sequence, case = exhibit.sequence, exhibit.case
    if sequence.together is not None:
        # The suffixes only keep the two sequences apart in a checkpoint file.
        return [[replace(sequence, id=f"{sequence.id}-again"), replace(sequence, id=f"{sequence.id}-parallel")]]
    opening = sequence.cases[:1] if case.continues else ()
    attempts = []
    smaller = _smaller(exhibit) or _suspect(cause, seen)
    if smaller is not None:
        attempts.append([replace(sequence, cases=(*opening, smaller))])
    attempts.append([replace(sequence, cases=(*opening, case))])
    if exhibit.index > 1:
        attempts.append([replace(sequence, cases=sequence.cases[: exhibit.index + 1])])
    return attempts


def _smaller(exhibit: Observation) -> Case | None:
    """Return a must-reject request reduced to its one fault; None if it cannot be reduced."""
    case = exhibit.case
    faults = exhibit.facts.classification.hard_faults
    if not isinstance(case.body, dict) or len(faults) != 1 or not faults[0].place:
        return None
    place = faults[0].place
    required = set(exhibit.facts.contract.schemas[DOCUMENTED].get("required", ()))
    conversation = {name for name, value in case.body.items() if value is ISSUED}
    body = {
        name: value for name, value in case.body.items() if name in required | conversation or name == str(place[0])
    }
    if place[0] == EVENTS and len(place) > 1 and isinstance(body.get(EVENTS), list):
        body[EVENTS] = [body[EVENTS][int(place[1])]]
    return replace(case, body=body) if body != case.body else None


def _suspect(cause: Cause, seen: Iterable[Observation]) -> Case | None:
    """Return a must-accept request without the values that the server accepted in other requests."""
    exhibit, case = cause.exhibit, cause.exhibit.case
    if exhibit.facts.kind is not RequestKind.MUST_ACCEPT or not isinstance(case.body, dict):
        return None
    others = [
        observation.facts.body
        for observation in seen
        if observation.facts.kind is RequestKind.MUST_ACCEPT
        and all(violation.level != cause.level for violation in observation.violations)
    ]
    passed = {(name, repr(value)) for body in others for name, value in body.items()}
    passed_events = {repr(event) for body in others for event in body.get(EVENTS) or ()}
    body = {
        name: value
        for name, value in case.body.items()
        if name == MESSAGE or value is ISSUED or (name, repr(value)) not in passed
    }
    if (MESSAGE, repr(body.get(MESSAGE))) in passed:
        body[MESSAGE] = min((other[MESSAGE] for other in others), key=lambda text: (_is_odd(text), len(text)))
    odd = [event for event in body.get(EVENTS, ()) if repr(event) not in passed_events]
    if odd:
        body[EVENTS] = odd
    return replace(case, body=body) if body != case.body else None
