"""Judges replies cheaply: the class of a request is worked out once, and replies are checked by compiled validators."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from chat_contract import Contract, Request, classify
from chat_contract.classification import Classification
from chat_contract.conformance import Violation, exercised_clauses, find_violations, update_history
from chat_contract.contract import QuickValidator
from chat_contract.exchange import Exchange
from chat_contract.formats import FORMATS
from chat_contract.roles import CONVERSATION, SESSION, USER
from chat_contract.rules.exchange_facts import ExchangeFacts
from chat_load.plan import WRONG, Step

_IDS = (CONVERSATION, SESSION, USER)
_PLAIN_ID = re.compile(r"[A-Za-z0-9._:-]{1,200}")
"""Ids that every reader of JSON reads alike. If every schema allows them, they do not change a request's class."""

_MOST_KEPT_IDS = 200_000
_MOST_CHARACTERS = 16_000_000


class RecentIds(set[str]):
    """The latest ids of conversations, so that memory stays bounded."""

    def __init__(self, limit: int = _MOST_KEPT_IDS, most_characters: int = _MOST_CHARACTERS) -> None:
        super().__init__()
        self._order: deque[str] = deque()
        self._limit = limit
        self._most_characters = most_characters
        self._characters = 0

    def add(self, element: str) -> None:
        """Add an id; the oldest ones go if there are too many, or if they are too long together."""
        if element not in self:
            super().add(element)
            self._order.append(element)
            self._characters += len(element)
            while len(self._order) > self._limit or self._characters > self._most_characters:
                oldest = self._order.popleft()
                self._characters -= len(oldest)
                self.discard(oldest)


class _CompiledValidator(QuickValidator):
    """Recognizes valid values with jsonschema-rs; only other values reach jsonschema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        import jsonschema_rs  # noqa: PLC0415 - the plan does without it

        super().__init__(schema)
        self._compiled = jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True, formats=dict(FORMATS))

    def _surely_conforms(self, value: Any) -> bool:
        try:
            return bool(self._compiled.is_valid(value))
        except ValueError:
            # It reads no integers beyond 64 bits and no lone surrogates.
            return False


class _CompiledContract(Contract):
    """A contract whose replies are checked by compiled validators."""

    @cached_property
    def response_validators(self) -> Mapping[int, QuickValidator]:
        return {status: _CompiledValidator(schema) for status, schema in self.response_schemas.items()}


@dataclass(frozen=True)
class Judgement:
    """What the oracle says about one exchange, and the id of the conversation in the reply."""

    reply_id: str | None
    violations: tuple[Violation, ...] = ()
    exercised: frozenset[str] = frozenset()
    judged: bool = True


class LoadJudge:
    """Judges the exchanges of one process."""

    def __init__(self, contract: Contract) -> None:
        self.contract = _CompiledContract(**{each.name: getattr(contract, each.name) for each in fields(contract)})
        self._known: dict[tuple[Any, ...], Classification] = {}
        self._exercised: set[tuple[Any, ...]] = set()
        self._of_ids = {name: tuple(_schemas_of(contract, name)) for name in _IDS}

    def judge(self, step: Step, exchange: Exchange, *, wanted: bool = True) -> Judgement:
        """Judge an exchange and record it in the history; if it is not ``wanted``, only record it.

        The exercised clauses are listed for the first exchange of its kind.
        """
        facts = ExchangeFacts(self.contract, exchange, self._class_of(step, exchange.request), step.history)
        if not wanted:
            update_history(step.history, facts)
            return Judgement(facts.reply_id, judged=False)
        violations = tuple(find_violations(facts))
        exercised: frozenset[str] = frozenset()
        kind = (*step.key, facts.status)
        if kind not in self._exercised:
            self._exercised.add(kind)
            exercised = exercised_clauses(facts)
        update_history(step.history, facts)
        return Judgement(facts.reply_id, violations, exercised)

    def _class_of(self, step: Step, request: Request) -> Classification:
        """Return the class of a request: that of the first one with the same key, with its own ids."""
        known = self._known.get(step.key)
        if step.name == WRONG and known is not None:
            return known
        ids_are_usual = all(self._is_usual(name, step.body[name]) for name in _IDS if name in step.body)
        if known is not None and ids_are_usual:
            return replace(known, body=replace(known.body, value=step.body))
        found = classify(self.contract, request, step.history)
        # Wrong requests are always the same. The faults of others may be about their ids.
        if step.name == WRONG or (ids_are_usual and not found.faults):
            self._known[step.key] = found
        return found

    def _is_usual(self, name: str, value: Any) -> bool:
        """Return whether an id is plain text that every schema allows."""
        if not isinstance(value, str) or _PLAIN_ID.fullmatch(value) is None:
            return False
        return all(validator.is_valid(value) for validator in self._of_ids[name])


def _schemas_of(contract: Contract, name: str) -> Iterator[_CompiledValidator]:
    """Yield a validator for the field from the schema of each set of requests."""
    for schema in contract.schemas.values():
        of_field = schema.get("properties", {}).get(name, {})
        yield _CompiledValidator(of_field)


class Sampler:
    """Decides which replies are judged: all of them, or one of ``every`` while the process is under pressure."""

    HIGHEST = 64

    def __init__(self) -> None:
        self.every = 1
        self._count = 0

    def wants(self, step: Step, status: int) -> bool:
        """Return whether to judge a reply. Those with an unexpected status are always judged."""
        self._count += 1
        return status != step.expected or self._count % self.every == 0

    def note(self, *, lag: float, load: float) -> None:
        """Adapt to the lag of the process in seconds and to its load, the share of one core that it uses."""
        if lag > 0.1 and load > 0.9:
            self.every = min(self.every * 2, self.HIGHEST)
        elif lag < 0.05 or load < 0.7:
            self.every = max(self.every // 2, 1)
