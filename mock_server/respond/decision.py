"""A response together with what the journal records about the request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from mock_server.http.messages import Answer
from mock_server.shop.replies import ChatTurn
from mock_server.shop.scenarios import Position


class Trace(NamedTuple):
    """What the mock found out about a request while it decided on the response."""

    conversation_id: str | None = None
    user_id: str | None = None
    known: bool = False
    """The mock knew the conversation before this request."""
    before: Position | None = None
    """The position of the conversation before this request."""
    position: Position | None = None
    """The stub that replied."""

    @classmethod
    def from_turn(cls, turn: ChatTurn) -> Trace:
        """Return what the request says about itself."""
        return cls(turn.conversation_id, turn.user_id)


NO_TRACE = Trace()


class Decision(NamedTuple):
    """The response to a request."""

    answer: Answer
    trace: Trace = NO_TRACE
    invalid: bool = False
    """The request failed validation, so the response that an override chose does not apply."""


Forward = Callable[[], Awaitable[Decision]]
"""Lets the upstream service decide."""
