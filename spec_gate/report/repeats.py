"""Joins findings that read alike: an edit that is written in each operation is one finding with all its places.

Levels and waivers are set before, so operations with another level or with a waiver stay apart.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from spec_gate.report.model import ChangeKind, Occurrence, PartKind, ReportedFinding
from spec_gate.report.titles import title_of
from spec_gate.schemas.values import canonical_text

_NAMED = frozenset({
    ChangeKind.CREDENTIALS, ChangeKind.STATUS, ChangeKind.REQUEST_MEDIA_TYPE, ChangeKind.RESPONSE_MEDIA_TYPE,
})  # fmt: skip
"""Kinds whose title names what changed: the lists before and after are those of one operation."""

_OF_OPERATION = frozenset({ChangeKind.DEPRECATION, ChangeKind.SUNSET, ChangeKind.STABILITY})
"""Kinds whose name is the operation."""

_BODIES = frozenset({PartKind.REQUEST_BODY, PartKind.RESPONSE_BODY})

_LEFT_OUT: dict[str, type] = {"title": str, "description": str, "$comment": str, "required": list}

_Value = TypeVar("_Value")


def repeats_joined(findings: Iterable[ReportedFinding], holders: Sequence[Any]) -> tuple[ReportedFinding, ...]:
    """Return one finding for each edit; ``holders`` are the values of the schemas that each finding is about.

    Bodies of different operations often have fields of the same name, so there the schemas must be alike.
    """
    groups: dict[Hashable, list[ReportedFinding]] = {}
    for finding, holder in zip(findings, holders, strict=True):
        groups.setdefault(_reading(finding, holder), []).append(finding)
    return tuple(_joined(group) if len(group) > 1 else group[0] for group in groups.values())


def _reading(finding: ReportedFinding, holder: Any) -> Hashable:
    """Return what a reader sees of a finding besides its place."""
    values = () if finding.kind in _NAMED else (finding.before, finding.after)
    lists = [list(finding.removed), list(finding.added), list(values)]
    in_body = finding.part is not None and finding.part.kind in _BODIES
    return (
        _title(finding), finding.rule, finding.level, finding.usual_level,
        finding.level_set_by, finding.kind, finding.part, finding.path, finding.proof, finding.note, finding.folded,
        finding.waiver, canonical_text(lists), canonical_text(_alike(holder)) if in_body else "",
    )  # fmt: skip


def _title(finding: ReportedFinding) -> str:
    name = "" if finding.kind in _OF_OPERATION else finding.name
    return title_of(replace(finding, name=name, operations=(), status=""))


def _alike(value: Any) -> Any:
    """Return a value without titles, descriptions and lists of required properties.

    A schema for partial updates is often written a second time without that list.
    """
    if isinstance(value, list):
        return [_alike(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _alike(one) for key, one in value.items() if not isinstance(one, _LEFT_OUT.get(key, ()))}


def _joined(findings: Sequence[ReportedFinding]) -> ReportedFinding:
    first = findings[0]
    operations = tuple(dict.fromkeys(label for one in findings for label in one.operations))
    whole = replace(
        first,
        operations=operations,
        here=operations,
        name=_common([one.name for one in findings], ""),
        status=_common([one.status for one in findings], ""),
        before=_common([one.before for one in findings], None),
        after=_common([one.after for one in findings], None),
        also=tuple(more for one in findings for more in one.also),
        occurrences=tuple(Occurrence(one.operations, one.status, one.base, one.revision) for one in findings),
    )
    return replace(whole, title=title_of(whole))


def _common(values: Sequence[_Value], otherwise: _Value) -> _Value:
    return values[0] if all(one == values[0] for one in values) else otherwise
