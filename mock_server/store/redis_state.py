"""The state of spaces in Redis, shared by all replicas of a mock.

Requests use :meth:`RedisState.run` on the event loop. The control API, which runs in threads, uses the other methods;
they wait for the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from mock_server.http.messages import Answer
from mock_server.loading.options import Options
from mock_server.loading.snapshot import Snapshot
from mock_server.overrides.rules import Rule, Rules, startup_rules
from mock_server.store.codec import pack_answer, pack_entry, pack_rules, unpack_answer, unpack_rules
from mock_server.store.draft import Draft, Known, NotLoadedError, NumberedIds, Turns
from mock_server.store.interface import Sizes, TurnState
from mock_server.store.journal import Entry, Followers
from mock_server.store.link import Argument, Link
from mock_server.store.local import SpaceLimits
from mock_server.store.redis_journal import RedisJournal
from mock_server.store.scripts import CLEAR, COMMIT, LEFT, LOAD, RULES, SIZES, Script
from mock_server.store.status import StoreError, TooManySpacesError

Wait = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a coroutine on the event loop for a thread, and returns its result."""

_STATES_REMEMBERED = 10_000


@dataclass(frozen=True)
class Bounds:
    """What limits the state of all spaces."""

    conversation_ttl: int
    """Seconds after which what nobody uses is gone."""
    spaces: int
    seconds_in_use: float
    """A space that was used within this time is not dropped for another one."""


@dataclass(frozen=True)
class Committed:
    """A decision that took effect, with the number of its entry in the journal."""

    result: Any
    number: int


