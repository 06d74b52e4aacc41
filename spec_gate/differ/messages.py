"""Compares requests and responses of one operation: parameters, bodies, media types, statuses, headers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from spec_gate.differ.changes import Action, Change, ChangeKind, Pairing, Part, PartKind, SchemaUse
from spec_gate.differ.surface import Body, Media, Parameter, Response, covered_by, response_for
from spec_gate.differ.unjudged import without_texts
from spec_gate.schemas.node import Side
from spec_gate.schemas.values import canonical_text
from spec_gate.source.documents import Place

_PARAMETER_FIELDS = {
    "required": ChangeKind.PARAMETER_REQUIRED,
    "style": ChangeKind.PARAMETER_STYLE,
    "explode": ChangeKind.PARAMETER_EXPLODE,
    "allow_reserved": ChangeKind.PARAMETER_ALLOW_RESERVED,
    "allow_empty": ChangeKind.PARAMETER_ALLOW_EMPTY,
    "media": ChangeKind.PARAMETER_MEDIA_TYPE,
    "deprecated": ChangeKind.PARAMETER_DEPRECATED,
}
_ENCODING_FIELDS = {
    "contentType": ChangeKind.ENCODING_CONTENT_TYPE,
    "style": ChangeKind.ENCODING_STYLE,
    "explode": ChangeKind.ENCODING_EXPLODE,
    "allowReserved": ChangeKind.ENCODING_ALLOW_RESERVED,
}


def compare_messages(pairing: Pairing, uses: list[SchemaUse]) -> Iterator[Change]:
    """Return the changes of an operation's messages and append every pair of schemas to ``uses``."""
    context = _Context(pairing, uses)
    yield from _parameters(context)
    yield from _body(context)
    yield from _responses(context)


@dataclass(frozen=True)
class _Context:
    """The operation, the status of the response (empty for requests), and the list that collects schemas."""

    pairing: Pairing
    uses: list[SchemaUse]
    status: str = ""

    def change(self, kind: ChangeKind, action: Action, name: str, base: Place, revision: Place, **rest: Any) -> Change:
        return Change(kind=kind, action=action, name=name, operations=(self.pairing.label,), base=base,
                      revision=revision, pairing=self.pairing, outgoing=self.outgoing, **rest)  # fmt: skip

    @property
    def outgoing(self) -> bool:
        return self.pairing.base.outgoing

    def at(self, status: str) -> _Context:
        return _Context(self.pairing, self.uses, status)


# Requests -------------------------------------------------------------------------------------------------------------


def _parameters(context: _Context) -> Iterator[Change]:
    one, other = context.pairing.base, context.pairing.revision
    side = Side.RESPONSE if one.outgoing else Side.REQUEST
    for key, parameter in one.parameters.items():
        now = other.parameters.get(key)
        if now is not None:
            part = Part(PartKind.PARAMETER, parameter.name, parameter.location, media=parameter.media)
            schemas, places = (parameter.schema, now.schema), (parameter.place, now.place)
            required, sent_as = parameter.required and now.required, now if one.outgoing else parameter
            context.uses.append(SchemaUse(part, side, context.pairing, *schemas, *places, required, sent_as))
            yield from _parameter_fields(parameter, now, context)
        elif parameter.location != "path":
            yield _whole_parameter(Action.REMOVED, parameter, context, parameter.place, other.place)
    for key, parameter in other.parameters.items():
        if key not in one.parameters and parameter.location != "path":
            yield _whole_parameter(Action.ADDED, parameter, context, one.place, parameter.place)


def _whole_parameter(action: Action, parameter: Parameter, context: _Context, base: Place, revision: Place) -> Change:
    return context.change(
        ChangeKind.PARAMETER, action, parameter.label, base, revision, required=parameter.required, parameter=parameter
    )


def _parameter_fields(one: Parameter, other: Parameter, context: _Context) -> Iterator[Change]:
    for name, kind in _PARAMETER_FIELDS.items():
        before, after = getattr(one, name), getattr(other, name)
        if before != after:
            yield context.change(
                kind, Action.CHANGED, one.label, one.place, other.place, before=before, after=after, parameter=one
            )


