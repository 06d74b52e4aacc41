"""Parts of a report as text: places, values, witnesses, impact, versions. All renderers share them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from chat_contract.errors import shorten
from spec_gate.report import model as m
from spec_gate.report.escape import one_line
from spec_gate.report.texts import counted, text
from spec_gate.rules.registry import RULES

SHOWN = 8
"""Number of affected consumers, fixtures, examples or clauses that a report shows; the JSON report has all."""

_BOOLEANS = {m.ChangeKind.PARAMETER_EXPLODE, m.ChangeKind.ENCODING_EXPLODE, m.ChangeKind.ENCODING_ALLOW_RESERVED}
"""Kinds of changes whose rule does not say which of true and false is new."""

_LONGEST_VALUE = 100
_LONGEST_REASON = 200
_LONGEST_LINE = 2_000


def verdict(report: m.DiffReport) -> str:
    """Return the sentence of the verdict."""
    return text(f"verdict-{report.verdict}", base=report.base.name, revision=report.revision.name)


def counts(report: m.DiffReport) -> str:
    """Return the numbers of findings."""
    shown = [counted(f"count-{level}", getattr(report.counts, level)) for level in m.Level]
    if report.counts.waived:
        shown.append(text("count-waived", count=report.counts.waived))
    if report.counts.not_proved:
        shown.append(text("count-not-proved", count=report.counts.not_proved))
    return ", ".join(shown)


def where(finding: m.ReportedFinding) -> str:
    """Return the operation, the part of the exchange and the path of a finding."""
    operations = finding.operations
    first = operations[0] if operations else ""
    if len(operations) > 1:
        first = counted("and-more-operations", len(operations) - 1, operation=first)
    return ", ".join(filter(None, (first, part(finding.part) or _subject(finding), finding.path)))


def _subject(finding: m.ReportedFinding) -> str:
    """Return what changed outside of schemas; the name of a parameter starts with its location."""
    place, _, last = finding.name.partition(" ")
    return text(f"subject-{finding.kind}", name=finding.name, location=place, last=last, status=finding.status)


def part(one: m.Part | None) -> str:
    """Return the name of a part of an exchange."""
    if one is None:
        return ""
    return text(f"part-{one.kind}", location=one.location, name=one.name, status=one.status)


def location(place: m.Location | None) -> str:
    """Return FILE:LINE and the pointer."""
    if place is None:
        return ""
    return f"{place.file}:{place.line}" + (f" ({place.pointer})" if place.pointer else "")


def difference(finding: m.ReportedFinding) -> tuple[str, str] | None:
    """Return the value before and after; None where the title of the rule says it all."""
    values = (finding.before, finding.after)
    title_is_specific = finding.kind not in _BOOLEANS and finding.proof is not m.ProofKind.NONE
    if title_is_specific and all(one is None or isinstance(one, bool) for one in values):
        return None
    before, after = (value(one) for one in values)
    return before, after


def value(one: Any, limit: int = _LONGEST_VALUE) -> str:
    """Return a value on one line, without the prefixes of the gate's own references."""
    if one is None:
        return text("absent")
    return str(shorten(one, limit)).replace("#/$defs/base.", "").replace("#/$defs/revision.", "")


def proof(finding: m.ReportedFinding) -> str:
    """Return what the level of a finding is based on."""
    return text(f"proof-{finding.proof}")


def note(finding: m.ReportedFinding) -> str:
    """Return the remark on a finding, or an empty string."""
    one = finding.note
    return "" if one is None else text(f"note-{one.kind}", subject=one.subject)


def waiver(one: m.AppliedWaiver) -> str:
    """Return until when and why a finding is waived."""
    return text("waived", expires=one.expires, owner=one.owner, reason=one.reason)


def witness(one: m.Witness) -> str:
    """Return which document allows the witness, which does not, and why."""
    return f"{witness_sides(one)}: {rejection(one)}"


def witness_sides(one: m.Witness) -> str:
    """Return which document allows the witness and which does not."""
    return text(f"witness-{one.kind}", allowed=one.allowed_by, rejected=one.rejected_by)


def witness_example(one: m.Witness) -> str:
    """Return what a witness shows, where the witness itself is not shown."""
    return text(f"example-{one.kind}", allowed=one.allowed_by, rejected=one.rejected_by, rejection=rejection(one))


def rejection(one: m.Witness) -> str:
    """Return why a document rejects a witness."""
    return text(f"rejection-{one.rejection.kind}", detail=one.rejection.detail)


def witness_lines(one: m.Witness) -> list[str]:
    """Return a witness in the form of an HTTP message; long lines are cut."""
    lines = [one.line, *(f"{name}: {header}" for name, header in one.headers.items())]
    if one.body is not None:
        lines += ["", *_json(one.body.value).split("\n")]
    return [_cut(one_line(line)) for line in lines]


def _cut(line: str) -> str:
    if len(line) <= _LONGEST_LINE:
        return line
    return text("characters", start=line[:_LONGEST_LINE], count=len(line))


