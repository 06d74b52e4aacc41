"""Exchanges become talks: each turn where it belongs, nothing in them but what was said and shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.recorder.grouping import Talks, cue_for, heard_turn, name_for
from mock_server.shop.scenarios import Conversation, Cue, Script, Turn

ITEM = {"item_id": "A1", "title": "Desk"}


def reply(conversation_id="c", message="Here.", items=()):
    return {"conversation_id": conversation_id, "message": message, "items": list(items)}


def test_turns_of_one_conversation_make_one_talk():
    talks = Talks()
    talks.hear({"message": "a desk"}, reply(items=[ITEM]))
    talk = talks.hear({"message": "a lamp", "conversation_id": "c"}, reply(message="There."))
    assert [(turn.message, turn.reply, turn.item_ids) for turn in talk.turns] == [
        ("a desk", "Here.", ("A1",)),
        ("a lamp", "There.", ()),
    ]
    assert talk.name == "a-desk"


def test_two_conversations_do_not_mix():
    talks = Talks()
    talks.hear({"message": "a desk"}, reply("c"))
    talks.hear({"message": "a tent"}, reply("d"))
    assert len(talks.hear({"message": "more", "conversation_id": "c"}, reply("c")).turns) == 2


def test_a_conversation_that_the_service_replaced_goes_on_under_its_new_id():
    talks = Talks()
    talks.hear({"message": "a desk"}, reply("c"))
    talks.hear({"message": "more", "conversation_id": "c"}, reply("d"))
    assert len(talks.hear({"message": "more", "conversation_id": "d"}, reply("d")).turns) == 3


def test_a_conversation_whose_beginning_nobody_heard_begins_where_it_was_heard():
    assert len(Talks().hear({"message": "more", "conversation_id": "old"}, reply("old")).turns) == 1


def test_the_talk_that_was_silent_longest_is_forgotten_first():
    talks = Talks(most=2)
    for name in ("a", "b", "c"):
        talks.hear({"message": name}, reply(name))
    assert len(talks.hear({"message": "more", "conversation_id": "c"}, reply("c")).turns) == 2
    assert len(talks.hear({"message": "more", "conversation_id": "a"}, reply("a")).turns) == 1


def test_an_item_that_comes_twice_is_kept_once():
    assert heard_turn({"message": "a"}, reply(items=[ITEM, ITEM])).item_ids == ("A1",)


@pytest.mark.parametrize(
    "message", ["../../etc/passwd", "/etc/passwd", "..", "CON", "🎁", "", "\x00", "a" * 500, "é/ü\\"]
)
def test_no_message_makes_a_name_that_leaves_its_folder(message):
    name = name_for(message)
    assert name
    assert len(name) <= 48
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@given(st.text(max_size=60))
def test_the_cue_of_a_message_is_heard_in_that_message(message):
    cue = cue_for(message)
    turn = Turn(Cue(phrases=tuple(cue.get("phrases", ())), pattern=cue.get("pattern", "")), "Here.", ())
    assert Script((Conversation("talk", (turn,)),)).answering(message) is not None
