"""What a run observes: exchanges with their violations, and requests that were not sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from chat_contract import Violation
from chat_contract.exchange import Exchange
from chat_contract.rules.exchange_facts import ExchangeFacts
from chat_verifier.planning.case import Case, CaseSequence


@dataclass(frozen=True, eq=False)
class Observation:
    """One case that was sent and judged. ``case``: the one at ``index`` of the sequence, as this server received it.

    ``earlier``: the exchanges before it in its sequence. ``tried``: the clauses that it exercises.
    ``at``: when it was sent, in seconds since the start of the run.
    """

    sequence: CaseSequence
    index: int
    case: Case
    facts: ExchangeFacts
    earlier: tuple[Exchange, ...]
    violations: tuple[Violation, ...]
    tried: frozenset[str]
    at: float = 0.0

    @property
    def exchange(self) -> Exchange:
        return self.facts.exchange

    @property
    def is_deferred(self) -> bool:
        """Whether the run sent other conversations between the earlier exchanges and this one."""
        return self.index >= len(self.sequence.cases) - self.sequence.deferred


@dataclass
class Journal:
    """What a run has observed so far.

    ``left_out``: cases that the request budget or the time did not allow, as sequences. ``not_sent``: later turns,
    by sequence and index, whose conversation the server did not open.
    """

    observations: list[Observation] = field(default_factory=list)
    left_out: list[CaseSequence] = field(default_factory=list)
    not_sent: list[tuple[CaseSequence, int]] = field(default_factory=list)


def by_clause(observations: Iterable[Observation]) -> dict[str, list[Observation]]:
    """Return the observations that exercise each clause."""
    found: dict[str, list[Observation]] = defaultdict(list)
    for observation in observations:
        for clause in observation.tried:
            found[clause].append(observation)
    return dict(found)
