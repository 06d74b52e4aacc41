"""Compares two surfaces: operations, callbacks, servers, credentials; messages are compared in their own module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from spec_gate.differ.changes import Action, Change, ChangeKind, Comparison, Pairing, SchemaUse
from spec_gate.differ.messages import compare_messages
from spec_gate.differ.surface import VARIABLE, Alternative, Operation, Surface, same_servers
from spec_gate.differ.unjudged import unjudged_changes
from spec_gate.source.documents import Place

_Operations = Mapping[tuple[str, str], Operation]


def compare(base: Surface, revision: Surface) -> Comparison:
    """Return all changes outside of schemas, in the order of the base, and every pair of schemas to compare."""
    pairings, changes = _pair_operations(base, revision)
    uses: list[SchemaUse] = []
    changes += _servers(pairings)
    changes += _server_defaults(base, revision, pairings)
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
    for pairing in list(pairings):
        more, unpaired = _callbacks(pairing)
        pairings += more
        changes += unpaired
    return pairings, changes


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


# Servers --------------------------------------------------------------------------------------------------------------


def _servers(pairings: list[Pairing]) -> Iterator[Change]:
    """Compare the URLs of each operation; a server that affects many operations is one change."""
    incoming = [pairing for pairing in pairings if not pairing.base.outgoing]
    lost = _without_url([(one, one.base, one.revision) for one in incoming])
    for server, affected in lost.items():
        first = affected[0]
        place = next(iter(first.revision.servers.values()))
        yield Change(kind=ChangeKind.SERVER, action=Action.REMOVED, name=server, operations=_labels(affected),
                     base=first.base.servers[server], revision=place, before=server,
                     after=sorted(first.revision.servers), pairing=first)  # fmt: skip
    gained = _without_url([(one, one.revision, one.base) for one in incoming])
    for server, affected in gained.items():
        yield Change(kind=ChangeKind.SERVER, action=Action.ADDED, name=server, operations=_labels(affected),
                     revision=affected[0].revision.servers[server])  # fmt: skip


def _without_url(compared: list[tuple[Pairing, Operation, Operation]]) -> dict[str, list[Pairing]]:
    """Return each server of the first operation whose URL the second one does not have, with the operations."""
    found: dict[str, list[Pairing]] = {}
    for pairing, one, other in compared:
        for server in one.servers:
            if one.url_at(server) not in other.urls:
                found.setdefault(server, []).append(pairing)
    return found


def _server_defaults(base: Surface, revision: Surface, pairings: list[Pairing]) -> Iterator[Change]:
    """Compare the defaults of the variables in the URLs of servers; names of variables do not matter."""
    affected: dict[tuple[Place, Place], list[Pairing]] = {}
    for pairing in pairings:
        for places in () if pairing.base.outgoing else same_servers(pairing.base, pairing.revision):
            affected.setdefault(places, []).append(pairing)
    for (place, other), some in affected.items():
        ours, theirs = _defaults(base.document.at(place)), _defaults(revision.document.at(other))
        for (name, before), (new_name, after) in zip(ours, theirs, strict=False):
            if before != after:
                yield Change(kind=ChangeKind.SERVER_DEFAULT, action=Action.CHANGED, name=name, operations=_labels(some),
                             base=place / "variables" / name, revision=other / "variables" / new_name, before=before,
                             after=after)  # fmt: skip


def _defaults(server: Any) -> list[tuple[str, Any]]:
    """Return each variable in the URL of a server with its default, in the order of the URL."""
    variables = server.get("variables") or {}
    return [(name, variables.get(name, {}).get("default")) for name in VARIABLE.findall(server.get("url", ""))]


def _labels(pairings: list[Pairing]) -> tuple[str, ...]:
    return tuple(pairing.label for pairing in pairings)


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
            for key in ("authorizationUrl", "tokenUrl", "refreshUrl"):
                if before.get(key) != after.get(key):
                    yield Change(kind=ChangeKind.TOKEN_FLOW, action=Action.CHANGED, name=f"{name} {flow} {key}",
                                 operations=(), base=scheme.place, revision=other.place, before=before.get(key),
                                 after=after.get(key))  # fmt: skip
