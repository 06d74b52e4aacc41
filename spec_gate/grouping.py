"""Joins the findings of one edit: a reviewer reads each edit once, with all operations and everything it affects."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from spec_gate.differ.annotations import AnnotationKind
from spec_gate.differ.changes import Action, ChangeKind, Comparison
from spec_gate.differ.groups import KeywordGroup
from spec_gate.differ.surface import Operation
from spec_gate.findings import Finding
from spec_gate.rules.rule import Level
from spec_gate.source.documents import Place

_SEVERITY = {level: index for index, level in enumerate(Level)}

_REPLACEABLE = frozenset({
    ChangeKind.CREDENTIALS, ChangeKind.SERVER, ChangeKind.STATUS, ChangeKind.REQUEST_MEDIA_TYPE,
    ChangeKind.RESPONSE_MEDIA_TYPE,
})  # fmt: skip
"""Kinds of things of which an edit replaces one by another: the added one belongs to the removed one."""

_CLOSED = frozenset({KeywordGroup.ADDITIONAL_PROPERTIES, KeywordGroup.UNEVALUATED_PROPERTIES})
_KEYWORDS = {1: {"properties", "additionalProperties", "unevaluatedProperties"}, 2: {"properties"}}
_GONE = frozenset({KeywordGroup.PROPERTIES, AnnotationKind.PROPERTY_UNDECLARED})

_Findings = Sequence[Finding]


def grouped(findings: Iterable[Finding], comparison: Comparison) -> list[Finding]:
    """Return one finding for each edit."""
    found = _joined(list(findings), lambda one: one.edit, _same_edit)
    found = _whole_paths(found, comparison)
    found = _joined(found, _replacement, _replaced)
    found = _joined(found, _schema_as_a_whole, _of_whole)
    return _joined(found, _closed_object, _of_closed_object)


def _joined(
    findings: _Findings, key_of: Callable[[Finding], Hashable], join: Callable[[_Findings], _Findings]
) -> list[Finding]:
    """Join findings with the same key, each group at the place of its first one; the key None joins nothing."""
    groups: dict[Hashable, list[Finding]] = {}
    for index, finding in enumerate(findings):
        key = key_of(finding)
        groups.setdefault(("alone", index) if key is None else ("key", key), []).append(finding)
    return [one for group in groups.values() for one in (join(group) if len(group) > 1 else group)]


def _operations(findings: _Findings) -> tuple[str, ...]:
    return tuple(dict.fromkeys(label for one in findings for label in one.operations))


def _by_severity(findings: _Findings) -> list[Finding]:
    return sorted(findings, key=lambda one: _SEVERITY[one.level])


# The same edit --------------------------------------------------------------------------------------------------------


def _same_edit(findings: _Findings) -> _Findings:
    """Join the findings of one edit: the most severe one stands for it."""
    first, *rest = _by_severity(findings)
    same_part = [one for one in rest if _part_kind(one) == _part_kind(first)]
    others = [one for one in rest if one not in same_part]
    folded = _folded(first, same_part)
    return [
        replace(first, operations=_operations([first, *rest]), folded=folded, also=tuple(_also(others)),
                here=_operations([first, *same_part]) if others else ())
    ]  # fmt: skip


def _also(findings: _Findings) -> Iterable[Finding]:
    """Return one finding for each other part of an exchange."""
    by_part: dict[Hashable, list[Finding]] = {}
    for one in findings:
        by_part.setdefault(_part_kind(one), []).append(one)
    for some in by_part.values():
        first = some[0]
        folded = _folded(first, some)
        yield replace(first, operations=_operations(some), folded=folded)


def _folded(first: Finding, others: _Findings) -> tuple[str, ...]:
    """Return the other rules that name the same edit."""
    rules = (*first.folded, *(rule for one in others for rule in (one.rule.id, *one.folded)))
    return tuple(dict.fromkeys(rule for rule in rules if rule != first.rule.id))


def _part_kind(finding: Finding) -> Hashable:
    return None if finding.part is None else finding.part.kind


# Whole paths ----------------------------------------------------------------------------------------------------------


def _whole_paths(findings: _Findings, comparison: Comparison) -> list[Finding]:
    """Join the operations of a path that is removed, added or moved as a whole."""
    ours, theirs = _by_path(comparison.base.operations.values()), _by_path(comparison.revision.operations.values())

    def path_of(finding: Finding) -> Hashable:
        if finding.kind is not ChangeKind.OPERATION:
            return None
        path = finding.name.partition(" ")[2]
        here, there = (theirs, ours) if finding.action is Action.ADDED else (ours, theirs)
        if len(here.get(path, ())) < 2 or path in there:
            return None
        return finding.rule.id, path, str(finding.after).partition(" ")[2]

    return _joined(findings, path_of, lambda group: _whole_path(group, ours, theirs))


def _by_path(operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = {}
    for one in operations:
        found.setdefault(one.path, []).append(one)
    return found


def _whole_path(findings: _Findings, ours: dict[str, list[Operation]], theirs: dict[str, list[Operation]]) -> _Findings:
    first = findings[0]
    path = first.name.partition(" ")[2]
    wanted = ours if first.action is not Action.ADDED else theirs
    if len(findings) < len(wanted[path]):
        return findings
    after = first.after and str(first.after).partition(" ")[2]
    return [
        replace(
            first, name=path, operations=_operations(findings), base=_above(first.base), before=first.before and path,
            revision=_above(first.revision), after=after,
        )
    ]  # fmt: skip


def _above(place: Place | None) -> Place | None:
    return None if place is None else Place(place.file, place.pointer[:-1])


# Replaced things ------------------------------------------------------------------------------------------------------


def _replacement(finding: Finding) -> Hashable:
    """Return what a removed and an added thing have in common if one replaces the other."""
    if finding.kind not in _REPLACEABLE or finding.action is Action.CHANGED:
        return None
    status = finding.name[:1] if finding.kind is ChangeKind.STATUS else finding.status
    if finding.kind is ChangeKind.CREDENTIALS:
        return finding.kind, finding.base, finding.revision
    return finding.kind, finding.operations, status


def _replaced(findings: _Findings) -> _Findings:
    removed = [one for one in findings if one.action is Action.REMOVED]
    added = [one for one in findings if one.action is Action.ADDED]
    if findings[0].kind is ChangeKind.CREDENTIALS:
        first = _by_severity(removed or added)[0]
        return [replace(first, operations=_operations(findings), folded=_folded(first, [*removed, *added]))]
    if len(removed) != 1 or len(added) != 1:
        return findings
    [one], [other] = removed, added
    first = _by_severity([one, other])[0]
    return [
        replace(first, name=one.name, before=[one.name], after=[other.name], base=one.base, revision=other.revision,
                witness=one.witness or other.witness, folded=_folded(first, [one, other]))
    ]  # fmt: skip


# Schemas --------------------------------------------------------------------------------------------------------------


def _schema_as_a_whole(finding: Finding) -> Hashable:
    """Return the schema of a difference, because all differences of a schema may be judged together."""
    return finding.schema


def _of_whole(findings: _Findings) -> _Findings:
    """Fold the differences of a schema into the finding about all of them, if there is one."""
    whole = next((one for one in findings if one.topic == KeywordGroup.WHOLE), None)
    if whole is not None:
        marks = [one for one in findings if one.kind is ChangeKind.ANNOTATION]
        return [replace(whole, folded=_folded(whole, [one for one in findings if one not in marks])), *marks]
    other_type = next((one for one in findings if one.topic == KeywordGroup.TYPE and _is_replaced(one)), None)
    if other_type is None:
        return findings
    first = _by_severity(findings)[0]
    return [
        replace(other_type, level=first.level, proof=first.proof, witness=first.witness, note=first.note,
                part=first.part, status=first.status, folded=_folded(other_type, findings))
    ]  # fmt: skip


def _is_replaced(finding: Finding) -> bool:
    """Return whether no type is allowed before and after; then the other keywords follow from the new type."""
    ours, theirs = ({one} if isinstance(one, str) else set(one or ()) for one in (finding.before, finding.after))
    return bool(ours) and bool(theirs) and not ours & theirs


def _closed_object(finding: Finding) -> Hashable:
    """Return the object that is closed, or that a property is removed from."""
    if finding.part is None or finding.topic not in _CLOSED | _GONE:
        return None
    holders = [one for one in (finding.base, finding.revision) if one is not None]
    return finding.part.kind, tuple(_object(one) for one in holders)[-1]


def _object(place: Place) -> Place:
    """Return the schema around a keyword, or around the entry of a keyword."""
    pointer = place.pointer
    for length in (2, 1):
        if len(pointer) >= length and pointer[-length] in _KEYWORDS[length]:
            return Place(place.file, pointer[:-length])
    return place


def _of_closed_object(findings: _Findings) -> _Findings:
    """Fold removed properties into the closed object: it is why the removal breaks clients."""
    closed = [one for one in findings if one.topic in _CLOSED and one.after is False]
    gone = [one for one in findings if one.topic in _GONE and one.after is None and one.level is not Level.BREAKING]
    if len(closed) != 1 or not gone:
        return findings
    rest = [one for one in findings if one not in closed and one not in gone]
    names = tuple(one.name for one in gone)
    return [replace(closed[0], folded=_folded(closed[0], gone), removed=names), *rest]
