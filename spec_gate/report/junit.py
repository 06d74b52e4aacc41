"""Renders the report as JUnit XML: one test case for each finding."""

from __future__ import annotations

from kit_reports.junit import Case, junit_xml
from spec_gate.report import phrases
from spec_gate.report.model import DiffReport, FailOn, ReportedFinding
from spec_gate.report.texts import text
from spec_gate.report.verdict import fails, is_undecided


def render(report: DiffReport) -> str:
    """Return the XML; a finding at the level of ``--fail-on``, or one that is not decided in time, is a failure."""
    properties = {"base": report.base.name, "revision": report.revision.name,
                  "tool": f"{report.tool.name} {report.tool.version}", "verdict": report.verdict.value}  # fmt: skip
    cases = [_case(finding, report) for finding in report.findings]
    cases += [Case(heading, "impact", output="\n".join(lines)) for heading, lines in phrases.impact(report)]
    whole = Case(text("whole-change"), "diff", output=phrases.verdict(report))
    return junit_xml("chat-contract diff", cases or [whole], properties=properties)


def _case(finding: ReportedFinding, report: DiffReport) -> Case:
    name = f"{finding.rule}: {phrases.where(finding)}"
    title = finding.title
    if finding.waiver is not None:
        return Case(name, finding.rule, "skipped", f"{text('label-waived')} {phrases.waiver(finding.waiver)}")
    lines = [title, *(f"{label}: {fact}" for label, fact in phrases.facts(finding))]
    if finding.witness is not None:
        lines += [phrases.witness(finding.witness), "", *phrases.witness_lines(finding.witness)]
    if fails(finding.level, report.fail_on) or (is_undecided(finding) and report.fail_on is not FailOn.NEVER):
        return Case(name, finding.rule, "failed", title, "\n".join(lines))
    return Case(name, finding.rule, output="\n".join(lines))
