"""Requests that must get 200, and which clause each of them is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from chat_contract.body import ABSENT
from chat_contract.contract import DOCUMENTED
from chat_contract.roles import CONVERSATION, EVENT_TIME, EVENT_TYPE, EVENTS, MESSAGE
from chat_contract.rules.facts import Facts, Finding, Kind, Rule, within

_PLAIN_TEXT = re.compile(r"[A-Za-z0-9 ,.?!-]*\Z")
_PLAIN_TIME = re.compile(r"[0-9-]{10}T[0-9:]{8}Z\Z")


def _properties(facts: Facts) -> dict[str, Any]:
    return within(facts.contract.schemas[DOCUMENTED], "properties")


def _event_schema(facts: Facts) -> dict[str, Any]:
    return within(_properties(facts), EVENTS, "items")


def _event_properties(facts: Facts) -> dict[str, Any]:
    return within(_event_schema(facts), "properties")


def _keys(facts: Facts) -> set[str]:
    """Name the fields of a request that must be accepted; the conversation it goes on with does not count."""
    return set(facts.body) - {CONVERSATION}


def _events(facts: Facts) -> list[dict[str, Any]]:
    return facts.body.get(EVENTS) or []


def _out_of_order(facts: Facts) -> bool:
    def shuffled(keys: list[str], order: list[str]) -> bool:
        return keys != [name for name in order if name in keys]

    return shuffled(list(facts.body), list(_properties(facts))) or any(
        shuffled(list(event), list(_event_properties(facts))) for event in _events(facts)
    )


def _odd_text(facts: Facts) -> bool:
    texts = [facts.body.get(MESSAGE, "")]
    texts += [text for event in _events(facts) for key, text in event.items() if key != EVENT_TIME]
    return not all(_PLAIN_TEXT.match(text) for text in texts)


def _odd_time(facts: Facts) -> bool:
    return any(not _PLAIN_TIME.match(event[EVENT_TIME]) for event in _events(facts) if EVENT_TIME in event)


def _odd_type(facts: Facts) -> bool:
    return any(event[EVENT_TYPE] not in _known_types(facts) for event in _events(facts) if EVENT_TYPE in event)


def _is_documented_example(facts: Facts) -> bool:
    def bare(body: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in body.items() if key != CONVERSATION}

    return any(bare(facts.body) == bare(example) for example in _full_examples(facts))


def _full_examples(facts: Facts) -> list[dict[str, Any]]:
    return [facts.contract.request_examples["documented"]] if "documented" in facts.contract.request_examples else []


def _known_types(facts: Facts) -> set[Any]:
    return {
        event.get(EVENT_TYPE)
        for example in facts.contract.request_examples.values()
        for event in example.get(EVENTS, [])
    }


def _one_optional_field(facts: Facts) -> bool:
    required = set(facts.contract.schemas[DOCUMENTED].get("required", ()))
    event_required = set(_event_schema(facts).get("required", ()))
    return len(set(facts.body) - required) == 1 and all(
        len(set(event) - event_required) <= 1 for event in _events(facts)
    )


def _has_minimal_event(facts: Facts) -> bool:
    required = set(_event_schema(facts).get("required", ()))
    return any(set(event) == required for event in _events(facts))


def _all_fields(facts: Facts) -> bool:
    return _keys(facts) >= set(_properties(facts)) - {CONVERSATION}


def _no_events(facts: Facts) -> bool:
    return bool(facts.field(EVENTS) == [])


def _message_alone(facts: Facts) -> bool:
    return _keys(facts) == {MESSAGE}


def _anything(_: Facts) -> bool:
    return True


_AIMS: tuple[tuple[str, Callable[[Facts], bool]], ...] = (
    ("request.documented-example", _is_documented_example),
    ("request.key-order", _out_of_order),
    ("request.all-fields", _all_fields),
    ("request.text", _odd_text),
    ("request.timestamp", _odd_time),
    ("request.event-type", _odd_type),
    ("request.no-events", _no_events),
    ("request.minimal-event", _has_minimal_event),
    ("request.optional-field", _one_optional_field),
    ("request.message-alone", _message_alone),
    ("request.accepted", _anything),
)
"""What a request that must be accepted is about: the first that fits is blamed, all that fit have been tried."""

_BLAMED = {
    EVENT_TIME: "request.timestamp",
    EVENT_TYPE: "request.event-type",
    MESSAGE: "request.text",
}


def _blamed_clause(facts: Facts) -> str:
    """Choose the clause that the refusal itself points at, else the first that the request is about."""
    fitting = [clause for clause, fits in _AIMS if fits(facts)]
    detail = facts.answer.get("detail") if isinstance(facts.answer, dict) else None
    for entry in detail if isinstance(detail, list) else ():
        loc = entry.get("loc") if isinstance(entry, dict) else None
        clause = _BLAMED.get(loc[-1]) if isinstance(loc, list) and loc and isinstance(loc[-1], str) else None
        if clause in fitting:
            return str(clause)
    return fitting[0]


def _is_answered_otherwise(facts: Facts) -> bool:
    """Neither 200, nor what other clauses speak of: another 2xx, too large."""
    return not (facts.too_large or 200 <= facts.status < 300)


def _tries_accepted(facts: Facts, fits: Callable[[Facts], bool]) -> bool:
    return facts.kind is Kind.MUST_ACCEPT and not facts.failed and fits(facts)


def accepted(facts: Facts, clause: str) -> Iterator[Finding]:
    if _is_answered_otherwise(facts) and _blamed_clause(facts) == clause:
        yield Finding("status 200", _refusal(facts))


def _is_documented_text(facts: Facts) -> bool:
    """Documented, in plain JSON, and nothing in it that is refused with good reason."""
    return (
        facts.kind is Kind.LATITUDE
        and facts.classification.request_class == DOCUMENTED
        and facts.classification.media_type == "json"
        and not any(fault.keyword == "additionalProperties" for fault in facts.classification.faults)
        and not facts.failed
        and not facts.deep
    )


def _tries_unknown_conversation(facts: Facts) -> bool:
    return (
        facts.kind is Kind.LATITUDE
        and not facts.failed
        and isinstance(facts.body, dict)
        and facts.body in _full_examples(facts)
    )


def unknown_conversation(facts: Facts) -> Iterator[Finding]:
    if facts.status == 422:
        yield Finding("status 200", _refusal(facts))


def _tries_documented(facts: Facts) -> bool:
    return _is_documented_text(facts) and facts.body not in _full_examples(facts)


def documented(facts: Facts) -> Iterator[Finding]:
    if facts.status == 422:
        yield Finding("status 200", _refusal(facts))


def _tries_charset(facts: Facts) -> bool:
    return (
        facts.kind is Kind.LATITUDE
        and facts.classification.media_type == "json-with-charset"
        and not facts.classification.faults
        and not facts.failed
    )


def charset(facts: Facts) -> Iterator[Finding]:
    if facts.status != 200:
        yield Finding("status 200", _refusal(facts))


def _tries_chunked(facts: Facts) -> bool:
    return facts.kind is Kind.CHUNKED


def chunked(facts: Facts) -> Iterator[Finding]:
    if facts.failed or not 200 <= facts.status < 300:
        yield Finding("status 200", _refusal(facts))


def _refusal(facts: Facts) -> Any:
    """Show what came instead: the status, and what the answer says about it."""
    if facts.answer is ABSENT or facts.response is None:
        return facts.seen
    return {"status": facts.status, "body": facts.answer}


TABLE: tuple[Rule, ...] = (
    *(Rule(clause, partial(_tries_accepted, fits=fits), partial(accepted, clause=clause)) for clause, fits in _AIMS),
    Rule("request.unknown-conversation", _tries_unknown_conversation, unknown_conversation),
    Rule("request.documented", _tries_documented, documented),
    Rule("request.charset", _tries_charset, charset),
    Rule("http.chunked", _tries_chunked, chunked),
)
