"""Causes: group violations, and confirm each by sending its request again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from chat_contract import Violation
from chat_verifier.findings.cause import SELF_EVIDENT, Cause, CauseKey, alone, case_id, key_of, sightings, size_of
from chat_verifier.findings.consequences import failures_when_nested, follows, follows_from_nesting, places_rejected
from chat_verifier.findings.passed import Passed
from chat_verifier.findings.reduction import is_reducible, reduced
from chat_verifier.findings.turns import in_plain_conversation, needs_turns
from chat_verifier.planning.case import CaseSequence, requests_of
from chat_verifier.planning.encoding import JSON_HEADERS
from chat_verifier.run.observation import Observation, by_clause
from chat_verifier.run.runner import Runner

SENDINGS = 4
"""The number of times a request is sent before its violation counts as intermittent."""

_SHORT = 3
"""How many turns before the last one are sent again first, besides the opening."""

_OFTEN = 2
"""After so many violations in later turns alone, a conversation of plain turns is tried first."""

_NEED_OTHERS = SELF_EVIDENT | {"conversation.kept"}
"""Clauses that concurrent conversations may violate, but the same requests one after the other may not."""

_HARMLESS = "rejection.harmless"
"""The clause that a server violates if it accepts a request, but not after a rejection."""

_HTTP = "http."
"""The beginning of the clauses about ways to send a body."""

_KEPT = "conversation.kept"

_WHEN_CHANGED = frozenset({_HARMLESS, "conversation.concurrent"})
"""Clauses about the same id after a rejection and among concurrent conversations."""

_FAILURES = "robustness"
"""The group of clauses about failures, which a server may show now and then, whatever the request."""

_REPETITIONS = 2
"""How many times a request that failed again is repeated: if one succeeds, the failures come and go."""

_LEVELS = {"must": 0, "should": 1, "observed": 2}

_SILENCE = "silence"


def find_causes(
    runner: Runner,
    observations: Iterable[Observation],
    *,
    known: int = 0,
    spare: Callable[[int], bool] = lambda _requests: True,
    one_is_enough: bool = False,
    is_waived: Callable[[Cause], bool] = lambda _cause: False,
) -> list[Cause]:
    """Group violations by cause, confirm those seen only once, and reduce their requests; MUST clauses come first.

    Causes that the first ``known`` observations show are left out.
    ``spare`` decides whether the run can spend a number of requests on a warning. With ``one_is_enough``, it also
    decides for MUST violations once one of them is confirmed. No request is sent for a cause that is waived.
    """
    seen = tuple(observations)
    causes = group_unconfirmed(seen, known)
    grouped = frozenset(causes)
    passed = Passed(seen)
    exercised = {clause: len(found) for clause, found in by_clause(seen).items()}

    def is_pressing(cause: Cause) -> bool:
        certain = any(other.level == "must" and not other.intermittent for other in causes)
        return cause.level == "must" and not (one_is_enough and certain)

    def confirm(cause: Cause) -> Cause:
        if is_waived(cause):
            return cause
        pressing = is_pressing(cause)
        if pressing and _may_come_and_go(cause):
            return _repeated(runner, cause, passed, exercised.get(cause.key.clause, 0))
        if cause.level == "observed" or not cause.intermittent:
            return cause
        return _confirmed(runner, cause, passed, worth_it=_always if pressing else spare)

    def reduce(cause: Cause) -> Cause:
        if is_waived(cause) or cause.intermittent or cause.level == "observed" or not is_reducible(cause):
            return cause
        # Confirmation has already left out what the server passes elsewhere.
        confirmed = _confirmed(runner, cause, passed, worth_it=_always) if cause in grouped else cause
        return reduced(runner, confirmed, plain_is_tried=cause in grouped and _is_often_late(cause))

    # Every violation is confirmed before the request of any is reduced.
    for step in (confirm, reduce):
        if step is reduce:
            causes = [cause for cause in causes if is_waived(cause) or not _is_of_the_body(runner, cause, causes)]
        # Requests for causes that single requests show go furthest.
        order = sorted(range(len(causes)), key=lambda number: needs_turns(causes[number].exhibit))
        if runner.workers == 1:
            for number in order:
                causes[number] = step(causes[number])
        else:
            with ThreadPoolExecutor(max_workers=runner.workers) as pool:
                done = dict(zip(order, pool.map(step, [causes[number] for number in order]), strict=True))
            causes = [done[number] for number in range(len(causes))]
    return list(_with_unstable_failures(_merge_equal(_shown_by_smallest(causes))))


def _shown_by_smallest(causes: Sequence[Cause]) -> Iterator[Cause]:
    """Yield the causes, each shown by the exhibit of another one if that shows it too and is at most as large."""
    exhibits = sorted((cause.exhibit for cause in causes if not cause.intermittent), key=size_of)
    for cause in causes:
        smaller = [one for one in exhibits if size_of(one) <= size_of(cause.exhibit)]
        found = [(violation, one) for one in smaller for violation in one.violations if key_of(violation) == cause.key]
        yield cause if cause.intermittent or not found else replace(cause, violation=found[0][0], exhibit=found[0][1])


def _merge_equal(causes: Iterable[Cause]) -> Iterator[Cause]:
    """Merge causes whose keys became equal when confirmation found a smaller request."""
    found: dict[CauseKey, Cause] = {}
    for cause in causes:
        same = found.get(cause.key)
        if same is None:
            found[cause.key] = cause
            continue
        plain = min(same, cause, key=lambda one: size_of(one.exhibit))
        found[cause.key] = replace(
            plain,
            seen=same.seen + cause.seen,
            sent=same.sent + cause.sent,
            cases=tuple(dict.fromkeys((*same.cases, *cause.cases))),
        )
    yield from found.values()


def group_unconfirmed(observations: Iterable[Observation], known: int = 0) -> list[Cause]:
    """Group violations by cause without sending any request; MUST clauses come first.

    Causes that the first ``known`` observations show are left out.
    """
    seen = tuple(observations)
    earlier = {key_of(violation) for observation in seen[:known] for violation in observation.violations}
    return sorted((cause for cause in _grouped(seen) if cause.key not in earlier), key=lambda one: _LEVELS[one.level])


def group_recorded(observations: Iterable[Observation]) -> list[Cause]:
    """Group the violations in recorded traffic by cause; MUST clauses come first."""
    return [replace(cause, cases=(), recorded=True) for cause in group_unconfirmed(observations)]


def _grouped(observations: Iterable[Observation]) -> Iterator[Cause]:
    groups: dict[CauseKey, list[tuple[Violation, Observation]]] = {}
    for violation, observation in _without_consequences(list(observations)):
        groups.setdefault(key_of(violation), []).append((violation, observation))
    for key, seen in groups.items():
        first = {observation: violation for violation, observation in reversed(seen)}
        exhibit = min(reversed(first), key=size_of)
        cases = tuple(dict.fromkeys(case_id(sighting) for _, sighting in seen))
        yield Cause(key, first[exhibit], exhibit, len(seen), len(seen), cases)


def _without_consequences(observations: Sequence[Observation]) -> Iterator[tuple[Violation, Observation]]:
    """Yield the violations. If ids change in every turn, changes after a rejection or in parallel are left out."""
    rejected, failures = places_rejected(observations), failures_when_nested(observations)
    broken = [{violation.clause for violation in observation.violations} for observation in observations]
    always_changes = any(_KEPT in clauses and not clauses & _WHEN_CHANGED for clauses in broken)
    for observation, clauses in zip(observations, broken, strict=True):
        hidden = _WHEN_CHANGED if always_changes and _KEPT in clauses else frozenset()
        for violation in observation.violations:
            if (
                violation.clause not in hidden
                and not follows(violation, observation, rejected)
                and not follows_from_nesting(violation, observation, failures)
            ):
                yield violation, observation


def _always(_requests: int) -> bool:
    return True


def _is_often_late(cause: Cause) -> bool:
    """Return whether several turns show the cause, and all of them late in their conversations."""
    return cause.seen >= _OFTEN and needs_turns(cause.exhibit)


def _confirmed(runner: Runner, cause: Cause, passed: Passed, *, worth_it: Callable[[int], bool]) -> Cause:
    """Send the cause's request again, first reduced to what the server has not passed elsewhere."""
    if _is_often_late(cause) and worth_it(cause.exhibit.index + 1):
        # No first or second turn showed it, so what matters is probably the number of turns.
        plain = in_plain_conversation(runner, cause, passed.suspects(cause.exhibit, cause.violation))
        if plain is not None:
            return plain
    attempts = _attempts(cause, passed)
    for number in range(max(SENDINGS - 1, len(attempts))):
        sequences = attempts[min(number, len(attempts) - 1)]
        requests = requests_of(sequences)
        if not worth_it(requests) or not runner.sender_affords(requests):
            return cause
        observed = runner.observe(sequences)
        found = sightings(cause, observed)
        if not found and len(observed) < requests and runner.sender.budget.over:
            # The request may not have been sent.
            return cause
        # Only the last attempt repeats everything; a smaller one without the violation tells nothing about it.
        repeated = number >= len(attempts) - 1 and any(one.case.id == cause.exhibit.case.id for one in observed)
        if found or repeated:
            cause = replace(cause, sent=cause.sent + 1)
        if found:
            cause = _seen_again(cause, *min(found, key=lambda sighting: size_of(sighting[1])))
            break
        if number >= len(attempts) - 1 and cause.key.observed == _SILENCE:
            break
    return cause