def _body(context: _Context) -> Iterator[Change]:
    one, other = context.pairing.base.body, context.pairing.revision.body
    if one is None and other is not None:
        place = context.pairing.base.place
        yield context.change(ChangeKind.REQUEST_BODY, Action.ADDED, "body", place, other.place, required=other.required)
    if one is not None and other is None:
        place = context.pairing.revision.place
        yield context.change(ChangeKind.REQUEST_BODY, Action.REMOVED, "body", one.place, place, required=one.required)
    if one is None or other is None:
        return
    if one.required != other.required:
        yield context.change(ChangeKind.REQUEST_BODY_REQUIRED, Action.CHANGED, "body", one.place, other.place,
                             before=one.required, after=other.required)  # fmt: skip
    if context.outgoing:
        yield from _received_media(one, other, context)
    else:
        yield from _sent_media(one, other, context)


def _sent_media(one: Body | Response, other: Body | Response, context: _Context) -> Iterator[Change]:
    """Compare the media types that a client sends: the revision must still accept each of them."""
    for name, media in one.media.items():
        entry = covered_by(name, other.media)
        if entry is None:
            yield context.change(ChangeKind.REQUEST_MEDIA_TYPE, Action.REMOVED, name, media.place, other.place,
                                 before=name, after=sorted(other.media))  # fmt: skip
            continue
        yield from _media(Side.REQUEST, media, other.media[entry], context)
    for name, media in other.media.items():
        if name not in one.media:
            yield context.change(ChangeKind.REQUEST_MEDIA_TYPE, Action.ADDED, name, one.place, media.place)
            # Messages that a range of the base allowed.
            entry = covered_by(name, one.media)
            if entry is not None and "*" in entry:
                yield from _media(Side.REQUEST, one.media[entry], media, context)


def _media(side: Side, one: Media, other: Media, context: _Context) -> Iterator[Change]:
    kind = PartKind.RESPONSE_BODY if context.status else PartKind.REQUEST_BODY
    part = Part(kind, status=context.status, media=other.type if side is Side.RESPONSE else one.type)
    context.uses.append(SchemaUse(part, side, context.pairing, one.schema, other.schema, one.place, other.place))
    if one.item_schema is not None or other.item_schema is not None:
        item, schemas = replace(part, is_item=True), (one.item_schema, other.item_schema)
        context.uses.append(SchemaUse(item, side, context.pairing, *schemas, one.place, other.place))
    if _parameters_of(one.type) != _parameters_of(other.type) and "*" not in one.type + other.type:
        yield context.change(ChangeKind.UNJUDGED, Action.CHANGED, f"parameters of {one.type.partition(';')[0]}",
                             one.place, other.place, before=one.type, after=other.type, side=side)  # fmt: skip
    for name in sorted(one.examples - other.examples):
        place = one.place / "examples" / name
        yield context.change(ChangeKind.EXAMPLE, Action.REMOVED, name, place, other.place)
    for name in sorted({*one.encoding, *other.encoding}) if one.has_parts and other.has_parts else ():
        yield from _encoding(name, one, other, context, side)


def _encoding(name: str, one: Media, other: Media, context: _Context, side: Side) -> Iterator[Change]:
    written = one.encoding.get(name, {}), other.encoding.get(name, {})
    ours, theirs = map(_effective, written)
    for key, kind in _ENCODING_FIELDS.items():
        stated = ours.get(key) != theirs.get(key)
        before, after = (ours.get(key), theirs.get(key)) if stated else (one.get(key) for one in written)
        if before != after:
            yield context.change(kind, Action.CHANGED, name, one.place, other.place, before=before, after=after,
                                 side=side, field_schema=one.schema, stated=stated)  # fmt: skip
    others = [without_texts(some, _ENCODING_FIELDS) for some in written]
    for key in sorted({*others[0], *others[1]}):
        before, after = (some.get(key) for some in others)
        if canonical_text(before) != canonical_text(after):
            yield context.change(ChangeKind.UNJUDGED, Action.CHANGED, f"{key} of encoding {name}", one.place,
                                 other.place, before=before, after=after, side=side)  # fmt: skip


def _effective(encoding: Mapping[str, Any]) -> dict[str, Any]:
    """Return an encoding with the defaults of what it leaves out."""
    style = encoding.get("style", "form")
    return {"style": style, "explode": style == "form", "allowReserved": False, **encoding}


def _parameters_of(media: str) -> str:
    return media.partition(";")[2]


# Responses ------------------------------------------------------------------------------------------------------------


