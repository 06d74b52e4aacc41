"""Limits what clients leave unread of all responses: large responses wait, and the slowest clients are disconnected."""

from __future__ import annotations

import asyncio
from typing import Protocol

from mock_server.server.limits import OverloadError

_LARGE = 16 * 1024
"""Smaller responses do not wait."""
_SECONDS_TO_READ = 0.2
"""Time in which no response counts as unread, whatever its size."""
_SECONDS_BETWEEN_CHECKS = 0.01
_WAITING = 2
"""Responses that wait may hold this many times the limit."""


class Connection(Protocol):
    """A connection whose client may not read."""

    transport: asyncio.Transport

    def drop(self) -> None:
        """Reset the connection."""


class Unread:
    """The connections whose clients do not read. Belongs to one event loop."""

    def __init__(self, limit: int) -> None:
        """``limit`` is the number of bytes that all responses together may leave unread."""
        self._limit = limit
        self._stalled: dict[Connection, float] = {}
        """The longest first, and since when."""
        self._turn = asyncio.Lock()
        self._waiting = 0
        """Bytes of the responses that wait."""

    def __contains__(self, connection: Connection) -> bool:
        return connection in self._stalled

    @property
    def is_full(self) -> bool:
        """Whether a large response has to wait."""
        return bool(self._stalled) and self._size() > self._limit

    def add(self, connection: Connection, now: float) -> None:
        """Note that the client of a connection does not read."""
        self._stalled[connection] = now
        self.drop_slowest(now)

    def remove(self, connection: Connection) -> None:
        """Note that the client of a connection reads again, or is gone."""
        self._stalled.pop(connection, None)

    def drop_slowest(self, now: float) -> None:
        """Drop the connections that have not been read for longest, but none whose client had no time to read."""
        total = self._size()
        for each, since in tuple(self._stalled.items()):
            if total <= self._limit or now - since < _SECONDS_TO_READ:
                break
            total -= each.transport.get_write_buffer_size()
            each.drop()

    async def room_for(self, size: int) -> None:
        """Wait until a response of this size may be written, one response after the other.

        Raise :class:`OverloadError` if too much waits already.
        """
        if size < _LARGE or not self.is_full:
            return
        if self._waiting > _WAITING * self._limit:
            raise OverloadError(
                f"Clients have left {self._limit} bytes of responses unread, the maximum. "
                "Try again, or raise --max-unread-bytes."
            )
        self._waiting += size
        try:
            async with self._turn:
                while self.is_full:
                    await asyncio.sleep(_SECONDS_BETWEEN_CHECKS)
                    self.drop_slowest(asyncio.get_running_loop().time())
        finally:
            self._waiting -= size

    def _size(self) -> int:
        return sum(each.transport.get_write_buffer_size() for each in self._stalled)
