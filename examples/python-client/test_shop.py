"""Tests of the client against the mock, with the fixture ``chat_mock`` of the kit."""

from __future__ import annotations

import pytest
from shop import BusyError, Conversation, InvalidRequestError


def test_conversation_keeps_its_id(chat_mock):
    conversation = Conversation(chat_mock.url)
    reply = conversation.ask("Which desk would you recommend for heavy tools?", limit=2)
    assert len(reply.items) <= 2
    first_id = conversation.id
    conversation.ask("And a lamp?")
    assert conversation.id == first_id


def test_conversation_continues_after_429(chat_mock):
    chat_mock.fail(429)
    conversation = Conversation(chat_mock.url)
    with pytest.raises(BusyError):
        conversation.ask("A desk")
    assert conversation.ask("A desk").message


def test_422_raises_invalid_request_error(chat_mock):
    chat_mock.fail(422)
    with pytest.raises(InvalidRequestError):
        Conversation(chat_mock.url).ask("A desk")
