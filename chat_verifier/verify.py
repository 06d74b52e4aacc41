"""One run from beginning to end: probe, plan, send, judge, verdict."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from chat_contract import Contract, UsageError
from chat_contract.exchange import Breakdown, Headers, Response
from chat_verifier.findings.causes import Cause, find_causes
from chat_verifier.findings.profile import open_question_profile
from chat_verifier.findings.verdict import ClauseReason, RunResult, RunVerdict, clause_results, run_verdict
from chat_verifier.findings.waivers import unused_waivers, waived
from chat_verifier.planning.case import CaseSequence, Group, count_by_group, requests_of
from chat_verifier.planning.exploration import generate_cases
from chat_verifier.planning.plan import SMALL_BUDGET, make_plan
from chat_verifier.planning.tiers import TIERS, Tier
from chat_verifier.run.budget import RequestBudget
from chat_verifier.run.checkpoint import Checkpoint
from chat_verifier.run.pacing import Pace
from chat_verifier.run.reference_server import ReferenceServer, needed_for
from chat_verifier.run.runner import Runner
from chat_verifier.run.shards import Shard
from chat_verifier.target.client import Client, UnreachableError
from chat_verifier.target.probe import CannotJudgeError, probe
from kit_http.redaction.secrets import key_in, secrets_of
from kit_http.transport import Transport
from kit_http.urls import check_base_url
from kit_reports.waivers import Waiver

DEEP_SECONDS = 120.0
"""How long a deep run explores where no time is given."""

_SHARD_ROOM = 5
"""What each shard may send beyond its part: its probe, and packs that are taken apart."""

_PROBE_PATIENCE = 60.0
_CREDENTIALS = "credentials"


@dataclass(frozen=True)
class Options:
    """How to run.

    ``timeout`` is in seconds a call; None: ten, or five times the probe's latency. ``only``: the clauses to look at.
    ``tier``: how much to send, a key of :data:`TIERS`. ``max_requests``: the most that is sent, whatever comes.
    ``max_time``: seconds after which nothing more is begun. ``workers``: how many requests may be on their way at once.
    ``rate``: requests a second. ``record``: the file to go on from, and to write to. ``waivers``: what is accepted.
    """

    base_url: str
    headers: Headers = ()
    expect_auth: bool = False
    strict: bool = False
    seed: int = 0
    timeout: float | None = None
    only: frozenset[str] | None = None
    tier: str = "default"
    max_requests: int | None = None
    max_time: float | None = None
    workers: int = 1
    rate: float | None = None
    shard: Shard | None = None
    record: Path | None = None
    waivers: tuple[Waiver, ...] = ()
    transport: Transport = field(default_factory=Transport)
    clock: Callable[[], float] = field(default=time.monotonic, compare=False)
    now: Callable[[], dt.datetime] = field(default=lambda: dt.datetime.now(dt.UTC), compare=False)
    progress: Callable[[int, int], None] = field(default=lambda _done, _all: None, compare=False)


def run(contract: Contract, options: Options) -> RunResult:
    """Judge a server.

    Raises :class:`CannotJudgeError` where it could not be judged, and :class:`UsageError` for wrong options.
    """
    _check(options)
    began, started = options.clock(), options.now()
    client = _client(options, began)
    record = _record(contract, options)
    try:
        first = probe(contract, client, record)
        client.timeout = options.timeout or max(10.0, 5 * first[1].elapsed)
        return _judged(contract, options, client, record, began=began, started=started, first=first)
    except UnreachableError as error:
        raise CannotJudgeError(f"{options.base_url}: {error}; {error.hint}") from None
    finally:
        client.close()
        if record is not None:
            record.close()


@dataclass(frozen=True)
class Preview:
    """What a run would send: requests by group, at most so many with what its findings cost, and for how long.

    ``hard``: whether not even confirmations go beyond. ``left_out``: requests by group that do not fit.
    ``exploring``: how many seconds a run without a bound goes on, 0 for others.
    """

    groups: dict[Group, int]
    requests: int
    at_most: int | None
    latency: float
    seconds: float
    hard: bool
    left_out: dict[Group, int]
    exploring: float


def preview(contract: Contract, options: Options) -> Preview:
    """Send the probe and nothing else, and say what a run would send; raises as :func:`run` does."""
    _check(options)
    client = _client(options, options.clock())
    try:
        _, outcome = probe(contract, client, None)
    finally:
        client.close()
    tier = _tier(options)
    sequences = _scripts(contract, options)
    reference = ReferenceServer(contract)
    # The probe counts.
    reference.budget.replay()
    runner = Runner(contract, reference, max_requests=_for_tables(tier))
    runner.play(sequences)
    groups = Counter(seen.sequence.group for seen in runner.journal.observations)
    if tier.exploring:
        groups[Group.EXPLORATION] = tier.exploring
    requests = groups.total() + 1
    longest = max((len(sequence.cases) for sequence in sequences), default=0)
    # A conversation has one turn after the other, however many workers there are.
    seconds = outcome.elapsed * max(requests / options.workers, longest)
    if options.rate is not None:
        seconds = max(seconds, requests / options.rate)
    return Preview(
        dict(sorted(groups.items())),
        requests,
        tier.requests,
        outcome.elapsed,
        seconds,
        hard=tier.hard,
        left_out=count_by_group(runner.journal.left_out),
        exploring=(options.max_time or DEEP_SECONDS) if tier.requests is None else 0.0,
    )


def _check(options: Options) -> None:
    check_base_url(options.base_url)
    options.transport.check()
    if options.expect_auth and not key_in(options.headers):
        raise UsageError("--expect-auth needs the right key: add -H 'Authorization: Bearer …' or --key-env NAME")
    if options.record is not None and options.tier == "deep":
        raise UsageError("--resume goes on with a run that has an end; --deep has none: leave one of them out")


def _client(options: Options, began: float) -> Client:
    tier = _tier(options)
    until = float("inf") if options.max_time is None else began + options.max_time
    return Client(
        options.base_url,
        headers=options.headers,
        timeout=options.timeout or _PROBE_PATIENCE,
        transport=options.transport,
        pace=Pace(options.rate),
        budget=RequestBudget(tier.requests if tier.hard else None, left=lambda: until - options.clock()),
    )


def _record(contract: Contract, options: Options) -> Checkpoint | None:
    if options.record is None:
        return None
    about = {
        "base_url": options.base_url,
        "contract": hashlib.sha256(json.dumps(contract.document, sort_keys=True, default=dict).encode()).hexdigest()[
            :16
        ],
        "seed": options.seed,
        "tier": options.tier,
        "requests": options.max_requests,
        "shard": str(options.shard or ""),
        "expect_auth": options.expect_auth,
    }
    return Checkpoint(
        options.record,
        about,
        secrets_of(options.headers, options.transport.proxy),
        now=lambda: options.now().timestamp(),
    )


def _tier(options: Options) -> Tier:
    """Return how much this run may send: the tier's amount, less where the user says so, a shard's part of it."""
    tier = TIERS[options.tier]
    most = options.max_requests
    if most is not None:
        few = most < SMALL_BUDGET
        tier = Tier(most, min(3, most // 10), 0 if few else tier.exploring, hard=True)
    if options.shard is not None and tier.requests is not None:
        share = options.shard.share
        tier = replace(tier, requests=share(tier.requests) + _SHARD_ROOM, exploring=share(tier.exploring))
    return tier


def _for_tables(tier: Tier) -> int | None:
    return None if tier.requests is None else max(1, tier.requests - tier.confirming - tier.exploring)


def _scripts(contract: Contract, options: Options) -> tuple[CaseSequence, ...]:
    key = key_in(options.headers) if options.expect_auth else None
    budget = options.max_requests if options.max_requests is not None else TIERS[options.tier].requests
    sequences = make_plan(contract, seed=options.seed, key=key, budget=budget).sequences
    if options.only is not None:
        sequences = needed_for(contract, sequences, options.only)
    return sequences if options.shard is None else options.shard.part_of(sequences)


def _judged(
    contract: Contract,
    options: Options,
    client: Client,
    record: Checkpoint | None,
    *,
    began: float,
    started: dt.datetime,
    first: tuple[CaseSequence, Response | Breakdown],
) -> RunResult:
    tier = _tier(options)
    sequences = _scripts(contract, options)
    total = min(requests_of(sequences), tier.requests or requests_of(sequences))
    runner = Runner(
        contract,
        client,
        max_requests=_for_tables(tier),
        workers=options.workers,
        memory=record,
        clock=options.clock,
        progress=lambda done: options.progress(done, max(total, done)),
    )
    runner.admit(*first)
    gone = _played(contract, options, runner, sequences)
    causes: list[Cause] = []
    try:
        causes = find_causes(
            runner,
            runner.journal.observations,
            spare=lambda requests: _spare(options, tier, client, requests),
            one_is_enough=options.tier == "quick",
            most=tier.requests if tier.hard else None,
        )
    except UnreachableError as error:
        gone = gone or f"broke off while violations were confirmed: {error}; {error.hint}"
    causes = waived(causes, options.waivers)
    skipped = (
        {} if options.expect_auth else dict.fromkeys(_credential_clauses(contract), ClauseReason.NEEDS_EXPECT_AUTH)
    )
    clauses = clause_results(contract, runner.journal.observations, causes, strict=options.strict, skipped=skipped)
    verdict, reason = run_verdict(clauses)
    if gone and verdict is not RunVerdict.VIOLATES:
        raise CannotJudgeError(f"{options.base_url}: {gone}")
    return RunResult(
        verdict=verdict,
        reason=reason,
        base_url=options.base_url,
        seed=options.seed,
        requests=client.budget.sent,
        seconds=options.clock() - began,
        clauses=clauses,
        profile=open_question_profile(contract, runner.journal.observations),
        observations=tuple(runner.journal.observations),
        left_out=tuple(runner.journal.left_out),
        replayed=0 if record is None else record.replayed,
        started=started.isoformat(timespec="seconds"),
        contract_version=contract.version,
        tier=options.tier,
        strict=options.strict,
        waivers=options.waivers,
        unused_waivers=tuple(unused_waivers(options.waivers, causes, runner.journal.observations)),
    )


def _spare(options: Options, tier: Tier, client: Client, requests: int) -> bool:
    """Say whether a warning may be confirmed: it is not worth more than was promised, unless it fails the run."""
    if tier.requests is None or (options.strict and not tier.hard):
        return True
    return client.budget.spent + requests <= tier.requests


def _played(contract: Contract, options: Options, runner: Runner, sequences: Sequence[CaseSequence]) -> str:
    """Play the tables, then what is made up; returns why it ended early, if it did."""
    tier = _tier(options)
    explore_only_once = options.shard is None or options.shard.number == 1
    budget = tier.exploring if options.only is None and explore_only_once else 0
    try:
        # Making up cases takes a second or two; meanwhile the tables are on their way.
        with ThreadPoolExecutor(max_workers=1) as aside:
            made_up = aside.submit(generate_cases, contract, options.seed, budget)
            runner.play(sequences)
            if tier.requests is not None:
                runner.max_requests = tier.requests - tier.confirming
            runner.play(made_up.result())
        if options.tier == "deep":
            _go_on_exploring(contract, options, runner)
    except UnreachableError as error:
        return f"broke off in the middle of the run: {error}; {error.hint}"
    return ""


def _go_on_exploring(contract: Contract, options: Options, runner: Runner) -> None:
    """Explore with one seed after the other until the time is over."""
    number = options.seed
    until = float("inf") if options.max_time is not None else options.clock() + DEEP_SECONDS
    while options.clock() < until and runner.affords(1):
        number += 1
        runner.play(generate_cases(contract, number, TIERS["deep"].exploring))


def _credential_clauses(contract: Contract) -> list[str]:
    return [name for name, clause in contract.clauses.items() if clause.group == _CREDENTIALS]
