"""Grouping exchanges into conversations, and what fixtures store of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.recorder.grouping import ConversationGroups, cue_for, name_for, recorded_turn
from mock_server.shop.scenarios import Cue, Scenario, Scenarios, Stub

ITEM = {"item_id": "A1", "title": "Desk"}


def reply(conversation_id: str = "c", message: str = "Here.", items: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"conversation_id": conversation_id, "message": message, "items": list(items)}


def test_turns_with_the_same_id_form_one_conversation() -> None:
    groups = ConversationGroups()
    groups.add({"message": "a desk"}, reply(items=[ITEM]))
    conversation = groups.add({"message": "a lamp", "conversation_id": "c"}, reply(message="There."))
    assert [(turn.message, turn.reply, turn.item_ids) for turn in conversation.turns] == [
        ("a desk", "Here.", ("A1",)),
        ("a lamp", "There.", ()),
    ]
    assert conversation.name == "a-desk"


def test_parallel_conversations_are_independent() -> None:
    groups = ConversationGroups()
    groups.add({"message": "a desk"}, reply("c"))
    groups.add({"message": "a tent"}, reply("d"))
    assert len(groups.add({"message": "more", "conversation_id": "c"}, reply("c")).turns) == 2


def test_conversation_continues_under_a_new_id_from_the_service() -> None:
    groups = ConversationGroups()
    groups.add({"message": "a desk"}, reply("c"))
    groups.add({"message": "more", "conversation_id": "c"}, reply("d"))
    assert len(groups.add({"message": "more", "conversation_id": "d"}, reply("d")).turns) == 3


def test_long_conversation_ids_are_not_kept_themselves() -> None:
    groups = ConversationGroups()
    long = "x" * 1_000_000
    groups.add({"message": "a desk"}, reply(long))
    assert len(groups.add({"message": "more", "conversation_id": long}, reply(long)).turns) == 2
    assert all(len(known) < 100 for known in groups._by_id)


def test_unknown_conversation_id_starts_a_conversation() -> None:
    assert len(ConversationGroups().add({"message": "more", "conversation_id": "old"}, reply("old")).turns) == 1


def test_least_recently_used_conversation_is_forgotten_first() -> None:
    groups = ConversationGroups(2 * recorded_turn({"message": "a"}, reply()).size)
    for name in ("a", "b", "c"):
        groups.add({"message": name}, reply(name))
    assert len(groups.add({"message": "more", "conversation_id": "c"}, reply("c")).turns) == 2
    assert len(groups.add({"message": "more", "conversation_id": "a"}, reply("a")).turns) == 1


def test_conversation_that_is_too_large_is_not_followed() -> None:
    groups = ConversationGroups(5_000)
    groups.add({"message": "a" * 5_000}, reply("c"))
    assert len(groups.add({"message": "more", "conversation_id": "c"}, reply("c")).turns) == 1


def test_conversation_of_the_maximum_number_of_turns_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.recorder.grouping.MAX_TURNS", 3)
    groups = ConversationGroups()
    sent = {"message": "a", "conversation_id": "c"}
    assert [len(groups.add(sent, reply("c")).turns) for _ in range(5)] == [1, 2, 3, 1, 2]


def test_duplicate_item_is_stored_once() -> None:
    assert recorded_turn({"message": "a"}, reply(items=[ITEM, ITEM])).item_ids == ("A1",)


@pytest.mark.parametrize(
    "message", ["../../etc/passwd", "/etc/passwd", "..", "CON", "🎁", "", "\x00", "a" * 500, "é/ü\\"]
)
def test_name_from_any_message_is_a_safe_file_name(message: str) -> None:
    name = name_for(message)
    assert name
    assert len(name) <= 48
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@given(st.text(max_size=60))
def test_cue_of_a_message_matches_the_message(message: str) -> None:
    cue = cue_for(message)
    stub = Stub(Cue(phrases=tuple(cue.get("phrases", ())), pattern=cue.get("pattern", "")), "Here.", ())
    assert Scenarios((Scenario("recorded", (stub,)),)).match(message) is not None
