"""Witnesses in full: a request that the base allows, or a response that the revision allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from spec_gate.differ.surface import Alternative, Operation, Parameter, Response, response_for
from spec_gate.prove.wire import in_cookie, in_header, in_path, in_query
from spec_gate.schemas.node import Schema, SchemaNode
from spec_gate.schemas.pair import SchemaPair
from spec_gate.search.sampler import Sampler
from spec_gate.source.documents import Place

ABSENT: Any = object()
"""Stands for a body or value that a witness does not have; None is a JSON value."""

_DEPTH = 3
_NOT_EMPTY = SchemaNode({"minLength": 1, "minItems": 1, "minProperties": 1})
_SEVERAL = SchemaNode({"minLength": 1, "minItems": 2, "minProperties": 1})


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
    is that of the parameter or header in question. ``abridged`` says that body or value describe large parts.
    """

    kind: WitnessKind
    allowed_by: DocumentRole
    rejected_by: DocumentRole
    rejection: Rejection
    line: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = ABSENT
    value: Any = ABSENT
    abridged: bool = False

    @property
    def has_body(self) -> bool:
        return self.body is not ABSENT

    @property
    def has_value(self) -> bool:
        return self.value is not ABSENT


class Messages:
    """Builds requests that are valid under the base, and responses that are valid under the revision.

    Whatever else the other document requires is in them too, so that a message shows one change only.
    ``counterparts`` are the operations of the revision by the label of the same operation in the base.
    """

    def __init__(self, schemas: SchemaPair, sampler: Sampler, counterparts: Mapping[str, Operation]) -> None:
        self.schemas = schemas
        self.sampler = sampler
        self.counterparts = counterparts

    # Requests ---------------------------------------------------------------------------------------------------------

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
        other = self.counterparts.get(operation.label)
        sent = self._sent(operation, other, rejection, parameter)
        path, queries, headers = _place_parameters(
            operation, [one for one, _ in sent],
            {one.label: value if one is parameter and value is not ABSENT else some for one, some in sent},
        )  # fmt: skip
        for alternative in _credentials(operation, other, rejection, credentials):
            _add_credentials(headers, queries, alternative)
        if body is ABSENT:
            media, body = self._required_body(operation, other, rejection, media)
        if body is not ABSENT:
            headers["Content-Type"] = media or "application/json"
        line = f"{operation.verb} {path}{'?' if queries else ''}{'&'.join(queries)}"
        return Witness(
            WitnessKind.REQUEST, DocumentRole.BASE, DocumentRole.REVISION, rejection, line, headers, body, value
        )

    def _sent(
        self, operation: Operation, other: Operation | None, rejection: Rejection, parameter: Parameter | None
    ) -> list[tuple[Parameter, Any]]:
        """Return the parameters to send, each with a value: what either document requires, and ``parameter``."""
        theirs = {} if other is None else other.parameters
        sent: list[tuple[Parameter, Any]] = []
        for key, one in operation.parameters.items():
            now = theirs.get(key)
            about = rejection == Rejection(RejectionKind.PARAMETER_REQUIRED, parameter_name(one))
            if one.required or one is parameter or (now is not None and now.required and not about):
                sent.append((one, self._visible(one.schema, None if now is None else now.schema)))
        for key, one in theirs.items():
            about = rejection == Rejection(RejectionKind.PARAMETER_REQUIRED, parameter_name(one))
            if one.required and key not in operation.parameters and one.location != "path" and not about:
                sent.append((one, self._visible(None, one.schema)))
        return sent

    def _required_body(
        self, operation: Operation, other: Operation | None, rejection: Rejection, media: str
    ) -> tuple[str, Any]:
        body = operation.body
        theirs = None if other is None else other.body
        required = body is not None and (body.required or (theirs is not None and theirs.required))
        if body is None or not required or not body.media or rejection.kind is RejectionKind.BODY_REQUIRED:
            return media, ABSENT
        first = body.media.get(media) or next(iter(body.media.values()))
        now = None if theirs is None else theirs.media.get(first.type)
        return media or first.type, self._value(first.schema, None if now is None else now.schema, {})

    def value_for(self, schema: Place | None, default: Any) -> Any:
        """Return a valid value of a schema of the base; the default without a schema or a valid value."""
        return self._value(schema, None, default)

    def several(self, schema: Place | None) -> Any:
        """Return a value of a schema of the base that shows how lists and objects are written."""
        return self._value(schema, None, None, _SEVERAL) or self._visible(schema, None)

    def _visible(self, base: Place | None, revision: Place | None) -> Any:
        """Return a value for a parameter, which should not be an empty string: a reader may take it for a mistake."""
        return self._value(base, revision, "a", _NOT_EMPTY) or self._value(base, revision, "a")

    def _value(self, base: Place | None, revision: Place | None, default: Any, *more: Schema) -> Any:
        """Return a value that both documents accept, or at least one of them; the default without a schema."""
        ours = () if base is None else (self.schemas.read_base(base),)
        theirs = () if revision is None else (self.schemas.read_revision(revision),)
        for schemas in ((*ours, *theirs), ours, theirs):
            if schemas:
                try:
                    return self.sampler.some((*schemas, *more), _DEPTH)
                except LookupError:
                    continue
        return default

    # Responses --------------------------------------------------------------------------------------------------------

    def response(
        self,
        operation: Operation,
        status: str,
        rejection: Rejection,
        *,
        media: str = "",
        body: Any = ABSENT,
        headers: Mapping[str, str] | None = None,
        value: Any = ABSENT,
    ) -> Witness:
        """Return a response with the headers and the body that clients of the base expect."""
        promised = response_for(status, operation.responses) if status else None
        other = self.counterparts.get(operation.label)
        now = response_for(status, other.responses) if status and other is not None else None
        required = {} if promised is None else self._headers(promised, now, rejection)
        if body is ABSENT and promised is not None and now is not None and rejection.kind in _WITH_BODY:
            media, body = self._body(promised, now)
        sent = {**required, **(headers or {})}
        return response(status, rejection, media=media, body=body, headers=sent, value=value)

    def _headers(self, promised: Response, now: Response | None, rejection: Rejection) -> dict[str, str]:
        about = rejection.detail.lower() if rejection.kind is RejectionKind.HEADER_REQUIRED else ""
        theirs = {} if now is None else now.headers
        return {
            one.name: in_header(one, self._value(one.schema, theirs[key].schema if key in theirs else None, "a"))
            for key, one in promised.headers.items()
            if one.required and key != about
        }

    def _body(self, promised: Response, now: Response) -> tuple[str, Any]:
        both = next((name for name in promised.media if name in now.media), "")
        if not both:
            return "", ABSENT
        return both, self._value(promised.media[both].schema, now.media[both].schema, {})


