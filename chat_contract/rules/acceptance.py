"""Requests that must get 200, and the clause that each of them tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from chat_contract.contract import DOCUMENTED
from chat_contract.roles import CONVERSATION, DOCUMENTED_EXAMPLE, EVENT_TIME, EVENT_TYPE, EVENTS, MESSAGE
from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind, within
from chat_contract.rules.findings import Finding, Rule, wrong_outcome
from chat_contract.rules.locs import locs_of
from chat_contract.rules.validation_error import named_among

_PLAIN_TEXT = re.compile(r"[A-Za-z0-9 ,.?!-]*\Z")
_PLAIN_TIMESTAMP = re.compile(r"[0-9-]{10}T[0-9:]{8}Z\Z")


def _properties(facts: ExchangeFacts) -> dict[str, Any]:
    return within(facts.contract.schemas[DOCUMENTED], "properties")


def _event_schema(facts: ExchangeFacts) -> dict[str, Any]:
    return within(_properties(facts), EVENTS, "items")


def _event_properties(facts: ExchangeFacts) -> dict[str, Any]:
    return within(_event_schema(facts), "properties")


def _keys(facts: ExchangeFacts) -> set[str]:
    """Return the names of the request's fields, without ``conversation_id``."""
    return set(facts.body) - {CONVERSATION}


def _events(facts: ExchangeFacts) -> list[dict[str, Any]]:
    return facts.body.get(EVENTS) or []


def _has_other_key_order(facts: ExchangeFacts) -> bool:
    def shuffled(keys: list[str], order: list[str]) -> bool:
        return keys != [name for name in order if name in keys]

    return shuffled(list(facts.body), list(_properties(facts))) or any(
        shuffled(list(event), list(_event_properties(facts))) for event in _events(facts)
    )


def _has_unusual_text(facts: ExchangeFacts) -> bool:
    texts = [facts.body.get(MESSAGE, "")]
    texts += [text for event in _events(facts) for key, text in event.items() if key != EVENT_TIME]
    return not all(_PLAIN_TEXT.match(text) for text in texts)


def _has_unusual_timestamp(facts: ExchangeFacts) -> bool:
    return any(not _PLAIN_TIMESTAMP.match(event[EVENT_TIME]) for event in _events(facts) if EVENT_TIME in event)


def _has_new_event_type(facts: ExchangeFacts) -> bool:
    return any(event[EVENT_TYPE] not in _known_types(facts) for event in _events(facts) if EVENT_TYPE in event)


def _is_documented_example(facts: ExchangeFacts) -> bool:
    def bare(body: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in body.items() if key != CONVERSATION}

    return any(bare(facts.body) == bare(example) for example in _documented_examples(facts))


def _documented_examples(facts: ExchangeFacts) -> list[dict[str, Any]]:
    examples = facts.contract.request_examples
    return [examples[DOCUMENTED_EXAMPLE]] if DOCUMENTED_EXAMPLE in examples else []


def _known_types(facts: ExchangeFacts) -> set[Any]:
    return {
        event.get(EVENT_TYPE)
        for example in facts.contract.request_examples.values()
        for event in example.get(EVENTS, [])
    }


def _has_one_optional_field(facts: ExchangeFacts) -> bool:
    required = set(facts.contract.schemas[DOCUMENTED].get("required", ()))
    event_required = set(_event_schema(facts).get("required", ()))
    return len(set(facts.body) - required) == 1 and all(
        len(set(event) - event_required) <= 1 for event in _events(facts)
    )


def _has_minimal_event(facts: ExchangeFacts) -> bool:
    required = set(_event_schema(facts).get("required", ()))
    return any(set(event) == required for event in _events(facts))


def _has_all_fields(facts: ExchangeFacts) -> bool:
    return _keys(facts) >= set(_properties(facts)) - {CONVERSATION}


def _has_no_events(facts: ExchangeFacts) -> bool:
    return bool(facts.field(EVENTS) == [])


def _has_message_alone(facts: ExchangeFacts) -> bool:
    return _keys(facts) == {MESSAGE}


def _always(_: ExchangeFacts) -> bool:
    return True


