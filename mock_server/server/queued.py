"""Counts what requests hold that wait for an earlier one of their connection, or for the rest of their head."""

from __future__ import annotations

from collections.abc import Iterable

_REQUEST_BYTES = 2048
_HEADER_BYTES = 160
"""Size of a header without its characters."""

Headers = Iterable[tuple[bytes, bytes]]


class Queued:
    """What the waiting requests of all connections hold. Belongs to one event loop."""

    def __init__(self, limit: int) -> None:
        """``limit`` is the number of bytes that they may hold together."""
        self._limit = limit
        self._sizes: dict[object, int] = {}
        self._total = 0

    def __contains__(self, connection: object) -> bool:
        return connection in self._sizes

    def note(self, connection: object, requests: Iterable[tuple[Headers, int]]) -> bool:
        """Note the waiting requests of a connection, and return whether all together hold too much.

        A request is its headers and the number of bytes of its body.
        """
        size = sum(_REQUEST_BYTES + length + _size_of(headers) for headers, length in requests)
        self._total += size - self._sizes.pop(connection, 0)
        if size:
            self._sizes[connection] = size
        return self._total > self._limit


def _size_of(headers: Headers) -> int:
    return sum(_HEADER_BYTES + len(name) + len(value) for name, value in headers)