_WITH_BODY = frozenset({RejectionKind.HEADER_REQUIRED})
"""Reasons that say nothing about the body, so that the response shows one."""


def parameter_name(parameter: Parameter) -> str:
    """Return how rejections name a parameter."""
    return f"{parameter.location} parameter {parameter.name}"


def _credentials(
    operation: Operation, other: Operation | None, rejection: Rejection, given: Alternative | None
) -> list[Alternative]:
    """Return the credentials of the base, and those of the revision unless the request shows that they are missing."""
    ours = operation.security[0] if given is None else given
    if rejection.kind is RejectionKind.CREDENTIALS or other is None or not other.security:
        return [ours]
    enough = any(all(scheme in ours for scheme in wanted) for wanted in other.security)
    return [ours] if enough else [ours, other.security[0]]


def _place_parameters(
    operation: Operation, sent: list[Parameter], values: Mapping[str, Any]
) -> tuple[str, list[str], dict[str, str]]:
    """Return the path, the query parameters and the headers that carry the values."""
    path = operation.path
    queries: list[str] = []
    headers: dict[str, str] = {}
    for one in sent:
        value = values[one.label]
        if one.location == "path":
            path = path.replace(f"{{{one.name}}}", in_path(one, value) or "a")
        elif one.location == "query":
            queries += filter(None, [in_query(one, value)])
        elif one.location == "header":
            headers[one.name] = in_header(one, value)
        else:
            _add_cookie(headers, one.name, in_cookie(one, value))
    return path, queries, headers


def _add_cookie(headers: dict[str, str], name: str, value: str) -> None:
    headers["Cookie"] = "; ".join(filter(None, [headers.get("Cookie", ""), f"{name}={value}"]))


def _add_credentials(headers: dict[str, str], queries: list[str], alternative: Alternative) -> None:
    """Add placeholders for credentials where the schemes send them."""
    for credential in alternative:
        kind, *rest = credential.written.split(" ")
        if kind == "apiKey" and len(rest) == 2:
            location, name = rest
            if location == "header":
                headers[name] = "<key>"
            elif location == "query":
                queries.append(f"{name}=<key>")
            else:
                _add_cookie(headers, name, "<key>")
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
