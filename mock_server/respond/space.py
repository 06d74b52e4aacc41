"""A space: all state that changes from request to request. Each space is isolated from the others."""

from __future__ import annotations

from mock_server.respond.gate import Gate
from mock_server.respond.relay import Relay
from mock_server.store.interface import SpaceState, TurnState


class Space:
    """The conversations, rules, journal, ids, random sequences and rate limit of one group of clients. Thread-safe.

    The default space has the name ``""``.
    """

    __slots__ = ("fresh_id", "gate", "journal", "name", "next_opening", "relay", "rules", "sessions", "state")

    def __init__(
        self, name: str, turn: TurnState, state: SpaceState, *, gate: Gate, relay: Relay | None = None
    ) -> None:
        """``turn`` is for requests, ``state`` for the control API; in one process, both are the same object."""
        self.name = name
        self.state = state
        self.sessions = turn.sessions
        self.rules = turn.rules
        self.journal = turn.journal
        self.fresh_id = turn.fresh_id
        self.next_opening = turn.next_opening
        self.gate = gate
        self.relay = relay

    def for_turn(self, turn: TurnState) -> Space:
        """Return this space as one request sees it."""
        return Space(self.name, turn, self.state, gate=self.gate)

    def reset(self) -> None:
        """Forget conversations, journal and rules, and restart all random sequences. Start-up options stay."""
        self.state.reset()
        if self.relay is not None:
            self.relay.clear()
        self.gate.reset()
