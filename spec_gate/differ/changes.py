"""What differs between two descriptions, as facts: no verdict, no level.

What schemas say is left to :mod:`spec_gate.differ.pairing`; here each pair of them is only named, as an :class:`SchemaUse`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from spec_gate.differ.surface import Body, Media, Operation, Parameter, Reply, Surface, covered_by, reply_for
from spec_gate.schemas.normalise import Side
from spec_gate.source.documents import Place

Action = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Pairing:
    """One operation in both descriptions."""

    base: Operation
    revision: Operation

    @property
    def label(self) -> str:
        return self.base.label


@dataclass(frozen=True)
class Change:
    """One difference. ``about`` and ``action`` say which; ``name`` is what it is called there."""

    about: str
    action: Action
    name: str
    operations: tuple[str, ...]
    base: Place | None
    revision: Place | None
    before: Any = None
    after: Any = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    pairing: Pairing | None = None


@dataclass(frozen=True, eq=False)
class SchemaUse:
    """A value that travels, described by a schema in both: a body, a parameter or a header."""

    kind: Literal["body", "parameter", "header"]
    side: Side
    pairing: Pairing
    base: Place | None
    revision: Place | None
    base_place: Place
    revision_place: Place
    name: str = ""
    status: str = ""
    media: str = ""
    style: str = ""
    where: str = ""

    @property
    def label(self) -> str:
        return self.pairing.label


@dataclass
class Comparison:
    """Both descriptions, how their operations pair, and all that differs."""

    base: Surface
    revision: Surface
    pairings: list[Pairing]
    changes: list[Change]
    exchanges: list[SchemaUse]


def compare(base: Surface, revision: Surface) -> Comparison:
    """Return all differences, in the order of the base."""
    pairings, changes = _operations(base, revision)
    exchanges: list[SchemaUse] = []
    changes += _servers(pairings)
    changes += _flows(base, revision)
    for pairing in pairings:
        outgoing = pairing.base.outgoing
        changes += _operation(pairing)
        if not outgoing:
            changes += _security(pairing)
        changes += _parameters(pairing, exchanges)
        changes += _body(pairing, exchanges)
        changes += _replies(pairing, exchanges)
    return Comparison(base, revision, pairings, changes, exchanges)


# Operations -----------------------------------------------------------------------------------------------------------


def _operations(base: Surface, revision: Surface) -> tuple[list[Pairing], list[Change]]:
    pairings: list[Pairing] = []
    changes: list[Change] = []
    for ours, theirs, about in (
        (base.operations, revision.operations, "operation"),
        (base.webhooks, revision.webhooks, "webhook"),
    ):
        taken: set[tuple[str, str]] = set()
        for key, operation in ours.items():
            counterpart = theirs.get(key) or _at_the_same_url(operation, theirs, ours)
            if counterpart is None:
                changes.append(Change(about, "removed", operation.label, (operation.label,), operation.place, None,
                                      facts=_facts(operation)))  # fmt: skip
                continue
            taken.add(counterpart.key)
            pairings.append(Pairing(operation, counterpart))
        changes += [
            Change(about, "added", operation.label, (operation.label,), None, operation.place)
            for key, operation in theirs.items()
            if key not in taken
        ]
    for pairing in list(pairings):
        for name, callback in pairing.base.callbacks.items():
            if name in pairing.revision.callbacks:
                pairings.append(Pairing(callback, pairing.revision.callbacks[name]))
            else:
                changes.append(Change("callback", "removed", name, (pairing.label,), callback.place, None))
        changes += [
            Change("callback", "added", name, (pairing.label,), None, callback.place)
            for name, callback in pairing.revision.callbacks.items()
            if name not in pairing.base.callbacks
        ]
    return pairings, changes


def _facts(operation: Operation) -> dict[str, Any]:
    return {"deprecated": operation.deprecated, "sunset": operation.sunset}


def _at_the_same_url(
    operation: Operation, theirs: Mapping[tuple[str, str], Operation], ours: Mapping[tuple[str, str], Operation]
) -> Operation | None:
    """Find an operation whose path differs, but whose URL does not: part of it moved to or from the server."""
    for key, candidate in theirs.items():
        if key[0] == operation.method and key not in ours and operation.urls <= candidate.urls:
            return candidate
    return None


def _operation(pairing: Pairing) -> Iterator[Change]:
    one, other = pairing.base, pairing.revision
    places = (one.place, other.place)
    if one.id is not None and one.id != other.id:
        yield Change("operation id", "changed", one.id, (one.label,), *places, one.id, other.id)
    if one.deprecated != other.deprecated:
        yield Change("deprecation", "changed", one.label, (one.label,), *places, one.deprecated, other.deprecated,
                     {"sunset": other.sunset})  # fmt: skip
    if one.sunset != other.sunset:
        yield Change("sunset", "changed", one.label, (one.label,), *places, one.sunset, other.sunset)


def _servers(pairings: list[Pairing]) -> Iterator[Change]:
    """Compare the URLs of each operation; what one server's change does to many is one difference."""
    lost: dict[str, list[Pairing]] = {}
    won: dict[str, list[Pairing]] = {}
    for pairing in pairings:
        if pairing.base.outgoing:
            continue
        for ours, theirs, found in (
            (pairing.base, pairing.revision, lost),
            (pairing.revision, pairing.base, won),
        ):
            for server in ours.servers:
                if not ours.urls_at(server) <= theirs.urls:
                    found.setdefault(server, []).append(pairing)
    for server, affected in lost.items():
        labels = tuple(pairing.label for pairing in affected)
        first = affected[0]
        place = next(iter(first.revision.servers.values()))
        yield Change("server", "removed", server, labels, first.base.servers[server], place, server,
                     sorted(first.revision.servers), pairing=first)  # fmt: skip
    for server, affected in won.items():
        labels = tuple(pairing.label for pairing in affected)
        yield Change("server", "added", server, labels, None, affected[0].revision.servers[server])


