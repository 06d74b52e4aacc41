"""From violations to causes: what is wrong with a server, each thing once, confirmed by sending it again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from chat_contract import Violation
from chat_contract.contract import DOCUMENTED
from chat_contract.errors import Pointer
from chat_contract.roles import EVENTS, MESSAGE
from chat_contract.rules.exchange_facts import RequestKind
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, requests_of
from chat_verifier.run.runner import Observation, Runner
from kit_reports.waivers import Waiver

SENDINGS = 4
"""How often a request is sent at most before its violation is called intermittent."""

ENOUGH = 2
"""How often a violation is seen before it counts."""

MAX_CONFIRMATIONS = 30

SELF_EVIDENT = frozenset({"conversation.distinct", "conversation.concurrent"})
"""What two exchanges show together, and no chance explains: an id that two conversations share stays shared."""

_ACCEPTED = "request"
"""The group of clauses on what must be accepted: which of them is blamed hangs on what else is in the request."""

_LEVELS = {"must": 0, "should": 1, "observed": 2}

Key = tuple[str, Pointer, str]


@dataclass(frozen=True, eq=False)
class Cause:
    """One thing that is wrong: the smallest exchange that shows it, and how often it was seen."""

    key: Key
    violation: Violation
    exhibit: Observation
    seen: int
    sent: int
    labels: tuple[str, ...] = ()
    """The requests that showed it, in the order in which they were sent."""
    waiver: Waiver | None = None

    @property
    def intermittent(self) -> bool:
        """Seen, but not often enough to count."""
        return self.seen < ENOUGH and self.violation.clause not in SELF_EVIDENT

    @property
    def unsure(self) -> bool:
        """Seen once and never sent again."""
        return self.intermittent and self.sent == 1

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
    """Group the violations by cause and confirm those that were seen only once; the gravest first.

    ``spare`` says whether the run has so many requests left for what is only a warning; with ``one_is_enough`` also
    for more than one certain violation. ``most`` is what may have been sent in the end, whatever is left to confirm.
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
        return list(_each_once(causes))
    with ThreadPoolExecutor(max_workers=runner.workers) as pool:
        return list(_each_once(pool.map(settle, causes)))


def _each_once(causes: Iterable[Cause]) -> Iterator[Cause]:
    """Put together what turned out to be one cause when its request was made smaller."""
    found: dict[Key, Cause] = {}
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
            labels=tuple(dict.fromkeys((*same.labels, *cause.labels))),
        )
    yield from found.values()


def _grouped(observations: Iterable[Observation]) -> Iterator[Cause]:
    groups: dict[Key, list[tuple[Violation, Observation]]] = {}
    for observation in observations:
        for violation in observation.violations:
            groups.setdefault(key_of(violation), []).append((violation, observation))
    for key, sightings in groups.items():
        violation, exhibit = min(sightings, key=lambda sighting: _size(sighting[1]))
        labels = tuple(dict.fromkeys(sighting.case.label for _, sighting in sightings))
        yield Cause(key, violation, exhibit, len(sightings), len(sightings), labels)


class _Budget:
    """How many requests confirmations may still send. Thread-safe."""

    def __init__(self, runner: Runner, most: int | None) -> None:
        room = MAX_CONFIRMATIONS if most is None else most - runner.sender.budget.sent
        self._left = min(MAX_CONFIRMATIONS, room)
        self._exact = most is not None
        self._lock = threading.Lock()

    def spend(self, requests: int) -> bool:
        """Take so many out, if there are any left; where the end is fixed, only if there are enough."""
        with self._lock:
            if self._left <= 0 or (self._exact and self._left < requests):
                return False
            self._left -= requests
            return True


def _always(_requests: int) -> bool:
    return True


def key_of(violation: Violation) -> Key:
    """Return what makes two violations one cause: clause, place without its indices, and the id of what was seen."""
    place = tuple("*" if isinstance(part, int) else part for part in violation.pointer)
    return violation.clause, place, violation.observed


def _size(observation: Observation) -> tuple[bool, int]:
    """Order exchanges by how much there is to read: those that need nothing beside them, then by all their turns."""
    earlier = observation.earlier if observation.case.continues else ()
    beside = observation.sequence.together is not None or (observation.sequence.spans_run and bool(earlier))
    return beside, sum(_length(one.request.body) for one in (*earlier, observation.exchange))


def _length(body: bytes) -> int:
    """Return how long a request reads: what is no ASCII counts as the escape that stands for it."""
    return _EVERY_TURN + len(body) + 2 * sum(byte > ord("~") for byte in body)


_EVERY_TURN = 200
"""What a turn takes besides its body."""


def _is_odd(text: Any) -> bool:
    """Say whether a message holds more than plain words."""
    return isinstance(text, str) and not (text.isascii() and text.replace(" ", "").rstrip("?.!").isalpha())


def _confirmed(
    runner: Runner, cause: Cause, budget: _Budget, seen: Iterable[Observation], *, worth_it: Callable[[int], bool]
) -> Cause:
    """Send the cause's request again, first as small as it may get, then as it was."""
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
            if _is_the_same(key_of(violation), cause.key)
        ]
        if not found and runner.sender.budget.over:
            # It may not have been sent.
            break
        cause = replace(cause, sent=cause.sent + 1)
        if found:
            violation, exhibit = min(found, key=lambda sighting: _size(sighting[1]))
            cause = replace(cause, seen=cause.seen + 1)
            if _size(exhibit) <= _size(cause.exhibit):
                cause = replace(cause, key=key_of(violation), violation=violation, exhibit=exhibit)
        if not cause.intermittent or "silence" in cause.key[2]:
            break
    return cause


def _is_the_same(key: Key, other: Key) -> bool:
    """Say whether two keys are of one cause; a smaller request that must be accepted may be about another clause."""
    (clause, *rest), (other_clause, *other_rest) = key, other
    group = clause.partition(".")[0]
    return rest == other_rest and (clause == other_clause or group == other_clause.partition(".")[0] == _ACCEPTED)


def _attempts(cause: Cause, seen: Iterable[Observation]) -> list[list[CaseSequence]]:
    """Return what to send: a smaller request in a fresh conversation, the same one, all that was before it."""
    exhibit = cause.exhibit
    sequence, case = exhibit.sequence, exhibit.case
    if sequence.together is not None:
        return [
            [
                replace(sequence, id=f"{sequence.id}-again"),
                replace(sequence, id=f"{sequence.id}-copy"),
            ]
        ]
    opening = sequence.cases[:1] if case.continues else ()
    attempts = []
    smaller = _smaller(exhibit) or _suspect(cause, seen)
    if smaller is not None:
        attempts.append([replace(sequence, cases=(*opening, smaller), parts=())])
    attempts.append([replace(sequence, cases=(*opening, case), parts=())])
    if exhibit.index > 1:
        attempts.append([replace(sequence, cases=sequence.cases[: exhibit.index + 1], parts=())])
    return attempts


def _smaller(exhibit: Observation) -> Case | None:
    """Leave out of a refusable request all that its fault does not need."""
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
    """Leave out of a request that must be accepted all that others held, too, and were accepted with."""
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
        body[MESSAGE] = min((said[MESSAGE] for said in others), key=lambda text: (_is_odd(text), len(text)))
    odd = [event for event in body.get(EVENTS, ()) if repr(event) not in passed_events]
    if odd:
        body[EVENTS] = odd
    return replace(case, body=body) if body != case.body else None
