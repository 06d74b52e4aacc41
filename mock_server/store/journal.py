"""The journal: the latest requests and their responses, limited in number and size. Thread-safe.

Adding an entry is cheap. Verdicts are computed in the background, or when the control API reads the entry.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Lock
from typing import Any

from mock_server import defaults
from mock_server.http.cors import is_preflight
from mock_server.http.messages import Answer, Call
from mock_server.loading.snapshot import Snapshot
from mock_server.store.trace import Trace
from mock_server.validation.parsing import json_object

MAX_BODY_BYTES = 64 * 1024
"""Maximum number of bytes that the journal keeps of each body."""
MAX_FOLLOWED_BYTES = 1024 * 1024
"""Size of the entries that wait for one follower. A follower that is slower misses entries."""

_MAX_ID = 1000
"""Characters of a conversation's or user's id that the journal keeps."""
_ENTRY_BYTES = 2048
"""Size of an entry without its texts."""
_HEADER_BYTES = 128
"""Size of a header without its text."""
_HEARTBEAT_SECONDS = 1.0


@dataclass(slots=True, eq=False, weakref_slot=True)
class Entry:
    """One request and its response. The journal assigns the number."""

    at: float
    """Unix time in seconds."""
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    answer: Answer
    snapshot: Snapshot
    """What is served: the journal replaces it after a reload, so that no old fixtures are kept."""
    trace: Trace
    body_truncated: bool = False
    answer_truncated: bool = False
    is_preflight: bool = False
    """A browser asked whether a page may send a request. The list of requests leaves it out."""
    seconds: float | None = None
    """Time from the complete request to the beginning of the response, its delay included; None if not measured."""
    number: int = 0
    size: int = field(init=False)
    """The approximate size in bytes."""
    client_left: bool = False
    """The client closed or reset the connection before it received the response."""

    prepared: Any = None
    """What :meth:`Journal.keep` keeps with the entry; None if the entry has not been judged."""
    prepared_size: int = 0
    """The size of :attr:`prepared` in bytes."""

    def note_client_left(self) -> None:
        """Record that the client did not wait for the response."""
        self.client_left = True

    def __post_init__(self) -> None:
        names, values = self.headers, self.headers.values()
        headers = sum(map(len, names)) + sum(map(len, values)) + _HEADER_BYTES * len(names)
        headers += sum(len(name) + len(value) + _HEADER_BYTES for name, value in self.answer.headers)
        ids = 4 * (len(self.trace.conversation_id or "") + len(self.trace.user_id or "") + len(self.path))
        self.size = _ENTRY_BYTES + len(self.body) + len(self.answer.body) + headers + ids

    @property
    def message(self) -> str | None:
        """The message of the request, read again from its body; None if there is none or the body is truncated."""
        message = None if self.body_truncated else json_object(self.body).get("message")
        return message if isinstance(message, str) else None

    @property
    def is_to_operation(self) -> bool:
        """Return whether the request is for the contract's operation."""
        return (self.method, self.path) == (self.snapshot.method, self.snapshot.route)


def make_entry(
    snapshot: Snapshot,
    at: float,
    call: Call,
    answer: Answer,
    trace: Trace,
    *,
    method: str | None = None,
    path: str | None = None,
    seconds: float | None = None,
) -> Entry:
    """Return the entry for an exchange; without ``method`` and ``path``, one with the operation.

    Long bodies are truncated.
    """
    body_truncated, answer_truncated = len(call.body) > MAX_BODY_BYTES, len(answer.body) > MAX_BODY_BYTES
    if answer_truncated:
        answer = answer._replace(body=answer.body[:MAX_BODY_BYTES])
    return Entry(
        at,
        method or snapshot.method,
        path or snapshot.route,
        call.headers,
        call.body[:MAX_BODY_BYTES],
        answer,
        snapshot,
        _with_short_ids(trace),
        body_truncated or call.too_large,
        answer_truncated,
        method is not None and is_preflight(method, call.headers),
        seconds,
    )


def _with_short_ids(trace: Trace) -> Trace:
    conversation_id, user_id = trace.conversation_id or "", trace.user_id or ""
    if len(conversation_id) <= _MAX_ID and len(user_id) <= _MAX_ID:
        return trace
    return trace._replace(conversation_id=conversation_id[:_MAX_ID] or None, user_id=user_id[:_MAX_ID] or None)


class TooManyFollowersError(Exception):
    """The journals have the maximum number of followers."""


