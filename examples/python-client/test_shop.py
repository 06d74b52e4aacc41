"""Tests of the application against the mock; ``chat_mock`` comes with the kit."""

from __future__ import annotations

import pytest
from shop import BusyError, Conversation, WrongError


def test_a_conversation_goes_on_under_its_id(chat_mock):
    talk = Conversation(chat_mock.url)
    answer = talk.ask("Which desk would you recommend for heavy tools?", limit=2)
    assert len(answer.items) <= 2
    first = talk.id
    talk.ask("And a lamp?")
    assert talk.id == first


def test_a_busy_service_is_waited_for(chat_mock):
    chat_mock.fail(429)
    talk = Conversation(chat_mock.url)
    with pytest.raises(BusyError):
        talk.ask("A desk")
    assert talk.ask("A desk").message


def test_a_wrong_request_says_where(chat_mock):
    chat_mock.fail(422)
    with pytest.raises(WrongError):
        Conversation(chat_mock.url).ask("A desk")