def _is_of_the_body(runner: Runner, cause: Cause, causes: Sequence[Cause]) -> bool:
    """Return whether the server fails for a body however it is sent, which is a cause of its own."""
    case = cause.exhibit.case
    usual = replace(case, chunked=False, headers=JSON_HEADERS, as_is=True)
    if not cause.key.clause.startswith(_HTTP) or case.continues or not usual.raw(None):
        return False
    alike = {one.key for one in causes if one.key.observed == cause.key.observed and not one.intermittent} - {cause.key}
    is_usual = (case.chunked, case.headers) == (usual.chunked, usual.headers)
    if is_usual or not alike or not runner.sender_affords(1):
        return False
    observed = runner.observe(
        [replace(cause.exhibit.sequence, id=f"{cause.exhibit.sequence.id}-usual", cases=(usual,))]
    )
    return any(key_of(violation) in alike for seen in observed for violation in seen.violations)


def _may_come_and_go(cause: Cause) -> bool:
    """Return whether the cause is a failure; one without a response takes too long to be repeated."""
    return _is_failure(cause) and cause.key.observed != _SILENCE


def _is_failure(cause: Cause) -> bool:
    """Return whether the server failed: a 5xx or no whole response. Any other status is an answer."""
    observed = cause.key.observed
    answered = observed.startswith("status-")
    return observed.startswith("status-5") or (cause.key.clause.startswith(f"{_FAILURES}.") and not answered)


