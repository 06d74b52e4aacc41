"""Builds the report model from a verdict, its impact and the waivers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chat_contract.errors import render_pointer
from chat_contract.version import __version__
from kit_reports.waivers import Waiver
from spec_gate.differ.annotations import AnnotationKind
from spec_gate.differ.surface import Surface
from spec_gate.findings import Finding, Verdict
from spec_gate.prove.witnesses import Witness
from spec_gate.report import model as m
from spec_gate.report.names import Names
from spec_gate.report.oddities import oddities
from spec_gate.report.repeats import repeats_joined
from spec_gate.report.titles import title_of
from spec_gate.report.verdict import count, fails, outcome
from spec_gate.report.versioning import advise
from spec_gate.report.waivers import apply_waivers
from spec_gate.schemas.values import canonical_text
from spec_gate.severity.policy import Preset
from spec_gate.source.documents import Document, Place

_EXTENSIBLE = {AnnotationKind.EXTENSIBLE_VALUE_ADDED, AnnotationKind.EXTENSIBLE_VALUE_REMOVED}

NO_IMPACT = m.Impact((), (), (), (), ())


def build_report(
    verdict: Verdict,
    impact: m.Impact = NO_IMPACT,
    waivers: Sequence[Waiver] = (),
    *,
    strict: bool = False,
    severity: str = Preset.STRICT,
    fail_on: m.FailOn = m.FailOn.BREAKING,
) -> m.DiffReport:
    """Return the report; with ``strict``, findings that are not proved are breaking."""
    base, revision = verdict.comparison.base, verdict.comparison.revision
    names = Names(verdict)
    found = tuple(_finding(one, base.document, revision.document, names, strict=strict) for one in verdict.findings)
    found, unused = apply_waivers(found, waivers)
    findings = repeats_joined(found, [_holders(one, base.document, revision.document) for one in verdict.findings])
    counts = count(findings)
    return m.DiffReport(
        format=m.FORMAT,
        format_version=m.FORMAT_VERSION,
        tool=m.Tool("chat-contract", __version__),
        base=_document(base),
        revision=_document(revision),
        strict=strict,
        severity=severity,
        fail_on=fail_on,
        verdict=outcome(counts, findings),
        fails=any(fails(one.level, fail_on) for one in findings if one.waiver is None),
        counts=counts,
        operations=sum(not one.is_new for one in verdict.comparison.pairings),
        findings=findings,
        impact=impact,
        unused_waivers=unused,
        versions=advise(base, revision, findings),
        notes=oddities(base.document, revision.document),
    )


def _document(surface: Surface) -> m.ComparedDocument:
    return m.ComparedDocument(surface.document.name, surface.document.version, surface.version)


def _finding(finding: Finding, base: Document, revision: Document, names: Names, *, strict: bool) -> m.ReportedFinding:
    raised = strict and finding.proof is m.ProofKind.NONE
    before, after = names.change(finding.before, finding.after)
    removed, added = _list_change(finding, before, after)
    found = m.ReportedFinding(
        rule=finding.rule.id,
        title="",
        level=m.Level.BREAKING if raised else finding.level,
        usual_level=finding.usual_level or finding.level,
        level_set_by=finding.level_set_by,
        kind=finding.kind,
        operations=finding.operations,
        here=finding.here or finding.operations,
        part=finding.part,
        path=render_pointer(finding.path),
        name=finding.name,
        status=finding.status,
        before=before,
        after=after,
        removed=removed,
        added=added,
        base=_location(base, finding.base),
        revision=_location(revision, finding.revision),
        proof=finding.proof,
        witness=_witness(finding.witness, names),
        note=finding.note,
        folded=finding.folded,
        also=tuple(_further(one, names) for one in finding.also),
        waiver=None,
        occurrences=(),
    )
    return replace(found, title=title_of(found))


def _holders(finding: Finding, base: Document, revision: Document) -> list[Any]:
    """Return the values of the schemas that hold the changed keyword."""
    sides = zip((base, revision), finding.holders, strict=True)
    return [None if place is None else document.at(place) for document, place in sides]


def _list_change(finding: Finding, before: Any, after: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the entries of a list that the edit removes and adds; none for what is not a list."""
    if finding.removed:
        return finding.removed, ()
    if finding.kind is m.ChangeKind.CREDENTIALS and before is None:
        return (), (finding.name,)
    kinds = {m.ChangeKind.SCHEMA, m.ChangeKind.CREDENTIALS}
    lists = finding.kind in kinds or finding.folded or finding.topic in _EXTENSIBLE
    return _entries_of_lists(before, after) if lists else ((), ())


def _further(one: Finding, names: Names) -> m.FurtherUse:
    witness = _witness(one.witness, names)
    return m.FurtherUse(one.rule.id, one.level, one.operations, one.part, render_pointer(one.path), one.proof, witness)


def _witness(one: Witness | None, names: Names) -> m.Witness | None:
    if one is None:
        return None
    return m.Witness(
        one.kind,
        one.allowed_by,
        one.rejected_by,
        one.line,
        one.headers,
        m.Payload(one.body, one.abridged) if one.has_body else None,
        m.Payload(one.value, one.abridged) if one.has_value else None,
        replace(one.rejection, detail=names.text(one.rejection.detail)),
    )


def _location(document: Document, place: Place | None) -> m.Location | None:
    if place is None:
        return None
    return m.Location(place.file, document.line(place), render_pointer(place.pointer))


def _entries_of_lists(before: Any, after: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the values that only the first list has, and those that only the second one has."""
    if not isinstance(before, list) or not isinstance(after, list):
        return (), ()
    ours, theirs = ({canonical_text(value): value for value in some} for some in (before, after))
    removed = tuple(value for text, value in ours.items() if text not in theirs)
    return removed, tuple(value for text, value in theirs.items() if text not in ours)
