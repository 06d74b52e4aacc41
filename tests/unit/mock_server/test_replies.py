"""Replies of the shop: documented examples, scenarios, search, events, limits."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_contract import load_contract
from mock_server.loading.snapshot import Snapshot
from mock_server.shop.catalogue import Catalogue
from mock_server.shop.replies import ChatTurn
from mock_server.store.sessions import ConversationIds
from tests.support.deciding import decide, service_of, service_with

Say = Callable[..., dict[str, Any]]


def ids(reply: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in reply["items"]]


def event(item_id: str, kind: str = "click") -> dict[str, str]:
    return {"timestamp": "2024-06-14T10:00:00Z", "type": kind, "item_id": item_id}


def test_documented_response_is_returned(say: Say) -> None:
    reply = say("I am looking for a birthday gift for my dad")
    expected = load_contract().response_examples[200]["documented"]
    assert {**reply, "conversation_id": None} == {**expected, "conversation_id": None}
    assert str(uuid.UUID(reply["conversation_id"], version=4)) == reply["conversation_id"]


def test_documented_request_returns_a_desk(say: Say) -> None:
    request = load_contract().request_examples["documented"]
    reply = say(**request)
    assert reply["conversation_id"] == request["conversation_id"]
    assert ids(reply)[0] == "ST678VG"


def test_conversation_continues_turn_by_turn(say: Say) -> None:
    first = say("What would be a birthday gift for my dad?")
    there = {"conversation_id": first["conversation_id"]}
    assert "CH260WD" in ids(say("something cheaper, please", **there))
    assert ids(say("tell me about the chisels", **there)) == ["CH260WD", "BD930EG"]
    assert say("thanks", **there)["message"] == "With pleasure. A happy birthday to your dad!"
    assert "CH260WD" in ids(say("less expensive?", **there))


def test_later_stubs_do_not_start_a_scenario(say: Say) -> None:
    assert say("thanks", conversation_id="other")["items"] == []
    assert "happy birthday" not in say("thanks")["message"]


def test_parallel_conversations_are_independent(say: Say) -> None:
    one, two = say("a birthday gift for dad"), say("I want better coffee")
    assert one["conversation_id"] != two["conversation_id"]
    assert "GR214HB" in ids(say("no more than 100", conversation_id=two["conversation_id"]))
    assert "CH260WD" in ids(say("something cheaper", conversation_id=one["conversation_id"]))


def test_search_keeps_the_position_in_the_scenario(say: Say) -> None:
    there = {"conversation_id": say("a birthday gift for dad")["conversation_id"]}
    assert "KT701GN" in ids(say("do you have a kettle?", **there))
    assert "CH260WD" in ids(say("something cheaper", **there))


def test_empty_conversation_id_is_replaced(say: Say) -> None:
    first, second = say("a sofa", conversation_id=""), say("something smaller", conversation_id="")
    assert first["conversation_id"] != second["conversation_id"]
    assert ids(second) != ["AC115WL"]


@pytest.mark.parametrize("given", [" x ", "Ä" * 100_000, "\x00", "0", "a\nb", "{}", "😀"])
def test_conversation_id_is_returned_unchanged(say: Say, given: str) -> None:
    assert say("a sofa", conversation_id=given)["conversation_id"] == given


def test_new_ids_are_unique_and_repeatable_with_a_seed(snapshot: Snapshot) -> None:
    first, again = ConversationIds(3), ConversationIds(3)
    made = [first.next() for _ in range(200)]
    assert made == [again.next() for _ in range(200)]
    assert len(set(made)) == 200
    assert ConversationIds(None).next() != ConversationIds(None).next()


def test_new_id_differs_from_ids_of_clients(snapshot: Snapshot) -> None:
    taken = ConversationIds(snapshot.options.seed).next()
    service = service_of(snapshot)
    decide(service, b'{"message":"hi","conversation_id":"%s"}' % taken.encode())
    assert taken.encode() not in decide(service, b'{"message":"hi"}').body


@pytest.mark.parametrize("limit", [0, 1, 2, 4, 10, 50, 2**31 - 1, 3.0])
@pytest.mark.parametrize("message", ["I will work from home", "gift", "furniture for the living room", "zzz"])
def test_items_are_unique_and_within_the_limit(say: Say, message: str, limit: float) -> None:
    reply = say(message, limit=limit)
    assert len(reply["items"]) <= limit
    assert len(set(ids(reply))) == len(ids(reply))
    assert reply["message"].strip()


def test_default_limit_is_four_and_ten_items_are_available(say: Say) -> None:
    assert len(ids(say("I will work from home"))) == 4
    assert len(ids(say("I will work from home", limit=10))) == 10
    assert len(ids(say("any gift", limit=10))) == 10


def test_search_returns_matching_available_items(say: Say) -> None:
    assert set(ids(say("Do you have a lamp for a dark corner?", limit=3))) == {"LM072AR", "LM340BR", "LP204KA"}
    assert ids(say("st678vg"))[0] == "ST678VG"
    assert ids(say("une couverture légère"))[0] == "BL909WV"
    assert ids(say("ελαιόλαδο"))[0] == "OL119EV"
    assert "SW903TB" not in ids(say("a table saw", limit=50))


def test_same_message_gets_the_same_reply(say: Say) -> None:
    first, again = say("a warm blanket of wool"), say("a warm blanket of wool")
    assert (first["message"], first["items"]) == (again["message"], again["items"])


def test_message_without_match_gets_a_question_and_no_items(say: Say) -> None:
    reply = say("qwertz")
    assert reply["items"] == []
    assert reply["message"].endswith("?")


def test_matching_viewed_item_comes_first(say: Say) -> None:
    plain, seen = say("any lamp?"), say("any lamp?", events=[event("ST678VG"), event("LP204KA")])
    assert ids(plain)[0] != "LP204KA"
    assert ids(seen)[0] == "LP204KA"
    assert "ST678VG" not in ids(seen)


def test_viewed_items_are_used_if_the_message_matches_nothing(say: Say) -> None:
    reply = say(
        "Is it any good?", events=[event("GR214HB", "browse"), event("LP204KA"), event("nowhere"), event("SW903TB")]
    )
    assert ids(reply)[:2] == ["LP204KA", "GR214HB"]
    assert "looking at" in reply["message"]
    assert len(ids(reply)) == 4


def test_purchased_item_is_not_offered_again(say: Say) -> None:
    reply = say("Is it any good?", events=[event("LP204KA"), event("LP204KA", "purchase")])
    assert ids(reply) == []


@pytest.mark.parametrize(
    "message",
    [
        '" OR 1',
        "NEAR(desk tool)",
        "desk*",
        "title:desk",
        "AND OR NOT",
        "^desk",
        "-desk",
        "{desk}",
        "'; DROP TABLE shop",
    ],
)
def test_search_syntax_in_a_message_has_no_effect(say: Say, message: str) -> None:
    say(message)


def test_every_message_gets_a_reply_within_the_limit(snapshot: Snapshot) -> None:
    shop = snapshot.shop

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(st.text(max_size=80), st.integers(0, 12))
    def check(message: str, limit: int) -> None:
        reply = shop.reply(ChatTurn(message, limit=limit), None)
        assert len(reply.items) <= limit

    check()


def test_fields_of_other_types_count_as_absent() -> None:
    assert ChatTurn.from_body({"message": 5, "conversation_id": 1, "events": "x", "limit": "4"}) == ChatTurn("")
    assert ChatTurn.from_body({"events": [1, {"type": "x"}], "limit": True}) == ChatTurn(
        "", events=[{"type": "x"}], limit=1
    )


def test_concurrent_requests_get_consistent_replies(snapshot: Snapshot) -> None:
    service = service_of(snapshot)
    bodies = [
        b'{"message":"a lamp","conversation_id":"a"}',
        b'{"message":"sofa","conversation_id":"b"}',
        b'{"message":"gift"}',
    ]

    def ask(index: int) -> tuple[int, int]:
        answer = decide(service, bodies[index % 3])
        return index % 3, len(answer.body) if answer.status == 200 else -answer.status

    with ThreadPoolExecutor(64) as pool:
        answers = set(pool.map(ask, range(1500)))
    assert len(answers) == 3


def test_search_uses_the_rarest_words(snapshot: Snapshot) -> None:
    common = [
        {"item_id": f"I{index}", "title": f"thing number{index}", "status": "active", "description": "common common"}
        for index in range(2000)
    ]
    catalogue = Catalogue(common)
    many = ["common", "thing", *(f"number{index}" for index in range(20, 30)), "number7"]
    assert catalogue.search(["common", "number7"], 1)[0]["item_id"] == "I7"
    assert {item["item_id"] for item in catalogue.search(many, 50)} == {f"I{index}" for index in range(20, 28)}


def test_default_limit_comes_from_the_contract(tmp_path: Any) -> None:
    overlay = tmp_path / "limit.yaml"
    overlay.write_text(
        "overlay: 1.1.0\ninfo: {title: x, version: '1'}\nactions:\n"
        "  - target: $.components.schemas.ChatRequest.properties.limit\n    update: {default: 2, maximum: 6}\n"
    )
    service = service_with(overlays=(overlay,))
    assert decide(service, b'{"message":"I will work from home"}').body.count(b'"item_id"') == 2
    assert decide(service, b'{"message":"hi","limit":7}').status == 422
