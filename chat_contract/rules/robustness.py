"""Outcomes that no input may cause, and the responses allowed where the documents leave a question open."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chat_contract.body import Deviation
from chat_contract.classification import Beyond, Fault
from chat_contract.exchange import BreakdownKind
from chat_contract.roles import CONVERSATION
from chat_contract.rules.exchange_facts import IJSON, ExchangeFacts, RequestKind
from chat_contract.rules.findings import Finding, Rule, wrong_outcome

_MUST_SURVIVE = frozenset(
    {Deviation.NOT_UTF_8, Deviation.DUPLICATE_KEYS, Deviation.TOO_DEEP, Deviation.SURROGATE_IN_MESSAGE}
)
"""The deviations from I-JSON for which a failure is a warning; for the others it is only observed."""


def _is_ijson(facts: ExchangeFacts) -> bool:
    return facts.kind in IJSON and not facts.deeply_nested


def _applies_status(facts: ExchangeFacts) -> bool:
    return facts.kind is RequestKind.UNSPECIFIED and not facts.failed and not facts.deeply_nested


def status(facts: ExchangeFacts) -> Iterator[Finding]:
    allowed = {200, 422}
    if any(map(_may_be_unknown_conversation, facts.classification.faults)):
        allowed.add(404)
    if facts.classification.media_type == "json-with-charset":
        allowed.update(range(400, 500))
    if facts.status not in allowed and not facts.too_large and not 200 < facts.status < 300:
        yield wrong_outcome("status 200 or 422", facts)


def _may_be_unknown_conversation(fault: Fault) -> bool:
    return fault.keyword == Beyond.NOT_ISSUED or (
        fault.keyword == Beyond.PROPERTY_CASE and fault.place == (CONVERSATION,)
    )


def _applies_failing(facts: ExchangeFacts) -> bool:
    return _is_ijson(facts) and facts.response is not None


def failing(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.status >= 500:
        yield wrong_outcome("a status below 500", facts)


def breakdown(facts: ExchangeFacts, kinds: frozenset[BreakdownKind], expected: str) -> Iterator[Finding]:
    if facts.breakdown is not None and facts.breakdown.kind in kinds:
        yield wrong_outcome(expected, facts)


def _applies_deep(facts: ExchangeFacts) -> bool:
    return facts.kind in IJSON and facts.deeply_nested


def deep(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.failed or (facts.status not in {200, 422} and not facts.too_large):
        yield wrong_outcome("status 200 or 422", facts)


def _applies_beyond_ijson(facts: ExchangeFacts) -> bool:
    return facts.kind is RequestKind.BEYOND_IJSON and bool(facts.classification.body.beyond_ijson & _MUST_SURVIVE)


def _applies_beyond_ijson_echoed(facts: ExchangeFacts) -> bool:
    return facts.kind is RequestKind.BEYOND_IJSON and not facts.classification.body.beyond_ijson & _MUST_SURVIVE


def beyond_ijson(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.failed:
        yield wrong_outcome("status 200 or 4xx", facts)


def _applies_beyond_ijson_status(facts: ExchangeFacts) -> bool:
    return facts.kind is RequestKind.BEYOND_IJSON


def beyond_ijson_status(facts: ExchangeFacts) -> Iterator[Finding]:
    if not facts.failed and not 200 <= facts.status < 300 and not 400 <= facts.status < 500:
        yield wrong_outcome("status 200 or 4xx", facts)


def _applies_repeatable(facts: ExchangeFacts) -> bool:
    return (
        facts.kind is RequestKind.UNSPECIFIED
        and facts.sent_id is None
        and facts.has_known_values
        and facts.status in {200, 422}
        and facts.request.body in facts.history.statuses
    )


def repeatable(facts: ExchangeFacts) -> Iterator[Finding]:
    before = facts.history.statuses[facts.request.body]
    if facts.status != before:
        yield wrong_outcome(f"status {before}, as in the earlier response to the same request", facts)


def _breakdown_rule(clause: str, kinds: frozenset[BreakdownKind], expected: str) -> Rule:
    return Rule(clause, _is_ijson, partial(breakdown, kinds=kinds, expected=expected))


TABLE: tuple[Rule, ...] = (
    Rule("robustness.status", _applies_status, status),
    Rule("robustness.failing", _applies_failing, failing),
    _breakdown_rule("robustness.reset", frozenset({"reset", "garbled"}), "a response"),
    _breakdown_rule("robustness.truncated", frozenset({"truncated", "too-long"}), "a complete response"),
    _breakdown_rule("robustness.silence", frozenset({"silence"}), "a response in time"),
    Rule("robustness.deep", _applies_deep, deep),
    Rule("robustness.beyond-i-json", _applies_beyond_ijson, beyond_ijson),
    Rule("robustness.beyond-i-json-echoed", _applies_beyond_ijson_echoed, beyond_ijson),
    Rule("robustness.beyond-i-json-status", _applies_beyond_ijson_status, beyond_ijson_status),
    Rule("latitude.repeatable", _applies_repeatable, repeatable),
)
