"""From causes to verdicts: of each clause, and of the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from chat_contract import Clause, Contract
from chat_verifier.findings.causes import Cause
from chat_verifier.planning.case import CaseSequence
from chat_verifier.run.runner import Observation, by_clause
from kit_reports.waivers import Waiver

Verdict = Literal["conforms", "violates", "inconclusive"]
ClauseVerdict = Literal["pass", "fail", "warn", "waived", "observed", "skipped"]


@dataclass(frozen=True, eq=False)
class ClauseResult:
    """What became of one clause; ``reason`` says why where it is not plain.

    ``asked`` is false where the run leaves the clause out on purpose.
    """

    clause: Clause
    verdict: ClauseVerdict
    reason: str
    causes: tuple[Cause, ...]
    exchanges: int
    asked: bool = True


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
    left_out: tuple[CaseSequence, ...] = ()
    replayed: int = 0
    """How many of the requests an earlier run had sent already."""
    started: str = ""
    contract_version: str = ""
    tier: str = "default"
    strict: bool = False
    shard: str = ""
    """Which part of a run this is, such as 2/5; empty for a whole one."""
    waivers: tuple[Waiver, ...] = ()
    unused_waivers: tuple[Waiver, ...] = ()
    """The waivers for which nothing was found, though the run sent what they are about."""

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
    certain = [cause for cause in causes if not cause.intermittent and cause.waiver is None]
    if certain:
        fails = clause.level == "must" or strict
        return ClauseResult(clause, "fail" if fails else "warn", "", causes, exchanges)
    if causes and all(cause.waiver is not None for cause in causes):
        return ClauseResult(clause, "waived", "", causes, exchanges)
    if causes:
        reason = ", ".join(_how_often(cause) for cause in causes)
        return ClauseResult(clause, "warn", reason, causes, exchanges)
    if exchanges:
        return ClauseResult(clause, "pass", "", (), exchanges)
    return ClauseResult(clause, "skipped", skip or "no exchange came to it", (), 0, asked=skip is None)


def _how_often(cause: Cause) -> str:
    return "seen once, not sent again" if cause.unsure else f"intermittent: {cause.seen} of {cause.sent} times"


def run_verdict(
    clauses: Iterable[tuple[str, str, ClauseVerdict, bool]], *, unsure: Sequence[str] = ()
) -> tuple[Verdict, str]:
    """Judge the run by the id, level, verdict of each clause, and whether it was asked for.

    It conforms only if no clause fails, every MUST clause that was asked for was tried, and none is ``unsure``: seen
    broken once, with no request left to see it again.
    """
    clauses = list(clauses)
    failed = [name for name, _, verdict, _ in clauses if verdict == "fail"]
    if failed:
        return "violates", f"{len(failed)} clause{'s are' if len(failed) > 1 else ' is'} broken"
    untried = [name for name, level, verdict, asked in clauses if verdict == "skipped" and level == "must" and asked]
    if untried:
        return "inconclusive", "these clauses were not tried: " + ", ".join(untried)
    if unsure:
        return "inconclusive", "seen once, with no request left to confirm it: " + ", ".join(unsure)
    return "conforms", ""
