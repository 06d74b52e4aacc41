"""Renders the report as a comment on a pull request. Text from documents is always code, never markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kit_reports.visible import pipes_escaped
from spec_gate.report import phrases
from spec_gate.report.escape import one_line
from spec_gate.report.model import DiffReport, Level, Outcome, ReportedFinding
from spec_gate.report.texts import counted, text

LONGEST = 60_000
"""Maximum number of characters; GitHub allows 65,536 in a comment."""

_MARKS = {Outcome.BREAKING: "❌", Outcome.INCONCLUSIVE: "❓", Outcome.WARNING: "⚠️", Outcome.COMPATIBLE: "✅"}
_SHOWN = 40


def render(report: DiffReport) -> str:
    """Return the comment; a long one is cut between findings."""
    comment = "\n".join(_lines(report)) + "\n"
    if len(comment) > LONGEST:
        comment = f"{comment[:LONGEST].rpartition(chr(10) * 2)[0]}\n\n{text('cut')}\n"
    return comment


def _lines(report: DiffReport) -> Iterator[str]:
    yield f"### {_MARKS[report.verdict]} {_verdict(report)}"
    yield ""
    yield text("compared", base=code(report.base.name), revision=code(report.revision.name)) + "."
    yield f"{phrases.counts(report)}; {counted('operations', report.operations)}."
    shown = [finding for finding in report.findings if finding.level is not Level.INFO]
    for finding in shown[:_SHOWN]:
        yield from _finding(finding)
    yield from _more(len(shown))
    for heading, lines in phrases.impact(report):
        yield from _details(heading, _items(lines))
    if report.unused_waivers:
        yield from _details(text("heading-unused-waivers"), _items(phrases.unused_waivers(report)))
    yield from _versions(report)
    compatible = [finding for finding in report.findings if finding.level is Level.INFO]
    if compatible:
        yield from _details(f"{text('heading-info')} ({len(compatible)})", _compatible(compatible))


def _verdict(report: DiffReport) -> str:
    return text(f"verdict-{report.verdict}", base=code(report.base.name), revision=code(report.revision.name))


def _finding(finding: ReportedFinding) -> Iterator[str]:
    """Return what every reader needs, then the rest as details."""
    level = text("label-waived") if finding.waiver else text(f"level-{finding.level}").capitalize()
    yield ""
    yield f"#### {level}: {_title(finding)}"
    yield ""
    yield from (f"- {label}: {code(fact)}" for label, fact in phrases.places(finding))
    changed = phrases.difference(finding)
    if changed is not None:
        yield f"- {text('label-before')}: {code(changed[0])}"
        yield f"- {text('label-after')}: {code(changed[1])}"
    if entries := phrases.changed_entries(finding):
        yield from _fenced("diff", "\n".join(entries))
    yield from _details(text("details" if finding.witness else "details-without-witness"), _grounds(finding))


def _title(finding: ReportedFinding) -> str:
    """Return the title; nothing outside of its code spans is text from a document."""
    return pipes_escaped(finding.title)


def _grounds(finding: ReportedFinding) -> Iterator[str]:
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    yield from (f"| {label} | {_cell(label, fact)} |" for label, fact in phrases.grounds(finding))
    if len(finding.operations) > 1:
        yield f"| {text('label-operations')} | {'<br>'.join(map(code, finding.operations))} |"
    if finding.witness is not None:
        yield ""
        sides = phrases.witness_sides(finding.witness)
        yield f"{text('label-witness')}: {sides}: {code(phrases.rejection(finding.witness))}"
        yield from _fenced("http", "\n".join(phrases.witness_lines(finding.witness)))


def _cell(label: str, fact: str) -> str:
    """Return a sentence of the gate as text, and everything that may come from a document as code."""
    own = {text(f"label-{name}") for name in ("proof", "why", "hint")}
    return fact if label in own else code(fact)


def _items(lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield from (f"- {code(line)}" for line in lines)


def _compatible(findings: list[ReportedFinding]) -> Iterator[str]:
    yield ""
    for finding in findings[:_SHOWN]:
        yield f"- {_title(finding)}: {code(phrases.where(finding))} ({code(finding.rule)})"
        if len(finding.operations) > 1:
            yield f"  {text('label-operations')}: {', '.join(map(code, finding.operations))}"
    yield from _more(len(findings))


def _more(count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield ""
        yield f"... {text('more', count=count - _SHOWN)}."


def _details(summary: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield f"<details><summary>{summary}</summary>"
    yield from lines
    yield ""
    yield "</details>"


def _versions(report: DiffReport) -> Iterator[str]:
    advice = report.versions
    if advice.next == advice.base:
        return
    version = code(advice.next) if advice.next else text("next-unknown")
    yield ""
    yield f"**{text('next-version', version=version, step=text(f'step-{advice.step}'))}**"
    yield from _items(phrases.version_remarks(advice))
    yield from _details(text("heading-changelog"), _fenced("markdown", phrases.changelog(report).rstrip()))


def code(value: str) -> str:
    """Return the text as inline code that nothing in it can end."""
    flat = pipes_escaped(one_line(re.sub(r"\s+", " ", value))) or " "
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", flat)), default=0))
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def _fenced(language: str, block: str) -> Iterator[str]:
    """Return the lines of a code block that nothing in it can end."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", block)), default=0))
    yield ""
    yield f"{fence}{language}"
    yield from map(one_line, block.split("\n"))
    yield fence
