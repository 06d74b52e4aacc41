"""Remembers where each conversation stands, within bounds; forgets the least recently used first.

Safe to use from many threads at once.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from threading import Lock
from typing import NamedTuple

from mock_server.shop.scenarios import Place

CAPACITY = 10_000
"""How many conversations are remembered."""

_LONGEST = 64

Key = str | bytes


class Standing(NamedTuple):
    """A conversation as remembered: where it stands, if anything written answered yet, and its user."""

    place: Place | None = None
    user: Key | None = None


class Memory:
    """Maps conversation ids to standings. Long ids are kept as digests, since a client may send one of any length."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._standings: OrderedDict[Key, Standing] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._standings)

    def __contains__(self, conversation_id: str) -> bool:
        """Tell whether the conversation is remembered, wherever it stands."""
        return short(conversation_id) in self._standings

    def standing(self, conversation_id: str) -> Standing | None:
        """Return how the conversation stands; nothing if it is not known."""
        return self._standings.get(short(conversation_id))

    def remember(self, conversation_id: str, standing: Standing) -> None:
        """Note how the conversation stands now."""
        key = short(conversation_id)
        with self._lock:
            self._standings[key] = standing
            self._standings.move_to_end(key)
            if len(self._standings) > self._capacity:
                self._standings.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._standings.clear()


def short(text: str) -> Key:
    """Return what stands for a text: itself, or a digest of one that is long."""
    if len(text) <= _LONGEST:
        return text
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
