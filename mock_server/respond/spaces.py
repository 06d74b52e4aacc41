"""The named spaces: made at first use, and limited in number. Thread-safe."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
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

    def use(self, name: str, *, guest: bool = False) -> Space:
        """Return the space with this name, a new one if there is none.

        ``guest``: the client may not use the control API. Raises :class:`SpaceNameError` and
        :class:`TooManySpacesError`.
        """

    def delete(self, name: str) -> bool:
        """Delete a space with all its state, and return whether it existed."""

    def all(self) -> list[Space]:
        """Return the spaces in the order of their names."""


class Spaces:
    """Spaces by name, the least recently used first.

    Half of the places are for clients that may use the control API, so that others cannot take all places.
    """

    def __init__(self, make: Callable[[str], Space], limit: int, clock: Callable[[], float]) -> None:
        """``clock`` returns seconds of a monotonic clock."""
        self._make = make
        self._limit = limit
        self._clock = clock
        self._lock = Lock()
        self._used: OrderedDict[str, float] = OrderedDict()
        self._spaces: dict[str, Space] = {}
        self._of_guests: set[str] = set()
        """Those that no client with access to the control API has used."""

    def use(self, name: str, *, guest: bool = False) -> Space:
        """Return the space with this name, a new one if there is none.

        ``guest``: the client may not use the control API. Raises :class:`SpaceNameError` and
        :class:`TooManySpacesError`.
        """
        with self._lock:
            now = self._clock()
            space = self._spaces.get(name)
            if space is None:
                space = self._new(name, now, guest=guest)
            if not guest:
                self._of_guests.discard(name)
            self._used[name] = now
            self._used.move_to_end(name)
        return space

    def _new(self, name: str, now: float, *, guest: bool) -> Space:
        if not is_space_name(name):
            raise SpaceNameError(name)
        of_guests = [each for each in self._used if each in self._of_guests]
        if len(self._spaces) >= self._limit or (guest and len(of_guests) >= (self._limit + 1) // 2):
            self._drop_idle(now, of_guests if guest else [*of_guests, *self._used])
        space = self._spaces[name] = self._make(name)
        if guest:
            self._of_guests.add(name)
        return space

    def _drop_idle(self, now: float, candidates: Sequence[str]) -> None:
        """Remove the first of the candidates that is not in use."""
        idle = next((name for name in candidates if now - self._used[name] >= SECONDS_IN_USE), None)
        if idle is None:
            raise TooManySpacesError
        self._remove(idle)

    def _remove(self, name: str) -> bool:
        space = self._spaces.pop(name, None)
        self._used.pop(name, None)
        self._of_guests.discard(name)
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