def _responses(context: _Context) -> Iterator[Change]:
    ours, theirs = context.pairing.base.responses, context.pairing.revision.responses
    statuses: dict[str, Any] = {"before": sorted(ours), "after": sorted(theirs)}
    for status, response in ours.items():
        now = theirs.get(status) or (response_for(status, theirs) if status.isdigit() else None)
        if now is not None:
            yield from _response(response, now, context.at(status))
            continue
        covered = any(other[0] == status[0] for other in theirs) if "X" in status else _states_success(status, theirs)
        yield context.change(ChangeKind.STATUS, Action.REMOVED, status, response.place, context.pairing.revision.place,
                             covered=covered, alone=len(ours) == 1, **statuses)  # fmt: skip
    for status, response in theirs.items():
        if status in ours:
            continue
        known = response_for(status, ours) if status[0].isdigit() else None
        yield context.change(ChangeKind.STATUS, Action.ADDED, status, context.pairing.base.place, response.place,
                             covered=known is not None, **statuses)  # fmt: skip
        if known is not None:
            yield from _response(known, response, context.at(status))


def _states_success(status: str, others: Mapping[str, Response]) -> bool:
    """Return whether the successes that the default stood for are stated one by one."""
    return status == "DEFAULT" and any(other[0] == "2" for other in others)


def _response(one: Response, other: Response, context: _Context) -> Iterator[Change]:
    yield from _headers_sent(one, other, context) if context.outgoing else _headers(one, other, context)
    if context.outgoing:
        yield from _sent_media(one, other, context)
    else:
        yield from _received_media(one, other, context)


def _received_media(one: Body | Response, other: Body | Response, context: _Context) -> Iterator[Change]:
    """Compare the media types that a client receives: it must know each media type of the revision."""
    for name, media in other.media.items():
        entry = covered_by(name, one.media)
        if entry is None:
            yield context.change(ChangeKind.RESPONSE_MEDIA_TYPE, Action.ADDED, name, one.place, media.place,
                                 status=context.status)  # fmt: skip
        else:
            yield from _media(Side.RESPONSE, one.media[entry], media, context)
    for name, media in one.media.items():
        entry = covered_by(name, other.media)
        if entry is not None and name not in other.media and "*" in entry:
            yield from _media(Side.RESPONSE, media, other.media[entry], context)
        if entry is None and not any(covered_by(now, {name: media}) for now in other.media):
            yield context.change(ChangeKind.RESPONSE_MEDIA_TYPE, Action.REMOVED, name, media.place, other.place,
                                 before=name, after=sorted(other.media), status=context.status)  # fmt: skip


def _headers_sent(one: Response, other: Response, context: _Context) -> Iterator[Change]:
    """Compare the headers that a client sends in its response to a webhook or a callback."""
    before, after = ({key: header.required for key, header in some.headers.items()} for some in (one, other))
    if before != after:
        yield context.change(ChangeKind.UNJUDGED, Action.CHANGED, f"headers of response {context.status}", one.place,
                             other.place, before=sorted(before), after=sorted(after))  # fmt: skip


def _headers(one: Response, other: Response, context: _Context) -> Iterator[Change]:
    kind = ChangeKind.RESPONSE_HEADER
    for key, header in one.headers.items():
        now = other.headers.get(key)
        if now is None:
            yield context.change(kind, Action.REMOVED, header.name, header.place, other.place,
                                 required=header.required, status=context.status)  # fmt: skip
            continue
        if header.required != now.required:
            yield context.change(ChangeKind.RESPONSE_HEADER_REQUIRED, Action.CHANGED, header.name, header.place,
                                 now.place, before=header.required, after=now.required,
                                 status=context.status)  # fmt: skip
        if header.media != now.media:
            yield context.change(ChangeKind.UNJUDGED, Action.CHANGED, f"media type of header {header.name}",
                                 header.place, now.place, before=header.media or None, after=now.media or None,
                                 status=context.status)  # fmt: skip
        part = Part(PartKind.RESPONSE_HEADER, header.name, "header", context.status, header.media)
        context.uses.append(
            SchemaUse(
                part, Side.RESPONSE, context.pairing, header.schema, now.schema, header.place, now.place, sent_as=now
            )
        )
    for key, header in other.headers.items():
        if key not in one.headers:
            yield context.change(kind, Action.ADDED, header.name, one.place, header.place, required=header.required,
                                 status=context.status)  # fmt: skip
