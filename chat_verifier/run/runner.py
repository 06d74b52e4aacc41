"""Plays the sequences of a plan by priority, with several workers, and splits packs by their responses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from chat_contract import Contract
from chat_contract.exchange import Breakdown, Response
from chat_verifier.planning.case import CaseSequence, FaultNaming, requests_of
from chat_verifier.run.judge import Judge
from chat_verifier.run.observation import Journal, Observation
from chat_verifier.run.player import Player, Playthrough, ReplaySource, Sender
from chat_verifier.run.queue import SequenceQueue
from chat_verifier.run.splitting import follow_ups

_Flight = dict[Future[list[Observation]], tuple[int, list[CaseSequence]]]


class Runner:
    """Plays sequences on one server. Its journal and what it learns about the server last for the whole run.

    ``max_requests`` limits what is begun; the budget of the sender may be lower.
    """

    def __init__(
        self,
        contract: Contract,
        sender: Sender,
        *,
        max_requests: int | None = None,
        workers: int = 1,
        source: ReplaySource | None = None,
        clock: Callable[[], float] = time.monotonic,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.sender = sender
        self.max_requests = max_requests
        self.workers = workers
        self.journal = Journal()
        self._judge = Judge(contract)
        self._player = Player(
            contract, sender, self._judge, self.journal, source=source, clock=clock, progress=progress
        )

    def play(self, sequences: Iterable[CaseSequence]) -> None:
        """Play the sequences by priority, and what follows when packs are split."""
        queue = SequenceQueue(sequences)
        spanning: list[Playthrough] = []
        seen: dict[int, list[Observation]] = {}
        try:
            self._work_off(queue, spanning, seen)
        finally:
            # In the order in which the units began, whatever the number of workers.
            self.journal.observations += [observation for number in sorted(seen) for observation in seen[number]]
        for played in spanning:
            for index in range(1, len(played.sequence.cases)):
                self._player.take_turn(played, index, concurrent=False)
            self.journal.observations += played.observations

    def admit(self, sequence: CaseSequence, outcome: Response | Breakdown) -> None:
        """Judge and keep a response that the only case of the sequence received elsewhere."""
        self.journal.observations += self._player.admit(sequence, outcome)

    def observe(self, unit: Sequence[CaseSequence]) -> list[Observation]:
        """Play sequences together and return what was observed, without a journal entry."""
        return self._player.play(unit)

    def affords(self, requests: int) -> bool:
        """Return whether the run may send so many more requests."""
        if self.sender.budget.over:
            return False
        return self.max_requests is None or self.sender.budget.spent + requests <= self.max_requests

    def _work_off(self, queue: SequenceQueue, spanning: list[Playthrough], seen: dict[int, list[Observation]]) -> None:
        """Keep the workers busy until nothing waits; ``seen`` receives the observations of each unit by its number."""
        flying: _Flight = {}
        with ThreadPoolExecutor(max_workers=self.workers) as pool:
            while queue or flying:
                if queue and not self._suits(queue.first[0]):
                    queue.take()
                elif queue and len(flying) < self.workers and self._affords_beside(flying, queue.first):
                    number, unit = queue.take()
                    if unit[0].spans_run:
                        spanning.append(self._opened(unit[0]))
                    else:
                        flying[pool.submit(self.observe, unit)] = number, unit
                elif flying:
                    for done in wait(flying, return_when=FIRST_COMPLETED).done:
                        number, _ = flying.pop(done)
                        seen[number] = done.result()
                        queue.add(follow_ups(seen[number]))
                else:
                    self.journal.left_out += queue.take()[1]

    def _affords_beside(self, flying: _Flight, unit: Sequence[CaseSequence]) -> bool:
        """Return whether the run may send a unit besides those that are still being played."""
        return self.affords(requests_of(unit) + sum(requests_of(other) for _, other in flying.values()))

    def _opened(self, sequence: CaseSequence) -> Playthrough:
        played = Playthrough(sequence)
        self._player.take_turn(played, 0, concurrent=False)
        return played

    def _suits(self, sequence: CaseSequence) -> bool:
        """Return whether this server receives the sequence; without a request limit, it receives all."""
        if self.max_requests is None or sequence.naming is FaultNaming.ANY:
            return True
        names_several = self._judge.naming is FaultNaming.SEVERAL
        return sequence.naming is (FaultNaming.SEVERAL if names_several else FaultNaming.FIRST)
