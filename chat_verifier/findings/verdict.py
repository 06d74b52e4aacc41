"""Verdicts: of each clause, and of the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chat_contract import Clause, Contract
from chat_verifier.findings.cause import Cause
from chat_verifier.findings.traffic import TrafficFigures
from chat_verifier.planning.case import CaseSequence
from chat_verifier.planning.tiers import Tier
from chat_verifier.run.observation import Observation, by_clause
from chat_verifier.run.stop import Interruption
from kit_reports.waivers import Waiver


class RunVerdict(StrEnum):
    """The verdict on a server."""

    CONFORMS = "conforms"
    VIOLATES = "violates"
    UNSTABLE = "unstable"
    """The server failed several times, though it did not fail when the same requests were sent again."""
    INCONCLUSIVE = "inconclusive"
    NO_VIOLATION = "no-violation"
    """Recorded traffic shows no violation, but it did not exercise every clause."""


class RunReasonId(StrEnum):
    """Why a run has its verdict."""

    CLAUSES_VIOLATED = "clauses-violated"
    CLAUSES_NOT_EXERCISED = "clauses-not-exercised"
    VIOLATIONS_NOT_CONFIRMED = "violations-not-confirmed"
    FAILURES_COME_AND_GO = "failures-come-and-go"
    INTERRUPTED = "interrupted"
    RATE_LIMITED = "rate-limited"
    TRAFFIC_INCOMPLETE = "traffic-incomplete"


@dataclass(frozen=True)
class RunReason:
    """Why a run has its verdict, with the clauses concerned."""

    id: RunReasonId
    clauses: tuple[str, ...]


class ClauseVerdict(StrEnum):
    """The verdict on one clause."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    WARN = "warn"
    WAIVED = "waived"
    OBSERVED = "observed"
    SKIPPED = "skipped"


class ClauseReason(StrEnum):
    """Why a clause has its verdict, where its violations do not say so."""

    NOT_EXERCISED = "not-exercised"
    NEEDS_EXPECT_AUTH = "needs-expect-auth"
    NEEDS_EXAMPLE = "needs-example"
    NOT_RECORDED = "not-recorded"
    NOT_CONFIRMED = "not-confirmed"
    VIOLATIONS_SEEN = "violations-seen"
    NO_VIOLATION_SEEN = "no-violation-seen"


@dataclass(frozen=True, eq=False)
class ClauseResult:
    """The verdict on one clause. ``exchanges`` counts those that exercised it."""

    clause: Clause
    verdict: ClauseVerdict
    reason: ClauseReason | None
    causes: tuple[Cause, ...]
    exchanges: int


@dataclass(frozen=True, eq=False)
class RunResult:
    """The result of a run.

    ``left_out``: what the request limit kept from being sent. ``replayed``: how many responses came from the
    checkpoint file. ``accepted``: how many requests the server accepted. ``lost``: how many got no response and
    were sent again. ``coverage``: the shares of the pairs of conditions that the plan combines, by
    :class:`chat_verifier.planning.plan.Pairs`; ``uncovered_pairs``: the other pairs of a thorough run.
    ``unused_waivers``: waivers for which the run found nothing, though it sent one of their cases.
    ``app``: the application that was verified in process.
    ``traffic``: the recorded traffic that was judged, instead of a server. ``interrupted``: the signal that ended the
    run early.
    """

    verdict: RunVerdict
    reason: RunReason | None
    base_url: str
    seed: int
    requests: int
    seconds: float
    clauses: tuple[ClauseResult, ...]
    profile: Mapping[str, str]
    observations: tuple[Observation, ...]
    left_out: tuple[CaseSequence, ...] = ()
    replayed: int = 0
    started: str = ""
    contract_version: str = ""
    tier: Tier = Tier.DEFAULT
    strict: bool = False
    waivers: tuple[Waiver, ...] = ()
    unused_waivers: tuple[Waiver, ...] = ()
    accepted: int = 0
    lost: int = 0
    coverage: Mapping[str, float] = field(default_factory=dict)
    uncovered_pairs: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    traffic: TrafficFigures | None = None
    app: str | None = None
    interrupted: Interruption | None = None

    @property
    def causes(self) -> tuple[Cause, ...]:
        return tuple(cause for clause in self.clauses for cause in clause.causes)


def clause_results(
    contract: Contract,
    observations: Iterable[Observation],
    causes: Iterable[Cause],
    *,
    strict: bool,
    skipped: Mapping[str, ClauseReason],
) -> tuple[ClauseResult, ...]:
    """Return the verdict on each clause. ``skipped`` gives the reason for clauses that the run skips on purpose."""
    exercised = by_clause(observations)
    found: dict[str, list[Cause]] = {}
    for cause in causes:
        found.setdefault(cause.violation.clause, []).append(cause)
    return tuple(
        _result(clause, tuple(found.get(name, ())), len(exercised.get(name, ())), strict=strict, skip=skipped.get(name))
        for name, clause in contract.clauses.items()
    )


