"""What the replicas of a mock share, as two interfaces: for one request, and for the control API.

:mod:`mock_server.store.local` keeps it in this process, :mod:`mock_server.store.redis` in Redis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from mock_server.loading.snapshot import Snapshot
from mock_server.overrides.rules import Rule, Rules
from mock_server.store.journal import Entry
from mock_server.store.sessions import SessionState


class Conversations(Protocol):
    """The states of conversations by id."""

    def get(self, conversation_id: str) -> SessionState | None:
        """Return the state of a conversation, None if it is unknown."""

    def put(self, conversation_id: str, state: SessionState) -> None:
        """Store the state of a conversation."""


class Recorder(Protocol):
    """Takes entries of the journal."""

    def add(self, entry: Entry) -> None:
        """Store an entry."""


class TurnState(Protocol):
    """What one request reads and changes of its space."""

    @property
    def sessions(self) -> Conversations:
        """The conversations."""

    @property
    def rules(self) -> Rules:
        """The rules with their counters."""

    @property
    def journal(self) -> Recorder:
        """The journal."""

    def fresh_id(self) -> str:
        """Return a conversation id that is not in use."""

    def next_opening(self, names: Sequence[str]) -> str:
        """Return the recorded conversation whose turn it is among those with the same opening."""


class RuleSet(Protocol):
    """The rules that the control API set."""

    @property
    def current(self) -> tuple[Rule, ...]:
        """The rules in their order."""

    def put(self, rules: Sequence[Rule]) -> None:
        """Replace all rules."""

    def add(self, rules: Sequence[Rule]) -> None:
        """Append rules."""

    def clear(self) -> None:
        """Remove all rules."""


class Requests(Recorder, Protocol):
    """The journal as the control API reads it."""

    @property
    def dropped(self) -> int:
        """Number of entries that were dropped to keep the limits."""

    @property
    def added(self) -> int:
        """Number of entries that were ever added."""

    def entries(self) -> list[Entry]:
        """Return the entries, oldest first."""

    def clear(self) -> None:
        """Remove all entries."""

    def follow(self) -> Iterator[Entry | None]:
        """Return an iterator of new entries, with None about once a second while there are none.

        Raises :class:`mock_server.store.journal.TooManyFollowersError`.
        """

    def keep(self, entry: Entry, snapshot: Snapshot, prepared: object, size: int) -> None:
        """Keep with an entry what was worked out about it by a snapshot; ``size`` is in bytes.

        A journal may keep nothing; it is then worked out again.
        """

    def serve(self, snapshot: Snapshot) -> None:
        """Judge all entries by this snapshot from now on."""

    def end(self) -> None:
        """Stop all followers, and accept no new ones."""


class Sizes(NamedTuple):
    """How much a space contains."""

    conversations: int
    requests: int
    rules: int


class SpaceState(Protocol):
    """What the control API reads and changes of a space."""

    @property
    def rules(self) -> RuleSet:
        """The rules with their counters."""

    @property
    def journal(self) -> Requests:
        """The journal."""

    def sizes(self) -> Sizes:
        """Return how much the space contains."""

    def reset(self) -> None:
        """Forget conversations, journal and rules, and restart the sequences."""
