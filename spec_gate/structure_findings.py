"""Findings outside of schemas: completes each change with what its rule needs, and names it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from spec_gate.differ.changes import Action, Change, ChangeKind, Comparison
from spec_gate.differ.surface import Operation
from spec_gate.findings import Finding, Note, NoteKind, ProofKind
from spec_gate.prove.wire import readings
from spec_gate.prove.witnesses import Messages
from spec_gate.rules.structure import rule_for
from spec_gate.schemas.names import child
from spec_gate.schemas.pair import SchemaPair
from spec_gate.schemas.types import possible_types
from spec_gate.source.documents import Place

_OF_PARAMETERS = frozenset({
    ChangeKind.PARAMETER_STYLE, ChangeKind.PARAMETER_EXPLODE, ChangeKind.PARAMETER_ALLOW_RESERVED,
    ChangeKind.PARAMETER_MEDIA_TYPE,
})  # fmt: skip
"""Kinds that say how the value of a parameter is written."""
_PLAIN = frozenset({"", "text/plain"})
"""Media types of parameters that are written as text."""
_SCALARS = frozenset({"string", "integer", "number", "boolean"})
_BOTH_PLACES = frozenset({ChangeKind.CREDENTIALS})
"""Kinds whose added and removed things are entries of the same list."""


def structure_findings(
    comparison: Comparison,
    schemas: SchemaPair,
    messages: Messages,
    requested_examples: Mapping[str, str],
    today: dt.date | None = None,
) -> Iterator[Finding]:
    """Return the finding of each change outside of schemas that affects clients."""
    for change in (*_moves(comparison), *_less_stable(comparison)):
        completed = _with_wire_format(_with_request(change, requested_examples), schemas)
        completed = _with_taken(completed, messages)
        finding = _finding(_with_sunset(completed, comparison, today), messages)
        if finding is not None:
            yield finding


# Moved operations -----------------------------------------------------------------------------------------------------


def _moves(comparison: Comparison) -> Iterator[Change]:
    """Replace a removed and an added operation with one moved operation, where both are the same."""
    changes = [one for one in comparison.changes if one.kind is ChangeKind.OPERATION]
    ours = {one.label: one for one in comparison.base.operations.values()}
    theirs = {one.label: one for one in comparison.revision.operations.values()}
    added = [theirs[one.name] for one in changes if one.action is Action.ADDED]
    removed = [ours[one.name] for one in changes if one.action is Action.REMOVED]
    moved = {one.label: other for one in removed if (other := _counterpart(one, added, comparison)) is not None}
    goals = {one.label for one in moved.values()}
    for change in comparison.changes:
        if change.kind is ChangeKind.OPERATION and change.action is Action.REMOVED and change.name in moved:
            goal = moved[change.name]
            yield replace(change, action=Action.CHANGED, revision=goal.place, before=change.name, after=goal.label)
        elif change.kind is not ChangeKind.OPERATION or change.action is Action.REMOVED or change.name not in goals:
            yield change


def _counterpart(operation: Operation, added: Iterable[Operation], comparison: Comparison) -> Operation | None:
    """Return the added operation with the same operationId; without one, the only one that is written alike."""
    if operation.id is not None:
        return next((one for one in added if one.id == operation.id), None)
    value = comparison.base.document.at(operation.place)
    alike = [
        one for one in added
        if one.method == operation.method and comparison.revision.document.at(one.place) == value
    ]  # fmt: skip
    return alike[0] if len(alike) == 1 else None


def _less_stable(comparison: Comparison) -> Iterator[Change]:
    """Return a change for each operation that its document calls less stable than before."""
    for pairing in comparison.pairings:
        one, other = pairing.base, pairing.revision
        before = stability_of(comparison.base.document.at(one.place))
        after = stability_of(comparison.revision.document.at(other.place))
        if _rank(after) < _rank(before):
            yield Change(kind=ChangeKind.STABILITY, action=Action.CHANGED, name=one.label, operations=(one.label,),
                         base=one.place, revision=other.place, before=before or "stable", after=after)  # fmt: skip


def stability_of(operation: Any) -> str:
    """Return the value of ``x-stability`` of an operation, in lower case; empty if there is none."""
    value = operation.get("x-stability")
    return value.lower() if isinstance(value, str) else ""


def _rank(stability: str) -> int:
    return UNSTABLE.index(stability) if stability in UNSTABLE else len(UNSTABLE)


UNSTABLE = ("draft", "experimental", "alpha", "beta")
"""The levels of ``x-stability`` below stable, the least stable first."""


# Completing changes ---------------------------------------------------------------------------------------------------


def _with_request(change: Change, requested_examples: Mapping[str, str]) -> Change:
    if change.kind is not ChangeKind.EXAMPLE or change.name not in requested_examples:
        return change
    return replace(change, requested_by=requested_examples[change.name])


def _with_sunset(change: Change, comparison: Comparison, today: dt.date | None) -> Change:
    if change.kind is not ChangeKind.OPERATION or change.action is not Action.REMOVED or today is None:
        return change
    sunset = next(one.sunset for one in comparison.base.operations.values() if one.label == change.name)
    try:
        return replace(change, is_past_sunset=sunset is not None and dt.date.fromisoformat(sunset[:10]) < today)
    except ValueError:
        return change


def _with_taken(change: Change, messages: Messages) -> Change:
    """Leave out values that the base does not allow for the parameters of the path: no client sends them."""
    accepted = all(
        one.schema is None
        or any(map(messages.sampler.judge((messages.schemas.read_base(one.schema),)).probably, readings(value)))
        for one, value in change.taken
    )
    return change if accepted else replace(change, taken=(), before=None)


def _with_wire_format(change: Change, schemas: SchemaPair) -> Change:
    if change.kind in _OF_PARAMETERS:
        return replace(change, same_on_the_wire=_same_on_the_wire(change, schemas))
    if change.kind is ChangeKind.ENCODING_CONTENT_TYPE and change.field_schema is not None:
        default = _default_content_type(schemas, change.field_schema, change.name)
        return replace(change, same_on_the_wire=(change.before or default) == (change.after or default))
    if change.field_schema is not None and not change.stated:
        return replace(change, same_on_the_wire=not _may_be_object(schemas, change.field_schema, change.name))
    return change


def _same_on_the_wire(change: Change, schemas: SchemaPair) -> bool:
    """Return whether all values are written alike before and after, as scalars are in all styles of a query."""
    parameter = change.parameter
    assert parameter is not None
    if parameter.schema is None or (change.kind is ChangeKind.PARAMETER_STYLE and parameter.location == "path"):
        return False
    types = possible_types(schemas, (schemas.read_base(parameter.schema),))
    # Cookies of style "cookie" are not percent-encoded.
    is_raw = change.kind is ChangeKind.PARAMETER_STYLE and "cookie" in {change.before, change.after}
    if change.kind is ChangeKind.PARAMETER_ALLOW_RESERVED or is_raw:
        return types <= {"integer", "boolean"}
    if change.kind is ChangeKind.PARAMETER_MEDIA_TYPE and not {change.before, change.after} <= _PLAIN:
        written = {change.before, change.after} <= _PLAIN | {"application/json"}
        return written and types <= {"integer", "number", "boolean"}
    if change.kind is ChangeKind.PARAMETER_EXPLODE and parameter.style == "simple":
        return "object" not in types
    return not types & {"array", "object"}


def _may_be_object(schemas: SchemaPair, form: Place, name: str) -> bool:
    """Return whether a form field may be an object, which is JSON unless an encoding says otherwise."""
    return "object" in possible_types(schemas, child(schemas.applied((schemas.read_base(form),)), name))


def _default_content_type(schemas: SchemaPair, form: Place, name: str) -> str | None:
    """Return the content type that OpenAPI states for a field without one; None if its schema leaves it open."""
    applied = schemas.applied(child(schemas.applied((schemas.read_base(form),)), name))
    if any(key in schema for schema in applied for key in ("contentEncoding", "contentMediaType", "format")):
        return None
    types = possible_types(schemas, applied)
    return "application/json" if types == {"object"} else "text/plain" if types <= _SCALARS else None


# Findings -------------------------------------------------------------------------------------------------------------


def _finding(change: Change, messages: Messages) -> Finding | None:
    rule = rule_for(change)
    if rule is None:
        return None
    return Finding(
        rule=rule,
        level=rule.level,
        kind=change.kind,
        operations=change.operations,
        name=change.name,
        path=(),
        base=change.base,
        revision=change.revision,
        before=change.before,
        after=change.after,
        proof=ProofKind.RULE,
        witness=rule.witness(change, messages) if rule.witness else None,
        note=Note(NoteKind.REQUESTED_EXAMPLE, change.requested_by) if change.requested_by else None,
        status=change.name if change.kind is ChangeKind.STATUS else change.status,
        action=change.action,
        edit=_edit(change),
    )


def _edit(change: Change) -> Hashable:
    """Identify an edit by where the thing is written: what many operations share changes once."""
    places = (change.base, change.revision)
    if change.kind not in _BOTH_PLACES and change.action is not Action.CHANGED:
        places = (change.base, None) if change.action is Action.REMOVED else (None, change.revision)
    return change.kind, change.action, places, change.name, str(change.status)
