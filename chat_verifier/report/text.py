"""Render the report for a terminal: the verdict first, then violations, warnings and unspecified behaviour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chat_contract.errors import shorten
from chat_verifier.findings.cause import Confirmation
from chat_verifier.findings.verdict import ClauseReason, ClauseVerdict
from chat_verifier.report.model import ClauseReport, VerifyReport, ViolationReport
from chat_verifier.report.summary import (
    confirmation,
    coverage,
    figures,
    got,
    heaviest_first,
    ignored,
    message,
    not_sent,
    place,
    run_reason,
)
from chat_verifier.report.texts import CLAUSE_REASONS, HEADINGS, VERDICT_NAMES, Heading
from kit_reports.visible import visible

_SHOWN_WARNINGS = 12
_SKIPPED = (
    *(ClauseReason.NOT_EXERCISED, ClauseReason.NEEDS_EXPECT_AUTH),
    *(ClauseReason.NEEDS_EXAMPLE, ClauseReason.NOT_RECORDED),
)
_LONGEST_COMMAND = 3000


def render_text(report: VerifyReport) -> str:
    """Return the report as plain text."""
    return "\n".join(map(visible, _lines(report))) + "\n"


def _lines(report: VerifyReport) -> Iterator[str]:
    yield f"{VERDICT_NAMES.get(report.verdict, report.verdict).upper()}  {report.target}"
    if reason := run_reason(report):
        yield reason
    yield figures(report)
    if combined := coverage(report):
        yield f"{HEADINGS[Heading.COVERAGE]}: {combined}"
    if left := not_sent(report):
        yield f"{HEADINGS[Heading.NOT_SENT]}: {left}"
    if left_out := ignored(report):
        yield f"{HEADINGS[Heading.IGNORED]}: {left_out}"
    yield from _failures(report)
    yield from _warnings(report)
    yield from _waived(report)
    yield from _not_exercised(report)
    yield from _profile(report)


def _heading(heading: Heading) -> Iterator[str]:
    yield ""
    yield f"{HEADINGS[heading]}:"


def _failures(report: VerifyReport) -> Iterator[str]:
    failed = heaviest_first(report.with_verdict(ClauseVerdict.FAIL))
    if failed:
        yield from _heading(Heading.VIOLATIONS)
    if failed and report.app is not None:
        yield f"(To run the commands, serve {report.app} at {report.base_url}.)"
    for clause in failed:
        yield ""
        yield f"✗ {clause.id} ({clause.level.upper()}): {clause.requirement}"
        shown = [violation for violation in clause.violations if violation.waiver is None]
        for violation in shown:
            same = [one for one in shown if one.command == violation.command]
            if violation is same[0]:
                yield from _failure(same)


def _failure(same: Sequence[ViolationReport]) -> Iterator[str]:
    """Yield the violations that one command reproduces."""
    first = same[0]
    yield f"    Test case: {first.label} ({confirmation(first)})"
    for violation in same:
        where = f" at {pointer}" if (pointer := place(violation)) else ""
        yield f"      expected{where}: {violation.expected}"
        yield f"      got: {got(violation)}"
        if violation.cases_not_waived:
            yield f"      test cases missing from the waiver: {shorten(list(violation.cases_not_waived), 300)}"
    for line in _brief(first.command).split("\n"):
        yield f"      {line}"


def _warnings(report: VerifyReport) -> Iterator[str]:
    warned = list(report.with_verdict(ClauseVerdict.WARN))
    if warned:
        yield from _heading(Heading.WARNINGS)
    for clause in warned[:_SHOWN_WARNINGS]:
        yield from _warning(clause)
    if len(warned) > _SHOWN_WARNINGS:
        yield f"  … and {len(warned) - _SHOWN_WARNINGS} more"


def _warning(clause: ClauseReport) -> Iterator[str]:
    for violation in clause.violations:
        certain = violation.confirmation is Confirmation.CONFIRMED
        yield f"  {message(clause, violation)}" + ("" if certain else f" [{confirmation(violation)}]")
        for line in _brief(violation.command).split("\n"):
            yield f"    {line}"


def _waived(report: VerifyReport) -> Iterator[str]:
    waived = [
        (clause, violation, violation.waiver)
        for clause in report.clauses
        for violation in clause.violations
        if violation.waiver is not None
    ]
    if waived:
        yield from _heading(Heading.WAIVED)
    for clause, violation, waiver in waived:
        yield f"  {message(clause, violation)}"
        yield f"    waived until {waiver.expires} by {waiver.owner}: {waiver.reason}"


def _not_exercised(report: VerifyReport) -> Iterator[str]:
    skipped = {reason: [clause.id for clause in report.clauses if clause.reason is reason] for reason in _SKIPPED}
    if any(skipped.values()):
        yield from _heading(Heading.NOT_EXERCISED)
    for reason, names in skipped.items():
        if names:
            yield f"  {CLAUSE_REASONS[reason]}: {', '.join(names)}"


def _profile(report: VerifyReport) -> Iterator[str]:
    if report.profile_changes:
        yield from _heading(Heading.PROFILE_CHANGES)
        for change in report.profile_changes:
            yield f"  {change.question}: {change.before} before, {change.now} now"
    if report.profile:
        yield from _heading(Heading.PROFILE)
        width = max(map(len, report.profile))
        for name, answer in report.profile.items():
            yield f"  {name:<{width}}  {answer}"


def _brief(command: str) -> str:
    """Return the command, or where a very long one is: a part of it would not work."""
    if len(command) <= _LONGEST_COMMAND:
        return command
    return f"(The command has {len(command)} characters. Write it to a file: --report sh=FILE)"
