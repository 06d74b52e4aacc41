"""Parts of a report as text: places, values, witnesses, impact, versions. All renderers share them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from chat_contract.errors import shorten
from spec_gate.report import model as m
from spec_gate.report.escape import one_line
from spec_gate.report.oddities import oddity_line
from spec_gate.report.structure_titles import credential
from spec_gate.report.texts import counted, text
from spec_gate.report.titles import reference_name, says_values
from spec_gate.rules.registry import RULES
from spec_gate.rules.schemas import advice

SHOWN = 8
"""Number of affected consumers, fixtures, examples or clauses that a report shows; the JSON report has all."""

SHOWN_ENTRIES = 20
"""Number of changed entries of a list that a report shows; the JSON report has all."""

_BOOLEANS = {m.ChangeKind.PARAMETER_EXPLODE, m.ChangeKind.ENCODING_EXPLODE, m.ChangeKind.ENCODING_ALLOW_RESERVED}
"""Kinds of changes whose rule does not say which of true and false is new."""

_LONGEST_VALUE = 100
_LONGEST_REASON = 200
_LONGEST_STRING, _MOST_ITEMS, _MOST_ENTRIES = 100, 6, 40
"""How much of a string and of a list in a witness is shown; the JSON report has all."""


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
    undecided = sum(one.note is not None and one.note.reason is m.Undecided.TIME for one in report.findings)
    if undecided:
        shown.append(text("count-undecided", count=undecided))
    return ", ".join(shown)


def where(finding: m.ReportedFinding) -> str:
    """Return the operation, the part of the exchange and the path of a finding."""
    return _where(finding.here, part(finding.part) or _subject(finding), finding.path)


def _where(operations: Sequence[str], *rest: str) -> str:
    first = operations[0] if operations else ""
    if len(operations) > 1:
        first = counted("and-more-operations", len(operations) - 1, operation=first)
    return ", ".join(filter(None, (first, *rest)))


def also(one: m.FurtherUse) -> str:
    """Return where else the edit counts, and at which level."""
    return text("also", level=text(f"level-{one.level}"), place=_where(one.operations, part(one.part), one.path))


def _subject(finding: m.ReportedFinding) -> str:
    """Return what changed outside of schemas; the name of a parameter starts with its location."""
    place, _, last = finding.name.partition(" ")
    statuses = list(dict.fromkeys(status(one.status) for one in finding.occurrences)) or [status(finding.status)]
    return text(f"subject-{finding.kind}", name=status(finding.name), location=place, last=last,
                status=" and ".join(filter(None, (", ".join(statuses[:-1]), statuses[-1]))))  # fmt: skip


def part(one: m.Part | None) -> str:
    """Return the name of a part of an exchange."""
    if one is None:
        return ""
    return text(f"part-{one.kind}", location=one.location, name=one.name, status=status(one.status))


def status(one: str) -> str:
    """Return the key of a response as documents write it."""
    return "default" if one == "DEFAULT" else one


def location(place: m.Location | None) -> str:
    """Return FILE:LINE and the pointer."""
    if place is None:
        return ""
    return f"{place.file}:{place.line}" + (f" ({place.pointer})" if place.pointer else "")


def difference(finding: m.ReportedFinding) -> tuple[str, str] | None:
    """Return the value before and after; None where the title says it all, or where entries of a list changed."""
    values = (finding.before, finding.after)
    if finding.removed or finding.added or says_values(finding):
        return None
    title_is_specific = finding.kind not in _BOOLEANS and finding.proof is not m.ProofKind.NONE
    if title_is_specific and all(one is None or isinstance(one, bool) for one in values):
        return None
    before, after = (value(one) for one in values)
    return before, after


def changed_entries(finding: m.ReportedFinding) -> list[str]:
    """Return a line for each removed and each added entry of a list."""
    removed: Sequence[Any] = finding.removed
    added: Sequence[Any] = finding.added
    if finding.kind is m.ChangeKind.CREDENTIALS:
        removed, added = ([_credential(str(one)) for one in some] for some in (removed, added))
    return [*_entries("-", removed), *_entries("+", added)]


def _credential(name: str) -> str:
    return credential(name).replace("`", "")


def _entries(sign: str, values: Sequence[Any]) -> list[str]:
    more = [f"{sign} {text('more', count=len(values) - SHOWN_ENTRIES)}"] if len(values) > SHOWN_ENTRIES else []
    return [*(f"{sign} {_entry_of_list(one)}" for one in values[:SHOWN_ENTRIES]), *more]


def _entry_of_list(one: Any) -> str:
    return reference_name(one) or (one_line(one) if isinstance(one, str) and one else value(one))


def value(one: Any, limit: int = _LONGEST_VALUE) -> str:
    """Return a value on one line."""
    return text("absent") if one is None else shorten(one, limit)


def proof(finding: m.ReportedFinding) -> str:
    """Return what the level of a finding is based on."""
    if finding.proof is m.ProofKind.RULE and finding.witness is not None:
        return text("proof-rule-with-witness")
    return text("proof-harmless-here" if _is_harmless_here(finding) else f"proof-{finding.proof}")


def _is_harmless_here(finding: m.ReportedFinding) -> bool:
    return finding.note is not None and finding.note.kind is m.NoteKind.HARMLESS_HERE


def note(finding: m.ReportedFinding) -> str:
    """Return the remark on a finding, or an empty string."""
    one = finding.note
    if one is None:
        return ""
    return " ".join(
        filter(
            None, (text(f"undecided-{one.reason}") if one.reason else "", text(f"note-{one.kind}", subject=one.subject))
        )
    )


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
    detail = one.rejection.detail
    if one.rejection.kind is m.RejectionKind.CREDENTIALS:
        detail = " or ".join(map(_credential, detail.split(" or ")))
    return text(f"rejection-{one.rejection.kind}", detail=detail)


def witness_lines(one: m.Witness) -> list[str]:
    """Return a witness in the form of an HTTP message; long values are shortened."""
    lines = [_cut(one.line), *(f"{name}: {_cut(header)}" for name, header in one.headers.items())]
    if one.body is not None:
        lines += ["", *_json(shortened(one.body.value)).split("\n")]
    return [one_line(line) for line in lines]


def shortened(one: Any) -> Any:
    """Return a JSON value in which long strings and lists end with how long they are."""
    if isinstance(one, str):
        return _cut(one)
    if isinstance(one, dict):
        items = [(_cut(name), shortened(child)) for name, child in list(one.items())[:_MOST_ENTRIES]]
        more = {text("more-properties", count=f"{len(one) - len(items):,}"): "…"} if len(one) > len(items) else {}
        return {**dict(items), **more}
    if not isinstance(one, list):
        return one
    more_items = [text("more-items", count=f"{len(one) - _MOST_ITEMS:,}")] if len(one) > _MOST_ITEMS else []
    return [*map(shortened, one[:_MOST_ITEMS]), *more_items]


def _cut(line: str) -> str:
    if len(line) <= _LONGEST_STRING:
        return line
    return text("characters", start=line[: _LONGEST_STRING // 4], count=f"{len(line):,}")


def _json(body: Any) -> str:
    compact = json.dumps(body, ensure_ascii=False)
    return compact if len(compact) <= _LONGEST_VALUE else json.dumps(body, ensure_ascii=False, indent=2)


def impact(report: m.DiffReport) -> list[tuple[str, list[str]]]:
    """Return a heading and the lines of each kind of impact, and of the notes; only the first ones are shown."""
    kinds = (
        ("reads", [*map(read, report.impact.reads), *map(missing_example, report.impact.missing_examples)]),
        ("fixtures", [_fixture(one) for one in report.impact.fixtures]),
        ("examples", [_example(one) for one in report.impact.examples]),
        ("clauses", [_clause(one) for one in report.impact.clauses]),
        ("notes", [oddity_line(one) for one in report.notes]),
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
    return f"- {finding.title}: {one_line(where(finding))} ({finding.rule})."


def facts(finding: m.ReportedFinding, *, entries: bool = True) -> Iterator[tuple[str, str]]:
    """Return label and text of each fact of a finding; ``entries`` are the changed entries of a list."""
    yield from places(finding)
    yield from (fact for fact in change(finding) if entries or fact[0] != text("label-change"))
    yield from grounds(finding)


def places(finding: m.ReportedFinding) -> Iterator[tuple[str, str]]:
    """Return where the edit counts."""
    yield text("label-where"), where(finding)
    yield from ((text("label-also"), also(one)) for one in finding.also)


def change(finding: m.ReportedFinding) -> Iterator[tuple[str, str]]:
    """Return what was before and what is now, where the title does not say it."""
    changed = difference(finding)
    if changed is not None:
        yield text("label-before"), changed[0]
        yield text("label-after"), changed[1]
    yield from ((text("label-change"), line) for line in changed_entries(finding))


def grounds(finding: m.ReportedFinding) -> Iterator[tuple[str, str]]:
    """Return where the edit was made, the rule that names it, and why it matters."""
    yield from _locations("base", finding.base, [one.base for one in finding.occurrences])
    yield from _locations("revision", finding.revision, [one.revision for one in finding.occurrences])
    yield text("label-rule"), finding.rule
    if finding.level_set_by:
        usual = text(f"level-{finding.usual_level}")
        yield text("label-level"), text("level-set", source=finding.level_set_by, usual=usual)
    yield text("label-proof"), proof(finding)
    if finding.note is not None and not _is_harmless_here(finding):
        yield text("label-note"), note(finding)
    if finding.waiver is not None:
        yield text("label-waived"), waiver(finding.waiver)
    elif finding.level is not m.Level.INFO:
        why, hint = _advice(finding)
        yield text("label-why"), why
        yield text("label-hint"), hint


def _locations(side: str, place: m.Location | None, every: Sequence[m.Location | None]) -> Iterator[tuple[str, str]]:
    """Return the first place of an edit in a document, and how many more there are."""
    if place is None:
        return
    more = len({one for one in every if one is not None}) - 1
    first = location(place)
    yield text(f"label-{side}"), counted("and-more-places", more, place=first) if more > 0 else first


def _advice(finding: m.ReportedFinding) -> tuple[str, str]:
    """Return why the finding matters, and how to avoid it; a proof may contradict a rule that calls it harmless."""
    rule = RULES[finding.rule]
    breaks = finding.proof in {m.ProofKind.WITNESS, m.ProofKind.DECISION}
    if breaks and finding.kind is m.ChangeKind.SCHEMA and rule.level is m.Level.INFO:
        return advice(rule)
    return rule.why, rule.hint
