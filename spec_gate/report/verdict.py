"""Decides the verdict of a report from the levels of its findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from spec_gate.report.model import Counts, FailOn, Level, Outcome, ProofKind, ReportedFinding, Undecided

_FAILING = {
    FailOn.BREAKING: frozenset({Level.BREAKING}),
    FailOn.WARNING: frozenset({Level.BREAKING, Level.WARNING}),
    FailOn.NEVER: frozenset[Level](),
}


def fails(level: Level, fail_on: FailOn) -> bool:
    """Return whether a finding of this level makes the command exit with 1."""
    return level in _FAILING[fail_on]


def count(findings: Sequence[ReportedFinding]) -> Counts:
    """Return the numbers of findings; a waived finding counts as waived only."""
    levels = Counter(finding.level for finding in findings if finding.waiver is None)
    return Counts(
        breaking=levels[Level.BREAKING],
        warning=levels[Level.WARNING],
        info=levels[Level.INFO],
        waived=sum(finding.waiver is not None for finding in findings),
        not_proved=sum(finding.proof is ProofKind.NONE for finding in findings),
        witnesses=sum(finding.witness is not None for finding in findings),
    )


def is_undecided(finding: ReportedFinding) -> bool:
    """Return whether there was no time to decide a change that matters and is not waived."""
    in_time = finding.note is None or finding.note.reason is not Undecided.TIME
    return not in_time and finding.waiver is None and finding.level is not Level.INFO


def outcome(counts: Counts, findings: Sequence[ReportedFinding]) -> Outcome:
    """Return the verdict: the highest level that is not waived."""
    if counts.breaking:
        return Outcome.BREAKING
    if any(map(is_undecided, findings)):
        return Outcome.INCONCLUSIVE
    return Outcome.WARNING if counts.warning else Outcome.COMPATIBLE
