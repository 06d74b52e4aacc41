"""Plays the sequences of a plan by priority, with several workers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from chat_contract import Contract
from chat_contract.exchange import Breakdown, Response
from chat_verifier.planning.case import CaseSequence, Priority
from chat_verifier.planning.tiers import Limits
from chat_verifier.run.judge import Judge
from chat_verifier.run.knowledge import Knowledge
from chat_verifier.run.observation import Journal, Observation
from chat_verifier.run.player import Player, Playthrough, ReplaySource, Sender
from chat_verifier.run.queue import SequenceQueue
from chat_verifier.run.rejection_kinds import AcceptedFaults, faults_of

_RESERVE = 10
"""How many more requests are kept for confirmations and reductions once a violation was seen."""
_RESERVE_ACCEPTED = 0.1
"""The share of the accepted requests that is kept for the same."""
_RESERVE_FROM_FREE = 0.5
"""The part of that share that is kept when the next request is one that the server probably rejects."""
_SEVERAL_TURNS = 2
_CONVERSATIONS = 2
"""If every violation comes after several turns, requests for so many conversations of this length are kept too."""

_NO_LIMITS = Limits()

_Played = list[Observation] | Playthrough
_Flight = dict[Future[_Played], tuple[int, list[CaseSequence]]]


class Runner:
    """Plays sequences on one server. Its journal and what it learns about the server last for the whole run.

    ``limits`` are for what is begun; the budget of the sender may be lower.
    ``patience``: how many seconds conversations rest before their deferred turns. ``watch`` receives each observation.
    """

    def __init__(
        self,
        contract: Contract,
        sender: Sender,
        *,
        limits: Limits = _NO_LIMITS,
        workers: int = 1,
        patience: float = 0.0,
        source: ReplaySource | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        watch: Callable[[Observation], None] = lambda _: None,
    ) -> None:
        self.sender = sender
        self.limits = limits
        self.workers = workers
        self.patience = patience
        self.journal = Journal()
        self._clock = clock
        self._sleep = sleep
        self._judge = Judge(contract)
        self._player = Player(contract, sender, self._judge, self.journal, source=source, clock=clock, watch=watch)
        self._paused: list[Playthrough] = []
        self._last = clock()
        self._reserved = self._reserved_accepted = 0
        self._fewest = sys.maxsize
        self._accepted_faults = AcceptedFaults()

    @property
    def knowledge(self) -> Knowledge:
        """What the run has learnt about the server."""
        return self._judge.knowledge

    def play(self, sequences: Iterable[CaseSequence]) -> None:
        """Play the sequences by priority: first those that show how the server responds, then all others.

        The deferred turns of all conversations come last.
        """
        everything = list(sequences)
        self._play([one for one in everything if one.priority is Priority.LEARNING])
        self._play([one for one in everything if one.priority is not Priority.LEARNING])
        self._finish()

    def release(self, sequences: Collection[CaseSequence]) -> None:
        """Take sequences from those left out; from now on the run may use all requests of the sender."""
        budget = self.sender.budget
        self.limits = Limits(budget.most, budget.most_accepted)
        self._reserved = self._reserved_accepted = 0
        self.journal.left_out = [one for one in self.journal.left_out if one not in sequences]

    def admit(self, sequence: CaseSequence, outcome: Response | Breakdown) -> None:
        """Judge and keep a response that the only case of the sequence received elsewhere."""
        self.journal.observations += self._player.admit(sequence, outcome)

    def observe(self, unit: Sequence[CaseSequence]) -> list[Observation]:
        """Play sequences together and return what was observed, without a journal entry."""
        return self._player.play(unit)

    def affords(self, requests: int, accepted: int = 0) -> bool:
        """Return whether the run may send so many more requests, of which so many may be accepted."""
        budget = self.sender.budget
        return self._affords_requests(requests) and (
            self.limits.accepted is None or budget.accepted + accepted + self._reserved_accepted <= self.limits.accepted
        )

    def _affords_requests(self, requests: int) -> bool:
        budget = self.sender.budget
        most = self.limits.requests
        fits = most is None or budget.sent + requests + self._reserved <= most
        return fits and not budget.over

    def _affords_free(self, requests: int) -> bool:
        """Return whether the run may send so many more requests that the server probably rejects.

        They may use the last accepted requests, but stay within the limit even if the server accepts all of them.
        """
        budget = self.sender.budget
        most, kept = budget.most_accepted, int(self._reserved_accepted * _RESERVE_FROM_FREE)
        return self._affords_requests(requests) and (most is None or budget.accepted + requests + kept <= most)

    def sender_affords(self, requests: int) -> bool:
        """Return whether the budget of the sender allows so many more requests."""
        budget = self.sender.budget
        return not budget.over and (budget.most is None or budget.sent + requests <= budget.most)

    def _play(self, sequences: Sequence[CaseSequence]) -> None:
        seen: dict[int, list[Observation]] = {}
        try:
            self._work_off(SequenceQueue(sequences), seen)
        finally:
            # In the order in which the units began, whatever the number of workers.
            self.journal.observations += [observation for number in sorted(seen) for observation in seen[number]]

    def _work_off(self, queue: SequenceQueue, seen: dict[int, list[Observation]]) -> None:
        """Keep the workers busy until nothing waits; ``seen`` receives the observations of each unit by its number."""
        flying: _Flight = {}
        with ThreadPoolExecutor(max_workers=self.workers) as pool:
            while queue or flying:
                if queue and self._is_pointless(queue.first):
                    queue.take()
                elif queue and not queue.only_postponed and self._accepted_faults.are_known(queue.first):
                    queue.postpone()
                elif queue and len(flying) < self.workers and self._affords_beside(flying, queue.first):
                    number, unit = queue.take()
                    flying[pool.submit(self._begin, unit)] = number, unit
                elif flying:
                    for done in wait(flying, return_when=FIRST_COMPLETED).done:
                        number, _ = flying.pop(done)
                        seen[number] = self._noted(done.result())
                else:
                    self.journal.left_out += queue.take()[1]

    def _begin(self, unit: Sequence[CaseSequence]) -> _Played:
        return self._player.begin(unit[0]) if unit[0].deferred else self._player.play(unit)

    def _noted(self, played: _Played) -> list[Observation]:
        """Return what was observed, and keep a conversation whose last turns are deferred."""
        self._last = self._clock()
        seen = played.observations if isinstance(played, Playthrough) else played
        wrong = [one for one in seen if any(violation.level == "must" for violation in one.violations)]
        if wrong:
            self._reserve_for(min(len(one.earlier) if one.case.continues else 0 for one in wrong))
        self._accepted_faults.learn(seen)
        if isinstance(played, Playthrough):
            self._paused.append(played)
            return list(played.observations)
        return played

    def _reserve_for(self, turns: int) -> None:
        """Keep requests to confirm violations, the earliest of which needs so many turns before it."""
        self._fewest = min(turns, self._fewest)
        more = self._fewest if self._fewest >= _SEVERAL_TURNS else 0
        self._reserved = _RESERVE + _CONVERSATIONS * more
        most = self.limits.accepted
        self._reserved_accepted = int(_RESERVE_ACCEPTED * most) + more if most else 0

    def _finish(self) -> None:
        """Play the deferred turns, after the conversations have rested."""
        paused, self._paused = sorted(self._paused, key=lambda played: played.sequence.id), []
        if not paused:
            return
        rest = self.patience - (self._clock() - self._last)
        if rest > 0:
            self._sleep(min(rest, max(0.0, self.sender.budget.left())))
        with ThreadPoolExecutor(max_workers=self.workers) as pool:
            for found in pool.map(self._player.finish, paused):
                self.journal.observations += found

    def _affords_beside(self, flying: _Flight, unit: Sequence[CaseSequence]) -> bool:
        """Return whether the run may send a unit besides those that are being played, and all deferred turns."""
        units = [*(other for _, other in flying.values()), unit]
        cases = [case for one in units for sequence in one for case in sequence.cases if self._judge.suits(case)]
        deferred = sum(played.sequence.deferred for played in self._paused)
        if not self._accepted_faults.are_costly(unit):
            return self._affords_free(len(cases) + deferred)
        accepted = sum(not faults_of(sequence, case) for one in units for sequence in one for case in sequence.cases)
        return self.affords(len(cases) + deferred, accepted + deferred)

    def _is_pointless(self, unit: Sequence[CaseSequence]) -> bool:
        """Return whether no case of the unit tells anything about this server."""
        return not any(self._judge.suits(case) for sequence in unit for case in sequence.cases)