# Credentials ----------------------------------------------------------------------------------------------------------


def _security(pairing: Pairing) -> Iterator[Change]:
    """Compare what credentials open the door: each set that did must open it still."""
    one, other = pairing.base, pairing.revision
    for alternative in one.security:
        if not any(_enough(alternative, wanted) for wanted in other.security):
            yield Change("credentials", "removed", _told(alternative), (one.label,), one.security_place,
                         other.security_place, [_told(a) for a in one.security], [_told(a) for a in other.security],
                         {"alternative": alternative, "wanted": other.security}, pairing)  # fmt: skip
    for alternative in other.security:
        if alternative not in one.security:
            yield Change("credentials", "added", _told(alternative), (one.label,), one.security_place,
                         other.security_place)  # fmt: skip


def _enough(held: Mapping[str, frozenset[str]], wanted: Mapping[str, frozenset[str]]) -> bool:
    return all(scheme in held and scopes <= held[scheme] for scheme, scopes in wanted.items())


def _told(alternative: Mapping[str, frozenset[str]]) -> str:
    told = [
        f"{scheme} ({', '.join(sorted(scopes))})" if scopes else scheme
        for scheme, scopes in sorted(alternative.items())
    ]
    return " and ".join(told) or "none"


def _flows(base: Surface, revision: Surface) -> Iterator[Change]:
    """Compare where the tokens of a scheme come from."""
    for name, scheme in base.schemes.items():
        other = revision.schemes.get(name)
        if other is None or other.identity != scheme.identity:
            continue
        for flow, said in scheme.flows.items():
            now = other.flows.get(flow)
            if now is None:
                yield Change("flow", "removed", f"{name} {flow}", (), scheme.place, other.place, said, None)
                continue
            for key in ("authorizationUrl", "tokenUrl", "refreshUrl"):
                if said.get(key) != now.get(key):
                    yield Change("flow", "changed", f"{name} {flow} {key}", (), scheme.place, other.place,
                                 said.get(key), now.get(key))  # fmt: skip


