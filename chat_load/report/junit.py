"""Render the report as JUnit XML: one test case for each exercised clause and each limit."""

from __future__ import annotations

from chat_contract.contract import Level
from chat_load.report.model import ClauseReport, LimitReport, LoadReport, LoadVerdict
from chat_load.report.texts import VERDICTS, from_when, limit_line
from kit_reports.junit import Case, junit_xml


def render_junit(report: LoadReport) -> str:
    """Return the report as JUnit XML."""
    properties = {
        "base_url": report.base_url,
        "verdict": report.verdict,
        "seed": str(report.seed),
        "users": str(report.users),
        "replies": str(report.replies),
        "judged": str(report.judged),
        "tool": report.tool,
    }
    cases = [*map(_clause, report.clauses), *map(_limit, report.limits)]
    if report.verdict in {LoadVerdict.INTERRUPTED, LoadVerdict.NOTHING_JUDGED}:
        cases.append(Case("load", "load", "failed", VERDICTS[report.verdict]))
    return junit_xml("chat-contract load", cases, seconds=report.seconds, properties=properties)


def _clause(clause: ClauseReport) -> Case:
    group = clause.id.partition(".")[0]
    if clause.example is None:
        return Case(clause.id, group)
    example = clause.example
    text = f"{clause.requirement}\n\n{example.turn}: expected {example.expected}, got {example.got}\n{example.command}"
    if clause.level is Level.MUST:
        return Case(clause.id, group, "failed", from_when(clause), text)
    return Case(clause.id, group, output=f"{from_when(clause)}\n{text}")


def _limit(limit: LimitReport) -> Case:
    line = limit_line(limit)
    if limit.exceeded:
        return Case(limit.name, "limit", "failed", line)
    return Case(limit.name, "limit", output=line)
