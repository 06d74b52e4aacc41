"""The mock's decision on a request, independent of web frameworks and servers.

The way of a request: gate, overrides, validation, conversation, journal.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from mock_server.http.cors import headers_for
from mock_server.http.messages import Answer, Call
from mock_server.loading.snapshot import Snapshot
from mock_server.overrides.effective import NOTHING, Effective, choose_override
from mock_server.overrides.prefer import preference_applied
from mock_server.overrides.rules import Rules, startup_rules
from mock_server.respond.conversation import Conversations
from mock_server.respond.decision import NO_TRACE, Decision, Forward, Trace
from mock_server.respond.forced import forced_answer, forced_success, spoil
from mock_server.respond.gate import Gate
from mock_server.respond.intake import json_object, read_turn, unchecked_turn
from mock_server.respond.journal import Entry, Journal, make_entry
from mock_server.respond.relay import Relay

Responded = tuple[Answer, Entry]
"""A response, and the journal entry that records it with its request."""


class ChatService:
    """Responds to turns. Thread-safe."""

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        relay: Relay | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """``relay`` answers what no scenario matches. ``clock`` is monotonic, ``now`` is Unix time; both in seconds."""
        options = snapshot.options
        self.snapshot = snapshot
        """What is served. Assign another one to serve it from the next request on."""
        self.rules = Rules(startup_rules(options.fault_rates, options.delay), options.seed)
        self.journal = Journal(options.max_requests_kept)
        self._options = options
        self._gate = Gate(options, clock)
        self._conversations = Conversations(options, self.rules, relay)
        self._now = now

    def reset(self) -> None:
        """Forget conversations, journal and rules, and restart all random sequences. Start-up options stay."""
        self._conversations.reset()
        self.journal.clear()
        self.rules.clear()
        self._gate.reset()

    def answer(self, call: Call) -> Answer:
        """Return the response to a request for the operation, and record both in the journal.

        For services without an upstream, which needs an event loop.
        """
        responded = self.respond(call)
        assert isinstance(responded, tuple)
        return responded[0]

    def respond(self, call: Call) -> Responded | Callable[[], Awaitable[Responded]]:
        """Return the response to a request for the operation, or the way to ask the upstream service for it."""
        snapshot = self.snapshot
        effective, decision = self._decide(snapshot, call)
        if isinstance(decision, Decision):
            return self._completed(snapshot, call, effective, decision)
        return partial(self._forwarded, snapshot, call, effective, decision)

    async def _forwarded(self, snapshot: Snapshot, call: Call, effective: Effective, forward: Forward) -> Responded:
        return self._completed(snapshot, call, effective, await forward())

    def _completed(self, snapshot: Snapshot, call: Call, effective: Effective, decision: Decision) -> Responded:
        answer = decision.answer if effective.is_empty else self._overridden(decision, effective)
        origin = call.headers.get("origin")
        if origin is not None:
            answer = answer.with_headers(*headers_for(origin, self._options.cors_origins))
        entry = make_entry(snapshot, self._now(), call, answer, decision.trace)
        self.journal.add(entry)
        return answer, entry

    def note_elsewhere(self, method: str, path: str, headers: Mapping[str, str], answer: Answer) -> None:
        """Record a request for any other path or method."""
        entry = make_entry(self.snapshot, self._now(), Call(headers, b""), answer, NO_TRACE, method=method, path=path)
        self.journal.add(entry)

    def _decide(self, snapshot: Snapshot, call: Call) -> tuple[Effective, Decision | Forward]:
        refused = self._gate.check(call)
        if refused is not None:
            return NOTHING, Decision(refused)
        effective = choose_override(self.rules, snapshot, call.headers.get("prefer"), lambda: json_object(call.body))
        if isinstance(effective, Answer):
            return NOTHING, Decision(effective)
        return effective, self._respond(snapshot, call, effective)

    def _respond(self, snapshot: Snapshot, call: Call, effective: Effective) -> Decision | Forward:
        if effective.override.sets_response:
            forced = forced_answer(snapshot, effective, self.rules.chance)
            if forced is not None:
                return Decision(forced, Trace.from_turn(unchecked_turn(call)))
        turn = read_turn(snapshot, call)
        if not isinstance(turn, Answer):
            return self._conversations.respond(snapshot, call, turn, effective)
        success = forced_success(snapshot, effective) if turn.status == 422 else None
        return Decision(turn, invalid=turn.status == 422) if success is None else Decision(success)

    def _overridden(self, decision: Decision, effective: Effective) -> Answer:
        """Apply fault and delay, and confirm the preferences that were applied."""
        override, answer = effective.override, decision.answer
        if override.fault is not None:
            answer = spoil(answer, override.fault)
        if override.delay is not None:
            answer = answer._replace(delay=self.rules.sample(override.delay))
        preferred = effective.preferred.without_response() if decision.invalid else effective.preferred
        applied = preference_applied(preferred)
        if applied:
            answer = answer.with_headers(("Preference-Applied", applied))
        return answer
