"""Renders the report for a terminal: the verdict, then each finding. The report's own text is ASCII."""

from __future__ import annotations

from collections.abc import Iterator

from spec_gate.report import phrases
from spec_gate.report.escape import one_line
from spec_gate.report.model import DiffReport, Outcome, ReportedFinding
from spec_gate.report.texts import counted, text

_LABEL = 10


def render(report: DiffReport) -> str:
    """Return the report."""
    return "".join(f"{one_line(line).rstrip()}\n" for line in _lines(report))


def _lines(report: DiffReport) -> Iterator[str]:
    yield f"{report.verdict.upper()}  {phrases.verdict(report)}"
    if report.verdict is not Outcome.BREAKING:
        yield text("compared", base=report.base.name, revision=report.revision.name)
    yield f"{phrases.counts(report)}; {counted('operations', report.operations)}"
    for finding in report.findings:
        yield ""
        yield from _finding(finding)
    for heading, lines in phrases.impact(report):
        yield from _section(heading, lines)
    if report.unused_waivers:
        yield from _section(text("heading-unused-waivers"), phrases.unused_waivers(report))
    if report.versions.next != report.versions.base:
        yield from _section(phrases.next_version(report.versions), phrases.version_remarks(report.versions))


def _section(heading: str, lines: list[str]) -> Iterator[str]:
    yield ""
    yield heading
    yield from (f"  {line}" for line in lines)


def _finding(finding: ReportedFinding) -> Iterator[str]:
    level = text(f"level-{finding.level}") if finding.waiver is None else text("label-waived")
    yield f"{level.upper()}  {finding.title}"
    for label, fact in phrases.facts(finding):
        yield f"  {label:<{_LABEL}}{fact}"
    if finding.witness is not None:
        yield f"  {text('label-witness'):<{_LABEL}}{phrases.witness(finding.witness)}"
        yield ""
        yield from (f"    {line}" for line in phrases.witness_lines(finding.witness))
