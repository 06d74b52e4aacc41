"""What every rule is handed: one interaction, seen from all sides that rules ask about; and what a rule yields."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from chat_contract.body import ABSENT
from chat_contract.classification import Classification, RequestClass
from chat_contract.contract import Contract
from chat_contract.errors import Pointer
from chat_contract.exchange import Breakdown, Exchange, Request, Response
from chat_contract.history import History
from chat_contract.roles import CONVERSATION

LARGE_BODY = 64 * 1024
"""Above this many bytes a server may answer 413."""

SURELY_READ_DEPTH = 51
"""A body with unknown properties nested 50 deep; beyond this depth a failure is only a warning."""


class Kind(StrEnum):
    """What a request asks of a server; each rule is about some of these."""

    CREDENTIALS = "credentials"
    METHOD = "method"
    PATH = "path"
    FOREIGN_MEDIA_TYPE = "foreign-media-type"
    BEYOND_IJSON = "beyond-i-json"
    MALFORMED = "malformed"
    CHUNKED = "chunked"
    MUST_REJECT = "must-reject"
    LATITUDE = "latitude"
    MUST_ACCEPT = "must-accept"


ANSWERABLE = frozenset({Kind.MUST_ACCEPT, Kind.LATITUDE, Kind.CHUNKED, Kind.FOREIGN_MEDIA_TYPE, Kind.BEYOND_IJSON})
"""The kinds that may get a 200, which then must be a true reply."""

IJSON = frozenset({Kind.MUST_ACCEPT, Kind.LATITUDE, Kind.MUST_REJECT, Kind.MALFORMED})
"""The kinds whose failing is always the server's fault."""


@dataclass(frozen=True)
class Finding:
    """What a rule yields: where in the answer (or request), what was promised, what came."""

    expected: str
    got: Any
    pointer: Pointer = ()


@dataclass(frozen=True)
class Facts:
    """One interaction, classified, with what was known before it."""

    contract: Contract
    exchange: Exchange
    classification: Classification
    history: History

    @property
    def request(self) -> Request:
        return self.exchange.request

    @property
    def body(self) -> Any:
        """The request's value; ABSENT where there is none."""
        return self.classification.value

    @property
    def response(self) -> Response | None:
        outcome = self.exchange.outcome
        return outcome if isinstance(outcome, Response) else None

    @property
    def breakdown(self) -> Breakdown | None:
        outcome = self.exchange.outcome
        return outcome if isinstance(outcome, Breakdown) else None

    @property
    def status(self) -> int:
        """The status; 0 where the answer broke down."""
        return self.response.status if self.response is not None else 0

    @property
    def failed(self) -> bool:
        """A 5xx, or no whole answer at all."""
        return self.response is None or self.status >= 500

    @property
    def seen(self) -> str:
        """The outcome in a few words."""
        if self.breakdown is not None:
            return f"{self.breakdown.kind} {self.breakdown.detail}".strip()
        return f"status {self.status}"

    @cached_property
    def kind(self) -> Kind:
        return _kind(self.contract, self.request, self.classification)

    @property
    def too_large(self) -> bool:
        """The server said 413, and may."""
        return self.status == 413 and len(self.request.body) > LARGE_BODY

    @property
    def deep(self) -> bool:
        return self.classification.body.depth > SURELY_READ_DEPTH

    @cached_property
    def answer(self) -> Any:
        """The answer's JSON value; ABSENT where there is none."""
        if self.response is None:
            return ABSENT
        try:
            # An answer may quote what was sent, also where that is no JSON.
            constant = float if self.kind is Kind.BEYOND_IJSON else _no_constant
            return json.loads(self.response.body.decode("utf-8"), parse_constant=constant)
        except (ValueError, RecursionError):
            return ABSENT

    @property
    def replied(self) -> bool:
        """A 200 to a request that may have one."""
        return self.status == 200 and self.kind in ANSWERABLE

    @cached_property
    def reply(self) -> dict[str, Any] | None:
        """The ChatResponse, as far as it is an object."""
        return self.answer if self.replied and isinstance(self.answer, dict) else None

    @property
    def refused(self) -> bool:
        """A 422 of the operation."""
        return self.status == 422 and self.kind in (ANSWERABLE | IJSON)

    @property
    def reply_id(self) -> str | None:
        value = self.reply.get(CONVERSATION) if self.reply is not None else None
        return value if isinstance(value, str) and value else None

    @property
    def sent_id(self) -> str | None:
        value = self.body.get(CONVERSATION) if isinstance(self.body, dict) else None
        return value if isinstance(value, str) else None

    def field(self, name: str) -> Any:
        """Return a field of the request; ABSENT where it is not."""
        return self.body.get(name, ABSENT) if isinstance(self.body, dict) else ABSENT


def _kind(contract: Contract, request: Request, classification: Classification) -> Kind:
    operation = contract.operation
    if request.credential != "given":
        return Kind.CREDENTIALS
    if request.method != operation.method:
        return Kind.METHOD
    if request.path != operation.path:
        return Kind.PATH
    if classification.media_type == "foreign":
        return Kind.FOREIGN_MEDIA_TYPE
    if classification.body.beyond_ijson:
        return Kind.BEYOND_IJSON
    if classification.body.malformed:
        return Kind.MALFORMED
    if classification.request_class is RequestClass.MUST_REJECT:
        return Kind.MUST_REJECT
    if request.chunked:
        return Kind.CHUNKED
    return Kind.MUST_ACCEPT if classification.request_class is RequestClass.MUST_ACCEPT else Kind.LATITUDE


@dataclass(frozen=True)
class Rule:
    """One clause's rule: which interactions it is about, and what it finds in one."""

    clause: str
    applies: Callable[[Facts], bool]
    find: Callable[[Facts], Iterator[Finding]]


def within(schema: Any, *keys: str) -> dict[str, Any]:
    """Return the object at the keys of a schema; an empty one where another contract says nothing, or just true."""
    for key in keys:
        schema = schema.get(key) if isinstance(schema, dict) else None
    return schema if isinstance(schema, dict) else {}


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
