"""Responses that are too large or too deep to be read as JSON are findings with their own names."""

from __future__ import annotations

import json

import pytest

from chat_contract import Contract
from chat_contract.conformance import examine, find_violations
from chat_contract.exchange import Exchange, Request, Response
from chat_contract.history import History
from chat_contract.large_bodies import MOST_LEVELS, MOST_VALUES, MOST_WIDE
from chat_contract.rules.exchange_facts import ExchangeFacts

JSON = (("Content-Type", "application/json"),)
REPLY = {"conversation_id": "a-1", "message": "Here you are.", "items": []}


def facts_of(
    contract: Contract, body: bytes, status: int = 200, sent: bytes = b'{"message": "hello"}'
) -> ExchangeFacts:
    exchange = Exchange(Request("POST", "/chat", JSON, sent), Response(status, JSON, body))
    return examine(contract, exchange, History())


def with_extra(extra: bytes) -> bytes:
    return json.dumps(REPLY).encode()[:-1] + b', "x": ' + extra + b"}"


@pytest.mark.parametrize(
    ("extra", "observed"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "too-deep"),
        (b"[" * MOST_LEVELS + b"]" * MOST_LEVELS, "too-deep"),
        (b"[" + b"0," * MOST_VALUES + b"0]", "too-many-values"),
        ('"é'.encode() + b"x" * MOST_WIDE + b'"', "too-large"),
        (b"nonsense", "not-json"),
        ('"é", "y": '.encode() + b"9" * 100_000, "not-json"),
    ],
)
def test_body_that_cannot_be_read_is_named(contract: Contract, extra: bytes, observed: str) -> None:
    found = list(find_violations(facts_of(contract, with_extra(extra))))
    assert [(one.clause, one.observed) for one in found] == [("reply.encoding", observed)]


def test_response_with_600_levels_is_read(contract: Contract) -> None:
    body = with_extra(b"[" * 600 + b"]" * 600)
    assert list(find_violations(facts_of(contract, body))) == []


def test_hundred_thousand_unknown_properties_conform(contract: Contract) -> None:
    body = json.dumps({**REPLY, **{f"key-{number}": number for number in range(100_000)}}).encode()
    assert list(find_violations(facts_of(contract, body))) == []


def test_all_items_of_a_large_reply_count_towards_the_limit(contract: Contract) -> None:
    items = [{"item_id": f"item-{number}", "description": "x" * 50} for number in range(5000)]
    found = find_violations(facts_of(contract, json.dumps({**REPLY, "items": items}).encode()))
    assert ("limit.default", "5000 items") in {(one.clause, one.got) for one in found}


def test_work_on_a_large_rejection_is_limited(contract: Contract) -> None:
    entries = [{"loc": ["query"], "msg": "", "type": "x"}] * 50_000
    found = list(find_violations(facts_of(contract, json.dumps({"detail": entries}).encode(), 422, b"{}")))
    assert 0 < len(found) < 5000
    assert "error.loc" in {one.clause for one in found}
