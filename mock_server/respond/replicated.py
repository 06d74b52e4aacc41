"""The mock's decisions with a state that replicas share: each request waits for the store.

The decision itself is the one of :mod:`mock_server.respond.service`. It runs on a draft of the state, and counts only
if the store could commit it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from mock_server.http.messages import Answer, Call
from mock_server.http.space_path import is_space_name
from mock_server.loading.snapshot import Snapshot
from mock_server.overrides.effective import NOTHING
from mock_server.respond.decision import Decision
from mock_server.respond.gate import Gate
from mock_server.respond.service import (
    ChatService,
    InThread,
    Log,
    Pending,
    Received,
    Responded,
    decide_admitted,
    store_unavailable,
    too_many_spaces,
)
from mock_server.respond.space import Space
from mock_server.respond.spaces import SpaceNameError
from mock_server.store.codec import request_key
from mock_server.store.interface import TurnState
from mock_server.store.journal import Entry, make_entry
from mock_server.store.local import SpaceLimits
from mock_server.store.redis import RedisStore
from mock_server.store.redis_state import RedisState
from mock_server.store.status import StoreError, StoreHealth, TooManySpacesError
from mock_server.store.trace import NO_TRACE


class SharedSpaces:
    """Spaces by name; the store decides whether there is room for a new one. Thread-safe."""

    def __init__(self, make: Callable[[str], Space], store: RedisStore, limit: int) -> None:
        self._make = make
        self._store = store
        self._limit = limit
        self._spaces: dict[str, Space] = {}

    def use(self, name: str, *, guest: bool = False) -> Space:  # noqa: ARG002 - all clients share the places
        """Return the space with this name. Raise :class:`SpaceNameError`."""
        space = self._spaces.get(name)
        if space is None:
            if not is_space_name(name):
                raise SpaceNameError(name)
            if len(self._spaces) > self._limit:
                # What it remembers is only a copy of what the store has.
                self._spaces.pop(next(iter(self._spaces)), None)
            space = self._spaces.setdefault(name, self._make(name))
        return space

    def delete(self, name: str) -> bool:
        """Delete a space with all its state, and return whether it existed."""
        self._spaces.pop(name, None)
        return self._store.delete(name)

    def all(self) -> list[Space]:
        """Return the spaces of all replicas in the order of their names."""
        return [self.use(name) for name in self._store.names()]

    def known(self) -> list[Space]:
        """Return the spaces that this replica has used."""
        return list(self._spaces.values())


class CommittedEntry:
    """The entry of a response that is being sent."""

    __slots__ = ("_note", "size")

    def __init__(self, size: int, note: Callable[[], None]) -> None:
        self.size = size
        self._note = note

    def note_client_left(self) -> None:
        """Record that the client did not wait for the response."""
        self._note()


class ReplicatedService(ChatService):
    """Responds to turns like the other replicas that use the same store."""

    judges_ahead = False
    """Each replica would judge the requests of all."""

    def __init__(
        self,
        snapshot: Snapshot,
        store: RedisStore,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        warn: Callable[[str], None] = lambda _: None,
        log: Log | None = None,
    ) -> None:
        """Take the same arguments as :class:`ChatService`, and the store instead of a relay."""
        self._store = store
        super().__init__(snapshot, clock=clock, now=now, warn=warn, log=log)
        self._shared_spaces = SharedSpaces(self._make_named, store, snapshot.options.max_spaces)
        self.spaces = self._shared_spaces
        self._tasks: set[asyncio.Task[None]] = set()

    def _make_space(self, name: str, limits: SpaceLimits) -> Space:
        state = self._store.state(name, self._options, limits, self._followers)
        return Space(name, state.draft(), state, gate=Gate(self._options, self._clock))

    def serve(self, snapshot: Snapshot) -> None:
        """Serve another snapshot from the next request on."""
        self.snapshot = snapshot
        self._store.serve(snapshot)

    def end(self) -> None:
        """Stop the followers of all journals."""
        for space in (self.space, *self._shared_spaces.known()):
            space.state.journal.end()

    def store_health(self) -> StoreHealth:
        """Return the health of the store."""
        return self._store.health()

    def respond(self, call: Call, space: Space | None = None) -> Pending:
        """Return the way to wait for the response."""
        received = Received(space or self.space, self.snapshot, call, self._clock())
        return partial(self._shared, received)

    async def _shared(self, received: Received, in_thread: InThread | None) -> Responded:
        space, call = received.space, received.call
        state = space.state
        assert isinstance(state, RedisState)
        refused = space.gate.check(call)
        attempt = partial(self._attempt, received, refused)
        # A client that waits as a 429 says may send the same request again.
        key = request_key(call.headers, call.body) if refused is None else b""
        try:
            done = await state.run(attempt if in_thread is None else partial(in_thread, attempt), key)
        except StoreError as error:
            return self._without_store(received, store_unavailable(error))
        except TooManySpacesError:
            return self._without_store(received, too_many_spaces(self._options))
        if isinstance(done, Answer):
            return done, CommittedEntry(len(done.body), lambda: None)
        answer, entry = done.result
        if self._log is not None:
            self._log(space.name, entry)
        return answer, CommittedEntry(entry.size, partial(self._note_left, state, done.number))

    def _attempt(self, received: Received, refused: Answer | None, turn: TurnState) -> tuple[Answer, Entry]:
        """Decide on a draft of the state. Whatever it changes there is forgotten if it cannot be committed."""
        on_draft = received._replace(space=received.space.for_turn(turn))
        effective, decision = (NOTHING, Decision(refused)) if refused is not None else decide_admitted(on_draft)
        assert isinstance(decision, Decision)
        return self._recorded(on_draft, effective, decision)

    def _without_store(self, received: Received, answer: Answer) -> Responded:
        """Return a response that only the log records: the journal is not available."""
        seconds = self._clock() - received.began
        entry = make_entry(received.snapshot, self._now(), received.call, answer, NO_TRACE, seconds=seconds)
        if self._log is not None:
            self._log(received.space.name, entry)
        return answer, entry

    def _note_left(self, state: RedisState, number: int) -> None:
        task = asyncio.ensure_future(state.note_client_left(number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def note_elsewhere(self, space: Space, method: str, path: str, call: Call, answer: Answer) -> None:
        """Record a request for any other path or method, unless the store is not available: its health says so."""
        with suppress(StoreError, TooManySpacesError):
            super().note_elsewhere(space, method, path, call, answer)
