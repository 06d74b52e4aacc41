"""What one request reads and changes of the shared state, before it is committed.

A decision runs on a draft without waiting, with the state that this replica remembers. If that is not the state of the
store when the draft is committed, the decision runs again with the right one. What must be counted is loaded first.
Only what is committed has happened.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import deque
from collections.abc import Mapping, Sequence

from mock_server.overrides.rules import Rules
from mock_server.store.codec import pack_id, pack_state, unpack_state
from mock_server.store.journal import Entry
from mock_server.store.sessions import SessionState


class NotLoadedError(Exception):
    """The decision needs something that must be loaded first."""

    def __init__(self, conversation: bytes = b"", opening: str = "", *, fresh_id: bool = False) -> None:
        super().__init__()
        self.conversation = conversation
        self.opening = opening
        self.fresh_id = fresh_id


class Turns:
    """Lets requests of a conversation that reach this replica wait for each other: else all but one decide again."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, deque[asyncio.Future[None]]] = {}

    def take(self, name: bytes) -> bool:
        """Return whether it is the turn of the caller, who then ends it with :meth:`end`."""
        mine: deque[asyncio.Future[None]] = deque()
        return self._waiting.setdefault(name, mine) is mine

    async def wait(self, name: bytes) -> None:
        """Wait until it is the turn of the caller."""
        if self.take(name):
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting[name].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.end(name)
            raise

    def end(self, name: bytes) -> None:
        """Let the next request have its turn."""
        waiting = self._waiting[name]
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._waiting[name]


class Known:
    """What was loaded for one request. It stays when the decision runs again."""

    __slots__ = ("_remembered", "_turns", "fresh_id", "has_turn_of", "openings", "states")

    def __init__(self, remembered: Mapping[bytes, bytes], turns: Turns) -> None:
        """``remembered`` are states that may be outdated."""
        self._remembered = remembered
        self._turns = turns
        self.has_turn_of = b""
        """The conversation that other requests wait for."""
        self.states: dict[bytes, bytes] = {}
        """The packed states of conversations, empty for unknown ones."""
        self.fresh_id: str | None = None
        """An id that belongs to this request."""
        self.openings: dict[str, int] = {}

    def state(self, name: bytes) -> bytes:
        """Return the packed state of a conversation, empty for an unknown one.

        A state that is not loaded comes from memory, which may be outdated or lack it: the commit detects that.
        """
        loaded = self.states.get(name)
        return self._remembered.get(name, b"") if loaded is None else loaded

    def take_turn(self, name: bytes) -> bool:
        """Return whether it is the turn of this request in a conversation."""
        if not self.has_turn_of and self._turns.take(name):
            self.has_turn_of = name
        return bool(self.has_turn_of)


class Draft:
    """The state that one request sees. Implements :class:`mock_server.store.interface.TurnState`."""

    __slots__ = ("_known", "_seeded", "entry", "read", "rules", "written", "written_state")

    def __init__(self, known: Known, rules: Rules, *, seeded: bool) -> None:
        self._known = known
        self._seeded = seeded
        self.rules = rules
        self.read = b""
        """The conversation that the decision depends on."""
        self.written = b""
        self.written_state = b""
        self.entry: Entry | None = None

    @property
    def sessions(self) -> Draft:
        """The conversations."""
        return self

    @property
    def journal(self) -> Draft:
        """The journal."""
        return self

    def get(self, conversation_id: str) -> SessionState | None:
        """Return the state of a conversation, None if it is unknown."""
        name = pack_id(conversation_id)
        if not self._known.take_turn(name):
            raise NotLoadedError(conversation=name)
        self.read = name
        state = self._known.state(name)
        return unpack_state(state) if state else None

    def put(self, conversation_id: str, state: SessionState) -> None:
        """Store the state of a conversation."""
        self.written = pack_id(conversation_id)
        self.written_state = pack_state(state)

    def add(self, entry: Entry) -> None:
        """Store the entry of the request."""
        self.entry = entry

    def fresh_id(self) -> str:
        """Return a conversation id; the commit fails if it is in use."""
        if not self._seeded:
            return str(uuid.uuid4())
        if self._known.fresh_id is None:
            self._be_certain()
            raise NotLoadedError(fresh_id=True)
        return self._known.fresh_id

    def next_opening(self, names: Sequence[str]) -> str:
        """Return the recorded conversation whose turn it is among those with the same opening."""
        number = self._known.openings.get(names[0])
        if number is None:
            self._be_certain()
            raise NotLoadedError(opening=names[0])
        return names[number % len(names)]

    def _be_certain(self) -> None:
        """Load the conversation before something is counted that the right decision may not need."""
        if self.read and self.read not in self._known.states:
            raise NotLoadedError(conversation=self.read)


class NumberedIds:
    """The sequence of ids of a seed: any of them by its number."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._restart()

    def _restart(self) -> None:
        self._source = random.Random(self._seed)  # noqa: S311 - ids are not secret
        self._next = 0

    def at(self, number: int) -> str:
        """Return the id with this number, counted from 0. The numbers usually increase."""
        if number < self._next:
            self._restart()
        bits = 0
        while self._next <= number:
            bits = self._source.getrandbits(128)
            self._next += 1
        return str(uuid.UUID(int=bits, version=4))
