"""From causes to verdicts: of each clause, and of the run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from chat_contract import Clause, Contract
from contract_tests.engine.causes import Cause
from contract_tests.engine.runner import Observation, by_clause
from contract_tests.engine.script import Script

Verdict = Literal["conforms", "violates", "inconclusive"]
ClauseVerdict = Literal["pass", "fail", "warn", "observed", "skipped"]


@dataclass(frozen=True, eq=False)
class ClauseResult:
    """What became of one clause; ``reason`` says why where it is not plain."""

    clause: Clause
    verdict: ClauseVerdict
    reason: str
    causes: tuple[Cause, ...]
    exchanges: int


@dataclass(frozen=True, eq=False)
class RunResult:
    """What became of the whole run."""

    verdict: Verdict
    reason: str
    base_url: str
    seed: int
    requests: int
    seconds: float
    clauses: tuple[ClauseResult, ...]
    profile: dict[str, str]
    observations: tuple[Observation, ...]
    left_out: tuple[Script, ...] = ()

    @property
    def causes(self) -> tuple[Cause, ...]:
        return tuple(cause for clause in self.clauses for cause in clause.causes)


def clause_results(
    contract: Contract,
    observations: Iterable[Observation],
    causes: Iterable[Cause],
    *,
    strict: bool,
    skipped: dict[str, str],
) -> tuple[ClauseResult, ...]:
    """Judge each clause; ``skipped`` gives the reason for those that the run left out on purpose."""
    tried = by_clause(observations)
    found: dict[str, list[Cause]] = {}
    for cause in causes:
        found.setdefault(cause.violation.clause, []).append(cause)
    return tuple(
        _result(clause, tuple(found.get(name, ())), len(tried.get(name, ())), strict=strict, skip=skipped.get(name))
        for name, clause in contract.clauses.items()
    )


def _result(
    clause: Clause, causes: tuple[Cause, ...], exchanges: int, *, strict: bool, skip: str | None
) -> ClauseResult:
    if clause.level == "observed":
        reason = f"seen {sum(cause.seen for cause in causes)} times" if causes else "kept wherever it was looked at"
        return ClauseResult(clause, "observed", reason if exchanges else "not looked at", causes, exchanges)
    certain = [cause for cause in causes if not cause.intermittent]
    if certain:
        fails = clause.level == "must" or strict
        return ClauseResult(clause, "fail" if fails else "warn", "", causes, exchanges)
    if causes:
        reason = ", ".join(f"intermittent: {cause.seen} of {cause.sent} times" for cause in causes)
        return ClauseResult(clause, "warn", reason, causes, exchanges)
    if exchanges:
        return ClauseResult(clause, "pass", "", (), exchanges)
    return ClauseResult(clause, "skipped", skip or "no exchange came to it", (), 0)


def run_verdict(clauses: Iterable[ClauseResult], *, excused: frozenset[str]) -> tuple[Verdict, str]:
    """Judge the run: it conforms only if no clause fails and every MUST clause was tried, but for those excused."""
    clauses = list(clauses)
    failed = [result for result in clauses if result.verdict == "fail"]
    if failed:
        return "violates", f"{len(failed)} clauses are broken"
    untried = [
        result.clause.id
        for result in clauses
        if result.verdict == "skipped" and result.clause.level == "must" and result.clause.id not in excused
    ]
    if untried:
        return "inconclusive", "these clauses were not tried: " + ", ".join(untried)
    return "conforms", ""
