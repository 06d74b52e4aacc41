"""Render the report as a comment on a pull request: the verdict first, long parts counted instead of shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chat_verifier.findings.verdict import ClauseVerdict, RunVerdict
from chat_verifier.report.model import ClauseReport, VerifyReport, ViolationReport
from chat_verifier.report.summary import (
    confirmation,
    figures,
    got,
    heaviest_first,
    ignored,
    not_sent,
    place,
    run_reason,
)
from chat_verifier.report.texts import HEADINGS, RUN_VERDICTS, Heading
from kit_reports.visible import pipes_escaped, visible_text

LONGEST = 60_000
"""The maximum number of characters; a comment on GitHub can have 65,536."""

_SHOWN_CAUSES = 20
_LONGEST_COMMAND = 1500
_MARKS = {
    RunVerdict.CONFORMS: "✅",
    RunVerdict.VIOLATES: "❌",
    RunVerdict.UNSTABLE: "❌",
    RunVerdict.INCONCLUSIVE: "⚠️",
    RunVerdict.NO_VIOLATION: "✅",
}


def render_markdown(report: VerifyReport) -> str:
    """Return the report as Markdown. Text from the server is always code, never markup."""
    text = visible_text("\n".join(_lines(report))) + "\n"
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST].rpartition("\n")[0] + "\n\n… The report is cut here; the other formats are complete.\n"


def _lines(report: VerifyReport) -> Iterator[str]:
    yield f"### {_MARKS[report.verdict]} {_code(report.target)} {RUN_VERDICTS[report.verdict]}"
    yield ""
    yield _cell(figures(report))
    for line in (
        _cell(run_reason(report)),
        _counted(Heading.NOT_SENT, not_sent(report)),
        _counted(Heading.IGNORED, ignored(report)),
    ):
        if line:
            yield ""
            yield line
    failed = [
        (clause, violation)
        for clause in heaviest_first(report.with_verdict(ClauseVerdict.FAIL))
        for violation in clause.violations
        if violation.waiver is None
    ]
    for clause, violation in failed[:_SHOWN_CAUSES]:
        yield from _cause(clause, violation)
    if len(failed) > _SHOWN_CAUSES:
        yield ""
        yield f"… and {len(failed) - _SHOWN_CAUSES} more."
    yield from _others(report)


def _counted(heading: Heading, left: str) -> str:
    return f"{HEADINGS[heading]}: {_cell(left)}" if left else ""


def _cause(clause: ClauseReport, violation: ViolationReport) -> Iterator[str]:
    yield ""
    yield f"**{_cell(clause.id)}** ({clause.level.upper()}): {_prose(clause.requirement)}"
    yield ""
    where = f" at {_code(pointer)}" if (pointer := place(violation)) else ""
    yield f"| Test case: {_cell(violation.label)} | {confirmation(violation)} |"
    yield "| --- | --- |"
    yield f"| expected{where} | {_code(violation.expected)} |"
    yield f"| got | {_code(got(violation))} |"
    if len(violation.command) <= _LONGEST_COMMAND:
        yield from _command(violation.command)


def _command(command: str) -> Iterator[str]:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", command)), default=0))
    yield ""
    yield f"<details><summary>{HEADINGS[Heading.REPRODUCE]}</summary>"
    yield ""
    yield f"{fence}sh"
    yield command
    yield fence
    yield ""
    yield "</details>"


def _others(report: VerifyReport) -> Iterator[str]:
    warned = [_cell(clause.id) for clause in report.with_verdict(ClauseVerdict.WARN)]
    if warned:
        yield ""
        yield f"{HEADINGS[Heading.WARNINGS]}: {', '.join(warned)}"
    if report.profile_changes:
        yield ""
        yield f"{HEADINGS[Heading.PROFILE_CHANGES]}:"
        yield ""
        for change in report.profile_changes:
            yield f"- {_cell(f'{change.question}: {change.before} before, {change.now} now')}"
    waived = [
        _cell(f"{clause.id} until {violation.waiver.expires} ({violation.waiver.owner})")
        for clause in report.clauses
        for violation in clause.violations
        if violation.waiver is not None
    ]
    if waived:
        yield ""
        yield f"{HEADINGS[Heading.WAIVED]}: {', '.join(waived)}"


def _prose(text: str) -> str:
    """Escape a sentence, in which backticks enclose code."""
    parts = re.split("`([^`]+)`", text)
    return "".join(_code(part) if number % 2 else _cell(part) for number, part in enumerate(parts))


def _code(text: str) -> str:
    """Write any text as inline code, on one line."""
    flat = pipes_escaped(re.sub(r"\s+", " ", text)) or " "
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", flat)), default=0))
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def _cell(text: str) -> str:
    """Escape a text of ours or of a user for a table cell."""
    return re.sub(r"([\\`*_{}\[\]<>|#@])", r"\\\1", re.sub(r"\s+", " ", text))
