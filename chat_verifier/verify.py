"""One run from beginning to end: probe, plan, play, explore, confirm, summarise.

Each phase is a function that returns a value for the next one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from chat_contract import Contract, UsageError
from chat_contract.roles import DOCUMENTED_EXAMPLE
from chat_verifier.findings.cause import Cause, seen_in
from chat_verifier.findings.causes import find_causes, group_unconfirmed
from chat_verifier.findings.profile import open_question_profile
from chat_verifier.findings.verdict import (
    ClauseReason,
    ClauseResult,
    RunReason,
    RunReasonId,
    RunResult,
    RunVerdict,
    clause_results,
    partial_verdict,
    run_verdict,
)
from chat_verifier.findings.waivers import unused_waivers, waived, waiver_for
from chat_verifier.options import Environment, Options, Phase
from chat_verifier.planning.array import LevelPair
from chat_verifier.planning.case import CaseSequence, Group, count_by_group, requests_of
from chat_verifier.planning.plan import Pairs, make_plan
from chat_verifier.planning.tiers import Allocation, Tier, allocate
from chat_verifier.run.budget import BudgetSpentError, RequestBudget
from chat_verifier.run.checkpoint import Checkpoint
from chat_verifier.run.pacing import Pace
from chat_verifier.run.reference_server import ReferenceServer, plain_sequences_for, sequences_for
from chat_verifier.run.runner import Runner
from chat_verifier.target.client import Client, UnreachableError
from chat_verifier.target.probe import CannotVerifyError, Probed, probe
from kit_http.redaction.secrets import key_in, secrets_of
from kit_http.urls import check_base_url

_PROBE_TIMEOUT = 60.0
_CREDENTIALS = "credentials"
_GENERATOR = "schemathesis"


@dataclass(frozen=True)
class Preview:
    """What a run would send.

    ``groups`` and ``left_out``: requests by group, sent and beyond the limit. ``at_most``: the limit, confirmations of
    findings included. ``accepted``, ``most_accepted``: the same for accepted requests; only the probe and the
    requests that a correct server may accept count. ``latency``: that of the probe, in seconds.
    """

    groups: dict[Group, int]
    requests: int
    at_most: int
    accepted: int
    most_accepted: int
    latency: float
    seconds: float
    left_out: dict[Group, int]


@dataclass(frozen=True)
class RunPlan:
    """The planned sequences, the requests that the run may send, and the pairs that they cover and do not cover."""

    sequences: tuple[CaseSequence, ...]
    allocation: Allocation
    coverage: dict[Pairs, float]
    uncovered: dict[Pairs, tuple[LevelPair, ...]]

    @property
    def total(self) -> int:
        """The expected number of requests, for a display of progress."""
        return min(requests_of(self.sequences), self.allocation.requests)


@dataclass(frozen=True)
class Played:
    """What the run did so far; ``interruption``: why it ended early, if it did."""

    runner: Runner
    interruption: str = ""


@dataclass(frozen=True)
class Confirmed:
    """The causes of violations, confirmed as far as the budget allows."""

    causes: tuple[Cause, ...]
    interruption: str = ""


@dataclass(frozen=True)
class _Session:
    """What all phases of a run share."""

    contract: Contract
    options: Options
    environment: Environment
    allocation: Allocation
    client: Client
    checkpoint: Checkpoint | None
    began: float
    started: dt.datetime


def run(contract: Contract, options: Options, environment: Environment | None = None) -> RunResult:
    """Verify a server.

    Raises :class:`CannotVerifyError` if the server cannot be verified, and :class:`UsageError` for wrong options.
    """
    environment = environment or Environment()
    with _session(contract, options, environment) as session:
        try:
            with environment.phase(Phase.PROBE):
                probed = probe(contract, session.client, session.checkpoint)
            with environment.phase(Phase.PLAN):
                plan = plan_run(contract, options)
            with ThreadPoolExecutor(max_workers=1) as pool:
                # Generating cases takes seconds, so it happens while the plan is played.
                generated = pool.submit(_generated, session)
                with environment.phase(Phase.PLAY):
                    runner = _begin(session, probed, plan)
                    # Its responses may be large, and are judged now.
                    del probed
                    played = _play(runner, plan.sequences)
                with environment.phase(Phase.EXPLORE):
                    played = _explore(session, played, generated.result)
            with environment.phase(Phase.CONFIRM):
                confirmed = _confirm(session, played)
                played, confirmed = _complete(session, plan, played, confirmed)
            with environment.phase(Phase.SUMMARIZE):
                return _summarise(session, plan, played, confirmed)
        except UnreachableError as error:
            raise CannotVerifyError(f"{options.base_url}: {_reason(error)}") from None


def preview(contract: Contract, options: Options, environment: Environment | None = None) -> Preview:
    """Send only the probe, and return what a run would send.

    Raises the same exceptions as :func:`run`.
    """
    with _session(contract, options, environment or Environment(), with_checkpoint=False) as session:
        probed = probe(contract, session.client)
    plan = plan_run(contract, options)
    runner = _rehearsed(contract, plan)
    groups = Counter(seen.sequence.group for seen in runner.journal.observations)
    if plan.allocation.exploring:
        groups[Group.EXPLORATION] = plan.allocation.exploring
    requests = groups.total() + 1
    return Preview(
        groups=dict(sorted(groups.items())),
        requests=requests,
        at_most=plan.allocation.requests,
        latency=probed.outcome.elapsed,
        seconds=_expected_seconds(options, plan, requests, probed.outcome.elapsed),
        left_out=count_by_group(runner.journal.left_out),
        accepted=runner.sender.budget.accepted,
        most_accepted=plan.allocation.accepted,
    )


def plan_run(contract: Contract, options: Options) -> RunPlan:
    """Return what a run sends."""
    allocation = allocate(options.tier, options.max_requests, options.max_accepted)
    key = key_in(options.headers) if options.expect_auth else None
    if options.replay is not None:
        return RunPlan(options.replay, allocation, {}, {})
    plan = make_plan(contract, allocation.sizes, seed=options.seed, key=key)
    sequences = plan.sequences
    if options.only is not None:
        sequences = sequences_for(contract, sequences, options.only)
    return RunPlan(sequences, allocation, plan.coverage, plan.uncovered)


def _rehearsed(contract: Contract, plan: RunPlan) -> Runner:
    """Return a runner that played the plan on the reference server."""
    reference = ReferenceServer(contract)
    reference.budget = RequestBudget(plan.allocation.requests, plan.allocation.accepted)
    # The probe counts towards the limit.
    reference.budget.replay(accepted=True)
    runner = Runner(contract, reference, limits=plan.allocation.until_exploration)
    runner.play(plan.sequences)
    return runner


def _expected_seconds(options: Options, plan: RunPlan, requests: int, latency: float) -> float:
    # The turns of a conversation follow each other, however many workers there are.
    longest = max((len(sequence.cases) for sequence in plan.sequences), default=0)
    seconds = latency * max(requests / options.workers, longest)
    return seconds if options.rate is None else max(seconds, requests / options.rate)


@contextmanager
def _session(
    contract: Contract, options: Options, environment: Environment, *, with_checkpoint: bool = True
) -> Iterator[_Session]:
    """Check the options, and open the client and the checkpoint file."""
    _check(options)
    began = environment.clock()
    allocation = allocate(options.tier, options.max_requests, options.max_accepted)
    checkpoint = _checkpoint(contract, options, environment) if with_checkpoint else None
    client = _client(options, environment, allocation, began)
    try:
        yield _Session(contract, options, environment, allocation, client, checkpoint, began, started=environment.now())
    finally:
        client.close()
        if checkpoint is not None:
            checkpoint.close()


def _check(options: Options) -> None:
    if find_spec(_GENERATOR) is None:
        # It is imported late; without it, a run must end before it sends a request.
        raise ModuleNotFoundError(f"No module named {_GENERATOR!r}", name=_GENERATOR)
    check_base_url(options.base_url)
    options.transport.check()
    if options.expect_auth and not key_in(options.headers):
        raise UsageError("--expect-auth requires the correct key. Add -H 'Authorization: Bearer …' or --key-env NAME.")


def _client(options: Options, environment: Environment, allocation: Allocation, began: float) -> Client:
    until = float("inf") if options.max_time is None else began + options.max_time

    def left() -> float:
        return 0.0 if environment.stop.is_set else until - environment.clock()

    def pause(seconds: float) -> None:
        environment.stop.wait(min(seconds, max(0.0, left())))
        if left() <= 0:
            raise BudgetSpentError

    return Client(
        options.base_url,
        headers=options.headers,
        tokens=options.tokens,
        timeout=options.timeout or _PROBE_TIMEOUT,
        transport=options.transport,
        max_wait=options.max_wait,
        pace=Pace(options.rate, clock=environment.clock, sleep=pause),
        budget=RequestBudget(allocation.requests, allocation.accepted, left=left),
    )


def _checkpoint(contract: Contract, options: Options, environment: Environment) -> Checkpoint | None:
    if options.checkpoint is None:
        return None
    document = json.dumps(contract.document, sort_keys=True, default=dict)
    run_key = {
        "base_url": options.base_url,
        "contract": hashlib.sha256(document.encode()).hexdigest()[:16],
        "seed": options.seed,
        "tier": options.tier,
        "max_requests": options.max_requests,
        "max_accepted": options.max_accepted,
        "expect_auth": options.expect_auth,
    }
    secrets = secrets_of(options.headers, options.transport.proxy)
    return Checkpoint(options.checkpoint, run_key, secrets, now=lambda: environment.now().timestamp())


def _generated(session: _Session) -> list[CaseSequence]:
    """Return the generated sequences for exploration; none if the run verifies only some clauses."""
    whole = session.options.only is None and session.options.replay is None
    budget = session.allocation.exploring if whole else 0
    if not budget:
        return []
    # Schemathesis and Hypothesis take longer to import than a plan takes to make.
    from chat_verifier.planning.exploration import generate_cases  # noqa: PLC0415

    return generate_cases(session.contract, session.options.seed, budget)


def _begin(session: _Session, probed: Probed, plan: RunPlan) -> Runner:
    """Return the runner, with the probes judged."""
    options, environment, budget = session.options, session.environment, session.client.budget
    session.client.timeout = options.timeout or max(10.0, 5 * probed.outcome.elapsed)
    runner = Runner(
        session.contract,
        session.client,
        limits=plan.allocation.until_exploration,
        workers=options.workers,
        patience=options.patience,
        source=session.checkpoint,
        clock=environment.clock,
        sleep=environment.stop.wait,
        watch=lambda _: environment.progress(budget.sent, max(plan.total, budget.sent)),
    )
    for sequence, outcome in (*probed.failed, (probed.sequence, probed.outcome)):
        runner.admit(sequence, outcome)
    return runner


def _play(runner: Runner, sequences: Sequence[CaseSequence]) -> Played:
    """Play the sequences."""
    try:
        runner.play(sequences)
    except UnreachableError as error:
        return Played(runner, f"the run was interrupted: {_reason(error)}")
    return Played(runner)


def _explore(session: _Session, played: Played, generated: Callable[[], list[CaseSequence]]) -> Played:
    """Play the generated sequences."""
    if played.interruption or session.client.budget.over:
        return played
    played.runner.limits = session.allocation.until_confirmation
    return _play(played.runner, generated())


def _confirm(session: _Session, played: Played, known: int = 0) -> Confirmed:
    """Group the violations by cause and send again those that were seen only once, unless the run was interrupted.

    Causes that the first ``known`` observations show are left out.
    """
    waivers = session.options.waivers
    unconfirmed = group_unconfirmed(played.runner.journal.observations, known)
    if played.interruption:
        return Confirmed(tuple(waived(unconfirmed, waivers)))
    try:
        causes = find_causes(
            played.runner,
            played.runner.journal.observations,
            known=known,
            one_is_enough=session.options.tier is Tier.QUICK,
            is_waived=lambda cause: waiver_for(cause, waivers) is not None,
        )
    except UnreachableError as error:
        interruption = f"the run was interrupted while it confirmed violations: {_reason(error)}"
        return Confirmed(tuple(waived(unconfirmed, waivers)), interruption)
    return Confirmed(tuple(waived(causes, waivers)))


def _complete(session: _Session, plan: RunPlan, played: Played, confirmed: Confirmed) -> tuple[Played, Confirmed]:
    """Exercise the clauses that a run without other faults left out, with the requests kept for confirmations.

    First with the sequences that were left out, then with plain versions of all others. A run that drafts waivers
    does so too, because the runs with these waivers will.
    """
    for in_plain_words in (False, True):
        judged = Confirmed(()) if session.options.drafts_waivers else confirmed
        _, _, reason = _judge_clauses(session, played, judged)
        if played.interruption or confirmed.interruption or reason is None:
            break
        if reason.id is not RunReasonId.CLAUSES_NOT_EXERCISED:
            break
        # A later turn without its conversation tells nothing.
        whole = [sequence for sequence in played.runner.journal.left_out if not sequence.cases[0].continues]
        options, find = (plan.sequences, plain_sequences_for) if in_plain_words else (whole, sequences_for)
        played, confirmed = _exercise(session, played, confirmed, find(session.contract, options, reason.clauses))
    return played, confirmed


def _exercise(
    session: _Session, played: Played, confirmed: Confirmed, sequences: Sequence[CaseSequence]
) -> tuple[Played, Confirmed]:
    """Play further sequences, and confirm what only they show."""
    runner, known = played.runner, len(played.runner.journal.observations)
    runner.release(sequences)
    played = _play(runner, sequences)
    more = _confirm(session, played, known)
    new = runner.journal.observations[known:]
    # A waiver does not accept a cause that one of the new cases shows, unless it lists the case.
    causes = waived((seen_in(cause, new) for cause in confirmed.causes), session.options.waivers)
    return played, Confirmed((*causes, *more.causes), more.interruption)


def _judge_clauses(
    session: _Session, played: Played, confirmed: Confirmed
) -> tuple[tuple[ClauseResult, ...], RunVerdict, RunReason | None]:
    """Return the verdicts on the clauses and, without interruptions, on the run."""
    contract, options = session.contract, session.options
    skipped = (
        {} if options.expect_auth else dict.fromkeys(_credential_clauses(contract), ClauseReason.NEEDS_EXPECT_AUTH)
    )
    if DOCUMENTED_EXAMPLE not in contract.request_examples:
        skipped["request.documented-example"] = ClauseReason.NEEDS_EXAMPLE
    observations = played.runner.journal.observations
    clauses = clause_results(contract, observations, confirmed.causes, strict=options.strict, skipped=skipped)
    judge_clauses = run_verdict if options.replay is None else partial_verdict
    return clauses, *judge_clauses(clauses, require_complete=options.require_complete)


def _summarise(session: _Session, plan: RunPlan, played: Played, confirmed: Confirmed) -> RunResult:
    """Return the verdicts on the clauses and on the run."""
    contract, options = session.contract, session.options
    journal = played.runner.journal
    clauses, verdict, reason = _judge_clauses(session, played, confirmed)
    interruption = played.interruption or confirmed.interruption
    if interruption and verdict is not RunVerdict.VIOLATES:
        if not session.client.waited_too_long:
            raise CannotVerifyError(f"{options.base_url}: {interruption}")
        verdict, reason = RunVerdict.INCONCLUSIVE, RunReason(RunReasonId.RATE_LIMITED, ())
    interrupted = session.environment.stop.interruption
    if interrupted is not None and verdict not in {RunVerdict.VIOLATES, RunVerdict.UNSTABLE}:
        verdict, reason = RunVerdict.INCONCLUSIVE, RunReason(RunReasonId.INTERRUPTED, ())
    return RunResult(
        verdict=verdict,
        reason=reason,
        base_url=options.base_url,
        seed=options.seed,
        requests=session.client.budget.sent,
        accepted=session.client.budget.accepted,
        lost=session.client.lost,
        coverage={str(name): round(share, 3) for name, share in plan.coverage.items()},
        uncovered_pairs={str(name): pairs for name, pairs in plan.uncovered.items()},
        seconds=session.environment.clock() - session.began,
        clauses=clauses,
        profile=open_question_profile(contract, journal.observations),
        observations=tuple(journal.observations),
        left_out=tuple(journal.left_out),
        replayed=0 if session.checkpoint is None else session.checkpoint.replayed,
        started=session.started.isoformat(timespec="seconds"),
        contract_version=contract.version,
        tier=options.tier,
        strict=options.strict,
        interrupted=interrupted,
        waivers=options.waivers,
        unused_waivers=tuple(unused_waivers(options.waivers, confirmed.causes, journal.observations)),
    )


def _reason(error: UnreachableError) -> str:
    return f"{error}. {error.hint}"


def _credential_clauses(contract: Contract) -> list[str]:
    return [name for name, clause in contract.clauses.items() if clause.group == _CREDENTIALS]
