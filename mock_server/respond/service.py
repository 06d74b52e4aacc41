"""The mock's decision on a request, independent of web frameworks and servers.

The path of a request: gate, overrides, validation, conversation, journal.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, Protocol

from mock_server import defaults
from mock_server.http.cors import headers_for
from mock_server.http.messages import Answer, Call, problem
from mock_server.http.source import ReplySource, Source
from mock_server.http.space_path import split_space_path
from mock_server.loading.options import Options
from mock_server.loading.snapshot import Snapshot
from mock_server.overrides.effective import NOTHING, Effective, choose_override
from mock_server.overrides.matching import Asked
from mock_server.overrides.prefer import preference_applied
from mock_server.respond.conversation import converse
from mock_server.respond.decision import Decision, Forward
from mock_server.respond.forced import forced_answer, forced_success, spoil, with_given_headers
from mock_server.respond.gate import Gate
from mock_server.respond.intake import read_turn, unchecked_turn
from mock_server.respond.origins import RefusedOrigins
from mock_server.respond.relay import Relay
from mock_server.respond.space import Space
from mock_server.respond.spaces import SECONDS_IN_USE, SpaceDirectory, SpaceNameError, Spaces
from mock_server.store.journal import Entry, make_entry, places_for_followers
from mock_server.store.local import LocalState, SpaceLimits
from mock_server.store.status import StoreError, StoreHealth, TooManySpacesError
from mock_server.store.trace import NO_TRACE, Trace
from mock_server.validation.parsing import json_object

_BYTES_PER_CONVERSATION = 1024

Log = Callable[[str, Entry], None]
InThread = Callable[..., Awaitable[Any]]
"""Runs a function with its arguments in a thread."""


class Kept(Protocol):
    """A journal entry whose response is being sent."""

    @property
    def size(self) -> int:
        """Its approximate size in bytes."""

    def note_client_left(self) -> None:
        """Record that the client did not wait for the response."""


Responded = tuple[Answer, Kept]
"""A response, and the journal entry that records it with its request."""
Pending = Callable[[InThread | None], Awaitable[Responded]]
"""Waits for what the response needs. The argument, if given, runs the validation of a large body in a thread."""


class Received(NamedTuple):
    """A request, what responds to it, and when it was complete."""

    space: Space
    snapshot: Snapshot
    call: Call
    began: float


class ChatService:
    """Responds to turns. Thread-safe."""

    judges_ahead = True
    """Entries of the journal can be judged before somebody reads them."""

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        relay: Relay | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        warn: Callable[[str], None] = lambda _: None,
        log: Log | None = None,
    ) -> None:
        """``relay`` answers what no scenario matches. ``clock`` is monotonic, ``now`` is Unix time; both in seconds.

        ``warn`` gets a line once for each origin that is refused. ``log`` gets the space's name and the entry of each
        request.
        """
        options = snapshot.options
        self.snapshot = snapshot
        """What is served; :meth:`serve` replaces it."""
        self._relay = relay
        self._options = options
        self._clock = clock
        self._now = now
        self._log = log
        self._refused_origins = RefusedOrigins(options.cors_origins, warn)
        self._followers = places_for_followers(options.max_followers)
        limits = SpaceLimits(
            options.max_conversations,
            options.max_requests_kept,
            journal_bytes=options.max_journal_bytes,
            rule_bytes=defaults.MAX_JOURNAL_BYTES,
        )
        self.space = self._make_space("", limits)
        """The default space."""
        self.spaces: SpaceDirectory = Spaces(self._make_named, options.max_spaces, clock)

    def _make_named(self, name: str) -> Space:
        size = self._options.max_space_bytes
        conversations = min(self._options.max_conversations, size // _BYTES_PER_CONVERSATION)
        limits = SpaceLimits(conversations, self._options.max_requests_kept, journal_bytes=size, rule_bytes=size)
        return self._make_space(name, limits)

    def _make_space(self, name: str, limits: SpaceLimits) -> Space:
        relay = None if self._relay is None else self._relay.for_space()
        state = LocalState(self._options, limits, self._followers)
        return Space(name, state, state, gate=Gate(self._options, self._clock), relay=relay)

    def enter(self, name: str, headers: Mapping[str, str], client: str | None) -> Space | Answer:
        """Return the space with this name, or the response that says why there is none.

        ``headers`` and ``client``, the address of the client, tell who asks.
        """
        try:
            return self.spaces.use(name, guest=self._options.access.check_control(headers, client) is not None)
        except SpaceNameError:
            expected = 'Expected 1 to 64 letters, digits, dots, "-" or "_", other than "." and "..".'
            detail = f'Invalid space name "{name[:80]}". {expected}'
            return problem(400, "Invalid space name", detail)
        except TooManySpacesError:
            return too_many_spaces(self._options)

    def space_of(self, path: str, headers: Mapping[str, str], client: str | None) -> Space | None:
        """Return the space in which this path is the operation's; None for any other path."""
        if path == self.snapshot.route:
            return self.space
        below = split_space_path(path)
        space = self.enter(below.name, headers, client) if below and below.path == self.snapshot.route else None
        return space if isinstance(space, Space) else None

    def serve(self, snapshot: Snapshot) -> None:
        """Serve another snapshot from the next request on."""
        self.snapshot = snapshot
        for space in (self.space, *self.spaces.all()):
            space.state.journal.serve(snapshot)

    def end(self) -> None:
        """Stop the followers of all journals."""
        for space in (self.space, *self.spaces.all()):
            space.state.journal.end()

    def answer(self, call: Call, space: Space | None = None) -> Answer:
        """Return the response to a request for the operation, and record both in the journal.

        For services without an upstream, which needs an event loop. Without ``space``, the default space responds.
        """
        responded = self.respond(call, space)
        assert isinstance(responded, tuple)
        return responded[0]

    def respond(self, call: Call, space: Space | None = None) -> Responded | Pending:
        """Return the response to a request for the operation, or the way to wait for it."""
        received = Received(space or self.space, self.snapshot, call, self._clock())
        effective, decision = _decide(received)
        if isinstance(decision, Decision):
            return self._completed(received, effective, decision)
        return partial(self._forwarded, received, effective, decision)

    async def _forwarded(
        self, received: Received, effective: Effective, forward: Forward, in_thread: InThread | None
    ) -> Responded:
        del in_thread
        return self._completed(received, effective, await forward())

    def _completed(self, received: Received, effective: Effective, decision: Decision) -> Responded:
        answer, entry = self._recorded(received, effective, decision)
        if self._log is not None:
            self._log(received.space.name, entry)
        return answer, entry

    def _recorded(self, received: Received, effective: Effective, decision: Decision) -> tuple[Answer, Entry]:
        space, snapshot, call, began = received
        answer = decision.answer if effective.is_empty else _overridden(space, decision, effective)
        origin = call.headers.get("origin")
        if origin is not None:
            answer = answer.with_headers(*headers_for(origin, self._options.cors_origins))
            self._refused_origins.look(call.headers)
        seconds = self._clock() - began + answer.delay
        entry = make_entry(snapshot, self._now(), call, answer, decision.trace, seconds=seconds)
        space.journal.add(entry)
        return answer, entry

    def store_health(self) -> StoreHealth | None:
        """Return the health of what replicas share, None if the state is in this process only."""
        return None

    def note_elsewhere(self, space: Space, method: str, path: str, call: Call, answer: Answer) -> None:
        """Record a request for any other path or method."""
        self._refused_origins.look(call.headers)
        entry = make_entry(self.snapshot, self._now(), call, answer, NO_TRACE, method=method, path=path)
        space.state.journal.add(entry)
        if self._log is not None:
            self._log(space.name, entry)


