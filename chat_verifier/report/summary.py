"""Phrases and figures that several reports share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from chat_contract.contract import Level
from chat_contract.errors import shorten
from chat_contract.rules.findings import JSON_TYPES
from chat_verifier.findings.verdict import ClauseVerdict, RunReasonId
from chat_verifier.report.model import ClauseReport, ObservationReport, VerifyReport, ViolationReport
from chat_verifier.report.texts import (
    BREAKDOWNS,
    CLAUSE_VERDICTS,
    CONFIRMATIONS,
    COVERAGE,
    GROUPS,
    IGNORED,
    INTERRUPTIONS,
    RAISE_THE_LIMIT,
    RUN_REASONS,
)
from kit_reports.counting import count_of

_CAUSED_BY_THE_LIMIT = (RunReasonId.CLAUSES_NOT_EXERCISED, RunReasonId.VIOLATIONS_NOT_CONFIRMED)


@dataclass(frozen=True)
class Latency:
    """Percentiles of the response times, in seconds."""

    responses: int
    p50: float
    p90: float
    p99: float
    longest: float


def heaviest_first(clauses: Iterable[ClauseReport]) -> list[ClauseReport]:
    """Sort failed clauses: failures of the server before wrong responses, MUST before SHOULD."""

    def weight(clause: ClauseReport) -> tuple[bool, bool]:
        fails = any(one.observed.startswith("status-5") or one.observed in BREAKDOWNS for one in clause.violations)
        return not fails, clause.level is not Level.MUST

    return sorted(clauses, key=weight)


def tally(report: VerifyReport) -> str:
    """Count the clauses by verdict."""
    counts = {verdict: sum(clause.verdict is verdict for clause in report.clauses) for verdict in ClauseVerdict}
    return ", ".join(CLAUSE_VERDICTS[verdict].format(count=count) for verdict, count in counts.items() if count)


def figures(report: VerifyReport) -> str:
    """Return requests, duration, seed and clause counts on one line."""
    if report.traffic is not None:
        judged = count_of(report.traffic.judged, "exchange")
        conversations = count_of(report.traffic.conversations, "conversation")
        return f"{judged} in {conversations}, recorded in {report.traffic.file}. Clauses: {tally(report)}"
    requests = count_of(report.requests, "request")
    accepted = f"{report.accepted} accepted" + (f", {report.lost} lost and sent again" if report.lost else "")
    accepted += f", {report.replayed} from the checkpoint file" if report.replayed else ""
    return f"{requests} ({accepted}) in {report.seconds:.1f} s, seed {report.seed}. Clauses: {tally(report)}"


def run_reason(report: VerifyReport) -> str:
    """Return why the run has its verdict, how to fix it, and whether it was interrupted; empty if it conforms."""
    parts = [] if report.interrupted is None else [INTERRUPTIONS[report.interrupted]]
    if report.reason is not None and report.reason.id is not RunReasonId.INTERRUPTED:
        parts.append(RUN_REASONS[report.reason.id].format(clauses=", ".join(report.reason.clauses)))
        if report.reason.id in _CAUSED_BY_THE_LIMIT and report.not_sent:
            parts.append(RAISE_THE_LIMIT)
    return " ".join(parts)


def coverage(report: VerifyReport) -> str:
    """Return what share of the pairs of conditions the plan combines; empty for recorded traffic."""
    return ", ".join(COVERAGE[name].format(share=f"{share:.0%}") for name, share in report.coverage.items())


def not_sent(report: VerifyReport) -> str:
    """Count the test cases that were not sent, by group; empty if all were sent."""
    return ", ".join(cases_of(len(part.cases), part.group) for part in report.not_sent)


def cases_of(count: int, group: str) -> str:
    """Count the test cases of a group."""
    return f"{count} {cases_name(count, group)}"


def cases_name(count: int, group: str) -> str:
    """Return what the test cases of a group are called."""
    return f"{GROUPS.get(group, group)} case{'' if count == 1 else 's'}"


def ignored(report: VerifyReport) -> str:
    """Count the recorded exchanges that are not judged, by reason; empty if all are."""
    parts = () if report.traffic is None else report.traffic.ignored
    return ", ".join(IGNORED[part.reason].format(count=part.count) for part in parts)


def confirmation(violation: ViolationReport) -> str:
    """Say how often the violation was seen."""
    times = "once" if violation.seen == 1 else f"{violation.seen} times"
    return CONFIRMATIONS[violation.confirmation].format(seen=violation.seen, sent=violation.sent, times=times)


def message(clause: ClauseReport, violation: ViolationReport) -> str:
    """Describe a violation on one line."""
    pointer = place(violation)
    where = f" at {pointer}" if pointer else ""
    return f"{clause.id}: expected {violation.expected}{where}, got {got(violation, 120)}"


def place(violation: ViolationReport) -> str:
    """Return the JSON Pointer into the response; empty for the whole response and for a place in the request."""
    return "" if violation.in_request else violation.pointer


def got(violation: ViolationReport, limit: int = 300) -> str:
    """Return what the server sent, on one line: a JSON value, or a phrase such as ``status 500``."""
    if not isinstance(violation.got, str) or violation.observed in JSON_TYPES:
        return shorten(violation.got, limit)
    return violation.got if len(violation.got) <= limit else violation.got[: limit - 1] + "…"


def outcome(observation: ObservationReport) -> str:
    """Return the status, or what happened instead of a response."""
    exchange = observation.exchange
    if exchange.response is not None:
        return str(exchange.response.status)
    return BREAKDOWNS[exchange.breakdown.kind] if exchange.breakdown is not None else ""


def latency(report: VerifyReport) -> Latency | None:
    """Return the percentiles of the response times; None without responses."""
    times = sorted(one.seconds for one in report.exchanges if one.exchange.response is not None)
    if not times:
        return None

    def at(share: float) -> float:
        return times[max(0, math.ceil(share * len(times)) - 1)]

    return Latency(len(times), at(0.5), at(0.9), at(0.99), times[-1])
