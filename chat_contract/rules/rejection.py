"""Requests that must get 422, and which clause each of them is about."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chat_contract.classification import Fault
from chat_contract.errors import shorten
from chat_contract.roles import EVENTS, LIMIT, MESSAGE
from chat_contract.rules.facts import Facts, Finding, Kind, Rule
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


def _clauses_of(facts: Facts) -> set[str]:
    """Return the clauses that the request puts to the test.

    Several faults at once are a matter of their own; of each single one they tell something where the answer names it.
    """
    faults = facts.classification.hard_faults
    if len({fault.place for fault in faults}) == 1:
        return {_clause_of(faults[0])}
    return {"rejection.several", *(_clause_of(fault) for fault in named_faults(facts))}


def _tries_refused(facts: Facts, clause: str) -> bool:
    return facts.kind is Kind.MUST_REJECT and not facts.failed and clause in _clauses_of(facts)


def refused(facts: Facts) -> Iterator[Finding]:
    if facts.status != 422 and not facts.too_large:
        yield Finding("status 422", facts.seen, facts.classification.hard_faults[0].place)


def _tries_malformed(facts: Facts) -> bool:
    return facts.kind is Kind.MALFORMED and not facts.failed


def malformed(facts: Facts) -> Iterator[Finding]:
    if not 400 <= facts.status < 500:
        yield Finding("a 4xx, best 422", facts.seen)


def _tries_malformed_422(facts: Facts) -> bool:
    return facts.kind is Kind.MALFORMED and 400 <= facts.status < 500


def malformed_422(facts: Facts) -> Iterator[Finding]:
    if facts.status != 422 and not facts.too_large:
        yield Finding("status 422", facts.seen)


def _after_a_rejection(facts: Facts) -> bool:
    """Say whether this turn follows a refused one; where it fails, that is said of the failing itself."""
    return (
        facts.kind is Kind.MUST_ACCEPT
        and not facts.failed
        and facts.sent_id is not None
        and facts.history.issued(facts.sent_id)
        and facts.history.conversations[facts.sent_id].rejected
    )


def harmless(facts: Facts) -> Iterator[Finding]:
    if facts.status != 200:
        yield Finding("status 200, as before the refused turn", facts.seen)
    elif facts.reply_id is not None and facts.reply_id != facts.sent_id:
        yield Finding(f"conversation_id {shorten(facts.sent_id)}, as before the refused turn", facts.reply_id)


TABLE: tuple[Rule, ...] = (
    *(Rule(clause, partial(_tries_refused, clause=clause), refused) for clause in _CLAUSES),
    Rule("rejection.malformed", _tries_malformed, malformed),
    Rule("rejection.malformed-422", _tries_malformed_422, malformed_422),
    Rule("rejection.harmless", _after_a_rejection, harmless),
)