class RedisState:
    """The shared state of one space. Implements :class:`mock_server.store.interface.SpaceState`."""

    def __init__(
        self,
        name: str,
        link: Link,
        options: Options,
        limits: SpaceLimits,
        bounds: Bounds,
        *,
        followers: Followers,
        snapshot: Callable[[], Snapshot],
        wait: Wait,
        seconds: float,
    ) -> None:
        """``seconds`` limits the time of a request."""
        self._link = link
        self._limits = limits
        self._head = (name, bounds.conversation_ttl, bounds.spaces, bounds.seconds_in_use)
        self._wait = wait
        self._seconds = seconds
        self._seeded = None if options.seed is None else NumberedIds(options.seed)
        self._version = b"0"
        self._rules = Rules(
            startup_rules(options.fault_rates, options.delay), options.seed, max_bytes=limits.rule_bytes
        )
        self._states: dict[bytes, bytes] = {}
        self._turns = Turns()
        self._one_by_one = asyncio.Lock()
        self.journal = RedisJournal(self, followers, snapshot, max_prepared=limits.journal_bytes)
        self.rules = RedisRules(self)

    async def call(self, script: Script, *arguments: Argument) -> Sequence[Any]:
        """Run a script in this space. Raise :class:`StoreError` or :class:`TooManySpacesError`."""
        result = await self._link.call(script, *self._head, *arguments)
        if result[0] == b"full":
            raise TooManySpacesError
        return result

    def call_from_thread(self, script: Script, *arguments: Argument) -> Sequence[Any]:
        """Run a script for a thread."""
        result: Sequence[Any] = self._wait(self.call(script, *arguments))
        return result

    def draft(self) -> Draft:
        """Return an empty draft."""
        return Draft(Known({}, self._turns), self._rules, seeded=False)

    # Requests ---------------------------------------------------------------------------------------------------------

    async def run(self, decide: Callable[[TurnState], Any], request: bytes = b"") -> Committed | Answer:
        """Run a decision until it can be committed; ``decide`` may be a coroutine function.

        Returns the earlier response if a request with the same key was answered. Raises :class:`StoreError` and
        :class:`TooManySpacesError`.
        """
        try:
            async with asyncio.timeout(self._seconds):
                # Each use of a rule changes the rules, so requests of this replica would only disturb each other.
                async with self._one_by_one if self._rules.current else nullcontext():
                    return await self._run(decide, request)
        except TimeoutError:
            raise self._link.slow() from None

    async def _run(self, decide: Callable[[TurnState], Any], request: bytes) -> Committed | Answer:
        known = Known(self._states, self._turns)
        try:
            return await self._decided(decide, known, request)
        finally:
            if known.has_turn_of:
                self._turns.end(known.has_turn_of)

    async def _decided(self, decide: Callable[[TurnState], Any], known: Known, request: bytes) -> Committed | Answer:
        while True:
            rules = self._rules.replaced(self._rules.current) if self._rules.current else self._rules
            draft, before = Draft(known, rules, seeded=self._seeded is not None), rules.current
            try:
                result = decide(draft)
                if asyncio.iscoroutine(result):
                    result = await result
            except NotLoadedError as missing:
                await self._load(known, missing)
                continue
            done = await self._commit(draft, known, before, request)
            if done is not None:
                return Committed(result, done) if isinstance(done, int) else done

    async def _load(self, known: Known, missing: NotLoadedError) -> None:
        name = missing.conversation
        if name and not known.has_turn_of:
            await self._turns.wait(name)
            known.has_turn_of = name
            return
        wanted = missing.conversation, "1" if missing.fresh_id else "", missing.opening
        _, version, rules, state, id_number, opening = await self.call(LOAD, self._version, *wanted)
        self._note_rules(version, rules)
        if missing.conversation:
            known.states[missing.conversation] = state
        if missing.fresh_id and self._seeded is not None:
            known.fresh_id = self._seeded.at(id_number - 1)
        if missing.opening:
            known.openings[missing.opening] = opening - 1

    async def _commit(
        self, draft: Draft, known: Known, before: tuple[Rule, ...], request: bytes
    ) -> int | Answer | None:
        """Return the number of the entry, or the response that the request got before, or None to decide again."""
        assert draft.entry is not None
        entry, read, rules = draft.entry, draft.read, draft.rules.current
        status, *found = await self.call(
            COMMIT,
            *(self._version, read, known.state(read), draft.written, draft.written_state),
            *(b"" if rules is before else pack_rules(rules), request, pack_entry(entry)),
            pack_answer(entry.answer) if request and entry.answer_truncated else b"",
            *(self._limits.conversations, self._limits.requests, self._limits.journal_bytes),
        )
        if status == b"answered":
            return unpack_answer(found[0])
        if status == b"changed":
            version, packed, state, taken = found
            self._note_rules(version, packed)
            if read:
                known.states[read] = state
            if taken:
                known.fresh_id = None
            return None
        if draft.written:
            self._remember(draft.written, draft.written_state)
        if rules is not before:
            self._version, self._rules = found[1], draft.rules
        return int(found[0])

    def _remember(self, name: bytes, state: bytes) -> None:
        """Keep the state of a conversation: its next request may come to this replica, and the commit checks it."""
        self._states.pop(name, None)
        self._states[name] = state
        if len(self._states) > _STATES_REMEMBERED:
            del self._states[next(iter(self._states))]

    def _note_rules(self, version: bytes, packed: bytes) -> None:
        if version != self._version:
            self._version = version
            self._rules = self._rules.replaced(unpack_rules(packed))

    def record(self, entry: Entry) -> None:
        """Store an entry that belongs to no decision, for a thread."""
        self._wait(self.run(lambda draft: draft.journal.add(entry)))

    async def note_client_left(self, number: int) -> None:
        """Record that the client of an entry did not wait for the response."""
        with suppress(StoreError, TooManySpacesError):
            await self.call(LEFT, number)

    # The control API --------------------------------------------------------------------------------------------------

    def current_rules(self) -> tuple[Rule, ...]:
        """Return the rules that the control API set."""
        _, version, packed = self.call_from_thread(RULES, b"", "", "")
        self._note_rules(version, packed)
        return unpack_rules(packed)

    def change_rules(self, change: Callable[[Rules], None]) -> None:
        """Apply a change to the rules, again if another replica changes them meanwhile."""
        self._wait(self._change_rules(change))

    async def _change_rules(self, change: Callable[[Rules], None]) -> None:
        while True:
            changed = self._rules.replaced(self._rules.current)
            change(changed)
            status, version, packed = await self.call(RULES, self._version, "1", pack_rules(changed.current))
            if status == b"ok":
                self._version, self._rules = version, changed
                return
            self._note_rules(version, packed)

    def sizes(self) -> Sizes:
        """Return how much the space contains."""
        _, conversations, requests, rules = self.call_from_thread(SIZES)
        return Sizes(conversations, requests, len(unpack_rules(rules)))

    def reset(self) -> None:
        """Forget conversations, journal and rules, and restart the sequences of all replicas."""
        self.call_from_thread(CLEAR, "1")
        # The rules are read again because their version has changed; this restarts the random sequence.
        self._rules.replaced(()).clear()


class RedisRules:
    """The rules that the control API set. Implements :class:`mock_server.store.interface.RuleSet`."""

    def __init__(self, state: RedisState) -> None:
        self._state = state

    @property
    def current(self) -> tuple[Rule, ...]:
        """The rules in their order."""
        return self._state.current_rules()

    def put(self, rules: Sequence[Rule]) -> None:
        """Replace all rules."""
        self._state.change_rules(lambda changed: changed.put(rules))

    def add(self, rules: Sequence[Rule]) -> None:
        """Append rules."""
        self._state.change_rules(lambda changed: changed.add(rules))

    def clear(self) -> None:
        """Remove all rules."""
        self._state.change_rules(lambda changed: changed.clear())
