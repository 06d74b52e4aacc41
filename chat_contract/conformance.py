"""The oracle: judges one exchange by every clause that applies to it.

Pure: earlier exchanges are passed in as a :class:`chat_contract.history.History`; :func:`update_history` adds to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chat_contract.classification import classify
from chat_contract.contract import Contract
from chat_contract.errors import Pointer, render_pointer, shorten
from chat_contract.exchange import Exchange
from chat_contract.history import Conversation, History
from chat_contract.ids import is_copy, is_same_uuid
from chat_contract.roles import USER
from chat_contract.rules import (
    acceptance,
    conversation,
    credentials,
    http,
    limit,
    rejection,
    reply,
    robustness,
    validation_error,
)
from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind
from chat_contract.rules.findings import JSON_TYPES, Rule

RULES: tuple[Rule, ...] = tuple(
    rule
    for module in (acceptance, rejection, validation_error, reply, limit, conversation, http, robustness, credentials)
    for rule in module.TABLE
)
"""Every rule, in the order of ``openapi/clauses.yaml``'s groups."""


_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True)
class Violation:
    """A clause that an exchange violates.

    ``observed`` is the stable id of what the exchange shows instead; see :class:`chat_contract.rules.findings.Finding`.
    Group and compare by ``clause``, ``pointer`` and ``observed``; ``expected`` and ``got`` are for readers.
    """

    clause: str
    level: str
    requirement: str
    pointer: Pointer
    expected: str
    observed: str
    got: Any
    in_request: bool = False

    @property
    def got_text(self) -> str:
        """What the exchange shows, as plain text: the JSON value, or a phrase."""
        return shorten(self.got) if self.observed in JSON_TYPES else str(self.got)

    @property
    def message(self) -> str:
        """The violation on one line."""
        where = f" at {render_pointer(self.pointer)}" if self.pointer and not self.in_request else ""
        return f"{self.clause}: expected {self.expected}{where}, got {self.got_text}"


def examine(contract: Contract, exchange: Exchange, history: History) -> ExchangeFacts:
    """Classify the exchange; ``history`` is the one from before it."""
    return ExchangeFacts(contract, exchange, classify(contract, exchange.request, history), history)


def judge(contract: Contract, exchange: Exchange, history: History | None = None) -> Iterator[Violation]:
    """Yield every violation of a clause in the exchange."""
    return find_violations(examine(contract, exchange, history or History()))


def find_violations(facts: ExchangeFacts) -> Iterator[Violation]:
    """Yield every violation of a clause in an exchange that is classified already."""
    for rule in _rules_for(facts):
        if rule.applies(facts):
            clause = facts.contract.clauses[rule.clause]
            for found in rule.find(facts):
                yield Violation(
                    clause=clause.id,
                    level=clause.level,
                    requirement=clause.requirement,
                    pointer=found.pointer,
                    expected=found.expected,
                    observed=found.observed,
                    got=found.got,
                    in_request=found.in_request,
                )


def exercised_clauses(facts: ExchangeFacts) -> frozenset[str]:
    """Return the ids of the clauses that the exchange tests, violated or not."""
    return frozenset(rule.clause for rule in _rules_for(facts) if rule.applies(facts))


def _rules_for(facts: ExchangeFacts) -> tuple[Rule, ...]:
    """Return all rules, or none for a 429, which is not a verdict on the request."""
    return () if facts.status == _TOO_MANY_REQUESTS else RULES


def update_history(history: History, facts: ExchangeFacts) -> None:
    """Record in the history what the exchange shows about the server's conversations."""
    if facts.status == _TOO_MANY_REQUESTS:
        return
    if not facts.has_known_values:
        # The server may have continued a conversation whose id it read differently.
        if facts.reply_id is not None:
            history.seen.add(facts.reply_id)
        return
    if facts.kind is RequestKind.UNSPECIFIED and facts.sent_id is None and facts.status in {200, 422}:
        history.statuses.setdefault(facts.request.body, facts.status)
    if facts.kind is RequestKind.MUST_ACCEPT and facts.status == 200:
        history.note_accepted(facts.body)
    if facts.sent_id is not None:
        known = history.conversations.get(facts.sent_id)
        if known is not None:
            known.rejected = facts.rejected
            known.turns += 1
        history.seen.add(facts.sent_id)
    if facts.reply_id is not None:
        _note_reply(history, facts, facts.reply_id)


def _note_reply(history: History, facts: ExchangeFacts, returned: str) -> None:
    """Record the id of a reply: the one that was sent, a copy of it, or one that the server issued."""
    if returned == facts.sent_id:
        history.note_in_use(returned)
    elif returned not in history.seen and not _is_derived(facts.sent_id, returned):
        history.conversations[returned] = Conversation(user=facts.field(USER))
        history.note_in_use(returned)
    history.seen.add(returned)


def _is_derived(sent: str | None, returned: str) -> bool:
    """Return whether the id of a reply is made of the one that was sent, so the server did not issue it."""
    return sent is not None and (is_copy(sent, returned) or is_same_uuid(sent, returned))
