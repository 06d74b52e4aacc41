"""Requests that must get 422, and the clause that each of them tests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chat_contract.classification import Fault
from chat_contract.errors import render_pointer, shorten
from chat_contract.roles import EVENTS, LIMIT, MESSAGE
from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind
from chat_contract.rules.findings import Finding, Rule, wrong_outcome, wrong_value
from chat_contract.rules.validation_error import named_faults

_CLAUSES = (
    "rejection.body",
    "rejection.message",
    "rejection.field",
    "rejection.events",
    "rejection.event",
    "rejection.event-required",
    "rejection.event-field",
    "rejection.limit",
    "rejection.several",
)


def _clause_of(fault: Fault) -> str:
    place = fault.place
    if not place:
        return "rejection.body"
    if place[0] != EVENTS:
        return {MESSAGE: "rejection.message", LIMIT: "rejection.limit"}.get(str(place[0]), "rejection.field")
    if len(place) == 1:
        return "rejection.events"
    if len(place) == 2:
        return "rejection.event"
    return "rejection.event-required" if fault.keyword == "required" else "rejection.event-field"


def _clauses_of(facts: ExchangeFacts) -> set[str]:
    """Return the clauses that the request tests.

    A request with several faults tests ``rejection.several``, and the clause of each fault that the response names.
    """
    faults = facts.classification.hard_faults
    if len({fault.place for fault in faults}) == 1:
        return {_clause_of(faults[0])}
    return {"rejection.several", *(_clause_of(fault) for fault in named_faults(facts))}


def _applies_rejected(facts: ExchangeFacts, clause: str) -> bool:
    return facts.kind is RequestKind.MUST_REJECT and not facts.failed and clause in _clauses_of(facts)


def rejected(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.status != 422 and not facts.too_large:
        place = facts.classification.hard_faults[0].place
        expected = f"status 422 for the error at {render_pointer(place)}" if place else "status 422"
        yield wrong_outcome(expected, facts).about_request(place)


_MALFORMED = frozenset({RequestKind.MALFORMED, RequestKind.LENIENT_JSON})


def _applies_malformed(facts: ExchangeFacts, kind: RequestKind) -> bool:
    return facts.kind is kind and not facts.failed


def malformed(facts: ExchangeFacts) -> Iterator[Finding]:
    if not 400 <= facts.status < 500:
        yield wrong_outcome("a 4xx status, preferably 422", facts)


def _applies_malformed_422(facts: ExchangeFacts) -> bool:
    return facts.kind in _MALFORMED and 400 <= facts.status < 500


def malformed_422(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.status != 422 and not facts.too_large:
        yield wrong_outcome("status 422", facts)


def _applies_harmless(facts: ExchangeFacts) -> bool:
    """Return whether this turn follows a rejected one; a 5xx is a matter of other clauses."""
    return (
        facts.kind is RequestKind.MUST_ACCEPT
        and not facts.failed
        and facts.sent_id is not None
        and facts.history.issued(facts.sent_id)
        and facts.history.conversations[facts.sent_id].rejected
    )


def harmless(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.status != 200:
        # A body that the server never accepted may be rejected for another reason.
        if facts.history.was_accepted(facts.body):
            yield wrong_outcome("status 200 after the rejected turn", facts)
    elif facts.reply_id is not None and facts.reply_id != facts.sent_id:
        yield wrong_value(f"conversation_id {shorten(facts.sent_id)} after the rejected turn", facts.reply_id)


TABLE: tuple[Rule, ...] = (
    *(Rule(clause, partial(_applies_rejected, clause=clause), rejected) for clause in _CLAUSES),
    Rule("rejection.malformed", partial(_applies_malformed, kind=RequestKind.MALFORMED), malformed),
    Rule("rejection.lenient-json", partial(_applies_malformed, kind=RequestKind.LENIENT_JSON), malformed),
    Rule("rejection.malformed-422", _applies_malformed_422, malformed_422),
    Rule("rejection.harmless", _applies_harmless, harmless),
)
