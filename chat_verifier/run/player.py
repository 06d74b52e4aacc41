"""Plays case sequences: sends their requests in order and has the responses judged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import NamedTuple, Protocol

from chat_contract import Contract
from chat_contract.exchange import Breakdown, Exchange, Request, Response
from chat_verifier.planning.case import Case, CaseSequence, Together
from chat_verifier.run.budget import BudgetSpentError, RequestBudget
from chat_verifier.run.judge import Judge
from chat_verifier.run.observation import Journal, Observation

_LONGEST_WAIT = 30.0
"""How many seconds concurrent conversations wait for each other before each request."""


class Replayed(NamedTuple):
    """A response of an earlier run; ``stale``: so old that the server may have lost the conversation since."""

    outcome: Response | Breakdown
    stale: bool


class ReplaySource(Protocol):
    """Where the responses of an interrupted run come from and where new ones go."""

    def replay(self, sequence: CaseSequence, index: int, request: Request) -> Replayed | None: ...

    def keep(self, sequence: CaseSequence, index: int, request: Request, outcome: Response | Breakdown) -> None: ...


class Sender(Protocol):
    """What sends requests: the client, or a server in memory."""

    budget: RequestBudget

    def handling(self) -> AbstractContextManager[None]:
        """Receive and judge a response in the block; no other large one is handled at the same time."""

    def send(self, request: Request) -> Response | Breakdown: ...


class Playthrough:
    """The state of one sequence while it is played."""

    def __init__(self, sequence: CaseSequence) -> None:
        self.sequence = sequence
        self.conversation_id: str | None = None
        self.stale = False
        self.cut_off = False
        self.exchanges: list[Exchange] = []
        self.observations: list[Observation] = []

    def add(self, observation: Observation) -> None:
        """Add an observation; the first reply opens the conversation."""
        self.observations.append(observation)
        self.exchanges.append(observation.exchange)
        if self.conversation_id is None:
            self.conversation_id = observation.facts.reply_id


class Player:
    """Plays sequences on one server. Thread-safe.

    ``watch`` receives each observation.
    """

    def __init__(
        self,
        contract: Contract,
        sender: Sender,
        judge: Judge,
        journal: Journal,
        *,
        source: ReplaySource | None = None,
        clock: Callable[[], float] = time.monotonic,
        watch: Callable[[Observation], None] = lambda _: None,
    ) -> None:
        self.contract = contract
        self.sender = sender
        self.judge = judge
        self.journal = journal
        self.source = source
        self.clock = clock
        self.began = clock()
        self.watch = watch
        self._lock = threading.Lock()

    def play(self, unit: Sequence[CaseSequence]) -> list[Observation]:
        """Play the sequences of a unit together, with their deferred turns, and return what was observed."""
        if len(unit) == 1:
            played = self.begin(unit[0])
            self.finish(played)
            return played.observations
        if unit[0].together is Together.INTERLEAVED:
            return self._play_interleaved(unit)
        with ThreadPoolExecutor(max_workers=len(unit)) as pool:
            barrier = threading.Barrier(len(unit))
            futures = [pool.submit(self._play_one, sequence, barrier) for sequence in unit]
            return [observation for future in futures for observation in future.result()]

    def admit(self, sequence: CaseSequence, outcome: Response | Breakdown) -> list[Observation]:
        """Judge a response that the only case of the sequence received elsewhere."""
        case = sequence.cases[0]
        request = self._request(case, None)
        return [self.judge.judge(sequence, 0, case, Exchange(request, outcome))]

    def take_turn(self, played: Playthrough, index: int, *, concurrent: bool) -> None:
        """Send one case and what follows from its response, unless the conversation or the budget does not allow it."""
        planned = played.sequence.cases[index]
        if played.cut_off:
            self._leave_out(played, index)
            return
        case = self.judge.adapted(planned)
        if case is None:
            return
        if case.continues and played.conversation_id is None:
            self.journal.not_sent.append((played.sequence, index))
            return
        waiting = [case]
        while waiting:
            observation = self._sent(played, index, waiting.pop(0), concurrent=concurrent)
            if observation is None:
                self._leave_out(played, index)
                return
            waiting += self.judge.following(observation)

    def _sent(self, played: Playthrough, index: int, case: Case, *, concurrent: bool) -> Observation | None:
        """Send a case and judge the response; None if the budget does not allow it."""
        request = self._request(case, played.conversation_id)
        at = self.clock() - self.began
        with self.sender.handling():
            outcome = self._outcome(played, index, request)
            if outcome is None:
                return None
            exchange, earlier = Exchange(request, outcome, concurrent), tuple(played.exchanges)
            observation = self.judge.judge(played.sequence, index, case, exchange, earlier=earlier, at=at)
            # The next large response may come as soon as the block ends, and this one is not needed any more.
            del outcome, exchange
        played.add(observation)
        self.watch(observation)
        return observation

    def begin(self, sequence: CaseSequence) -> Playthrough:
        """Play a sequence up to its deferred turns."""
        played = Playthrough(sequence)
        for index in range(len(sequence.cases) - sequence.deferred):
            self.take_turn(played, index, concurrent=False)
        return played

    def finish(self, played: Playthrough) -> list[Observation]:
        """Play the deferred turns and return what was observed in them."""
        before = len(played.observations)
        for index in range(len(played.sequence.cases) - played.sequence.deferred, len(played.sequence.cases)):
            self.take_turn(played, index, concurrent=False)
        return played.observations[before:]

    def _play_one(self, sequence: CaseSequence, barrier: threading.Barrier) -> list[Observation]:
        played = Playthrough(sequence)
        for index in range(len(sequence.cases)):
            _meet(barrier)
            self.take_turn(played, index, concurrent=True)
        return played.observations

    def _play_interleaved(self, unit: Sequence[CaseSequence]) -> list[Observation]:
        playing = [Playthrough(sequence) for sequence in unit]
        for index in range(max(len(sequence.cases) for sequence in unit)):
            for played in playing:
                if index < len(played.sequence.cases):
                    self.take_turn(played, index, concurrent=True)
        return [observation for played in playing for observation in played.observations]

    def _leave_out(self, played: Playthrough, index: int) -> None:
        """Note that a case was not sent, and that none after it in the sequence will be."""
        played.cut_off = True
        with self._lock:
            self.journal.left_out.append(replace(played.sequence, cases=(played.sequence.cases[index],)))

    def _outcome(self, played: Playthrough, index: int, request: Request) -> Response | Breakdown | None:
        """Replay or send; None if the conversation is too old to continue, or the budget is spent."""
        try:
            return self._replayed_or_sent(played, index, request)
        except BudgetSpentError:
            return None

    def _replayed_or_sent(self, played: Playthrough, index: int, request: Request) -> Response | Breakdown | None:
        if self.source is None:
            return self.sender.send(request)
        replayed = self.source.replay(played.sequence, index, request)
        if replayed is not None:
            self.sender.budget.replay(accepted=is_accepted(replayed.outcome))
            played.stale = replayed.stale
            return replayed.outcome
        if played.stale and played.sequence.cases[index].continues:
            return None
        outcome = self.sender.send(request)
        self.source.keep(played.sequence, index, request, outcome)
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


def _meet(barrier: threading.Barrier) -> None:
    """Wait until all conversations are ready to send, so that their requests are in flight at the same time."""
    with suppress(threading.BrokenBarrierError):
        barrier.wait(timeout=_LONGEST_WAIT)


def is_accepted(outcome: Response | Breakdown) -> bool:
    """Return whether the server accepted a request, which costs what its language model costs."""
    return isinstance(outcome, Response) and 200 <= outcome.status < 300