Followers = BoundedSemaphore
"""The places for followers, which the journals of all spaces share."""


def places_for_followers(count: int = defaults.MAX_FOLLOWERS) -> Followers:
    """Return the places of one mock."""
    return BoundedSemaphore(count)


class _Waiting:
    """The entries that wait for one follower, limited in bytes."""

    def __init__(self) -> None:
        self._entries: SimpleQueue[Entry | None] = SimpleQueue()
        self._bytes = 0
        self._lock = Lock()

    def offer(self, entry: Entry) -> None:
        """Add an entry if there is room for it. An entry always has room if none waits."""
        with self._lock:
            if self._bytes and self._bytes + entry.size > MAX_FOLLOWED_BYTES:
                return
            self._bytes += entry.size
        self._entries.put(entry)

    def end(self) -> None:
        """Let the follower stop after the entries that wait."""
        self._entries.put(None)

    def next(self, seconds: float) -> Entry | None:
        """Return the next entry, None at the end. Raise :class:`queue.Empty` if there is none in time."""
        entry = self._entries.get(timeout=seconds)
        if entry is not None:
            with self._lock:
                self._bytes -= entry.size
        return entry


class Journal:
    """The entries, oldest first, and the followers that receive new ones."""

    def __init__(self, capacity: int, max_bytes: int, places: Followers) -> None:
        """``max_bytes`` limits the size of all entries together."""
        self._capacity = capacity
        self._max_bytes = max_bytes
        self._places = places
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self.dropped = 0
        """Number of entries that were dropped since the journal was last cleared, to keep its limits."""
        self._next = 1
        self._followers: set[_Waiting] = set()
        self._lock = Lock()
        self._ended = False

    def add(self, entry: Entry) -> None:
        """Store an entry, and pass it to the followers. A follower that is too slow misses entries."""
        with self._lock:
            entry.number = self._next
            self._next += 1
            self._entries.append(entry)
            self._bytes += entry.size
            self._drop()
            followers = tuple(self._followers) if self._followers else ()
        for follower in followers:
            follower.offer(entry)

    def _drop(self) -> None:
        while len(self._entries) > self._capacity or self._bytes > self._max_bytes:
            oldest = self._entries.popleft()
            self._bytes -= oldest.size + oldest.prepared_size
            self.dropped += 1

    def keep(self, entry: Entry, snapshot: Snapshot, prepared: object, size: int) -> None:
        """Keep with an entry what was worked out about it by a snapshot, if the journal still has and serves both.

        Its size counts: the journal drops the oldest entries if it exceeds its limits.
        """
        with self._lock:
            is_here = self._entries and self._entries[0].number <= entry.number <= self._entries[-1].number
            if is_here and entry.snapshot is snapshot and entry.prepared is None:
                entry.prepared, entry.prepared_size = prepared, size
                self._bytes += size
                self._drop()

    def serve(self, snapshot: Snapshot) -> None:
        """Judge all entries by this snapshot from now on, and let go of older ones."""
        with self._lock:
            for entry in self._entries:
                entry.snapshot = snapshot
                self._bytes -= entry.prepared_size
                entry.prepared, entry.prepared_size = None, 0

    @property
    def added(self) -> int:
        """How many entries were ever added."""
        return self._next - 1

    def entries(self) -> list[Entry]:
        """Return the entries, oldest first."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Remove all entries. Numbering continues."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0
            self.dropped = 0

    def follow(self) -> Iterator[Entry | None]:
        """Return an iterator of new entries. It yields None about once a second while there are none.

        The iterator stops when the journal ends. Raises :class:`TooManyFollowersError`.
        """
        waiting = _Waiting()
        with self._lock:
            if self._ended or not self._places.acquire(blocking=False):
                raise TooManyFollowersError
            self._followers.add(waiting)
        stream = self._from(waiting)
        # Start the generator, so that closing it removes the follower even if nobody reads from it.
        next(stream)
        return stream

    def _from(self, waiting: _Waiting) -> Iterator[Entry | None]:
        try:
            yield None
            while not self._ended:
                try:
                    entry = waiting.next(_HEARTBEAT_SECONDS)
                except Empty:
                    yield None
                else:
                    if entry is None:
                        return
                    yield entry
        finally:
            with self._lock:
                self._followers.discard(waiting)
            self._places.release()

    def end(self) -> None:
        """Stop all followers, and accept no new ones."""
        with self._lock:
            self._ended = True
            followers = tuple(self._followers)
        for follower in followers:
            follower.end()