# Requests -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Here:
    """Where a body stands: its operation, its status, and the list that takes what is exchanged there."""

    pairing: Pairing
    exchanges: list[SchemaUse]
    status: str = ""


def _parameters(pairing: Pairing, exchanges: list[SchemaUse]) -> Iterator[Change]:
    one, other = pairing.base, pairing.revision
    side: Side = "reply" if one.outgoing else "request"
    for key, parameter in one.parameters.items():
        now = other.parameters.get(key)
        if now is None:
            if parameter.where != "path":
                yield _of_parameter("removed", parameter, pairing, parameter.place, other.place)
            continue
        exchanges.append(
            SchemaUse("parameter", side, pairing, parameter.schema, now.schema, parameter.place, now.place,
                     parameter.name, media=parameter.media, style=parameter.style, where=parameter.where)
        )  # fmt: skip
        yield from _same_parameter(parameter, now, pairing)
    for key, parameter in other.parameters.items():
        if key not in one.parameters and parameter.where != "path":
            yield _of_parameter("added", parameter, pairing, one.place, parameter.place)


def _of_parameter(action: Action, parameter: Parameter, pairing: Pairing, base: Place, revision: Place) -> Change:
    return Change("parameter", action, f"{parameter.where} {parameter.name}", (pairing.label,), base, revision,
                  facts={"required": parameter.required, "parameter": parameter}, pairing=pairing)  # fmt: skip


def _same_parameter(one: Parameter, other: Parameter, pairing: Pairing) -> Iterator[Change]:
    name = f"{one.where} {one.name}"
    for fact in ("required", "style", "explode", "allow_reserved", "allow_empty", "media", "deprecated"):
        before, after = getattr(one, fact), getattr(other, fact)
        if before != after:
            yield Change(f"parameter {fact.replace('_', ' ')}", "changed", name, (pairing.label,), one.place,
                         other.place, before, after, {"parameter": one}, pairing)  # fmt: skip


def _body(pairing: Pairing, exchanges: list[SchemaUse]) -> Iterator[Change]:
    one, other = pairing.base.body, pairing.revision.body
    label = (pairing.label,)
    if one is None and other is not None:
        yield Change("request body", "added", "body", label, pairing.base.place, other.place,
                     facts={"required": other.required}, pairing=pairing)  # fmt: skip
    if one is not None and other is None:
        yield Change("request body", "removed", "body", label, one.place, pairing.revision.place, pairing=pairing)
    if one is None or other is None:
        return
    if one.required != other.required:
        yield Change("request body required", "changed", "body", label, one.place, other.place, one.required,
                     other.required, pairing=pairing)  # fmt: skip
    if pairing.base.outgoing:
        yield from _replied_media(one, other, _Here(pairing, exchanges))
    else:
        yield from _requested_media(one, other, _Here(pairing, exchanges))


def _requested_media(one: Body | Reply, other: Body | Reply, here: _Here) -> Iterator[Change]:
    """Compare what a client may send: every media type must be taken still."""
    label = (here.pairing.label,)
    for name, media in one.media.items():
        entry = covered_by(name, other.media)
        if entry is None:
            yield Change("request media type", "removed", name, label, media.place, other.place, name,
                         sorted(other.media), pairing=here.pairing)  # fmt: skip
            continue
        yield from _exchanged("request", media, other.media[entry], here)
    for name, media in other.media.items():
        if name not in one.media:
            yield Change("request media type", "added", name, label, one.place, media.place)