def _with_unstable_failures(causes: Iterable[Cause]) -> Iterator[Cause]:
    """Yield the causes. Where equal failures come and go, each of them may have recurred by chance."""
    causes = list(causes)
    unstable = {cause.key.observed for cause in causes if cause.comes_and_goes and _is_failure(cause)}
    for cause in causes:
        by_chance = cause.key.observed in unstable and cause.seen <= SENDINGS
        yield replace(cause, comes_and_goes=True) if by_chance else cause


def _repeated(runner: Runner, cause: Cause, passed: Passed, requests: int) -> Cause:
    """Send a failed request again and, if it fails again, repeat it; ``requests``: how many might have failed so."""
    seen, sent = cause.seen, cause.sent
    settled = _confirmed(runner, cause, passed, worth_it=_always)
    again = settled.seen - seen
    if not again:
        return settled if settled.sent == sent else _in_all(settled, requests - sent)
    for _ in range(_REPETITIONS):
        sequences = _attempts(settled, passed)[-1]
        if not runner.sender_affords(requests_of(sequences)):
            return settled
        found = sightings(settled, runner.observe(sequences))
        settled = replace(settled, seen=settled.seen + bool(found), sent=settled.sent + 1)
        if not found and not runner.sender.budget.over:
            return _in_all(settled, requests - sent)
    return settled


def _in_all(cause: Cause, others: int) -> Cause:
    """Return the cause of failures that come and go, counted among all requests: ``others`` did not fail."""
    return replace(cause, sent=cause.sent + max(0, others), comes_and_goes=True)


def _seen_again(cause: Cause, violation: Violation, exhibit: Observation) -> Cause:
    cause = replace(cause, seen=cause.seen + 1)
    if size_of(exhibit) > size_of(cause.exhibit):
        return cause
    return replace(cause, key=key_of(violation), violation=violation, exhibit=exhibit)


def _attempts(cause: Cause, passed: Passed) -> list[list[CaseSequence]]:
    """Return what to send: a smaller request in a new conversation, the same request, the whole conversation."""
    exhibit = cause.exhibit
    sequence = exhibit.sequence
    if sequence.together is not None and cause.key.clause in _NEED_OTHERS:
        return [_in_parallel(sequence)]
    smaller = passed.suspects(exhibit, cause.violation)
    attempts = [[alone(exhibit, case)] for case in (*smaller, exhibit.case)]
    if sequence.together is not None:
        return [*attempts[-1:], _in_parallel(sequence)]
    before, last = sequence.cases[: exhibit.index], replace(exhibit.case, as_is=True)
    if len(before) > _SHORT + 1:
        shorter = (*before[:1], *before[-_SHORT:], last)
        attempts.append([replace(sequence, cases=shorter, deferred=0)])
    if len(before) > 1 or (before and not exhibit.case.continues):
        attempts.append([replace(sequence, cases=(*before, last), deferred=0)])
    return attempts


def _in_parallel(sequence: CaseSequence) -> list[CaseSequence]:
    # The suffixes only keep the two sequences apart in a checkpoint file.
    return [replace(sequence, id=f"{sequence.id}-again"), replace(sequence, id=f"{sequence.id}-parallel")]
