"""The changes between two surfaces as typed values, without a verdict.

:mod:`spec_gate.differ.compare` finds them. Schemas are only paired here, as :class:`SchemaUse`; their differences come
from :mod:`spec_gate.differ.walk`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from spec_gate.differ.surface import Alternative, Operation, Parameter, Surface
from spec_gate.schemas.node import Side
from spec_gate.source.documents import Place


class Action(StrEnum):
    """What happened to the thing that changed."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class ChangeKind(StrEnum):
    """What changed."""

    OPERATION = "operation"
    OPERATION_ID = "operation-id"
    DEPRECATION = "deprecation"
    SUNSET = "sunset"
    STABILITY = "stability"
    WEBHOOK = "webhook"
    CALLBACK = "callback"
    SERVER = "server"
    SERVER_DEFAULT = "server-default"
    CREDENTIALS = "credentials"
    TOKEN_FLOW = "token-flow"  # noqa: S105 - an id, not a secret
    TOKEN_SCOPES = "token-scopes"  # noqa: S105 - an id, not a secret
    PARAMETER = "parameter"
    PARAMETER_REQUIRED = "parameter-required"
    PARAMETER_STYLE = "parameter-style"
    PARAMETER_EXPLODE = "parameter-explode"
    PARAMETER_ALLOW_RESERVED = "parameter-allow-reserved"
    PARAMETER_ALLOW_EMPTY = "parameter-allow-empty"
    PARAMETER_MEDIA_TYPE = "parameter-media-type"
    PARAMETER_DEPRECATED = "parameter-deprecated"
    REQUEST_BODY = "request-body"
    REQUEST_BODY_REQUIRED = "request-body-required"
    REQUEST_MEDIA_TYPE = "request-media-type"
    ENCODING_CONTENT_TYPE = "encoding-content-type"
    ENCODING_STYLE = "encoding-style"
    ENCODING_EXPLODE = "encoding-explode"
    ENCODING_ALLOW_RESERVED = "encoding-allow-reserved"
    EXAMPLE = "example"
    UNJUDGED = "unjudged"
    """Something that the gate does not know."""
    STATUS = "status"
    RESPONSE_MEDIA_TYPE = "response-media-type"
    RESPONSE_HEADER = "response-header"
    RESPONSE_HEADER_REQUIRED = "response-header-required"
    SCHEMA = "schema"
    ANNOTATION = "annotation"


class PartKind(StrEnum):
    """A part of a request or response that a schema describes."""

    REQUEST_BODY = "request-body"
    RESPONSE_BODY = "response-body"
    PARAMETER = "parameter"
    RESPONSE_HEADER = "response-header"


@dataclass(frozen=True)
class Part:
    """One part of a request or response. ``name`` and ``location`` are those of a parameter or a header."""

    kind: PartKind
    name: str = ""
    location: str = ""
    status: str = ""
    media: str = ""
    is_item: bool = False
    """Whether the schema describes one item of a stream."""


@dataclass(frozen=True)
class Pairing:
    """An operation that exists in both descriptions."""

    base: Operation
    revision: Operation
    is_new: bool = False
    """Whether the base has the operation only as one of a path with variables."""

    @property
    def label(self) -> str:
        return self.base.label


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change outside of schemas.

    ``name`` identifies the thing that changed within its operations. The fields below ``pairing`` hold what the rules
    of the kind need and keep their defaults for all other kinds.
    """

    kind: ChangeKind
    action: Action
    name: str
    operations: tuple[str, ...]
    base: Place | None = None
    revision: Place | None = None
    before: Any = None
    after: Any = None
    pairing: Pairing | None = None

    side: Side = Side.REQUEST
    status: str = ""
    parameter: Parameter | None = None
    credentials: Alternative | None = None
    required: bool = False
    """Whether the added or removed parameter, body or header is required."""
    covered: bool = False
    """Whether another entry of the other description still describes the status."""
    alone: bool = False
    """Whether the status is the only one of its operation."""
    outgoing: bool = False
    """Whether the server sends the request: a webhook or a callback."""
    field_schema: Place | None = None
    """The schema of the form whose field has another encoding."""
    stated: bool = True
    """Whether the effective encoding of the form field changed, not only whether it is written."""
    same_on_the_wire: bool = False
    """Whether every value is written alike in both styles."""
    is_past_sunset: bool = False
    """Whether the sunset date of the removed operation has passed."""
    taken: tuple[tuple[Parameter, str], ...] = ()
    """Parameters of a path with variables, with the values that lead to the added operation instead."""
    requested_by: str = ""
    """Who requests the example by its name: a fixture or a consumer."""


@dataclass(frozen=True, eq=False)
class SchemaUse:
    """A part of a request or response with its schema in both descriptions; None where it has no schema."""

    part: Part
    side: Side
    pairing: Pairing
    base_schema: Place | None
    revision_schema: Place | None
    base_place: Place
    revision_place: Place
    required: bool = False
    """Whether both descriptions require the parameter, so that its default has no effect."""
    sent_as: Parameter | None = None
    """The parameter or header as the sender's description writes it."""

    @property
    def label(self) -> str:
        return self.pairing.label

    @property
    def is_body(self) -> bool:
        return self.part.kind in {PartKind.REQUEST_BODY, PartKind.RESPONSE_BODY}


@dataclass(frozen=True)
class Comparison:
    """Two surfaces, the operations that exist in both, and the changes outside of schemas."""

    base: Surface
    revision: Surface
    pairings: tuple[Pairing, ...]
    changes: tuple[Change, ...]
    uses: tuple[SchemaUse, ...]
