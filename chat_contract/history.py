"""The history of a run: what its exchanges have shown about the server's conversations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chat_contract.body import ABSENT


@dataclass
class Conversation:
    """A conversation whose id the server issued. ``rejected``: its last turn got a 422."""

    user: Any = ABSENT
    turns: int = 0
    rejected: bool = False


@dataclass
class History:
    """The conversation ids that the server issued and the run sent, and the statuses of unspecified requests.

    :func:`chat_contract.conformance.update_history` adds to it.
    """

    conversations: dict[str, Conversation] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    users: dict[str, set[str]] = field(default_factory=dict)
    """The users of ids that the server did not issue: it may have tied the conversation to the first of them."""
    statuses: dict[bytes, int] = field(default_factory=dict)
    """The first status of each unspecified request, by its body."""

    def issued(self, conversation_id: str) -> bool:
        return conversation_id in self.conversations

    def same_user(self, conversation_id: str, user_id: Any) -> bool:
        """Return whether this user started the conversation."""
        return bool(self.conversations[conversation_id].user == user_id)

    def was_used_by_another(self, conversation_id: str, user_id: Any) -> bool:
        """Return whether another user, or a request without one, sent an id that the server did not issue."""
        return bool(self.users.get(conversation_id, set()) - {_key(user_id)})

    def note_user(self, conversation_id: str, user_id: Any) -> None:
        """Record the user of an id that the server did not issue."""
        self.users.setdefault(conversation_id, set()).add(_key(user_id))


def _key(user_id: Any) -> str:
    """Return a hashable key that distinguishes users, whatever type their id has."""
    return repr(user_id)
