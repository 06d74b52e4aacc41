"""A space: all state that changes from request to request. Each space is isolated from the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mock_server.loading.options import Options
from mock_server.overrides.rules import Rules, startup_rules
from mock_server.respond.gate import Gate
from mock_server.respond.journal import Followers, Journal
from mock_server.respond.relay import Relay
from mock_server.respond.sessions import ConversationIds, Openings, Sessions


@dataclass(frozen=True)
class SpaceLimits:
    """What a space may keep."""

    conversations: int
    requests: int
    journal_bytes: int
    rule_bytes: int


class Space:
    """The conversations, rules, journal, ids, random sequences and rate limit of one group of clients. Thread-safe.

    The default space has the name ``""``.
    """

    def __init__(
        self,
        name: str,
        options: Options,
        limits: SpaceLimits,
        *,
        clock: Callable[[], float],
        followers: Followers,
        relay: Relay | None = None,
    ) -> None:
        """``clock`` returns seconds of a monotonic clock. All spaces share ``followers``."""
        self.name = name
        self.sessions = Sessions(limits.conversations)
        self.ids = ConversationIds(options.seed)
        self.openings = Openings()
        startup = startup_rules(options.fault_rates, options.delay)
        self.rules = Rules(startup, options.seed, max_bytes=limits.rule_bytes)
        self.journal = Journal(limits.requests, limits.journal_bytes, followers)
        self.gate = Gate(options, clock)
        self.relay = relay

    def reset(self) -> None:
        """Forget conversations, journal and rules, and restart all random sequences. Start-up options stay."""
        self.sessions.clear()
        self.ids.restart()
        self.openings.clear()
        if self.relay is not None:
            self.relay.clear()
        self.journal.clear()
        self.rules.clear()
        self.gate.reset()

    def fresh_id(self) -> str:
        """Return a conversation id that is not in use."""
        while (conversation_id := self.ids.next()) in self.sessions:
            pass
        return conversation_id