_FEATURES: tuple[tuple[str, Callable[[ExchangeFacts], bool]], ...] = (
    ("request.documented-example", _is_documented_example),
    ("request.key-order", _has_other_key_order),
    ("request.all-fields", _has_all_fields),
    ("request.text", _has_unusual_text),
    ("request.timestamp", _has_unusual_timestamp),
    ("request.event-type", _has_new_event_type),
    ("request.no-events", _has_no_events),
    ("request.minimal-event", _has_minimal_event),
    ("request.optional-field", _has_one_optional_field),
    ("request.message-alone", _has_message_alone),
    ("request.accepted", _always),
)
"""The clauses of must-accept requests. A request tests every clause that fits; a rejection violates one of them."""

_CLAUSE_OF_FIELD = {
    EVENT_TIME: "request.timestamp",
    EVENT_TYPE: "request.event-type",
    MESSAGE: "request.text",
}


def _violated_clause(facts: ExchangeFacts) -> str:
    """Return the clause of the field that the rejection names, otherwise the first one that fits the request."""
    fitting = [clause for clause, fits in _FEATURES if fits(facts)]
    for _, loc in locs_of(facts.response_json):
        clause = _CLAUSE_OF_FIELD.get(loc[-1]) if loc and isinstance(loc[-1], str) else None
        if clause in fitting:
            return str(clause)
    return fitting[0]


def _is_not_accepted(facts: ExchangeFacts) -> bool:
    """Return whether the status is wrong and no other clause covers it (another 2xx, 413)."""
    return not (facts.too_large or 200 <= facts.status < 300)


def _applies_accepted(facts: ExchangeFacts, fits: Callable[[ExchangeFacts], bool]) -> bool:
    return facts.kind is RequestKind.MUST_ACCEPT and not facts.failed and fits(facts)


def accepted(facts: ExchangeFacts, clause: str) -> Iterator[Finding]:
    if _is_not_accepted(facts) and _violated_clause(facts) == clause:
        yield wrong_outcome("status 200", facts)


def _is_documented_text(facts: ExchangeFacts) -> bool:
    """Return whether the request is documented, plain JSON, and gives the server no good reason to reject it."""
    return (
        facts.kind is RequestKind.UNSPECIFIED
        and facts.classification.request_class == DOCUMENTED
        and facts.classification.media_type == "json"
        and not any(fault.keyword == "additionalProperties" for fault in facts.classification.faults)
        and not facts.failed
        and not facts.deeply_nested
    )


def _applies_unknown_conversation(facts: ExchangeFacts) -> bool:
    return (
        facts.kind is RequestKind.UNSPECIFIED
        and not facts.failed
        and isinstance(facts.body, dict)
        and facts.body in _documented_examples(facts)
    )


def unknown_conversation(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.status == 422:
        yield wrong_outcome("status 200", facts)


def _applies_documented(facts: ExchangeFacts) -> bool:
    return _is_documented_text(facts) and facts.body not in _documented_examples(facts)


def documented(facts: ExchangeFacts) -> Iterator[Finding]:
    """Yield a finding for each field whose value the server names, or one for the whole request."""
    if facts.status != 422:
        return
    faults = [fault for fault in facts.classification.faults if fault.place]
    # A value that several events have is one finding.
    places = {fault.place[:1] + fault.place[2:]: fault.place for fault in reversed(named_among(faults, facts))}
    for place in places.values() or [()]:
        yield wrong_outcome("status 200", facts).about_request(place)


def _applies_charset(facts: ExchangeFacts) -> bool:
    return (
        facts.kind is RequestKind.UNSPECIFIED
        and facts.classification.media_type == "json-with-charset"
        and not facts.classification.faults
        and not facts.failed
    )


def charset(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.status != 200:
        yield wrong_outcome("status 200", facts)


def _applies_chunked(facts: ExchangeFacts) -> bool:
    return facts.kind is RequestKind.CHUNKED


def chunked(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.failed or not 200 <= facts.status < 300:
        yield wrong_outcome("status 200", facts)


TABLE: tuple[Rule, ...] = (
    *(
        Rule(clause, partial(_applies_accepted, fits=fits), partial(accepted, clause=clause))
        for clause, fits in _FEATURES
    ),
    Rule("request.unknown-conversation", _applies_unknown_conversation, unknown_conversation),
    Rule("request.documented", _applies_documented, documented),
    Rule("request.charset", _applies_charset, charset),
    Rule("http.chunked", _applies_chunked, chunked),
)
