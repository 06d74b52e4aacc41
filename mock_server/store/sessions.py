"""Conversations: their ids, and the state of each one that a client may continue.

Their number is limited: the least recently used goes first.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter, OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock
from typing import NamedTuple

from mock_server.shop.scenarios import Position

DEFAULT_CAPACITY = 10_000
"""Maximum number of conversations."""

_MAX_KEY_LENGTH = 64

Key = str | bytes


class SessionState(NamedTuple):
    """The position in a scenario, if one has replied yet, and the user of the conversation."""

    position: Position | None = None
    user: Key | None = None
    turns: int = 0
    """Number of turns that were answered."""


class Sessions:
    """Maps conversation ids to their state. Thread-safe.

    Clients may send ids of any length, so long ids are stored as digests.
    """

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._capacity = capacity
        self._states: OrderedDict[Key, SessionState] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._states)

    def __contains__(self, conversation_id: str) -> bool:
        """Return whether the conversation is known."""
        return short_key(conversation_id) in self._states

    def get(self, conversation_id: str) -> SessionState | None:
        """Return the state of the conversation, None if it is unknown."""
        key = short_key(conversation_id)
        with self._lock:
            state = self._states.get(key)
            if state is not None:
                self._states.move_to_end(key)
            return state

    def put(self, conversation_id: str, state: SessionState) -> None:
        """Store the state of the conversation."""
        key = short_key(conversation_id)
        with self._lock:
            self._states[key] = state
            self._states.move_to_end(key)
            while len(self._states) > self._capacity:
                self._states.popitem(last=False)

    def clear(self) -> None:
        """Forget all conversations."""
        with self._lock:
            self._states.clear()


class ConversationIds:
    """Makes conversation ids (UUID 4). A seed makes their sequence repeatable. Thread-safe."""

    def __init__(self, seed: int | None) -> None:
        self._seed = seed
        self._lock = Lock()
        self.restart()

    def restart(self) -> None:
        """Begin the sequence again."""
        self._source = None if self._seed is None else random.Random(self._seed)  # noqa: S311 - ids are not secret

    def next(self) -> str:
        """Return the next id."""
        if self._source is None:
            return str(uuid.uuid4())
        with self._lock:
            return str(uuid.UUID(int=self._source.getrandbits(128), version=4))


class Openings:
    """Counts how often recorded conversations with the same opening were started. Thread-safe."""

    def __init__(self) -> None:
        self._started: Counter[str] = Counter()
        self._lock = Lock()

    def next(self, names: Sequence[str]) -> str:
        """Return the name whose turn it is: the first one, then the next, after the last one the first again."""
        with self._lock:
            number = self._started[names[0]]
            self._started[names[0]] += 1
        return names[number % len(names)]

    def clear(self) -> None:
        """Begin with the first names again."""
        with self._lock:
            self._started.clear()


def short_key(text: str) -> Key:
    """Return the text, or its digest if it is long."""
    if len(text) <= _MAX_KEY_LENGTH:
        return text
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
