"""Compares two surfaces: operations, callbacks and credentials; servers and messages have their own modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from spec_gate.differ.changes import Action, Change, ChangeKind, Comparison, Pairing, SchemaUse
from spec_gate.differ.messages import compare_messages
from spec_gate.differ.overlaps import overlap_of
from spec_gate.differ.servers import compare_servers
from spec_gate.differ.surface import Alternative, Operation, Surface
from spec_gate.differ.unjudged import unjudged_changes

_Operations = Mapping[tuple[str, str], Operation]


def compare(base: Surface, revision: Surface) -> Comparison:
    """Return all changes outside of schemas, in the order of the base, and every pair of schemas to compare."""
    pairings, changes = _pair_operations(base, revision)
    uses: list[SchemaUse] = []
    changes += compare_servers(base, revision, pairings)
    changes += _token_flows(base, revision)
    for pairing in pairings:
        changes += _operation(pairing)
        if not pairing.base.outgoing:
            changes += _security(pairing)
        changes += compare_messages(pairing, uses)
    changes += unjudged_changes(base, revision, pairings)
    return Comparison(base, revision, tuple(pairings), tuple(changes), tuple(uses))


# Operations -----------------------------------------------------------------------------------------------------------


def _pair_operations(base: Surface, revision: Surface) -> tuple[list[Pairing], list[Change]]:
    pairings: list[Pairing] = []
    changes: list[Change] = []
    for ours, theirs, kind in (
        (base.operations, revision.operations, ChangeKind.OPERATION),
        (base.webhooks, revision.webhooks, ChangeKind.WEBHOOK),
    ):
        paired = _paired(ours, theirs)
        pairings += paired
        changes += _unpaired(kind, ours, theirs, paired)
    changes, more = _with_overlaps(changes, base, revision)
    pairings += more
    for pairing in list(pairings):
        more, unpaired = _callbacks(pairing)
        pairings += more
        changes += unpaired
    return pairings, changes


def _with_overlaps(changes: list[Change], base: Surface, revision: Surface) -> tuple[list[Change], list[Pairing]]:
    """Mark new operations that take requests of a path with variables; pair those whose requests clients do send."""
    added = {one.label: one for one in revision.operations.values()}
    marked: list[Change] = []
    pairings: list[Pairing] = []
    for change in changes:
        is_new = change.kind is ChangeKind.OPERATION and change.action is Action.ADDED
        overlap = overlap_of(added[change.name], base.operations.values()) if is_new else None
        if overlap is None:
            marked.append(change)
            continue
        marked.append(replace(change, before=overlap.operation.label, taken=overlap.taken))
        if overlap.are_listed(base.document):
            pairings.append(Pairing(overlap.as_called(added[change.name]), added[change.name], is_new=True))
    return marked, pairings


def _paired(ours: _Operations, theirs: _Operations) -> list[Pairing]:
    found = ((one, theirs.get(key) or _at_same_url(one, theirs, ours)) for key, one in ours.items())
    return [Pairing(one, other) for one, other in found if other is not None]


def _at_same_url(operation: Operation, theirs: _Operations, ours: _Operations) -> Operation | None:
    """Find the operation at the same URL if a part of the path moved to or from the server URL."""
    for key, candidate in theirs.items():
        if key[0] == operation.method and key not in ours and operation.urls <= candidate.urls:
            return candidate
    return None


def _unpaired(kind: ChangeKind, ours: _Operations, theirs: _Operations, paired: list[Pairing]) -> Iterator[Change]:
    kept, known = {one.base.label for one in paired}, {one.revision.label for one in paired}
    for operation in ours.values():
        if operation.label not in kept:
            yield _whole(kind, Action.REMOVED, operation, operation.label, operation.label)
    for operation in theirs.values():
        if operation.label not in known:
            yield _whole(kind, Action.ADDED, operation, operation.label, operation.label)


def _callbacks(pairing: Pairing) -> tuple[list[Pairing], list[Change]]:
    ours, theirs = pairing.base.callbacks, pairing.revision.callbacks
    kind, label = ChangeKind.CALLBACK, pairing.label
    return (
        [Pairing(one, theirs[name]) for name, one in ours.items() if name in theirs],
        [_whole(kind, Action.REMOVED, one, name, label) for name, one in ours.items() if name not in theirs]
        + [_whole(kind, Action.ADDED, one, name, label) for name, one in theirs.items() if name not in ours],
    )


def _whole(kind: ChangeKind, action: Action, operation: Operation, name: str, label: str) -> Change:
    removed = action is Action.REMOVED
    return Change(
        kind=kind,
        action=action,
        name=name,
        operations=(label,),
        base=operation.place if removed else None,
        revision=None if removed else operation.place,
    )


def _operation(pairing: Pairing) -> Iterator[Change]:
    one, other = pairing.base, pairing.revision
    for kind, name, before, after in (
        (ChangeKind.OPERATION_ID, one.id, one.id, other.id),
        (ChangeKind.DEPRECATION, one.label, one.deprecated, other.deprecated),
        (ChangeKind.SUNSET, one.label, one.sunset, other.sunset),
    ):
        if name is not None and before != after:
            yield Change(kind=kind, action=Action.CHANGED, name=name, operations=(one.label,), base=one.place,
                         revision=other.place, before=before, after=after)  # fmt: skip


# Credentials ----------------------------------------------------------------------------------------------------------


def _security(pairing: Pairing) -> Iterator[Change]:
    """Compare the alternatives of credentials: each set that was sufficient must remain sufficient."""
    one, other = pairing.base, pairing.revision
    known = {credential: credential for alternative in one.security for credential in alternative}
    theirs = [{known.get(key, key): scopes for key, scopes in wanted.items()} for wanted in other.security]
    for alternative in one.security:
        if not any(_sufficient(alternative, wanted) for wanted in theirs):
            yield Change(kind=ChangeKind.CREDENTIALS, action=Action.REMOVED, name=_credentials(alternative),
                         operations=(one.label,), base=one.security_place, revision=other.security_place,
                         before=list(map(_credentials, one.security)), after=list(map(_credentials, theirs)),
                         pairing=pairing, credentials=alternative)  # fmt: skip
    for alternative in theirs:
        if alternative not in one.security:
            yield Change(kind=ChangeKind.CREDENTIALS, action=Action.ADDED, name=_credentials(alternative),
                         operations=(one.label,), base=one.security_place, revision=other.security_place)  # fmt: skip


def _sufficient(held: Alternative, wanted: Alternative) -> bool:
    return all(scheme in held and scopes <= held[scheme] for scheme, scopes in wanted.items())


def _credentials(alternative: Alternative) -> str:
    parts = [
        f"{credential.written} ({', '.join(sorted(scopes))})" if scopes else credential.written
        for credential, scopes in sorted(alternative.items())
    ]
    return " and ".join(parts) or "none"


def _token_flows(base: Surface, revision: Surface) -> Iterator[Change]:
    """Compare the flows and URLs that give tokens for a scheme."""
    for name, scheme in base.schemes.items():
        other = revision.schemes.get(name)
        if other is None or other.credential != scheme.credential:
            continue
        for flow, before in scheme.flows.items():
            after = other.flows.get(flow)
            if after is None:
                yield Change(kind=ChangeKind.TOKEN_FLOW, action=Action.REMOVED, name=f"{name} {flow}", operations=(),
                             base=scheme.place, revision=other.place, before=before)  # fmt: skip
                continue
            scopes = [sorted(one["scopes"]) if isinstance(one.get("scopes"), dict) else [] for one in (before, after)]
            if set(scopes[0]) - set(scopes[1]):
                yield Change(kind=ChangeKind.TOKEN_SCOPES, action=Action.CHANGED, name=f"{name} {flow}", operations=(),
                             base=scheme.place, revision=other.place, before=scopes[0], after=scopes[1])  # fmt: skip
            known = {key for key in {*before, *after} if key != "scopes" and not str(key).startswith("x-")}
            for key in sorted(known):
                if before.get(key) != after.get(key):
                    yield Change(kind=ChangeKind.TOKEN_FLOW, action=Action.CHANGED, name=f"{name} {flow} {key}",
                                 operations=(), base=scheme.place, revision=other.place, before=before.get(key),
                                 after=after.get(key))  # fmt: skip
