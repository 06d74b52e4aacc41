"""Render the report as JUnit XML: one test case for each clause."""

from __future__ import annotations

from chat_verifier.findings.verdict import ClauseVerdict
from chat_verifier.report.model import ClauseReport, VerifyReport, ViolationReport
from chat_verifier.report.summary import confirmation, got, message, place
from chat_verifier.report.texts import CLAUSE_REASONS
from kit_reports.junit import Case, junit_xml


def render_junit(report: VerifyReport) -> str:
    """Return the report as JUnit XML."""
    properties = {
        "base_url": report.base_url,
        **({} if report.app is None else {"app": report.app}),
        "verdict": report.verdict,
        "seed": str(report.seed),
        "requests": str(report.requests),
        "tool": report.tool,
        **({} if report.interrupted is None else {"interrupted": report.interrupted}),
    }
    cases = [_case(clause) for clause in report.clauses]
    return junit_xml("chat-contract verify", cases, seconds=report.seconds, properties=properties)


def _case(clause: ClauseReport) -> Case:
    details = "\n\n".join(_details(violation) for violation in clause.violations)
    if clause.verdict is ClauseVerdict.FAIL:
        first = next(one for one in clause.violations if one.waiver is None)
        text = f"{clause.requirement}\n\n{details}"
        return Case(clause.id, clause.group, "failed", message(clause, first), text)
    if clause.verdict is ClauseVerdict.SKIPPED and clause.reason is not None:
        return Case(clause.id, clause.group, "skipped", CLAUSE_REASONS[clause.reason])
    return Case(clause.id, clause.group, output=details)


def _details(violation: ViolationReport) -> str:
    where = f" at {pointer}" if (pointer := place(violation)) else ""
    lines = [
        f"Test case: {violation.label} ({confirmation(violation)})",
        f"expected{where}: {violation.expected}",
        f"got: {got(violation)}",
    ]
    if violation.waiver is not None:
        lines.append(f"waived until {violation.waiver.expires} by {violation.waiver.owner}: {violation.waiver.reason}")
    return "\n".join([*lines, violation.command])
