"""The titles of changes outside of schemas: operations, parameters, media types, statuses, credentials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spec_gate.report.model import ChangeKind, ReportedFinding
from spec_gate.report.quoted import LONGEST_PATH, capital, code

_SHOWN = 3


def structure_title(finding: ReportedFinding) -> str:
    """Return the title of a change outside of schemas; empty if its rule has only a general one."""
    if finding.kind is ChangeKind.CREDENTIALS:
        return _credentials(finding)
    subject = _subject(finding)
    event = _EVENTS.get(finding.rule)
    if event is None or not subject:
        return ""
    if finding.folded and len(finding.added) == len(finding.removed) == 1:
        return f"{capital(subject)} replaced by {code(_shown_name(finding.added[0]))}"
    values = {"before": code(finding.before, LONGEST_PATH), "after": code(finding.after, LONGEST_PATH)}
    if finding.kind is ChangeKind.PARAMETER_MEDIA_TYPE:
        event = event if finding.before else "media type {after} added to {subject}"
        event = event if finding.after else "media type {before} removed from {subject}"
    if finding.kind in _KEYWORDS:
        subject = f"`{_KEYWORDS[finding.kind]}` of {subject}"
        event = "{subject} set to {after}" if finding.before is None else event
        event = "{subject} removed (was {before})" if finding.after is None else event
    return capital(event.format(subject=subject, **values))


def _subject(finding: ReportedFinding) -> str:
    place, _, last = finding.name.partition(" ")
    return _SUBJECTS.get(finding.kind, "").format(
        name=code(_shown_name(finding.name), LONGEST_PATH),
        operation=_operations(finding.operations),
        location=place, last=code(last), response=_responses(finding),
        whole="path" if finding.name.startswith("/") else "operation",
    )  # fmt: skip


def _operations(labels: Sequence[str]) -> str:
    """Return the only operation, or how many there are."""
    if len(labels) > 1:
        return f"{len(labels)} operations"
    return f"operation {code(labels[0], LONGEST_PATH)}" if labels else ""


def _responses(finding: ReportedFinding) -> str:
    """Return the response, or all responses of an edit that is written in several ones."""
    statuses = list(dict.fromkeys(one.status for one in finding.occurrences)) or [finding.status]
    shown = [code(_shown_name(one)) for one in statuses]
    if len(shown) == 1:
        return f"response {shown[0]}"
    if len(shown) > _SHOWN:
        return f"responses {', '.join(shown[:_SHOWN])} and {len(shown) - _SHOWN} more"
    return f"responses {', '.join(shown[:-1])} and {shown[-1]}"


def _shown_name(name: Any) -> str:
    return "default" if name == "DEFAULT" else str(name)


def _credentials(finding: ReportedFinding) -> str:
    removed, added = ([credential(str(one)) for one in some] for some in (finding.removed, finding.added))
    if removed == [credential("none")] and added:
        return f"Credentials required: {' or '.join(added)}"
    if removed and added:
        return f"{capital(' and '.join(removed))} no longer accepted; {' or '.join(added)} required"
    if removed:
        return f"{capital(' and '.join(removed))} no longer accepted"
    return f"{capital(' and '.join(added))} also accepted" if added else ""


def credential(name: str) -> str:
    """Return the name of an alternative as a person says it."""
    kind, _, rest = name.partition(" ")
    if name == "none":
        return "access without credentials"
    if kind == "apiKey" and " and " not in name:
        location, _, key = rest.partition(" ")
        return f"API key in {location} {code(key)}"
    if kind == "http" and " and " not in name:
        return f"HTTP {code(rest)}"
    return code(name)


_K = ChangeKind
_SUBJECTS = {
    _K.OPERATION: "{whole} {name}",
    **dict.fromkeys((_K.OPERATION_ID, _K.DEPRECATION, _K.SUNSET, _K.STABILITY), "{operation}"),
    _K.WEBHOOK: "webhook {name}", _K.CALLBACK: "callback {name}", _K.SERVER: "server {name}",
    _K.SERVER_DEFAULT: "server variable {name}",
    **dict.fromkeys((_K.TOKEN_FLOW, _K.TOKEN_SCOPES), "OAuth flow {name}"),
    **dict.fromkeys(
        (_K.PARAMETER, _K.PARAMETER_REQUIRED, _K.PARAMETER_STYLE, _K.PARAMETER_EXPLODE, _K.PARAMETER_ALLOW_RESERVED,
         _K.PARAMETER_ALLOW_EMPTY, _K.PARAMETER_MEDIA_TYPE, _K.PARAMETER_DEPRECATED),
        "{location} parameter {last}",
    ),
    _K.REQUEST_BODY: "request body", _K.REQUEST_BODY_REQUIRED: "request body",
    _K.REQUEST_MEDIA_TYPE: "request media type {name}",
    **dict.fromkeys(
        (_K.ENCODING_CONTENT_TYPE, _K.ENCODING_STYLE, _K.ENCODING_EXPLODE, _K.ENCODING_ALLOW_RESERVED),
        "form field {name}",
    ),
    _K.EXAMPLE: "example {name}", _K.STATUS: "response status {name}",
    _K.RESPONSE_MEDIA_TYPE: "media type {name} of {response}",
    _K.RESPONSE_HEADER: "response header {name}", _K.RESPONSE_HEADER_REQUIRED: "response header {name}",
}  # fmt: skip
_KEYWORDS = {
    _K.PARAMETER_STYLE: "style", _K.PARAMETER_EXPLODE: "explode", _K.ENCODING_STYLE: "style",
    _K.ENCODING_EXPLODE: "explode", _K.ENCODING_CONTENT_TYPE: "contentType",
    _K.ENCODING_ALLOW_RESERVED: "allowReserved",
}  # fmt: skip
"""Kinds that are about a keyword of their subject."""
_EVENTS = {
    "operation-removed": "{subject} removed", "operation-added": "new {subject}",
    "operation-takes-requests": "new {subject} takes requests of {before}",
    "operation-moved": "{subject} moved to {after}",
    "webhook-removed": "{subject} removed", "webhook-added": "new {subject}",
    "webhook-content-added": "new {subject}",
    **dict.fromkeys(
        ("webhook-required-content-removed", "webhook-content-removed", "webhook-status-removed"), "{subject} removed"
    ),
    "webhook-content-became-optional": "{subject} became optional",
    "webhook-content-became-required": "{subject} became required", "webhook-status-added": "new {subject}",
    "credentials-scope-withdrawn": "scopes of {subject} changed from {before} to {after}",
    "operation-id-changed": "operationId {before} changed to {after}",
    "operation-deprecated": "{subject} deprecated", "operation-no-longer-deprecated": "{subject} no longer deprecated",
    "sunset-moved-earlier": "sunset date of {subject} moved earlier, from {before} to {after}",
    "sunset-changed": "sunset date of {subject} changed from {before} to {after}",
    "operation-stability-lowered": "stability of {subject} lowered from {before} to {after}",
    "server-variable-default-changed": "default of {subject} changed from {before} to {after}",
    "server-removed": "{subject} removed", "server-added": "new {subject}",
    "credentials-flow-removed": "{subject} removed", "credentials-flow-changed": "URL of {subject} changed",
    "request-parameter-required-added": "new required {subject}", "request-parameter-added": "new optional {subject}",
    "request-parameter-removed": "{subject} removed", "request-parameter-became-required": "{subject} became required",
    "request-parameter-became-optional": "{subject} became optional",
    "request-parameter-style-changed": "{subject} changed from {before} to {after}",
    "request-parameter-media-type-changed": "media type of {subject} changed from {before} to {after}",
    "request-parameter-reserved-forbidden": "allowReserved of {subject} removed",
    "request-parameter-empty-forbidden": "allowEmptyValue of {subject} removed",
    "request-parameter-deprecated": "{subject} deprecated",
    "request-body-became-required": "{subject} became required",
    "request-body-became-optional": "{subject} became optional",
    "request-body-required-added": "new required {subject}", "request-body-added": "new optional {subject}",
    "request-body-removed": "{subject} removed", "request-media-type-removed": "{subject} removed",
    "request-media-type-added": "new {subject}",
    **dict.fromkeys(("request-encoding-changed", "encoding-changed"), "{subject} changed from {before} to {after}"),
    "response-success-status-removed": "{subject} removed", "response-error-status-removed": "{subject} removed",
    "response-success-status-added": "new {subject}", "response-status-added": "new {subject}",
    "response-media-type-removed": "{subject} removed", "response-media-type-added": "new {subject}",
    "response-required-header-removed": "{subject} removed", "response-header-removed": "{subject} removed",
    "response-header-became-optional": "{subject} became optional",
    "response-header-became-required": "{subject} became required", "response-header-added": "new {subject}",
    "example-removed": "{subject} removed",
}  # fmt: skip