def _json(body: Any) -> str:
    compact = json.dumps(body, ensure_ascii=False)
    return compact if len(compact) <= _LONGEST_VALUE else json.dumps(body, ensure_ascii=False, indent=2)


def impact(report: m.DiffReport) -> list[tuple[str, list[str]]]:
    """Return a heading and the lines of each kind of impact; only the first ones are shown."""
    kinds = (
        ("reads", [*map(read, report.impact.reads), *map(missing_example, report.impact.missing_examples)]),
        ("fixtures", [_fixture(one) for one in report.impact.fixtures]),
        ("examples", [_example(one) for one in report.impact.examples]),
        ("clauses", [_clause(one) for one in report.impact.clauses]),
    )
    return [(text(f"impact-{kind}", count=len(lines)), _first(lines)) for kind, lines in kinds if lines]


def _first(lines: Sequence[str]) -> list[str]:
    more = [text("more", count=len(lines) - SHOWN)] if len(lines) > SHOWN else []
    return [*lines[:SHOWN], *more]


def read(one: m.AffectedRead) -> str:
    """Return which field a consumer reads and which findings affect it."""
    name = text("consumer-reads", consumer=one.consumer, field=one.field, status=one.status, operation=one.operation)
    found = ", ".join(text("reference", rule=ref.rule, place=_place(ref, one.operation)) for ref in one.findings)
    return _line(name, one.location, text("affected-by", findings=found))


def _place(reference: m.FindingReference, operation: str) -> str:
    return ", ".join(filter(None, (part(reference.part), reference.path))) or operation


def missing_example(one: m.MissingExample) -> str:
    """Return which example a consumer requests."""
    name = text("consumer-requests", consumer=one.consumer, example=one.example)
    return _line(name, one.location, text("example-missing"))


def _fixture(one: m.AffectedFixture) -> str:
    name = (
        text("fixture-item", item=one.item)
        if one.item is not None
        else text("fixture-turn", conversation=one.conversation, turn=one.turn)
    )
    return _line(name, one.location, one.rejection)


def _example(one: m.AffectedExample) -> str:
    name = text("example", example=one.example, operation=one.operation, part=part(one.part))
    return _line(name, one.location, one.rejection)


def _clause(one: m.AffectedClause) -> str:
    name = text("clause", clause=one.clause, level=one.level)
    body = "" if one.body is None else value(one.body.value)
    return _line(name, one.location, f"{one.statement} {text(f'sign-{one.sign}', body=body, detail=one.detail)}")


def _line(name: str, place: m.Location, reason: str) -> str:
    short = reason if len(reason) <= _LONGEST_REASON else f"{reason[: _LONGEST_REASON - 1]}…"
    return f"{name} ({place.file}:{place.line}): {short}"


def unused_waivers(report: m.DiffReport) -> list[str]:
    """Return a line for each waiver that matches no finding."""
    return [
        text("unused-waiver", location=f"{one.location.file}:{one.location.line}", rule=one.rule,
             operation=one.operation, pointer=one.pointer)
        for one in report.unused_waivers
    ]  # fmt: skip


def next_version(advice: m.VersionAdvice) -> str:
    """Return the next version and the reason for it."""
    return text("next-version", version=advice.next or text("next-unknown"), step=text(f"step-{advice.step}"))


def version_remarks(advice: m.VersionAdvice) -> list[str]:
    """Return a sentence for each version that does not match the change."""
    return [text(f"remark-{one.kind}", actual=one.actual, expected=one.expected) for one in advice.remarks]


def changelog(report: m.DiffReport) -> str:
    """Return a draft in the format of Keep a Changelog."""
    lines = [f"## [{report.versions.next or text('changelog-next')}]"]
    for level in m.Level:
        entries = [_entry(finding) for finding in report.findings if finding.level is level]
        if entries:
            lines += ["", f"### {text(f'changelog-{level}')}", "", *dict.fromkeys(entries)]
    return "\n".join(lines) + "\n"


def _entry(finding: m.ReportedFinding) -> str:
    return f"- {RULES[finding.rule].title.rstrip('.')}: {one_line(where(finding))} ({finding.rule})."


def facts(finding: m.ReportedFinding) -> Iterator[tuple[str, str]]:
    """Return label and text of each fact of a finding, in the order that all reports show."""
    yield text("label-where"), where(finding)
    changed = difference(finding)
    for side, place in (("base", finding.base), ("revision", finding.revision)):
        if place is not None:
            yield text(f"label-{side}"), location(place)
    if changed is not None:
        yield text("label-before"), changed[0]
        yield text("label-after"), changed[1]
    yield text("label-proof"), proof(finding)
    if finding.note is not None:
        yield text("label-note"), note(finding)
    if finding.waiver is not None:
        yield text("label-waived"), waiver(finding.waiver)
    elif finding.level is not m.Level.INFO:
        yield text("label-why"), RULES[finding.rule].why
        yield text("label-hint"), RULES[finding.rule].hint
