"""The sentences of the report, for all formats."""

from __future__ import annotations

from chat_contract.contract import Level
from chat_load.report.model import ClauseReport, Limit, LimitReport, LoadReport, LoadVerdict
from kit_reports.counting import count_of

VERDICTS = {
    LoadVerdict.CONFORMS: "conforms under this load",
    LoadVerdict.VIOLATES: "violates the contract under this load",
    LoadVerdict.LIMIT_EXCEEDED: "exceeds a limit under this load",
    LoadVerdict.INTERRUPTED: "has no verdict: the load was interrupted",
    LoadVerdict.NOTHING_JUDGED: "has no verdict: no response could be judged",
}
MARKS = {Level.MUST: "✗", Level.SHOULD: "!", Level.OBSERVED: "·"}


def milliseconds(seconds: float) -> str:
    """Return a time in milliseconds: ``4 ms``, ``1200 ms``."""
    return f"{seconds * 1000:.0f} ms"


def percent(share: float) -> str:
    """Return a share in percent; a small one is not rounded to zero."""
    return f"{share * 100:.1f}%" if share >= 0.001 or share == 0 else "under 0.1%"


def from_when(clause: ClauseReport) -> str:
    """Return when the clause was first violated: ``limit.asked, first violated at 40 users, after 12.5 s``."""
    assert clause.users is not None
    assert clause.at is not None
    return f"{clause.id}, first violated at {count_of(clause.users, 'user')}, after {clause.at:.1f} s"


def figures(report: LoadReport) -> list[str]:
    """Return one line for each of the most important figures."""
    where = f" in {count_of(report.workers, 'worker')}" if report.workers else ""
    responses = count_of(report.replies, "response")
    return [
        f"{count_of(report.users, 'user')}{where}: {responses} in {report.seconds:.0f} s, {report.rate:.1f} per second",
        f"Judged: {report.judged} of {responses} ({percent(report.judged_share)})",
        f"Errors: {report.errors} ({percent(report.error_rate)}); seed {report.seed}",
        *remarks(report),
    ]


def remarks(report: LoadReport) -> list[str]:
    """Return what qualifies the figures."""
    found = []
    if report.judged < report.replies:
        found.append("Not every response was judged, because the load kept the CPU busy. Use more --processes.")
    if report.refused:
        found.append(f"Responses 429: {report.refused}. The users waited and sent these requests again.")
    if report.skipped_turns:
        turns = count_of(report.skipped_turns, "fixture turn")
        found.append(f"Not sent: {turns} without words or phrases, or with a failure as the response.")
    return found


def limit_line(limit: LimitReport) -> str:
    """Return a limit with the measured value."""
    if limit.name is Limit.P95:
        measured, allowed = milliseconds(limit.measured), milliseconds(limit.limit)
    else:
        measured, allowed = percent(limit.measured), percent(limit.limit)
    return f"--{limit.name}: {measured}, {'more than' if limit.exceeded else 'within'} {allowed}"
