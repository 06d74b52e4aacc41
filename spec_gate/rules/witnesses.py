"""Witnesses for breaking changes outside of schemas: one builder for each kind of rule."""

from __future__ import annotations

from dataclasses import replace

from spec_gate.differ.changes import Change, Pairing
from spec_gate.prove.witnesses import DocumentRole, Requests, Witness, WitnessKind, response


def removed_operation(change: Change, _: Requests) -> Witness:
    """Return the request line of the removed operation."""
    why = "it does not describe this operation"
    return Witness(WitnessKind.REQUEST, DocumentRole.BASE, DocumentRole.REVISION, why, change.name)


def removed_server(change: Change, requests: Requests) -> Witness:
    """Return a request to the removed server."""
    found = requests.request(_pairing(change).base, f"it does not list the server {change.name}")
    method, _, rest = found.line.partition(" ")
    return replace(found, line=f"{method} {change.name.rstrip('/')}{rest}")


def old_credentials(change: Change, requests: Requests) -> Witness:
    """Return a request with the credentials that were sufficient."""
    why = f"it requires {' or '.join(change.after)}"
    return requests.request(_pairing(change).base, why, credentials=change.credentials)


def without_parameter(change: Change, requests: Requests) -> Witness:
    """Return a request without the parameter that the revision requires."""
    return requests.request(_pairing(change).base, f"it requires the {_parameter(change)}")


def with_parameter(change: Change, requests: Requests) -> Witness:
    """Return a request with the parameter as the base writes it."""
    why = f"it reads the {_parameter(change)} differently"
    return requests.request(_pairing(change).base, why, parameter=change.parameter)


def without_body(change: Change, requests: Requests) -> Witness:
    """Return a request without the body that the revision requires."""
    return requests.request(_pairing(change).base, "it requires a body")


def old_body(change: Change, requests: Requests) -> Witness:
    """Return a request with the body that the revision does not accept."""
    return _with_media(change, requests, "")


def old_media_type(change: Change, requests: Requests) -> Witness:
    """Return a request with the media type that the revision does not accept."""
    return _with_media(change, requests, change.name)


def _with_media(change: Change, requests: Requests, media: str) -> Witness:
    operation = _pairing(change).base
    offered = operation.body.media if operation.body else {}
    media = media or next(iter(offered), "")
    schema = offered[media].schema if media in offered else None
    body = requests.value_for(schema, {})
    return requests.request(operation, f"it does not accept {media or 'a body'}", body=body, media=media)


def other_status(change: Change, _: Requests) -> Witness:
    """Return a response with another status of the revision."""
    others = [status for status in change.after if status[0].isdigit()] or ["DEFAULT"]
    return response(others[0], f"it promises {change.name} in this case")


def other_media_type(change: Change, _: Requests) -> Witness:
    """Return a response with another media type of the revision."""
    media = change.after[0] if change.after else ""
    return response(change.status, f"it offers {change.name} to clients that accept it", media=media)


def without_header(change: Change, _: Requests) -> Witness:
    """Return a response without the header that the base promises."""
    return response(change.status, f"it promises the header {change.name}")


def _pairing(change: Change) -> Pairing:
    assert change.pairing is not None
    return change.pairing


def _parameter(change: Change) -> str:
    assert change.parameter is not None
    return f"{change.parameter.location} parameter {change.parameter.name}"