def _exchanged(side: Side, one: Media, other: Media, here: _Here) -> Iterator[Change]:
    label = (here.pairing.label,)
    here.exchanges.append(
        SchemaUse("body", side, here.pairing, one.schema, other.schema, one.place, other.place, status=here.status,
                 media=other.type if side == "reply" else one.type)
    )  # fmt: skip
    for name in sorted(one.examples - other.examples):
        yield Change("example", "removed", name, label, one.place / "examples" / name, other.place)
    for name in sorted({*one.encoding, *other.encoding}):
        before, after = one.encoding.get(name, {}), other.encoding.get(name, {})
        for key in ("contentType", "style", "explode", "allowReserved"):
            if before.get(key) != after.get(key):
                yield Change(f"encoding {key}", "changed", name, label, one.place, other.place,
                             before.get(key), after.get(key), {"side": side})  # fmt: skip


# Replies --------------------------------------------------------------------------------------------------------------


def _replies(pairing: Pairing, exchanges: list[SchemaUse]) -> Iterator[Change]:
    ours, theirs = pairing.base.replies, pairing.revision.replies
    label = (pairing.label,)
    for status, reply in ours.items():
        now = theirs.get(status) or (reply_for(status, theirs) if status[0].isdigit() and "X" not in status else None)
        if now is None:
            narrower = any(other[0] == status[0] for other in theirs) and "X" in status
            yield Change("status", "removed", status, label, reply.place, pairing.revision.place, sorted(ours),
                         sorted(theirs), {"narrowed": narrower, "alone": len(ours) == 1}, pairing)  # fmt: skip
        else:
            yield from _reply(reply, now, _Here(pairing, exchanges, status))
    for status, reply in theirs.items():
        if status in ours:
            continue
        known = reply_for(status, ours) if status[0].isdigit() else None
        yield Change("status", "added", status, label, pairing.base.place, reply.place, sorted(ours), sorted(theirs),
                     {"known": known is not None}, pairing)  # fmt: skip
        if known is not None:
            yield from _reply(known, reply, _Here(pairing, exchanges, status))


def _reply(one: Reply, other: Reply, here: _Here) -> Iterator[Change]:
    yield from _headers(one, other, here)
    if here.pairing.base.outgoing:
        yield from _requested_media(one, other, here)
    else:
        yield from _replied_media(one, other, here)


def _replied_media(one: Body | Reply, other: Body | Reply, here: _Here) -> Iterator[Change]:
    """Compare what a client gets: it can read the media types that it knew."""
    label = (here.pairing.label,)
    for name, media in other.media.items():
        entry = covered_by(name, one.media)
        if entry is None:
            yield Change("response media type", "added", name, label, one.place, media.place,
                         facts={"status": here.status, "known": bool(one.media)})  # fmt: skip
        else:
            yield from _exchanged("reply", one.media[entry], media, here)
    for name, media in one.media.items():
        if covered_by(name, other.media) is None and not any(covered_by(now, {name: media}) for now in other.media):
            yield Change("response media type", "removed", name, label, media.place, other.place, name,
                         sorted(other.media), {"status": here.status}, here.pairing)  # fmt: skip


def _headers(one: Reply, other: Reply, here: _Here) -> Iterator[Change]:
    label = (here.pairing.label,)
    for key, header in one.headers.items():
        now = other.headers.get(key)
        if now is None:
            yield Change("response header", "removed", header.name, label, header.place, other.place,
                         facts={"required": header.required, "status": here.status}, pairing=here.pairing)  # fmt: skip
            continue
        if header.required != now.required:
            yield Change("response header required", "changed", header.name, label, header.place, now.place,
                         header.required, now.required, {"status": here.status}, here.pairing)  # fmt: skip
        here.exchanges.append(
            SchemaUse("header", "reply", here.pairing, header.schema, now.schema, header.place, now.place, header.name,
                     here.status, header.media, header.style, "header")
        )  # fmt: skip
    for key, header in other.headers.items():
        if key not in one.headers:
            yield Change("response header", "added", header.name, label, one.place, header.place,
                         facts={"required": header.required, "status": here.status})  # fmt: skip
