"""The journal of a space in Redis, as the control API reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import sleep
from typing import Any, Protocol

from mock_server.loading.snapshot import Snapshot
from mock_server.store.codec import unpack_entry
from mock_server.store.journal import Entry, Followers, TooManyFollowersError
from mock_server.store.scripts import CLEAR, READ, Script
from mock_server.store.status import StoreError

_SECONDS_BETWEEN_LOOKS = 0.25
_LOOKS_A_HEARTBEAT = 4


class Caller(Protocol):
    """Runs scripts in the space."""

    def call_from_thread(self, script: Script, *arguments: Any) -> Sequence[Any]:
        """Run a script for a thread."""

    def record(self, entry: Entry) -> None:
        """Store an entry that belongs to no decision."""


class RedisJournal:
    """The entries of all replicas. Implements :class:`mock_server.store.interface.Requests`."""

    def __init__(
        self, caller: Caller, places: Followers, snapshot: Callable[[], Snapshot], *, max_prepared: int
    ) -> None:
        """``max_prepared`` limits the bytes of what is kept with entries that were shown."""
        self._max_prepared = max_prepared
        self._prepared = 0
        self._caller = caller
        self._places = places
        self._snapshot = snapshot
        self._kept: dict[int, Entry] = {}
        """Entries that were read before, with their verdicts."""
        self._ended = False

    @property
    def dropped(self) -> int:
        """Number of entries that were dropped to keep the limits."""
        return self._read(after=self.added)[1]

    @property
    def added(self) -> int:
        """Number of entries that were ever added."""
        added: int = self._caller.call_from_thread(READ, 2**52)[1]
        return added

    def add(self, entry: Entry) -> None:
        """Store an entry."""
        self._caller.record(entry)

    def entries(self) -> list[Entry]:
        """Return the entries, oldest first."""
        entries, _ = self._read(after=0)
        self._kept = {entry.number: entry for entry in entries}
        self._prepared = sum(entry.prepared_size for entry in entries)
        return entries

    def _read(self, after: int) -> tuple[list[Entry], int]:
        _, added, dropped, packed, left = self._caller.call_from_thread(READ, after)
        gone, first = set(map(int, left)), added - len(packed) + 1
        entries = [self._entry(number, raw) for number, raw in enumerate(packed, first)]
        for entry in entries:
            entry.client_left = entry.number in gone
        return entries, dropped

    def _entry(self, number: int, raw: bytes) -> Entry:
        kept, snapshot = self._kept.get(number), self._snapshot()
        if kept is not None and kept.snapshot is snapshot:
            return kept
        entry = unpack_entry(raw, snapshot)
        entry.number = number
        return entry

    def clear(self) -> None:
        """Remove all entries. Numbering continues."""
        self._caller.call_from_thread(CLEAR, "")

    def follow(self) -> Iterator[Entry | None]:
        """Return an iterator of new entries of all replicas, with None about once a second while there are none."""
        if self._ended or not self._places.acquire(blocking=False):
            raise TooManyFollowersError
        try:
            begin = self.added
        except BaseException:
            self._places.release()
            raise
        stream = self._from(begin)
        # Start the generator, so that closing it frees the place even if nobody reads from it.
        next(stream)
        return stream

    def _from(self, seen: int) -> Iterator[Entry | None]:
        looks = 0
        try:
            yield None
            while not self._ended:
                new = self._after(seen)
                yield from new
                seen = new[-1].number if new else seen
                looks = 0 if new else looks + 1
                if looks == _LOOKS_A_HEARTBEAT:
                    looks = 0
                    yield None
                sleep(_SECONDS_BETWEEN_LOOKS)
        finally:
            self._places.release()

    def _after(self, number: int) -> list[Entry]:
        try:
            return self._read(after=number)[0]
        except StoreError:
            # The follower stays for when the store is back.
            return []

    def keep(self, entry: Entry, snapshot: Snapshot, prepared: object, size: int) -> None:
        """Keep with an entry what was worked out about it by a snapshot, if there is room for it."""
        if entry.snapshot is snapshot and entry.prepared is None and self._prepared + size <= self._max_prepared:
            self._prepared += size
            entry.prepared, entry.prepared_size = prepared, size

    def serve(self, snapshot: Snapshot) -> None:
        """Judge entries by this snapshot from now on: reading them again does so."""
        del snapshot
        self._kept = {}

    def end(self) -> None:
        """Stop all followers, and accept no new ones."""
        self._ended = True
