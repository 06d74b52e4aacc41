"""A 429 is not a verdict on the request, so it exercises no clause."""

from __future__ import annotations

import json

import pytest

from chat_contract import Exchange, History, Request, Response, judge, load_contract
from chat_contract.conformance import examine, exercised_clauses, update_history

CONTRACT = load_contract()
JSON = (("Content-Type", "application/json"),)


def asked(body: bytes, method: str = "POST", credential: str = "given") -> Exchange:
    return Exchange(Request(method, "/chat", JSON, body, credential=credential), Response(429, (("Retry-After", "1"),)))


@pytest.mark.parametrize(
    "exchange",
    [
        asked(b'{"message": "hello"}'),
        asked(b'{"message": 5}'),
        asked(b'{"message": "hello", "limit": "5"}'),
        asked(b'{"message":'),
        asked(b"", "GET"),
        asked(b'{"message": "hello"}', credential="missing"),
    ],
)
def test_429_exercises_and_violates_no_clause(exchange: Exchange) -> None:
    assert list(judge(CONTRACT, exchange)) == []
    assert exercised_clauses(examine(CONTRACT, exchange, History())) == frozenset()


def test_a_503_to_the_same_request_is_a_violation() -> None:
    request = asked(b'{"message": "hello"}').request
    assert [found.clause for found in judge(CONTRACT, Exchange(request, Response(503)))] == ["robustness.failing"]


def test_429_does_not_change_the_history() -> None:
    history = History()
    opened = Exchange(
        Request("POST", "/chat", JSON, b'{"message": "hello"}'),
        Response(200, JSON, json.dumps({"conversation_id": "c1", "message": "m", "items": []}).encode()),
    )
    update_history(history, examine(CONTRACT, opened, history))
    turns = history.conversations["c1"].turns
    later = asked(b'{"message": "hello", "conversation_id": "c1"}')
    update_history(history, examine(CONTRACT, later, history))
    assert history.conversations["c1"].turns == turns
