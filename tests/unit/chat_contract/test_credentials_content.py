"""A 401 leaks content only by values, and a rejection does harm only to a body that was accepted before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat_contract import Contract
from chat_contract.conformance import examine, find_violations, update_history
from chat_contract.exchange import Exchange, Request, Response
from chat_contract.history import History

JSON = (("Content-Type", "application/json"),)


@pytest.mark.parametrize(
    ("value", "leaks"), [(None, False), ("", False), ([], False), ([{"item_id": "ST678VG"}], True)]
)
def test_401_with_the_keys_of_a_reply_leaks_only_values(contract: Contract, *, value: Any, leaks: bool) -> None:
    body = json.dumps({"conversation_id": None, "message": "Not authenticated", "items": value}).encode()
    request = Request("POST", "/chat", JSON, b'{"message": "hello"}', credential="missing")
    found = find_violations(examine(contract, Exchange(request, Response(401, JSON, body)), History()))
    assert [one.observed for one in found] == ["reply-content"] * leaks


@pytest.mark.parametrize("accepted_before", [True, False])
def test_rejection_is_harmful_only_if_the_same_body_was_accepted_before(
    contract: Contract, *, accepted_before: bool
) -> None:
    history = History()
    reply = Response(200, JSON, b'{"conversation_id": "c-1", "message": "Hello.", "items": []}')
    rejection = Response(422, JSON, b'{"detail": [{"loc": ["body", "message"], "msg": "no", "type": "no"}]}')
    turn = {"message": "and then?", "conversation_id": "c-1"}
    wrong = {"message": 5, "conversation_id": "c-1"}
    exchanges: list[tuple[dict[str, Any], Response]] = [({"message": "hello"}, reply)]
    exchanges += [(turn, reply)] * accepted_before + [(wrong, rejection), (turn, rejection)]
    found: set[str] = set()
    for body, response in exchanges:
        facts = examine(
            contract, Exchange(Request("POST", "/chat", JSON, json.dumps(body).encode()), response), history
        )
        found = {one.clause for one in find_violations(facts)}
        update_history(history, facts)
    assert ("rejection.harmless" in found) is accepted_before
