"""The named spaces: made at first use, and limited in number. Thread-safe."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Protocol

from mock_server.http.space_path import is_space_name
from mock_server.respond.space import Space
from mock_server.store.status import TooManySpacesError

SECONDS_IN_USE = 60.0
"""A space that was used within this time is never dropped to make room for another one."""


class SpaceNameError(ValueError):
    """A space cannot have this name."""


class SpaceDirectory(Protocol):
    """Spaces by name."""

    def use(self, name: str) -> Space:
        """Return the space with this name, a new one if there is none.

        Raises :class:`SpaceNameError` and :class:`TooManySpacesError`.
        """

    def delete(self, name: str) -> bool:
        """Delete a space with all its state, and return whether it existed."""

    def all(self) -> list[Space]:
        """Return the spaces in the order of their names."""


class Spaces:
    """Spaces by name, the least recently used first."""

    def __init__(self, make: Callable[[str], Space], limit: int, clock: Callable[[], float]) -> None:
        """``clock`` returns seconds of a monotonic clock."""
        self._make = make
        self._limit = limit
        self._clock = clock
        self._lock = Lock()
        self._used: OrderedDict[str, float] = OrderedDict()
        self._spaces: dict[str, Space] = {}

    def use(self, name: str) -> Space:
        """Return the space with this name, a new one if there is none.

        Raises :class:`SpaceNameError` and :class:`TooManySpacesError`.
        """
        with self._lock:
            now = self._clock()
            space = self._spaces.get(name)
            if space is None:
                space = self._new(name, now)
            self._used[name] = now
            self._used.move_to_end(name)
        return space

    def _new(self, name: str, now: float) -> Space:
        if not is_space_name(name):
            raise SpaceNameError(name)
        if len(self._spaces) >= self._limit:
            self._drop_idle(now)
        space = self._spaces[name] = self._make(name)
        return space

    def _drop_idle(self, now: float) -> None:
        oldest, used = next(iter(self._used.items()), ("", now))
        if now - used < SECONDS_IN_USE:
            raise TooManySpacesError
        self._remove(oldest)

    def _remove(self, name: str) -> bool:
        space = self._spaces.pop(name, None)
        self._used.pop(name, None)
        if space is not None:
            space.state.journal.end()
        return space is not None

    def delete(self, name: str) -> bool:
        """Delete a space with all its state, and return whether it existed."""
        with self._lock:
            return self._remove(name)

    def all(self) -> list[Space]:
        """Return the spaces in the order of their names."""
        with self._lock:
            return sorted(self._spaces.values(), key=lambda space: space.name)
