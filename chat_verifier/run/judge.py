"""Judges the exchanges of one run, in the order in which the responses come."""

from __future__ import annotations

import threading
from dataclasses import replace

from chat_contract import Contract
from chat_contract.conformance import examine, exercised_clauses, find_violations, update_history
from chat_contract.exchange import Exchange
from chat_contract.history import History
from chat_verifier.planning.case import Case, CaseSequence
from chat_verifier.run.knowledge import Knowledge
from chat_verifier.run.observation import Observation


class Judge:
    """Judges exchanges and learns about the server: its conversations, what it names and what it rejects.

    Thread-safe.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.history = History()
        self.knowledge = Knowledge()
        self._lock = threading.Lock()

    def judge(
        self,
        sequence: CaseSequence,
        index: int,
        case: Case,
        exchange: Exchange,
        *,
        earlier: tuple[Exchange, ...] = (),
        at: float = 0.0,
    ) -> Observation:
        """Return the observation of an exchange; ``earlier``: those before it in the sequence."""
        with self._lock:
            facts = examine(self.contract, exchange, self.history)
            found = tuple(find_violations(facts))
            exercised = exercised_clauses(facts)
            # The observation must not change when the history does, so it keeps what was computed from it.
            frozen = replace(facts, history=History())
            for name in ("kind", "response_json", "reply"):
                frozen.__dict__[name] = getattr(facts, name)
            update_history(self.history, facts)
            self.knowledge.learn(facts, case)
        return Observation(sequence, index, case, frozen, earlier, found, exercised, at)

    def adapted(self, case: Case) -> Case | None:
        """Return the case as this server receives it; None if it tells nothing about this server."""
        with self._lock:
            return self.knowledge.adapted(case)

    def following(self, observation: Observation) -> list[Case]:
        """Return what to send at once after an observation, in the same conversation."""
        # A response that was not judged tells nothing.
        if not observation.tried:
            return []
        with self._lock:
            return self.knowledge.following(observation.facts, observation.case)
