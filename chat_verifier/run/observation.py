"""What a run observes: exchanges with their violations, and requests that were not sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from chat_contract import Violation
from chat_contract.exchange import Exchange
from chat_contract.history import History
from chat_contract.rules.exchange_facts import ExchangeFacts
from chat_verifier.planning.case import Case, CaseSequence

MOST_BODY = 64 * 1024
"""How many bytes of a response body a run keeps after it was judged."""

_MOST_TEXT = 1000


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


def frozen(facts: ExchangeFacts) -> ExchangeFacts:
    """Return facts that do not change when the history does, without most of a large response body.

    What was computed from the history stays as it is.
    """
    kept = replace(facts, history=History())
    computed = {name: getattr(facts, name) for name in ("kind", "read_response", "reply")}
    response = facts.response
    if response is not None and len(response.body) > MOST_BODY:
        omitted = len(response.body) - MOST_BODY
        shorter = replace(response, body=response.body[:MOST_BODY], omitted=omitted)
        kept = replace(kept, exchange=replace(facts.exchange, outcome=shorter))
        sample = without_long_texts(facts.response_sample)
        computed["read_response"] = sample, facts.unread
        computed["reply"] = None if facts.reply is None else sample
    kept.__dict__.update(computed)
    return kept


def without_long_texts(value: Any) -> Any:
    """Return a JSON value with the beginning of each text that is too long to keep."""
    if isinstance(value, dict):
        return {without_long_texts(name): without_long_texts(child) for name, child in value.items()}
    if isinstance(value, list):
        return [without_long_texts(child) for child in value]
    return value[:_MOST_TEXT] if isinstance(value, str) else value
