"""What a rule can match of a request, and the conditions of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mock_server.validation.patterns import compile_pattern

_READ_CHARACTERS = 20_000
"""Patterns and texts are searched in this part of a message."""


class Asked(NamedTuple):
    """The parts of a request that conditions look at. Fields of the body may have any type."""

    message: Any = None
    conversation_id: Any = None
    session_id: Any = None
    user_id: Any = None
    turn: int = 1
    """The number of the turn in its conversation, counted from 1."""
    headers: Mapping[str, str] = {}
    """By lower-case name."""


@dataclass(frozen=True)
class Conditions:
    """The requests to which a rule applies: all conditions must hold, and None always holds."""

    message: str | None = None
    """Text that the message contains, whatever the case."""
    pattern: str | None = None
    """A regular expression that matches somewhere in the message."""
    turn: int | None = None
    conversation_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    request_headers: Mapping[str, str] | None = None

    def hold_for(self, asked: Asked) -> bool:
        """Return whether the rule is for this request."""
        return (
            self.turn in (None, asked.turn)
            and self.conversation_id in (None, asked.conversation_id)
            and self.session_id in (None, asked.session_id)
            and self.user_id in (None, asked.user_id)
            and self._has_headers(asked.headers)
            and self._has_message(asked.message)
        )

    def _has_headers(self, headers: Mapping[str, str]) -> bool:
        return all(headers.get(name.lower()) == value for name, value in (self.request_headers or {}).items())

    def _has_message(self, given: Any) -> bool:
        if self.message is None and self.pattern is None:
            return True
        if not isinstance(given, str):
            return False
        text = given[:_READ_CHARACTERS]
        if self.message is not None and self.message.casefold() not in text.casefold():
            return False
        return self.pattern is None or compile_pattern(self.pattern)(text)


NO_CONDITIONS = Conditions()
