"""Results that the mock keeps for repeated requests equal those that it computes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mock_server import Options, Snapshot, read_snapshot
from mock_server.http.messages import Call
from mock_server.respond import intake
from mock_server.shop.replies import ChatTurn
from mock_server.shop.scenarios import Position
from tests.support.deciding import decide, service_with

KNOWN = "Which desk would you recommend for heavy tools?"


def turn_of(snapshot: Snapshot, body: bytes) -> Any:
    return intake.read_turn(snapshot, Call({"content-type": "application/json"}, body))


@pytest.mark.parametrize("size", [10, intake._MAX_KEPT_BODY, intake._MAX_KEPT_BODY + 1])
def test_repeated_body_gives_an_equal_turn(snapshot: Snapshot, size: int) -> None:
    body = json.dumps({"message": "a" * size, "user_id": "ann", "limit": 2}).encode()
    first, second = turn_of(snapshot, body), turn_of(snapshot, bytes(bytearray(body)))
    assert first == second == ChatTurn("a" * size, None, "ann", (), 2)


def test_repeated_invalid_body_is_rejected_each_time_and_not_kept(snapshot: Snapshot) -> None:
    kept = intake._kept_turn.cache_info().currsize
    answers = {turn_of(snapshot, b'{"message": 5, "x": "never kept"}').body for _ in range(3)}
    assert len(answers) == 1
    assert intake._kept_turn.cache_info().currsize == kept


def test_body_that_one_profile_accepts_is_still_rejected_by_another() -> None:
    body = b'{"message":"hi","limit":"4"}'
    answers = [decide(service_with(latitude=profile), body).status for profile in ("fastapi", "documented", "fastapi")]
    assert answers == [200, 422, 200]


def test_repeated_message_is_answered_by_where_its_conversation_is(snapshot: Snapshot) -> None:
    scenarios = snapshot.shop.scenarios
    start = scenarios.match(KNOWN)
    assert start is not None
    for position in (None, start, Position(start.scenario, 1), Position("removed", 0)):
        assert scenarios.match(KNOWN, position) == scenarios._match(KNOWN, position) == scenarios.match(KNOWN, position)


@pytest.mark.parametrize("limit", [None, 0, 1, 2, 10**12])
def test_repeated_reply_respects_the_limit_of_each_request(snapshot: Snapshot, limit: int | None) -> None:
    shop = snapshot.shop
    position = shop.scenarios.match(KNOWN)
    assert position is not None
    ids = shop.scenarios.stub(position).item_ids
    turn = ChatTurn(KNOWN, limit=limit)
    for _ in range(2):
        reply = shop.reply(turn, None)
        assert [item["item_id"] for item in reply.items] == list(ids[: shop.limit_of(turn)])
        assert json.loads(b"{%b}" % reply.json_members) == {"message": reply.message, "items": list(reply.items)}


def test_reply_that_a_rule_gives_does_not_change_the_next_one() -> None:
    service = service_with(seed=1)
    body = json.dumps({"message": KNOWN}).encode()
    first = json.loads(decide(service, body).body)
    forced = json.loads(decide(service, body, prefer="code=200, example=documented").body)
    second = json.loads(decide(service, body).body)
    assert forced["message"] != first["message"]
    assert (second["message"], second["items"]) == (first["message"], first["items"])


def test_options_of_two_mocks_do_not_share_replies() -> None:
    mocks = [service_with(seed=1), service_with(seed=2)]
    ids = [json.loads(decide(mock, b'{"message":"hi"}').body)["conversation_id"] for mock in mocks]
    assert ids[0] != ids[1]
    assert read_snapshot(Options()).shop is not read_snapshot(Options()).shop
