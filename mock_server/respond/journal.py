"""What was asked and what was answered, within bounds: the oldest go first.

Safe to use from many threads at once. An entry is cheap to make; what it costs to judge and to explain it is paid
when somebody looks.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, Full, Queue
from threading import Lock
from typing import Any

from mock_server.http.messages import Answer
from mock_server.loading.snapshot import State
from mock_server.shop.scenarios import Place

KEPT_BYTES = 64 * 1024
"""How much of a body is kept."""
ALL_BYTES = 8 * 1024 * 1024
"""How much of all entries together is kept."""
MOST_FOLLOWERS = 16

_WAITING = 1000
_HEARTBEAT = 1.0
_SECRETS = frozenset({"authorization", "x-api-key", "cookie", "proxy-authorization", "x-mock-token"})
REDACTED = "[redacted]"


@dataclass(slots=True, eq=False)
class Entry:
    """One request with its answer. ``known``: the conversation that it named was known before it."""

    number: int
    at: float
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    answer: Answer
    state: State
    message: str | None = None
    conversation_id: str | None = None
    user_id: str | None = None
    known: bool = False
    standing: Place | None = None
    place: Place | None = None
    cut: bool = False
    """Not all of the request's body is kept."""
    answer_cut: bool = False
    """Not all of the answer's body is kept."""
    verdict: Mapping[str, Any] | None = None
    """What came of judging it, once somebody looked: that costs a thousand times what answering did."""

    @property
    def size(self) -> int:
        return len(self.body) + len(self.answer.body) + sum(map(len, self.headers.values()))

    @property
    def is_to_the_operation(self) -> bool:
        blueprint = self.state.blueprint
        return (self.method, self.path) == (blueprint.method, blueprint.route)


class TooManyFollowersError(Exception):
    """There are as many followers as there may be."""


class Journal:
    """The entries, newest last, and those who follow them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._next = 1
        self._followers: set[Queue[Entry | None]] = set()
        self._lock = Lock()
        self._ended = False

    def note(self, entry: Entry) -> None:
        """Keep an entry, number it, and hand it to the followers; one who does not keep up misses some."""
        with self._lock:
            entry.number = self._next
            self._next += 1
            self._entries.append(entry)
            self._bytes += entry.size
            while len(self._entries) > self._most or self._bytes > ALL_BYTES:
                self._bytes -= self._entries.popleft().size
            followers = tuple(self._followers)
        for follower in followers:
            try:
                follower.put_nowait(entry)
            except Full:
                continue

    def entries(self) -> list[Entry]:
        """Return what is kept, oldest first."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Drop all entries; the numbers go on."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def follow(self) -> Iterator[Entry | None]:
        """Return an iterator of the entries to come; nothing, about once a second, while none does.

        It ends with the server. Raises :class:`TooManyFollowersError` at once.
        """
        queue: Queue[Entry | None] = Queue(_WAITING)
        with self._lock:
            if self._ended or len(self._followers) >= MOST_FOLLOWERS:
                raise TooManyFollowersError
            self._followers.add(queue)
        stream = self._from(queue)
        # Begun, so that closing it takes the follower off the list even if nobody ever reads.
        next(stream)
        return stream

    def _from(self, queue: Queue[Entry | None]) -> Iterator[Entry | None]:
        try:
            yield None
            while not self._ended:
                try:
                    entry = queue.get(timeout=_HEARTBEAT)
                except Empty:
                    yield None
                else:
                    if entry is None:
                        return
                    yield entry
        finally:
            with self._lock:
                self._followers.discard(queue)

    def end(self) -> None:
        """Send the followers home; nobody can follow any more."""
        with self._lock:
            self._ended = True
            followers = tuple(self._followers)
        for follower in followers:
            try:
                follower.put_nowait(None)
            except Full:
                continue


def kept(body: bytes) -> tuple[bytes, bool]:
    """Return what of a body is kept, and whether that is less than all."""
    return (body, False) if len(body) <= KEPT_BYTES else (body[:KEPT_BYTES], True)


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers as they may be shown: keys and cookies are hidden."""
    return {name: REDACTED if name in _SECRETS else value for name, value in headers.items()}


def shown_body(body: bytes, *, cut: bool, secrets: tuple[str, ...]) -> Any:
    """Return a body as JSON if it is some, else as text; a key of the mock's own is hidden wherever it stands."""
    text = body.decode("utf-8", "replace")
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    if cut:
        return f"{text}… (the rest was not kept)"
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite) if text else None
    except (ValueError, RecursionError):
        return text


def _finite(written: str) -> float:
    """Refuse numbers that JSON cannot write again; the body is then shown as text."""
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(written)
    return number


def shown_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
