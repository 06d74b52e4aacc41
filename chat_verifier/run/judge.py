"""Judges the exchanges of one run, in the order in which the responses come."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import islice

from chat_contract import Contract, Violation
from chat_contract.conformance import examine, exercised_clauses, find_violations, update_history
from chat_contract.exchange import Exchange
from chat_contract.history import History
from chat_verifier.planning.case import Case, CaseSequence
from chat_verifier.run.knowledge import Knowledge
from chat_verifier.run.observation import Observation, few_values, frozen

_MOST_VIOLATIONS = 500
"""How many violations of one exchange are kept."""

_MOST_VALUES = 2000
_FEWEST_VALUES = 10
"""How many JSON values of the violations of one exchange are kept, and at least of each violation."""

_LONGEST_ID = 64 * 1024
"""How many characters the id of a conversation may have if the run is to continue it."""


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
            found = _shortened(tuple(islice(find_violations(facts), _MOST_VIOLATIONS)))
            exercised = exercised_clauses(facts)
            kept = frozen(facts)
            if len(facts.reply_id or "") > _LONGEST_ID:
                # Such a conversation is not continued.
                kept.__dict__.update(reply=None, reply_id=None)
            else:
                update_history(self.history, facts)
            self.knowledge.learn(facts, case)
        return Observation(sequence, index, case, kept, earlier, found, exercised, at)

    def suits(self, case: Case) -> bool:
        """Return whether the case tells anything about this server."""
        with self._lock:
            return self.knowledge.suits(case)

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


def _shortened(violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
    """Return the violations without most of large values; the more violations, the less of each."""
    most = max(_FEWEST_VALUES, _MOST_VALUES // max(1, len(violations)))
    return tuple(replace(violation, got=few_values(violation.got, most)) for violation in violations)
