"""Builds the report: adds the clauses to what was counted, and decides the verdict."""

from __future__ import annotations

from dataclasses import dataclass

from chat_contract import Contract
from chat_contract.contract import Level
from chat_contract.version import __version__
from chat_load.launch import Swarm
from chat_load.report.model import ClauseReport, Limit, LimitReport, LoadReport, LoadVerdict
from chat_load.settings import Result, Settings


@dataclass(frozen=True)
class Limits:
    """The limits of the user: seconds, and a share of all replies; None for no limit."""

    p95: float | None = None
    error_rate: float | None = None


def build_report(
    contract: Contract, settings: Settings, swarm: Swarm, result: Result, *, interrupted: bool, limits: Limits
) -> LoadReport:
    """Return the report of a load."""
    tally = result.tally
    checked = tuple(_limits(result, limits))
    clauses = tuple(_clauses(contract, result))
    return LoadReport(
        format="chat-contract-load",
        version=1,
        tool=f"chat-contract {__version__}",
        contract=contract.version,
        base_url=settings.base_url,
        verdict=_verdict(clauses, checked, judged=tally.judged, interrupted=interrupted),
        interrupted=interrupted,
        started=result.started,
        seconds=result.seconds,
        users=result.users,
        spawn_rate=swarm.spawn_rate,
        workers=result.workers,
        seed=settings.seed,
        wrong=settings.wrong,
        skipped_turns=settings.skipped_turns,
        replies=tally.replies,
        judged=tally.judged,
        errors=tally.errors,
        refused=tally.refused,
        limits=checked,
        latencies=result.latencies,
        clauses=clauses,
        timeline=result.timeline,
    )


def _limits(result: Result, limits: Limits) -> list[LimitReport]:
    found = []
    total = next((latency for latency in result.latencies if latency.name == "all"), None)
    if limits.p95 is not None and total is not None:
        found.append(LimitReport(Limit.P95, limits.p95, total.p95))
    if limits.error_rate is not None and result.tally.replies:
        found.append(LimitReport(Limit.ERROR_RATE, limits.error_rate, result.tally.errors / result.tally.replies))
    return found


def _clauses(contract: Contract, result: Result) -> list[ClauseReport]:
    """Return the exercised clauses in the order of the contract."""
    violated = {each.clause: each for each in result.tally.clauses}
    found = []
    for clause in contract.clauses.values():
        tally = violated.get(clause.id)
        if tally is not None:
            counts = (tally.violations, tally.users, tally.at, tally.by_second, tally.example)
            found.append(ClauseReport(clause.id, clause.level, clause.requirement, *counts))
        elif clause.id in result.tally.exercised:
            found.append(ClauseReport(clause.id, clause.level, clause.requirement, 0, None, None, {}, None))
    return found


def _verdict(
    clauses: tuple[ClauseReport, ...], limits: tuple[LimitReport, ...], *, judged: int, interrupted: bool
) -> LoadVerdict:
    if any(clause.violations and clause.level is Level.MUST for clause in clauses):
        return LoadVerdict.VIOLATES
    if any(limit.exceeded for limit in limits):
        return LoadVerdict.LIMIT_EXCEEDED
    if interrupted:
        return LoadVerdict.INTERRUPTED
    return LoadVerdict.CONFORMS if judged else LoadVerdict.NOTHING_JUDGED
