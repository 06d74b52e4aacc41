"""Applies waivers: each accepts the findings of one rule, in one operation, at one pointer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from chat_contract.errors import DocumentError, DocumentsError, render_pointer
from kit_reports.waivers import Waiver, draft, read_waivers
from spec_gate.report.model import AppliedWaiver, DiffReport, Level, Location, ReportedFinding, UnusedWaiver
from spec_gate.rules.registry import RULES

KEYS: dict[str, type] = {"rule": str, "operation": str, "pointer": str}

_DRAFT_DAYS = 30


def load_waivers(path: Path, today: dt.date) -> tuple[Waiver, ...]:
    """Read a file of waivers; raises :class:`DocumentError` for an invalid waiver or an unknown rule."""
    waivers = read_waivers(path, KEYS, today)
    for waiver in waivers:
        if waiver.match["rule"] not in RULES:
            raise waiver.error(f'unknown rule "{waiver.match["rule"]}"', "Copy the rule id from a report.")
    return waivers


def apply_waivers(
    findings: Sequence[ReportedFinding], waivers: Sequence[Waiver]
) -> tuple[tuple[ReportedFinding, ...], tuple[UnusedWaiver, ...]]:
    """Return the findings with their waivers, and the waivers that match no finding.

    A finding of several operations is waived if each operation has a waiver. Compatible changes need no waiver.
    """
    used: set[int] = set()
    waived = []
    for finding in findings:
        matching = [] if finding.level is Level.INFO else [i for i, one in enumerate(waivers) if _matches(finding, one)]
        used |= set(matching)
        covered = {waivers[index].match["operation"] for index in matching}
        applies = bool(matching) and set(_operations(finding)) <= covered
        waived.append(replace(finding, waiver=_applied(waivers[matching[0]])) if applies else finding)
    unused = tuple(_unused(waiver) for index, waiver in enumerate(waivers) if index not in used)
    return tuple(waived), unused


def _matches(finding: ReportedFinding, waiver: Waiver) -> bool:
    pointers = {place.pointer for place in (finding.base, finding.revision) if place is not None}
    return (
        waiver.match["rule"] == finding.rule
        and waiver.match["operation"] in _operations(finding)
        and waiver.match["pointer"] in pointers
    )


def _operations(finding: ReportedFinding) -> tuple[str, ...]:
    return finding.operations or ("",)


def _applied(waiver: Waiver) -> AppliedWaiver:
    return AppliedWaiver(waiver.reason, waiver.owner, waiver.expires.isoformat())


def _unused(waiver: Waiver) -> UnusedWaiver:
    place = Location(str(waiver.source.path), waiver.source.line(waiver.pointer), render_pointer(waiver.pointer))
    return UnusedWaiver(waiver.match["rule"], waiver.match["operation"], waiver.match["pointer"], place)


def draft_waivers(report: DiffReport, today: dt.date) -> str:
    """Return a file with a draft waiver for each breaking change and warning that has none."""
    entries = [
        {"rule": finding.rule, "operation": operation, "pointer": place.pointer}
        for finding in report.findings
        if finding.level is not Level.INFO and finding.waiver is None
        for one in finding.occurrences or (finding,)
        for place in [one.revision or one.base]
        if place is not None
        for operation in one.operations or ("",)
    ]
    unique = {tuple(entry.items()): entry for entry in entries}
    return draft(list(unique.values()), today + dt.timedelta(days=_DRAFT_DAYS))


def unused_error(report: DiffReport) -> DocumentsError:
    """Return the error that names each unused waiver of a report."""
    return DocumentsError(tuple(_unused_error(one) for one in report.unused_waivers))


def _unused_error(one: UnusedWaiver) -> DocumentError:
    return DocumentError(
        "unused waiver: no finding matches it",
        path=one.location.file,
        line=one.location.line,
        pointer=tuple(one.location.pointer.split("/")[1:]),
        value={"rule": one.rule, "operation": one.operation, "pointer": one.pointer},
        hint="Correct it, or remove it if the finding is fixed.",
    )
