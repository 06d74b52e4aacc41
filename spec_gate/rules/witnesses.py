"""Witnesses for breaking changes outside of schemas: one builder for each kind of rule."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from spec_gate.differ.changes import Change, Pairing
from spec_gate.differ.surface import VARIABLE, covered_by
from spec_gate.prove.witnesses import (
    ABSENT,
    DocumentRole,
    Messages,
    Rejection,
    RejectionKind,
    Witness,
    WitnessKind,
    parameter_name,
    response,
)

_OF_RANGES = ("text/plain", "application/octet-stream", "application/xml", "image/png", "image/gif", "audio/mpeg",
              "video/mp4", "font/woff2", "multipart/mixed")  # fmt: skip
"""Media types that stand for a range such as ``image/*`` in a request."""


def removed_operation(change: Change, _: Messages) -> Witness:
    """Return the request line of the removed operation."""
    rejection = Rejection(RejectionKind.NO_OPERATION, change.name)
    return Witness(WitnessKind.REQUEST, DocumentRole.BASE, DocumentRole.REVISION, rejection, change.name)


def removed_server(change: Change, messages: Messages) -> Witness:
    """Return a request to the removed server."""
    found = messages.request(_pairing(change).base, Rejection(RejectionKind.NO_SERVER, change.name))
    method, _, rest = found.line.partition(" ")
    server = VARIABLE.sub(r"\1", change.name) if _is_free(change, messages) else change.name
    return replace(found, line=f"{method} {server.rstrip('/')}{rest}")


def _is_free(change: Change, messages: Messages) -> bool:
    """Return whether the variables of a removed server may have any value."""
    assert change.base is not None
    server = messages.schemas.document(of_base=True).at(change.base)
    return not any("enum" in one for one in server.get("variables", {}).values())


def old_credentials(change: Change, messages: Messages) -> Witness:
    """Return a request with the credentials that were sufficient."""
    rejection = Rejection(RejectionKind.CREDENTIALS, " or ".join(change.after))
    return messages.request(_pairing(change).base, rejection, credentials=change.credentials)


def without_parameter(change: Change, messages: Messages) -> Witness:
    """Return a request without the parameter that the revision requires."""
    return messages.request(_pairing(change).base, Rejection(RejectionKind.PARAMETER_REQUIRED, _parameter(change)))


def with_parameter(change: Change, messages: Messages) -> Witness:
    """Return a request with the parameter as the base writes it."""
    rejection = Rejection(RejectionKind.PARAMETER_STYLE, _parameter(change))
    assert change.parameter is not None
    value = messages.several(change.parameter.schema)
    found = messages.request(_pairing(change).base, rejection, parameter=change.parameter, value=value)
    return replace(found, value=ABSENT)


def without_body(change: Change, messages: Messages) -> Witness:
    """Return a request without the body that the revision requires."""
    return messages.request(_pairing(change).base, Rejection(RejectionKind.BODY_REQUIRED))


def old_body(change: Change, messages: Messages) -> Witness:
    """Return a request with the body that the revision does not accept."""
    return _with_media(change, messages, "")


def old_media_type(change: Change, messages: Messages) -> Witness:
    """Return a request with the media type that the revision does not accept."""
    return _with_media(change, messages, change.name)


def _with_media(change: Change, messages: Messages, media: str) -> Witness:
    operation = _pairing(change).base
    offered = operation.body.media if operation.body else {}
    media = media or next(iter(offered), "")
    schema = offered[media].schema if media in offered else None
    body = messages.value_for(schema, {})
    other = messages.counterparts.get(operation.label)
    media = _of_range(media, other.body.media if other is not None and other.body is not None else ())
    rejection = Rejection(RejectionKind.NO_MEDIA_TYPE, media) if media else Rejection(RejectionKind.NO_BODY)
    return messages.request(operation, rejection, body=body, media=media)


def _of_range(media: str, accepted: Container[str]) -> str:
    """Return a media type of a range that the other document does not accept; the media type itself if it is one."""
    if "*" not in media:
        return media
    return next((one for one in _OF_RANGES if covered_by(one, (media,)) and not covered_by(one, accepted)), media)


def other_status(change: Change, _: Messages) -> Witness:
    """Return a response with another status of the revision."""
    others = [status for status in change.after if status[0].isdigit()] or ["DEFAULT"]
    return response(others[0], Rejection(RejectionKind.STATUS, change.name))


def other_media_type(change: Change, _: Messages) -> Witness:
    """Return a response with another media type of the revision."""
    media = change.after[0] if change.after else ""
    return response(change.status, Rejection(RejectionKind.RESPONSE_MEDIA_TYPE, change.name), media=media)


def without_header(change: Change, messages: Messages) -> Witness:
    """Return a response without the header that the base promises."""
    rejection = Rejection(RejectionKind.HEADER_REQUIRED, change.name)
    return messages.response(_pairing(change).base, change.status, rejection)


def _pairing(change: Change) -> Pairing:
    assert change.pairing is not None
    return change.pairing


def _parameter(change: Change) -> str:
    assert change.parameter is not None
    return parameter_name(change.parameter)
