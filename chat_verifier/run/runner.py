"""Plays scripts on a server and judges every answer as it comes."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from chat_contract import Contract, Violation
from chat_contract.conformance import examine, exercised_clauses, find_violations, update_history
from chat_contract.exchange import Breakdown, Exchange, Request, Response
from chat_contract.history import History
from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind
from chat_verifier.planning.case import Case, CaseSequence, FaultNaming, Together, blames, requests_of
from chat_verifier.run.budget import BudgetSpentError, RequestBudget


class Replayed(NamedTuple):
    """What came in the earlier run; ``stale``: so long ago that the server may have lost the conversation since."""

    outcome: Response | Breakdown
    stale: bool


class Memory(Protocol):
    """What a runner needs of a run that was cut off: what came, for a request that was sent then."""

    def replay(self, sequence: CaseSequence, index: int, request: Request) -> Replayed | None: ...

    def keep(self, sequence: CaseSequence, index: int, request: Request, outcome: Response | Breakdown) -> None: ...


class Sender(Protocol):
    """What a runner needs of a client."""

    budget: RequestBudget

    def send(self, request: Request) -> Response | Breakdown: ...


@dataclass(frozen=True, eq=False)
class Observation:
    """One judged step: what was sent before it in its conversation, and what the oracle says of it."""

    sequence: CaseSequence
    index: int
    facts: ExchangeFacts
    earlier: tuple[Exchange, ...]
    violations: tuple[Violation, ...]
    tried: frozenset[str]
    at: float = 0.0
    """When it was sent, in seconds since the run began."""

    @property
    def case(self) -> Case:
        return self.sequence.cases[self.index]

    @property
    def exchange(self) -> Exchange:
        return self.facts.exchange


@dataclass
class Journal:
    """What a run has seen so far."""

    observations: list[Observation] = field(default_factory=list)
    left_out: list[CaseSequence] = field(default_factory=list)
    not_sent: list[tuple[CaseSequence, int]] = field(default_factory=list)
    """Turns for which there was no conversation to go on with."""


class Runner:
    """Plays scripts on one server; what it learns of the server's conversations is kept over all of them."""

    def __init__(
        self,
        contract: Contract,
        sender: Sender,
        *,
        max_requests: int | None = None,
        workers: int = 1,
        memory: Memory | None = None,
        clock: Callable[[], float] = time.monotonic,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.contract = contract
        self.sender = sender
        self.max_requests = max_requests
        self.workers = workers
        self.memory = memory
        self.clock = clock
        self.began = clock()
        self.progress = progress
        self.history = History()
        self.journal = Journal()
        self.naming = FaultNaming.ANY
        self._judging = threading.Lock()

    def play(self, sequences: Iterable[CaseSequence]) -> None:
        """Play the scripts, the most telling first, those that belong together at the same time; take packs apart.

        With several workers as many units are on their way at once: a unit is one script, or all of one ``together``.
        """
        queue = _Queue(sequences)
        paused: list[_Talk] = []
        seen: dict[int, list[Observation]] = {}
        try:
            self._fly(queue, paused, seen)
        finally:
            self.journal.observations += [observation for number in sorted(seen) for observation in seen[number]]
        for talk in paused:
            for index in range(1, len(talk.sequence.cases)):
                self._take_turn(talk, index, concurrent=False)
            self.journal.observations += talk.seen

    def _fly(self, queue: _Queue, paused: list[_Talk], seen: dict[int, list[Observation]]) -> None:
        """Keep the workers busy until nothing waits; ``seen`` tells of each unit what was observed, by its number."""
        flying: dict[Future[list[Observation]], tuple[int, list[CaseSequence]]] = {}
        with ThreadPoolExecutor(max_workers=self.workers) as pool:
            while queue or flying:
                if queue and not self._suits(queue.first[0]):
                    queue.take()
                    continue
                promised = sum(len(sequence.cases) for _, unit in flying.values() for sequence in unit)
                if queue and len(flying) < self.workers and self.affords(promised + requests_of(queue.first)):
                    number, unit = queue.take()
                    if unit[0].spans_run:
                        talk = _Talk(unit[0])
                        self._take_turn(talk, 0, concurrent=False)
                        paused.append(talk)
                    else:
                        flying[pool.submit(self.observe, unit)] = number, unit
                elif flying:
                    for done in wait(flying, return_when=FIRST_COMPLETED).done:
                        number, unit = flying.pop(done)
                        seen[number] = done.result()
                        queue.add(_following(unit[0], seen[number]))
                else:
                    self.journal.left_out += queue.take()[1]

    def _suits(self, sequence: CaseSequence) -> bool:
        """Say whether a script is for this server; where there is no bound, all are."""
        if self.max_requests is None or sequence.naming is FaultNaming.ANY:
            return True
        return sequence.naming is (FaultNaming.SEVERAL if self.naming is FaultNaming.SEVERAL else FaultNaming.FIRST)

    def admit(self, sequence: CaseSequence, outcome: Response | Breakdown) -> None:
        """Judge what a script of one step got elsewhere, as if it had been played here."""
        talk = _Talk(sequence)
        self._judge(talk, 0, self._request(sequence.cases[0], None), outcome, concurrent=False)
        self.journal.observations += talk.seen

    def observe(self, together: Sequence[CaseSequence]) -> list[Observation]:
        """Play scripts that belong together and return what was seen, without writing it into the journal."""
        if len(together) == 1:
            return self._conversation(together[0])
        if together[0].together is Together.INTERLEAVED:
            return self._interleaved(together)
        with ThreadPoolExecutor(max_workers=len(together)) as pool:
            barrier = threading.Barrier(len(together))
            futures = [pool.submit(self._conversation, sequence, barrier) for sequence in together]
            return [observation for future in futures for observation in future.result()]

    def affords(self, requests: int) -> bool:
        """Say whether so many more requests may be sent."""
        if self.sender.budget.over:
            return False
        return self.max_requests is None or self.sender.budget.spent + requests <= self.max_requests

    def _conversation(self, sequence: CaseSequence, barrier: threading.Barrier | None = None) -> list[Observation]:
        talk = _Talk(sequence)
        for index in range(len(sequence.cases)):
            if barrier is not None:
                _meet(barrier)
            self._take_turn(talk, index, concurrent=barrier is not None)
        return talk.seen

    def _interleaved(self, together: Sequence[CaseSequence]) -> list[Observation]:
        talks = [_Talk(sequence) for sequence in together]
        for index in range(max(len(sequence.cases) for sequence in together)):
            for talk in talks:
                if index < len(talk.sequence.cases):
                    self._take_turn(talk, index, concurrent=True)
        return [observation for talk in talks for observation in talk.seen]

    def _take_turn(self, talk: _Talk, index: int, *, concurrent: bool) -> None:
        case = talk.sequence.cases[index]
        if talk.cut_off:
            self._leave_out(talk, index)
            return
        if case.continues and talk.conversation_id is None:
            self.journal.not_sent.append((talk.sequence, index))
            return
        request = self._request(case, talk.conversation_id)
        at = self.clock() - self.began
        outcome = self._outcome(talk, index, request)
        if outcome is None:
            self._leave_out(talk, index)
            return
        self.progress(self.sender.budget.spent)
        self._judge(talk, index, request, outcome, concurrent=concurrent, at=at)

    def _leave_out(self, talk: _Talk, index: int) -> None:
        """Say that a turn was not sent, and that none after it will be."""
        talk.cut_off = True
        with self._judging:
            self.journal.left_out.append(replace(talk.sequence, cases=(talk.sequence.cases[index],), parts=()))

    def _outcome(self, talk: _Talk, index: int, request: Request) -> Response | Breakdown | None:
        """Recall what came, or send; None where a conversation is too old to be gone on with, or no more may go out."""
        try:
            return self._recalled_or_sent(talk, index, request)
        except BudgetSpentError:
            return None

    def _recalled_or_sent(self, talk: _Talk, index: int, request: Request) -> Response | Breakdown | None:
        if self.memory is None:
            return self.sender.send(request)
        known = self.memory.replay(talk.sequence, index, request)
        if known is not None:
            self.sender.budget.replay()
            talk.stale = known.stale
            return known.outcome
        if talk.stale and talk.sequence.cases[index].continues:
            return None
        outcome = self.sender.send(request)
        self.memory.keep(talk.sequence, index, request, outcome)
        return outcome

    def _request(self, case: Case, conversation_id: str | None) -> Request:
        return Request(
            case.method,
            self.contract.operation.path if case.path is None else case.path,
            case.headers,
            case.raw(conversation_id),
            case.chunked,
            case.credential,
        )

    def _judge(
        self,
        talk: _Talk,
        index: int,
        request: Request,
        outcome: Response | Breakdown,
        *,
        concurrent: bool,
        at: float = 0.0,
    ) -> None:
        exchange = Exchange(request, outcome, concurrent)
        with self._judging:
            facts = examine(self.contract, exchange, self.history)
            found = tuple(find_violations(facts))
            clauses = exercised_clauses(facts)
            # Rules read the history when they run; what comes after must not change what this answer was judged by.
            frozen = replace(facts, history=History())
            for name in ("kind", "response_json", "reply"):
                frozen.__dict__[name] = getattr(facts, name)
            talk.seen.append(Observation(talk.sequence, index, frozen, tuple(talk.exchanges), found, clauses, at))
            update_history(self.history, facts)
            self._learn_naming(facts)
        talk.exchanges.append(exchange)
        if talk.conversation_id is None and facts.reply_id is not None:
            talk.conversation_id = facts.reply_id

    def _learn_naming(self, facts: ExchangeFacts) -> None:
        """Note that an answer names more than one fault, or of several but one."""
        places = {fault.place for fault in facts.classification.hard_faults}
        if len(places) < 2 or facts.status != 422:
            return
        blamed = _blamed(facts)
        named = sum(any(blames(loc, place) for loc in blamed) for place in places)
        if self.naming is not FaultNaming.SEVERAL:
            self.naming = FaultNaming.SEVERAL if named > 1 else FaultNaming.FIRST


class _Queue:
    """Scripts that wait to be played, the most telling first, otherwise as they came."""

    def __init__(self, sequences: Iterable[CaseSequence]) -> None:
        self._waiting = sorted(sequences, key=lambda sequence: sequence.priority)
        self._taken = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def first(self) -> list[CaseSequence]:
        """The next unit: a script with those that are played together with it."""
        sequence, *others = self._waiting
        return [sequence, *(other for other in others if sequence.together and other.together == sequence.together)]

    def take(self) -> tuple[int, list[CaseSequence]]:
        """Take the next unit out; returns its number too."""
        unit = self.first
        self._waiting = [sequence for sequence in self._waiting if sequence not in unit]
        self._taken += 1
        return self._taken, unit

    def add(self, sequences: Iterable[CaseSequence]) -> None:
        self._waiting = sorted([*self._waiting, *sequences], key=lambda sequence: sequence.priority)


class _Talk:
    """A script while it is played."""

    def __init__(self, sequence: CaseSequence) -> None:
        self.sequence = sequence
        self.conversation_id: str | None = None
        self.stale = False
        self.cut_off = False
        self.exchanges: list[Exchange] = []
        self.seen: list[Observation] = []


def _meet(barrier: threading.Barrier) -> None:
    """Wait for the others, so that their requests are in flight at the same time; not for ever."""
    try:
        barrier.wait(timeout=30)
    except threading.BrokenBarrierError:
        time.sleep(0)


def _following(sequence: CaseSequence, seen: Sequence[Observation]) -> list[CaseSequence]:
    """Return what an answer makes worth sending: the parts of a pack, and faults that it did not name."""
    parts = _taken_apart(sequence, seen)
    # A smaller pack tells as much as the whole one did; each of many parts tells less.
    priority = sequence.priority.lower if len(parts) > 1 else sequence.priority
    return [*(replace(part, priority=priority) for part in parts), *_not_blamed(seen)]


def _taken_apart(sequence: CaseSequence, seen: Sequence[Observation]) -> Sequence[CaseSequence]:
    """Return what to send for a pack whose answer does not say that each variation was looked at and taken."""
    if not sequence.parts or not seen or not seen[0].tried:
        # Not a pack, or not judged.
        return ()
    facts = seen[0].facts
    if any(violation.level != "observed" for violation in seen[0].violations):
        return sequence.parts
    if facts.status == 200:
        return ()
    if facts.status == 422 and facts.kind is RequestKind.UNSPECIFIED and sequence.without is not None:
        return sequence.without(_blamed(facts))
    return sequence.parts


def _not_blamed(seen: Sequence[Observation]) -> list[CaseSequence]:
    """Return what to send for packs of faults of which the answers name only some."""
    return [
        sequence
        for observation in seen
        if observation.case.unblamed is not None and observation.tried
        for sequence in observation.case.unblamed(_blamed(observation.facts) if observation.facts.status == 422 else ())
    ]


def _blamed(facts: ExchangeFacts) -> list[tuple[str | int, ...]]:
    detail = facts.response_json.get("detail") if isinstance(facts.response_json, dict) else None
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
