"""What a run has learnt of the server's conversations; :func:`chat_contract.conformance.remember` adds to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chat_contract.body import ABSENT


@dataclass
class Conversation:
    """A conversation that the server issued; ``rejected``: its last turn was refused."""

    user: Any = ABSENT
    turns: int = 0
    rejected: bool = False


@dataclass
class History:
    """The ids that a server issued, those that a run sent, and how requests of the latitude were answered."""

    conversations: dict[str, Conversation] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    users: dict[str, set[str]] = field(default_factory=dict)
    """Who went under an id that the server did not issue: it may have adopted the conversation with the first."""
    answered: dict[bytes, int] = field(default_factory=dict)

    def issued(self, conversation_id: str) -> bool:
        return conversation_id in self.conversations

    def same_user(self, conversation_id: str, user_id: Any) -> bool:
        """Say whether the conversation was begun by this user."""
        return bool(self.conversations[conversation_id].user == user_id)

    def was_used_by_another(self, conversation_id: str, user_id: Any) -> bool:
        """Say whether somebody else went under an id that the server did not issue; nobody in particular counts."""
        return bool(self.users.get(conversation_id, set()) - {_name(user_id)})

    def note_user(self, conversation_id: str, user_id: Any) -> None:
        """Note who went under an id that the server did not issue."""
        self.users.setdefault(conversation_id, set()).add(_name(user_id))


def _name(user_id: Any) -> str:
    """Tell users apart, whatever stands in the place of an id."""
    return repr(user_id)
