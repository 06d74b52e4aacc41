"""Plays scripts on a server and judges every answer as it comes."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from chat_contract import Contract, Violation
from chat_contract.history import History
from chat_contract.interactions import Breakdown, Interaction, Request, Response
from chat_contract.judge import facts_of, remember, tried, violations
from chat_contract.rules.facts import Facts, Kind
from contract_tests.engine.script import Script, Step


class Sender(Protocol):
    """What a runner needs of a client."""

    sent: int

    def send(self, request: Request) -> Response | Breakdown: ...


@dataclass(frozen=True, eq=False)
class Observation:
    """One judged step: what was sent before it in its conversation, and what the oracle says of it."""

    script: Script
    index: int
    facts: Facts
    earlier: tuple[Interaction, ...]
    violations: tuple[Violation, ...]
    tried: frozenset[str]

    @property
    def step(self) -> Step:
        return self.script.steps[self.index]

    @property
    def interaction(self) -> Interaction:
        return self.facts.interaction


@dataclass
class Journal:
    """What a run has seen so far."""

    observations: list[Observation] = field(default_factory=list)
    left_out: list[Script] = field(default_factory=list)
    not_sent: list[tuple[Script, int]] = field(default_factory=list)
    """Turns for which there was no conversation to go on with."""


class Runner:
    """Plays scripts on one server; what it learns of the server's conversations is kept over all of them."""

    def __init__(
        self,
        contract: Contract,
        sender: Sender,
        *,
        max_requests: int | None = None,
        expired: Callable[[], bool] = lambda: False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.contract = contract
        self.sender = sender
        self.max_requests = max_requests
        self.expired = expired
        self.progress = progress
        self.history = History()
        self.journal = Journal()
        self._judging = threading.Lock()

    def play(self, scripts: Iterable[Script]) -> None:
        """Play the scripts, the most telling first, those that belong together at the same time; take packs apart."""
        waiting = sorted(scripts, key=lambda script: script.rank)
        paused: list[_Talk] = []
        while waiting:
            script = waiting.pop(0)
            together = [script, *(other for other in waiting if script.together and other.together == script.together)]
            waiting = [other for other in waiting if other not in together]
            if not self._affords(sum(len(other.steps) for other in together)):
                self.journal.left_out += together
                continue
            if script.paused:
                talk = _Talk(script)
                self._take_turn(talk, 0, concurrent=False)
                paused.append(talk)
                continue
            seen = self.observe(together)
            self.journal.observations += seen
            parts = _taken_apart(script, seen)
            # A smaller pack is as telling as the whole one was; many parts are not.
            parts = [replace(part, rank=script.rank + (len(parts) > 1)) for part in parts]
            waiting = sorted([*waiting, *parts, *_not_blamed(seen)], key=lambda other: other.rank)
        for talk in paused:
            for index in range(1, len(talk.script.steps)):
                self._take_turn(talk, index, concurrent=False)
            self.journal.observations += talk.seen

    def admit(self, script: Script, outcome: Response | Breakdown) -> None:
        """Judge what a script of one step got elsewhere, as if it had been played here."""
        talk = _Talk(script)
        self._judge(talk, 0, self._request(script.steps[0], None), outcome, concurrent=False)
        self.journal.observations += talk.seen

    def observe(self, together: Sequence[Script]) -> list[Observation]:
        """Play scripts that belong together and return what was seen, without writing it into the journal."""
        if len(together) == 1:
            return self._conversation(together[0])
        if together[0].together == "interleaved":
            return self._interleaved(together)
        with ThreadPoolExecutor(max_workers=len(together)) as pool:
            barrier = threading.Barrier(len(together))
            futures = [pool.submit(self._conversation, script, barrier) for script in together]
            return [observation for future in futures for observation in future.result()]

    def _affords(self, requests: int) -> bool:
        if self.expired():
            return False
        return self.max_requests is None or self.sender.sent + requests <= self.max_requests

    def _conversation(self, script: Script, barrier: threading.Barrier | None = None) -> list[Observation]:
        talk = _Talk(script)
        for index in range(len(script.steps)):
            if barrier is not None:
                _meet(barrier)
            self._take_turn(talk, index, concurrent=barrier is not None)
        return talk.seen

    def _interleaved(self, together: Sequence[Script]) -> list[Observation]:
        talks = [_Talk(script) for script in together]
        for index in range(max(len(script.steps) for script in together)):
            for talk in talks:
                if index < len(talk.script.steps):
                    self._take_turn(talk, index, concurrent=True)
        return [observation for talk in talks for observation in talk.seen]

    def _take_turn(self, talk: _Talk, index: int, *, concurrent: bool) -> None:
        step = talk.script.steps[index]
        if step.continues and talk.conversation_id is None:
            self.journal.not_sent.append((talk.script, index))
            return
        request = self._request(step, talk.conversation_id)
        outcome = self.sender.send(request)
        self.progress(self.sender.sent)
        self._judge(talk, index, request, outcome, concurrent=concurrent)

    def _request(self, step: Step, conversation_id: str | None) -> Request:
        return Request(
            step.method,
            self.contract.operation.path if step.path is None else step.path,
            step.headers,
            step.raw(conversation_id),
            step.chunked,
            step.credential,
        )

    def _judge(
        self, talk: _Talk, index: int, request: Request, outcome: Response | Breakdown, *, concurrent: bool
    ) -> None:
        interaction = Interaction(request, outcome, concurrent)
        with self._judging:
            facts = facts_of(self.contract, interaction, self.history)
            found = tuple(violations(facts))
            clauses = tried(facts)
            # Rules read the history when they run; what comes after must not change what this answer was judged by.
            frozen = replace(facts, history=History())
            for name in ("kind", "answer", "reply"):
                frozen.__dict__[name] = getattr(facts, name)
            talk.seen.append(Observation(talk.script, index, frozen, tuple(talk.interactions), found, clauses))
            remember(self.history, facts)
        talk.interactions.append(interaction)
        if talk.conversation_id is None and facts.reply_id is not None:
            talk.conversation_id = facts.reply_id


class _Talk:
    """A script while it is played."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.conversation_id: str | None = None
        self.interactions: list[Interaction] = []
        self.seen: list[Observation] = []


def _meet(barrier: threading.Barrier) -> None:
    """Wait for the others, so that their requests are in flight at the same time; not for ever."""
    try:
        barrier.wait(timeout=30)
    except threading.BrokenBarrierError:
        time.sleep(0)


def _taken_apart(script: Script, seen: Sequence[Observation]) -> Sequence[Script]:
    """Return what to send for a pack whose answer does not say that each variation was looked at and taken."""
    if not script.parts or not seen or not seen[0].tried:
        # Not a pack, or not judged.
        return ()
    facts = seen[0].facts
    if any(violation.level != "observed" for violation in seen[0].violations):
        return script.parts
    if facts.status == 200:
        return ()
    if facts.status == 422 and facts.kind is Kind.LATITUDE and script.without is not None:
        return script.without(_blamed(facts))
    return script.parts


def _not_blamed(seen: Sequence[Observation]) -> list[Script]:
    """Return what to send for packs of faults of which the answers name only some."""
    return [
        script
        for observation in seen
        if observation.step.unblamed is not None and observation.tried
        for script in observation.step.unblamed(_blamed(observation.facts) if observation.facts.status == 422 else ())
    ]


def _blamed(facts: Facts) -> list[tuple[str | int, ...]]:
    detail = facts.answer.get("detail") if isinstance(facts.answer, dict) else None
    entries = detail if isinstance(detail, list) else []
    locs = [entry["loc"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("loc"), list)]
    return [tuple(loc[1:] if loc[:1] == ["body"] else loc) for loc in locs]


def by_clause(observations: Iterable[Observation]) -> dict[str, list[Observation]]:
    """Return the observations that put each clause to the test."""
    found: dict[str, list[Observation]] = defaultdict(list)
    for observation in observations:
        for clause in observation.tried:
            found[clause].append(observation)
    return dict(found)
