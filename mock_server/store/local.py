"""The state of a space in this process, the default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mock_server.loading.options import Options
from mock_server.overrides.rules import Rules, startup_rules
from mock_server.store.interface import Sizes
from mock_server.store.journal import Followers, Journal
from mock_server.store.sessions import ConversationIds, Openings, Sessions


@dataclass(frozen=True)
class SpaceLimits:
    """What a space may keep."""

    conversations: int
    requests: int
    journal_bytes: int
    rule_bytes: int


class LocalState:
    """Conversations, ids, rules and journal of a space. Thread-safe."""

    def __init__(self, options: Options, limits: SpaceLimits, followers: Followers) -> None:
        """All spaces share ``followers``."""
        self.sessions = Sessions(limits.conversations)
        self.ids = ConversationIds(options.seed)
        self.openings = Openings()
        startup = startup_rules(options.fault_rates, options.delay)
        self.rules = Rules(startup, options.seed, max_bytes=limits.rule_bytes)
        self.journal = Journal(limits.requests, limits.journal_bytes, followers)

    def fresh_id(self) -> str:
        """Return a conversation id that is not in use."""
        while (conversation_id := self.ids.next()) in self.sessions:
            pass
        return conversation_id

    def next_opening(self, names: Sequence[str]) -> str:
        """Return the recorded conversation whose turn it is among those with the same opening."""
        return self.openings.next(names)

    def sizes(self) -> Sizes:
        """Return how much the space contains."""
        return Sizes(len(self.sessions), len(self.journal.entries()), len(self.rules.current))

    def reset(self) -> None:
        """Forget conversations, journal and rules, and restart all random sequences. Start-up options stay."""
        self.sessions.clear()
        self.ids.restart()
        self.openings.clear()
        self.journal.clear()
        self.rules.clear()
