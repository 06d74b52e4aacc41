"""What a run observes: exchanges with their violations, and requests that were not sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from chat_contract import Violation
from chat_contract.exchange import Exchange, Response
from chat_contract.history import History
from chat_contract.rules.exchange_facts import ExchangeFacts
from chat_verifier.planning.case import Case, CaseSequence

MOST_BODY = 64 * 1024
"""How many bytes of a response body a run keeps after it was judged."""

_MOST_HEADERS = 16 * 1024
_MOST_HEADER = 100
"""How many characters are kept of each name and value if the headers of a response are larger than that."""

_WHOLE_VALUES = 4000
"""A response body that is kept completely, and has at most so many JSON values, keeps them all."""

_MOST_VALUES = 1000
"""How many values a run keeps of any other response body of more than a few thousand bytes."""

_SMALL_BODY = 4 * 1024
_MOST_TEXT = 1000
_MOST_LEVELS = 100
_TEXT_OF_A_VALUE = 20
"""So many characters of text count as one more value."""


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
    computed = {name: getattr(facts, name) for name in ("kind", "read_response", "reply", "reply_id")}
    response = facts.response
    if response is not None:
        kept = replace(kept, exchange=replace(facts.exchange, outcome=_shortened(response)))
        if len(response.body) > _SMALL_BODY and not _is_kept_completely(response.body, facts.response_json):
            sample = few_values(facts.response_sample, _MOST_VALUES)
            computed["read_response"] = sample, facts.unread
            computed["reply"] = None if facts.reply is None else sample
    kept.__dict__.update(computed)
    return kept


def _shortened(response: Response) -> Response:
    """Return the response with what is kept of a large body, and of large headers."""
    if sum(len(name) + len(value) for name, value in response.headers) > _MOST_HEADERS:
        headers = tuple((name[:_MOST_HEADER], value[:_MOST_HEADER]) for name, value in response.headers)
        response = replace(response, headers=headers)
    if len(response.body) > MOST_BODY:
        omitted = response.omitted + len(response.body) - MOST_BODY
        response = replace(response, body=response.body[:MOST_BODY], omitted=omitted)
    return response


def _is_kept_completely(body: bytes, value: Any) -> bool:
    """Return whether all values are kept: a rejection may list many errors, and each of its locs counts."""
    return len(body) <= MOST_BODY and len(list(islice(_values(value), _WHOLE_VALUES + 1))) <= _WHOLE_VALUES


def _values(value: Any) -> Iterator[Any]:
    """Yield a JSON value and all values in it. Names count as values."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one


def few_values(value: Any, most: int) -> Any:
    """Return about the first ``most`` values of a JSON value, with the beginning of each long text.

    Lists and objects below the hundredth level are empty.
    """
    return _Sample(most).of(value, 0)


class _Sample:
    """Copies a JSON value until ``left`` values are copied."""

    def __init__(self, left: int) -> None:
        self.left = left

    def of(self, value: Any, level: int) -> Any:
        self.left -= 1
        inner = level + 1
        if isinstance(value, dict):
            children = value.items() if level < _MOST_LEVELS else ()
            return {self.of(name, inner): self.of(child, inner) for name, child in children if self.left > 0}
        if isinstance(value, list):
            return [self.of(child, inner) for child in value if self.left > 0] if level < _MOST_LEVELS else []
        if isinstance(value, str):
            text = value[: min(_MOST_TEXT, max(self.left, 1) * _TEXT_OF_A_VALUE)]
            self.left -= len(text) // _TEXT_OF_A_VALUE
            return text
        return value
