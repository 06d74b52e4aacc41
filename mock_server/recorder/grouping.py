"""Groups exchanges into conversations, in the form in which fixtures replay them.

Pure: no files, no HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cachetools import LRUCache

from chat_contract.roles import CONVERSATION, ITEM, ITEMS, MESSAGE
from mock_server.shop.fixture_paths import portable_name
from mock_server.shop.scenarios import CueKind
from mock_server.shop.words import words_of
from mock_server.store.sessions import Key, short_key

Item = Mapping[str, Any]

MAX_BYTES = 8 * 1024 * 1024
"""Size of the conversations to follow; the least recently used goes first."""
MAX_TURNS = 500
"""Turns of a conversation; the next one starts another conversation. Each turn writes the whole file again."""

_TURN_BYTES = 512
"""Size of a turn without its texts."""
_BYTES_PER_CHARACTER = 3
"""Size of an item in memory, per character of its text."""

_NAME_WORDS = 6
_NAME_LENGTH = 48
_DEFAULT_NAME = "conversation"


@dataclass(frozen=True)
class Failure:
    """A response with another status than 200; its body is a JSON value, None if it was not JSON."""

    status: int
    retry_after: str | None
    body: Any


@dataclass(frozen=True)
class RecordedTurn:
    """The shopper's message and the reply. Items are unique and keep their order."""

    message: str
    reply: str
    items: tuple[Item, ...]
    failure: Failure | None = None
    """The response if it was not a reply."""

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Return the ids of the items."""
        return tuple(item[ITEM] for item in self.items)

    @property
    def size(self) -> int:
        """The approximate size in bytes."""
        body = None if self.failure is None else self.failure.body
        written = _BYTES_PER_CHARACTER * (len(repr(self.items)) + len(repr(body)))
        return _TURN_BYTES + 4 * (len(self.message) + len(self.reply)) + written


@dataclass(frozen=True)
class RecordedConversation:
    """The turns of a conversation so far. ``number`` is unique within a recording.

    ``name`` is suitable as a file name: lower-case letters, digits and hyphens.
    """

    number: int
    name: str
    turns: tuple[RecordedTurn, ...]
    size: int
    """The approximate size in bytes."""

    def with_turn(self, turn: RecordedTurn) -> RecordedConversation:
        """Return the conversation with one more turn."""
        return replace(self, turns=(*self.turns, turn), size=self.size + turn.size)


class ConversationGroups:
    """Assigns each turn to its conversation."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._count = 0
        self._by_id: LRUCache[Key, RecordedConversation] = LRUCache(max_bytes, getsizeof=lambda known: known.size)

    def add(self, request: Mapping[str, Any], reply: Mapping[str, Any]) -> RecordedConversation:
        """Add a successful turn, and return its conversation including the turn.

        An unknown conversation id starts a new conversation.
        """
        conversation = self._continued(request, recorded_turn(request, reply))
        self._follow(reply[CONVERSATION], conversation)
        return conversation

    def add_failure(self, request: Mapping[str, Any], failure: Failure) -> RecordedConversation:
        """Add a turn that got no reply, and return its conversation including the turn.

        Without a conversation id, the turn is a conversation of its own: the service started none.
        """
        conversation = self._continued(request, RecordedTurn(request[MESSAGE], "", (), failure))
        if isinstance(request.get(CONVERSATION), str):
            self._follow(request[CONVERSATION], conversation)
        return conversation

    def _follow(self, conversation_id: str, conversation: RecordedConversation) -> None:
        # One that is too large to keep is not followed.
        if conversation.size <= self._by_id.maxsize and len(conversation.turns) < MAX_TURNS:
            self._by_id[short_key(conversation_id)] = conversation

    def _continued(self, request: Mapping[str, Any], turn: RecordedTurn) -> RecordedConversation:
        sent_id = request.get(CONVERSATION)
        known = self._by_id.pop(short_key(sent_id), None) if isinstance(sent_id, str) else None
        return self._start(turn) if known is None else known.with_turn(turn)

    def _start(self, turn: RecordedTurn) -> RecordedConversation:
        self._count += 1
        return RecordedConversation(self._count, name_for(turn.message), (turn,), turn.size)


def recorded_turn(request: Mapping[str, Any], reply: Mapping[str, Any]) -> RecordedTurn:
    """Return what a fixture stores of a request and its valid reply. Ids and events of clients are left out."""
    items = {item[ITEM]: item for item in reply[ITEMS]}
    return RecordedTurn(request[MESSAGE], reply[MESSAGE], tuple(items.values()))


def name_for(message: str) -> str:
    """Return a file name from a message. It contains no path separators."""
    words = [word for word in words_of(message) if re.fullmatch("[a-z0-9]+", word)][:_NAME_WORDS]
    name = "-".join(words)[:_NAME_LENGTH].strip("-")
    return portable_name(name or _DEFAULT_NAME)


def cue_for(message: str) -> dict[str, Any]:
    """Return the cue that the message matches: a phrase, or a pattern if the message contains no word."""
    if words_of(message):
        return {CueKind.PHRASES.value: [message]}
    return {CueKind.PATTERN.value: f"^{_escaped(message)}$"}


def _escaped(text: str) -> str:
    """Return a pattern for Rust's ``regex`` that matches exactly this text."""
    codes = {character: f"\\x{{{ord(character):x}}}" for character in set(text)}
    return "".join(map(codes.__getitem__, text))
