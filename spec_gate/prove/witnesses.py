"""Witnesses in full: a request that the base allows, or a response that the revision allows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from spec_gate.differ.surface import Alternative, Operation, Parameter
from spec_gate.prove.wire import query, simple
from spec_gate.schemas.pair import SchemaPair
from spec_gate.search.sampler import Sampler
from spec_gate.source.documents import Place

ABSENT: Any = object()
"""Stands for a body or value that a witness does not have; None is a JSON value."""

_DEPTH = 3


class WitnessKind(StrEnum):
    """What a witness is."""

    REQUEST = "request"
    RESPONSE = "response"
    CALL = "call-to-client"
    """A request that the server sends: a webhook or a callback."""


class DocumentRole(StrEnum):
    """One of the two compared documents."""

    BASE = "base"
    REVISION = "revision"


class RejectionKind(StrEnum):
    """Why a document rejects a witness. A rejection's detail is the value in question."""

    SCHEMA = "schema"  # the message of the schema validator
    NO_OPERATION = "no-operation"  # the operation
    NO_SERVER = "no-server"  # the URL
    CREDENTIALS = "credentials"  # the credentials that are required
    PARAMETER_REQUIRED = "parameter-required"  # the parameter
    PARAMETER_STYLE = "parameter-style"  # the parameter
    BODY_REQUIRED = "body-required"  # empty
    NO_BODY = "no-body"  # empty
    NO_MEDIA_TYPE = "no-media-type"  # the media type of the request
    STATUS = "status"  # the status that is promised
    RESPONSE_MEDIA_TYPE = "response-media-type"  # the media type that is promised
    HEADER_REQUIRED = "header-required"  # the header that is promised


@dataclass(frozen=True)
class Rejection:
    """Why a document rejects a witness."""

    kind: RejectionKind
    detail: str = ""


@dataclass(frozen=True)
class Witness:
    """A message that one document allows and the other rejects.

    ``line`` is the request line or status line; ``rejection`` says why one document rejects the message. ``value``
    is that of the parameter or header in question.
    """

    kind: WitnessKind
    allowed_by: DocumentRole
    rejected_by: DocumentRole
    rejection: Rejection
    line: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = ABSENT
    value: Any = ABSENT

    @property
    def has_body(self) -> bool:
        return self.body is not ABSENT

    @property
    def has_value(self) -> bool:
        return self.value is not ABSENT


class Requests:
    """Builds requests that are valid under the base."""

    def __init__(self, schemas: SchemaPair, sampler: Sampler) -> None:
        self.schemas = schemas
        self.sampler = sampler

    def request(
        self,
        operation: Operation,
        rejection: Rejection,
        *,
        body: Any = ABSENT,
        media: str = "",
        parameter: Parameter | None = None,
        value: Any = ABSENT,
        credentials: Alternative | None = None,
    ) -> Witness:
        """Return a request with all required parts and ``parameter``, which gets ``value`` or any valid value."""
        sent = [one for one in operation.parameters.values() if one.required or one is parameter]
        values = {one.label: self._value_of(one, parameter, value) for one in sent}
        path, queries, headers = _place_parameters(operation, sent, values)
        _add_credentials(headers, queries, operation.security[0] if credentials is None else credentials)
        if body is ABSENT and operation.body is not None and operation.body.required and operation.body.media:
            first = next(iter(operation.body.media.values()))
            media = media or first.type
            body = self.value_for(operation.body.media.get(media, first).schema, {})
        if body is not ABSENT:
            headers["Content-Type"] = media or "application/json"
        line = f"{operation.method.upper()} {path}{'?' if queries else ''}{'&'.join(queries)}"
        return Witness(
            WitnessKind.REQUEST, DocumentRole.BASE, DocumentRole.REVISION, rejection, line, headers, body, value
        )

    def _value_of(self, parameter: Parameter, chosen: Parameter | None, value: Any) -> Any:
        if parameter is chosen and value is not ABSENT:
            return value
        return self.value_for(parameter.schema, "a")

    def value_for(self, schema: Place | None, default: Any) -> Any:
        """Return a valid value of a schema of the base; the default without a schema or a valid value."""
        if schema is None:
            return default
        try:
            return self.sampler.some((self.schemas.read_base(schema),), _DEPTH)
        except LookupError:
            return default


def _place_parameters(
    operation: Operation, sent: list[Parameter], values: Mapping[str, Any]
) -> tuple[str, list[str], dict[str, str]]:
    """Return the path, the query parameters and the headers that carry the values."""
    path, queries = operation.path, []
    headers: dict[str, str] = {}
    for one in sent:
        value = values[one.label]
        if one.location == "path":
            path = path.replace(f"{{{one.name}}}", quote(simple(value), safe=",") or "a")
        elif one.location == "query" and one.media:
            queries.append(f"{one.name}={quote(json.dumps(value), safe='')}")
        elif one.location == "query":
            queries.append(query(one.name, value, one.style, explode=one.explode))
        elif one.location == "header":
            headers[one.name] = simple(value)
        else:
            headers["Cookie"] = f"{one.name}={simple(value)}"
    return path, queries, headers


def _add_credentials(headers: dict[str, str], queries: list[str], alternative: Alternative) -> None:
    """Add placeholders for credentials where the schemes send them."""
    for scheme in alternative:
        kind, *rest = scheme.split(" ")
        if kind == "apiKey" and len(rest) == 2:
            location, name = rest
            if location == "header":
                headers[name] = "<key>"
            elif location == "query":
                queries.append(f"{name}=<key>")
            else:
                headers["Cookie"] = f"{name}=<key>"
        elif kind == "http" and rest:
            headers["Authorization"] = f"{rest[0].capitalize()} <key>"
        elif kind in {"oauth2", "openIdConnect"}:
            headers["Authorization"] = "Bearer <token>"


def response(
    status: str,
    rejection: Rejection,
    *,
    media: str = "",
    body: Any = ABSENT,
    headers: Mapping[str, str] | None = None,
    value: Any = ABSENT,
) -> Witness:
    """Return a response that the revision allows and the base rejects."""
    number = status.replace("XX", "00") if status[:1].isdigit() else "500"
    sent = {**({"Content-Type": media} if media else {}), **(headers or {})}
    line = f"HTTP/1.1 {number}"
    return Witness(WitnessKind.RESPONSE, DocumentRole.REVISION, DocumentRole.BASE, rejection, line, sent, body, value)
