"""What the shop says: documented examples, conversations, search, events, limits."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_contract import load_contract
from mock_server.loading.load import Blueprint
from mock_server.loading.snapshot import State
from mock_server.respond.service import conversation_ids
from mock_server.shop.catalogue import Catalogue
from mock_server.shop.replies import Ask
from tests.support.deciding import decide, service_of, service_with

Say = Callable[..., dict[str, Any]]


def ids(reply: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in reply["items"]]


def event(item_id: str, kind: str = "click") -> dict[str, str]:
    return {"timestamp": "2024-06-14T10:00:00Z", "type": kind, "item_id": item_id}


def test_the_documented_response(say: Say) -> None:
    reply = say("I am looking for a birthday gift for my dad")
    expected = load_contract().response_examples[200]["documented"]
    assert {**reply, "conversation_id": None} == {**expected, "conversation_id": None}
    assert str(uuid.UUID(reply["conversation_id"], version=4)) == reply["conversation_id"]


def test_the_documented_request_gets_a_desk(say: Say) -> None:
    request = load_contract().request_examples["documented"]
    reply = say(**request)
    assert reply["conversation_id"] == request["conversation_id"]
    assert ids(reply)[0] == "ST678VG"


def test_a_conversation_goes_on_from_turn_to_turn(say: Say) -> None:
    first = say("What would be a birthday gift for my dad?")
    there = {"conversation_id": first["conversation_id"]}
    assert "CH260WD" in ids(say("something cheaper, please", **there))
    assert ids(say("tell me about the chisels", **there)) == ["CH260WD", "BD930EG"]
    assert say("thanks", **there)["message"] == "With pleasure. A happy birthday to your dad!"
    assert "CH260WD" in ids(say("less expensive?", **there))


def test_later_turns_are_not_heard_outside_their_conversation(say: Say) -> None:
    assert say("thanks", conversation_id="other")["items"] == []
    assert "happy birthday" not in say("thanks")["message"]


def test_conversations_at_the_same_time_do_not_mix(say: Say) -> None:
    one, two = say("a birthday gift for dad"), say("I want better coffee")
    assert one["conversation_id"] != two["conversation_id"]
    assert "GR214HB" in ids(say("no more than 100", conversation_id=two["conversation_id"]))
    assert "CH260WD" in ids(say("something cheaper", conversation_id=one["conversation_id"]))


def test_a_search_leaves_the_conversation_where_it_was(say: Say) -> None:
    there = {"conversation_id": say("a birthday gift for dad")["conversation_id"]}
    assert "KT701GN" in ids(say("do you have a kettle?", **there))
    assert "CH260WD" in ids(say("something cheaper", **there))


def test_an_empty_id_is_replaced_since_no_reply_can_carry_it(say: Say) -> None:
    first, second = say("a sofa", conversation_id=""), say("something smaller", conversation_id="")
    assert first["conversation_id"] != second["conversation_id"]
    assert ids(second) != ["AC115WL"]


@pytest.mark.parametrize("given", [" x ", "Ä" * 100_000, "\x00", "0", "a\nb", "{}", "😀"])
def test_a_given_id_comes_back_exactly(say: Say, given: str) -> None:
    assert say("a sofa", conversation_id=given)["conversation_id"] == given


def test_new_ids_are_all_different_and_repeatable_with_a_seed(blueprint: Blueprint) -> None:
    first, again = conversation_ids(3), conversation_ids(3)
    made = [first() for _ in range(200)]
    assert made == [again() for _ in range(200)]
    assert len(set(made)) == 200
    assert conversation_ids(None)() != conversation_ids(None)()


def test_a_new_id_is_never_one_that_a_client_uses(blueprint: Blueprint) -> None:
    taken = conversation_ids(blueprint.options.seed)()
    service = service_of(blueprint)
    decide(service, b'{"message":"hi","conversation_id":"%s"}' % taken.encode())
    assert taken.encode() not in decide(service, b'{"message":"hi"}').body


@pytest.mark.parametrize("limit", [0, 1, 2, 4, 10, 50, 10**30, 3.0])
@pytest.mark.parametrize("message", ["I will work from home", "gift", "furniture for the living room", "zzz"])
def test_never_more_items_than_asked_for_and_none_twice(say: Say, message: str, limit: float) -> None:
    reply = say(message, limit=limit)
    assert len(reply["items"]) <= limit
    assert len(set(ids(reply))) == len(ids(reply))
    assert reply["message"].strip()


def test_four_items_unless_asked_otherwise_and_ten_where_there_are_ten(say: Say) -> None:
    assert len(ids(say("I will work from home"))) == 4
    assert len(ids(say("I will work from home", limit=10))) == 10
    assert len(ids(say("any gift", limit=10))) == 10


def test_search_finds_what_the_words_name_and_only_what_can_be_had(say: Say) -> None:
    assert set(ids(say("Do you have a lamp for a dark corner?", limit=3))) == {"LM072AR", "LM340BR", "LP204KA"}
    assert ids(say("st678vg"))[0] == "ST678VG"
    assert ids(say("une couverture légère"))[0] == "BL909WV"
    assert ids(say("ελαιόλαδο"))[0] == "OL119EV"
    assert "SW903TB" not in ids(say("a table saw", limit=50))


def test_the_same_words_get_the_same_reply(say: Say) -> None:
    first, again = say("a warm blanket of wool"), say("a warm blanket of wool")
    assert (first["message"], first["items"]) == (again["message"], again["items"])


def test_what_matches_nothing_gets_a_polite_reply_and_no_items(say: Say) -> None:
    reply = say("qwertz")
    assert reply["items"] == []
    assert reply["message"].endswith("?")


def test_what_was_just_looked_at_comes_first_if_it_fits(say: Say) -> None:
    plain, seen = say("any lamp?"), say("any lamp?", events=[event("ST678VG"), event("LP204KA")])
    assert ids(plain)[0] != "LP204KA"
    assert ids(seen)[0] == "LP204KA"
    assert "ST678VG" not in ids(seen)


def test_what_was_just_looked_at_is_gone_by_if_nothing_fits(say: Say) -> None:
    reply = say(
        "Is it any good?", events=[event("GR214HB", "browse"), event("LP204KA"), event("nowhere"), event("SW903TB")]
    )
    assert ids(reply)[:2] == ["LP204KA", "GR214HB"]
    assert "looking at" in reply["message"]
    assert len(ids(reply)) == 4


def test_what_was_bought_is_not_offered_again(say: Say) -> None:
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
def test_no_search_syntax_leaks(say: Say, message: str) -> None:
    say(message)


def test_any_message_gets_a_reply(blueprint: Blueprint) -> None:
    shop = State.from_blueprint(blueprint).shop

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(st.text(max_size=80), st.integers(0, 12))
    def check(message: str, limit: int) -> None:
        reply = shop.reply(Ask(message, limit=limit), None)
        assert len(reply.items) <= limit

    check()


def test_a_body_of_another_contract_may_leave_everything_out() -> None:
    assert Ask.from_body({"message": 5, "conversation_id": 1, "events": "x", "limit": "4"}) == Ask("")
    assert Ask.from_body({"events": [1, {"type": "x"}], "limit": True}) == Ask("", events=[{"type": "x"}], limit=1)


def test_many_threads_are_served_alike(blueprint: Blueprint) -> None:
    service = service_of(blueprint)
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


def test_search_over_many_items_asks_for_the_rarest_words(blueprint: Blueprint) -> None:
    common = [
        {"item_id": f"I{index}", "title": f"thing number{index}", "status": "active", "description": "common common"}
        for index in range(2000)
    ]
    catalogue = Catalogue(common)
    many = ["common", "thing", *(f"number{index}" for index in range(20, 30)), "number7"]
    assert catalogue.search(["common", "number7"], 1)[0]["item_id"] == "I7"
    assert {item["item_id"] for item in catalogue.search(many, 50)} == {f"I{index}" for index in range(20, 28)}


def test_the_default_limit_is_the_contracts(tmp_path: Any) -> None:
    overlay = tmp_path / "limit.yaml"
    overlay.write_text(
        "overlay: 1.1.0\ninfo: {title: x, version: '1'}\nactions:\n"
        "  - target: $.components.schemas.ChatRequest.properties.limit\n    update: {default: 2, maximum: 6}\n"
    )
    service = service_with(overlays=(overlay,))
    assert decide(service, b'{"message":"I will work from home"}').body.count(b'"item_id"') == 2
    assert decide(service, b'{"message":"hi","limit":7}').status == 422
