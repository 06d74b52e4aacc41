"""Remembers where each conversation stands, within bounds; forgets the least recently used first.

Safe to use from many threads at once.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from threading import Lock

from mock_server.conversations import Place

CAPACITY = 10_000
"""How many conversations are remembered."""


class Memory:
    """Maps conversation ids to places. Ids are kept as digests, since a client may send one of any length."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._places: OrderedDict[bytes, Place | None] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, conversation_id: str) -> bool:
        """Tell whether the conversation is remembered, wherever it stands."""
        return _digest(conversation_id) in self._places

    def place(self, conversation_id: str) -> Place | None:
        """Return where the conversation stands; nothing if it is not known or matched nothing yet."""
        return self._places.get(_digest(conversation_id))

    def remember(self, conversation_id: str, place: Place | None) -> None:
        """Note where the conversation stands now."""
        key = _digest(conversation_id)
        with self._lock:
            self._places[key] = place
            self._places.move_to_end(key)
            if len(self._places) > self._capacity:
                self._places.popitem(last=False)


def _digest(conversation_id: str) -> bytes:
    return blake2b(conversation_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
