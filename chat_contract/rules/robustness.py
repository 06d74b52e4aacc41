"""What no input may do to a server, and which answers the latitude leaves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

from chat_contract.body import DUPLICATE_KEYS, NOT_UTF_8, SURROGATE_IN_MESSAGE, TOO_DEEP
from chat_contract.rules.facts import IJSON, Facts, Finding, Kind, Rule

_SHOULD_BE_READ = frozenset({NOT_UTF_8, DUPLICATE_KEYS, TOO_DEEP, SURROGATE_IN_MESSAGE})


def _is_ijson(facts: Facts) -> bool:
    return facts.kind in IJSON and not facts.deep


def _tries_status(facts: Facts) -> bool:
    return facts.kind is Kind.LATITUDE and not facts.failed and not facts.deep


def status(facts: Facts) -> Iterator[Finding]:
    allowed = {200, 422}
    if any(fault.keyword == "issued" for fault in facts.classification.faults):
        allowed.add(404)
    if facts.classification.media_type == "json-with-charset":
        allowed.add(415)
    if facts.status not in allowed and not facts.too_large and not 200 < facts.status < 300:
        yield Finding("status 200 or 422", facts.seen)


def _tries_failing(facts: Facts) -> bool:
    return _is_ijson(facts) and facts.response is not None


def failing(facts: Facts) -> Iterator[Finding]:
    if facts.status >= 500:
        yield Finding("no 5xx", facts.seen)


def breaks_down(
    facts: Facts, kinds: tuple[Literal["reset", "truncated", "silence", "garbled"], ...], expected: str
) -> Iterator[Finding]:
    if facts.breakdown is not None and facts.breakdown.kind in kinds:
        yield Finding(expected, facts.seen)


def _tries_deep(facts: Facts) -> bool:
    return facts.kind in IJSON and facts.deep


def deep(facts: Facts) -> Iterator[Finding]:
    if facts.failed or (facts.status not in {200, 422} and not facts.too_large):
        yield Finding("status 200 or 422", facts.seen)


def _tries_beyond_ijson(facts: Facts) -> bool:
    return facts.kind is Kind.BEYOND_IJSON and bool(facts.classification.body.beyond_ijson & _SHOULD_BE_READ)


def beyond_ijson(facts: Facts) -> Iterator[Finding]:
    if facts.failed:
        yield Finding("status 200 or a 4xx", facts.seen)


def _tries_beyond_ijson_echoed(facts: Facts) -> bool:
    return facts.kind is Kind.BEYOND_IJSON and not facts.classification.body.beyond_ijson & _SHOULD_BE_READ


def beyond_ijson_echoed(facts: Facts) -> Iterator[Finding]:
    if facts.failed:
        yield Finding("status 200 or a 4xx", facts.seen)


def _tries_beyond_ijson_status(facts: Facts) -> bool:
    return facts.kind is Kind.BEYOND_IJSON


def beyond_ijson_status(facts: Facts) -> Iterator[Finding]:
    if not facts.failed and not 200 <= facts.status < 300 and not 400 <= facts.status < 500:
        yield Finding("status 200 or a 4xx", facts.seen)


def _fresh_latitude(facts: Facts) -> bool:
    return facts.kind is Kind.LATITUDE and facts.sent_id is None and facts.status in {200, 422}


def _tries_repeatable(facts: Facts) -> bool:
    return _fresh_latitude(facts) and facts.request.body in facts.history.answered


def repeatable(facts: Facts) -> Iterator[Finding]:
    before = facts.history.answered[facts.request.body]
    if facts.status != before:
        yield Finding(f"status {before}, as before", facts.seen)


TABLE: tuple[Rule, ...] = (
    Rule("robustness.status", _tries_status, status),
    Rule("robustness.failing", _tries_failing, failing),
    Rule("robustness.reset", _is_ijson, partial(breaks_down, kinds=("reset", "garbled"), expected="an answer")),
    Rule("robustness.truncated", _is_ijson, partial(breaks_down, kinds=("truncated",), expected="a whole answer")),
    Rule("robustness.silence", _is_ijson, partial(breaks_down, kinds=("silence",), expected="an answer in time")),
    Rule("robustness.deep", _tries_deep, deep),
    Rule("robustness.beyond-i-json", _tries_beyond_ijson, beyond_ijson),
    Rule("robustness.beyond-i-json-echoed", _tries_beyond_ijson_echoed, beyond_ijson_echoed),
    Rule("robustness.beyond-i-json-status", _tries_beyond_ijson_status, beyond_ijson_status),
    Rule("latitude.repeatable", _tries_repeatable, repeatable),
)
