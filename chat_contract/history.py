"""The history of a run: what its exchanges have shown about the server's conversations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chat_contract.body import ABSENT
from chat_contract.ids import fold, folds_are_alike, is_same_uuid
from chat_contract.roles import CONVERSATION


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
    in_use: dict[str, str] = field(default_factory=dict)
    """The ids that lead to a conversation: issued, or returned exactly as sent, with their folded forms."""
    statuses: dict[bytes, int] = field(default_factory=dict)
    """The first status of each unspecified request, by its body."""
    accepted: set[str] = field(default_factory=set)
    """The bodies that the server accepted, without their ids of conversations."""

    def issued(self, conversation_id: str) -> bool:
        return conversation_id in self.conversations

    def note_in_use(self, conversation_id: str) -> None:
        """Record an id that the server issued, or returned exactly as it was sent."""
        if conversation_id not in self.in_use:
            self.in_use[conversation_id] = fold(conversation_id)

    def is_in_use(self, conversation_id: str) -> bool:
        return conversation_id in self.in_use

    def alike_in_use(self, conversation_id: str) -> frozenset[str]:
        """Return the ids in use that resemble another id, without other spellings of the same UUID."""
        folded = fold(conversation_id)
        return frozenset(
            known
            for known, known_folded in self.in_use.items()
            if known != conversation_id
            and folds_are_alike(folded, known_folded)
            and not is_same_uuid(known, conversation_id)
        )

    def note_accepted(self, body: Mapping[str, Any]) -> None:
        """Record a body that the server accepted."""
        self.accepted.add(_without_conversation(body))

    def was_accepted(self, body: Mapping[str, Any]) -> bool:
        """Return whether the server accepted the same body before, in any conversation."""
        return _without_conversation(body) in self.accepted

    def same_user(self, conversation_id: str, user_id: Any) -> bool:
        """Return whether this user started the conversation."""
        return bool(self.conversations[conversation_id].user == user_id)


def _without_conversation(body: Mapping[str, Any]) -> str:
    return repr({name: value for name, value in body.items() if name != CONVERSATION})