def too_many_spaces(options: Options) -> Answer:
    """Return the response to a request for a space that cannot be created."""
    detail = (
        f"No place is free for another space: the maximum is {options.max_spaces}; without --store, clients that may "
        f"not use the control API share half. A space gives up its place after {SECONDS_IN_USE:.0f} seconds "
        "without a request. Delete a space with DELETE /_mock/spaces/NAME, or raise --max-spaces."
    )
    return problem(503, "Too many spaces", detail).with_headers(("Retry-After", f"{SECONDS_IN_USE:.0f}"))


def store_unavailable(error: StoreError) -> Answer:
    """Return the response to a request that the mock cannot handle without the store."""
    answer = problem(503, "Store unavailable", str(error), source=Source(ReplySource.STORE))
    return answer.with_headers(("Retry-After", "1"))


def _decide(received: Received) -> tuple[Effective, Decision | Forward]:
    refused = received.space.gate.check(received.call)
    return decide_admitted(received) if refused is None else (NOTHING, Decision(refused))


def decide_admitted(received: Received) -> tuple[Effective, Decision | Forward]:
    """Return the response to a request that has passed the gate, or the way to ask for it, and the override."""
    space, snapshot, call, _ = received
    effective = choose_override(space.rules, snapshot, call.headers.get("prefer"), lambda: _asked(space, call))
    if isinstance(effective, Answer):
        return NOTHING, Decision(effective)
    return effective, _respond(space, snapshot, call, effective)


def _asked(space: Space, call: Call) -> Asked:
    """Return the parts of a request that rules can match."""
    body = json_object(call.body)
    conversation_id = body.get("conversation_id")
    state = space.sessions.get(conversation_id) if isinstance(conversation_id, str) else None
    return Asked(
        message=body.get("message"),
        conversation_id=conversation_id,
        session_id=body.get("session_id"),
        user_id=body.get("user_id"),
        turn=1 if state is None else state.turns + 1,
        headers=call.headers,
    )


def _respond(space: Space, snapshot: Snapshot, call: Call, effective: Effective) -> Decision | Forward:
    if effective.override.sets_response:
        forced = forced_answer(snapshot, effective, space.rules.chance)
        if forced is not None:
            return Decision(forced, Trace.from_turn(unchecked_turn(call)))
    turn = read_turn(snapshot, call)
    if not isinstance(turn, Answer):
        return converse(space, snapshot, call, turn, effective)
    success = forced_success(snapshot, effective) if turn.status == 422 else None
    return Decision(turn, invalid=turn.status == 422) if success is None else Decision(success)


def _overridden(space: Space, decision: Decision, effective: Effective) -> Answer:
    """Apply fault and delay, and confirm the preferences that were applied."""
    override, answer = effective.override, decision.answer
    if override.fault is not None:
        answer = spoil(answer, override.fault)
    if override.headers is not None:
        answer = with_given_headers(answer, override.headers)
    if override.delay is not None:
        answer = answer._replace(delay=space.rules.sample(override.delay))
    preferred = effective.preferred.without_response() if decision.invalid else effective.preferred
    applied = preference_applied(preferred)
    if applied:
        answer = answer.with_headers(("Preference-Applied", applied))
    return answer
