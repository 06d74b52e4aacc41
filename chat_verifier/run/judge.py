"""Judges the exchanges of one run, in the order in which the responses come."""

from __future__ import annotations

import threading
from dataclasses import replace

from chat_contract import Contract
from chat_contract.conformance import examine, exercised_clauses, find_violations, update_history
from chat_contract.errors import Pointer
from chat_contract.exchange import Exchange
from chat_contract.history import History
from chat_contract.rules.exchange_facts import ExchangeFacts
from chat_verifier.planning.case import CaseSequence, FaultNaming
from chat_verifier.planning.packs import names_fault
from chat_verifier.run.observation import Observation


class Judge:
    """Judges exchanges and learns about the server: its conversations, and whether it names several faults.

    Thread-safe.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.history = History()
        self.naming = FaultNaming.ANY
        self._lock = threading.Lock()

    def judge(
        self, sequence: CaseSequence, index: int, exchange: Exchange, earlier: tuple[Exchange, ...], at: float
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
            self._learn_naming(facts)
        return Observation(sequence, index, frozen, earlier, found, exercised, at)

    def _learn_naming(self, facts: ExchangeFacts) -> None:
        """Learn from a response to several faults how many of them the server names."""
        places = {fault.place for fault in facts.classification.hard_faults}
        if len(places) < 2 or facts.status != 422 or self.naming is FaultNaming.SEVERAL:
            return
        locs = named_locs(facts)
        named = sum(any(names_fault(loc, place) for loc in locs) for place in places)
        self.naming = FaultNaming.SEVERAL if named > 1 else FaultNaming.FIRST


def named_locs(facts: ExchangeFacts) -> tuple[Pointer, ...]:
    """Return the locs of a response in FastAPI's error format, without ``body``."""
    detail = facts.response_json.get("detail") if isinstance(facts.response_json, dict) else None
    entries = detail if isinstance(detail, list) else []
    locs = [entry["loc"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("loc"), list)]
    return tuple(tuple(loc[1:] if loc[:1] == ["body"] else loc) for loc in locs)