def _result(
    clause: Clause, causes: tuple[Cause, ...], exchanges: int, *, strict: bool, skip: ClauseReason | None
) -> ClauseResult:
    verdict: ClauseVerdict
    reason: ClauseReason | None
    if not exchanges and not causes:
        verdict, reason = ClauseVerdict.SKIPPED, skip or ClauseReason.NOT_EXERCISED
    elif clause.level == "observed":
        verdict = ClauseVerdict.OBSERVED
        reason = ClauseReason.VIOLATIONS_SEEN if causes else ClauseReason.NO_VIOLATION_SEEN
    elif causes:
        verdict, reason = _verdict_on_causes(causes, fails=clause.level == "must" or strict)
    else:
        verdict, reason = ClauseVerdict.PASS, None
    return ClauseResult(clause, verdict, reason, causes, exchanges)


def _verdict_on_causes(causes: tuple[Cause, ...], *, fails: bool) -> tuple[ClauseVerdict, ClauseReason | None]:
    if any(not cause.intermittent and cause.waiver is None for cause in causes):
        return ClauseVerdict.FAIL if fails else ClauseVerdict.WARN, None
    if all(cause.waiver is not None for cause in causes):
        return ClauseVerdict.WAIVED, None
    return ClauseVerdict.WARN, ClauseReason.NOT_CONFIRMED


def run_verdict(
    clauses: Iterable[ClauseResult], *, require_complete: bool = False
) -> tuple[RunVerdict, RunReason | None]:
    """Return the verdict on the server, and why.

    The server conforms if no clause fails, every MUST clause was exercised, and no violation of a MUST clause is left
    unconfirmed. Clauses that the run skips on purpose do not count. With ``require_complete``, every SHOULD clause must
    be exercised too. Failures that do not recur make the server unstable from the second one on.
    """
    clauses = tuple(clauses)
    failed = tuple(found.clause.id for found in clauses if found.verdict is ClauseVerdict.FAIL)
    if failed:
        return RunVerdict.VIOLATES, RunReason(RunReasonId.CLAUSES_VIOLATED, failed)
    must = [found for found in clauses if found.clause.level == "must"]
    unstable = [found for found in must if _failures_that_come_and_go(found)]
    if sum(map(_failures_that_come_and_go, must)) > 1:
        return RunVerdict.UNSTABLE, RunReason(
            RunReasonId.FAILURES_COME_AND_GO, tuple(found.clause.id for found in unstable)
        )
    needed = [found for found in clauses if found.clause.level == "must" or require_complete]
    untried = tuple(
        found.clause.id
        for found in needed
        if found.verdict is ClauseVerdict.SKIPPED and found.reason is ClauseReason.NOT_EXERCISED
    )
    if untried:
        return RunVerdict.INCONCLUSIVE, RunReason(RunReasonId.CLAUSES_NOT_EXERCISED, untried)
    unconfirmed = tuple(found.clause.id for found in must if any(map(_needs_confirmation, found.causes)))
    if unconfirmed:
        return RunVerdict.INCONCLUSIVE, RunReason(RunReasonId.VIOLATIONS_NOT_CONFIRMED, unconfirmed)
    return RunVerdict.CONFORMS, None


def _needs_confirmation(cause: Cause) -> bool:
    """Return whether a cause may fail the run once it is confirmed."""
    return cause.unconfirmed and cause.waiver is None


_FAILURES = "robustness"


def _failures_that_come_and_go(found: ClauseResult) -> int:
    """Count the failures of a clause about breakdowns that did not recur."""
    if found.clause.group != _FAILURES:
        return 0
    return sum(cause.seen for cause in found.causes if cause.intermittent and cause.waiver is None)


def partial_verdict(clauses: Iterable[ClauseResult], *, require_complete: bool) -> tuple[RunVerdict, RunReason | None]:
    """Return the verdict on exchanges that need not exercise every clause: recorded ones, or those sent again.

    With ``require_complete``, it is inconclusive unless they do.
    """
    clauses = tuple(clauses)
    failed = tuple(found.clause.id for found in clauses if found.verdict is ClauseVerdict.FAIL)
    if failed:
        return RunVerdict.VIOLATES, RunReason(RunReasonId.CLAUSES_VIOLATED, failed)
    untried = tuple(
        found.clause.id
        for found in clauses
        if found.reason is ClauseReason.NOT_EXERCISED and found.clause.level != "observed"
    )
    if not untried:
        return RunVerdict.CONFORMS, None
    verdict = RunVerdict.INCONCLUSIVE if require_complete else RunVerdict.NO_VIOLATION
    return verdict, RunReason(RunReasonId.TRAFFIC_INCOMPLETE, untried)
