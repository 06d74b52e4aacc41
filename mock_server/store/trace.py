"""What the journal records about a request besides the exchange itself."""

from __future__ import annotations

from typing import NamedTuple

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
