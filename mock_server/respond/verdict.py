"""The contract's verdict on an exchange of the journal.

It comes from :mod:`chat_contract`, not from the mock's own request validator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from chat_contract import Exchange, History, Request, RequestClass, Response
from chat_contract.body import ABSENT
from chat_contract.conformance import examine, find_violations
from chat_contract.errors import render_pointer, shorten
from chat_contract.exchange import Credential
from chat_contract.history import Conversation
from chat_contract.rules.exchange_facts import ExchangeFacts
from mock_server.http.source import ReplySource
from mock_server.shop.scenarios import NearMiss
from mock_server.store.journal import Entry

_MAX_LISTED = 20
_MAX_NEAR_MISSES = 5
_OK = 200
_MAX_TEXT = 1000
"""Characters of a pointer, or of a violation's text."""
_VALID = (RequestClass.MUST_ACCEPT, RequestClass.DOCUMENTED)


class VerdictReason(StrEnum):
    """Why a request has no faults to list although it is invalid, or has no verdict."""

    PREFLIGHT = "preflight"
    NOT_IN_CONTRACT = "not-in-contract"
    BODY_TRUNCATED = "body-truncated"
    MEDIA_TYPE = "media-type"


@dataclass(frozen=True, slots=True)
class RequestFault:
    """A place of the body that violates the contract. ``value`` is shortened JSON, None if there is none."""

    pointer: str
    keyword: str
    value: str | None
    expected: tuple[str, Any] | None = None
    """The keyword of the documented schema that says what is expected, with its value; None if there is none."""


@dataclass(frozen=True, slots=True)
class ResponseViolation:
    """A clause that the response violates."""

    clause: str
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether request and response conform to the contract."""

    keeps_contract: bool | None
    """Whether the request does; None if that is unknown."""
    request_class: RequestClass | None = None
    reason: VerdictReason | None = None
    faults: tuple[RequestFault, ...] = ()
    more_faults: int = 0
    """Number of further faults that are not listed."""
    violations: tuple[ResponseViolation, ...] = ()


def near_misses(entry: Entry) -> tuple[NearMiss, ...] | None:
    """Return the stubs that could have replied to the request; None without a message or a reply."""
    message = entry.message if entry.answer.status == _OK else None
    if message is None:
        return None
    trace = entry.trace
    return entry.snapshot.shop.scenarios.near_misses(message, trace.before, trace.position, _MAX_NEAR_MISSES)


def judge_entry(entry: Entry) -> Verdict:
    """Return the verdict on an entry."""
    if entry.is_preflight:
        return Verdict(keeps_contract=None, reason=VerdictReason.PREFLIGHT)
    if not entry.is_to_operation:
        return Verdict(keeps_contract=False, reason=VerdictReason.NOT_IN_CONTRACT)
    if entry.body_truncated:
        return Verdict(keeps_contract=None, reason=VerdictReason.BODY_TRUNCATED)
    contract, answer = entry.snapshot.contract, entry.answer
    # The mock rejected the key: a 401 is what the contract requires.
    credential: Credential = "wrong" if answer.source.kind is ReplySource.REQUIRE_KEY else "given"
    operation = contract.operation
    request = Request(operation.method, operation.path, tuple(entry.headers.items()), entry.body, credential=credential)
    response = Response(answer.status, (("Content-Type", answer.media_type), *answer.headers), answer.body)
    facts = examine(contract, Exchange(request, response), _history(entry))
    classified = facts.classification
    faults = [fault for fault in classified.faults if fault.outside != RequestClass.MUST_ACCEPT]
    valid = classified.request_class in _VALID
    return Verdict(
        keeps_contract=valid,
        request_class=classified.request_class,
        reason=None if valid or faults else VerdictReason.MEDIA_TYPE,
        faults=tuple(
            RequestFault(
                _shortened(render_pointer(fault.place)),
                fault.keyword,
                None if fault.value is ABSENT else shorten(fault.value),
                _expected(contract.schemas[RequestClass.DOCUMENTED], fault.place, fault.keyword),
            )
            for fault in faults[:_MAX_LISTED]
        ),
        more_faults=max(0, len(faults) - _MAX_LISTED),
        violations=() if entry.answer_truncated else _violations(facts),
    )


def _expected(schema: Any, place: Sequence[str | int], keyword: str) -> tuple[str, Any] | None:
    """Return the keyword, or else the type, with its value in the schema of a place; None if there is neither."""
    for part in place:
        if not isinstance(schema, Mapping):
            return None
        schema = schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
    if not isinstance(schema, Mapping):
        return None
    return next(((name, schema[name]) for name in (keyword, "type") if name in schema), None)


def _violations(facts: ExchangeFacts) -> tuple[ResponseViolation, ...]:
    found = islice(find_violations(facts), _MAX_LISTED)
    return tuple(ResponseViolation(each.clause, each.level, _shortened(each.message)) for each in found)


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"


def _history(entry: Entry) -> History:
    trace = entry.trace
    if not trace.known or trace.conversation_id is None:
        return History()
    user = ABSENT if trace.user_id is None else trace.user_id
    return History({trace.conversation_id: Conversation(user=user, turns=1)}, {trace.conversation_id})
