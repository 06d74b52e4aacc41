"""The oracle: judges one interaction by every clause that is about it.

Pure: what was known before comes in as a :class:`chat_contract.history.History`, and :func:`remember` adds to it.
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
from chat_contract.rules.facts import Facts, Kind, Rule

RULES: tuple[Rule, ...] = tuple(
    rule
    for module in (acceptance, rejection, validation_error, reply, limit, conversation, http, robustness, credentials)
    for rule in module.TABLE
)
"""Every rule, in the order of ``openapi/clauses.yaml``'s groups."""


_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True)
class Violation:
    """A clause that an interaction breaks: where, what was promised, what came."""

    clause: str
    level: str
    says: str
    pointer: Pointer
    expected: str
    got: Any

    @property
    def message(self) -> str:
        """One line that says it all."""
        where = f" at {render_pointer(self.pointer)}" if self.pointer else ""
        return f"{self.clause}: expected {self.expected}{where}, got {shorten(self.got)}"


def facts_of(contract: Contract, exchange: Exchange, history: History) -> Facts:
    """See the interaction from all sides; the history is the one from before it."""
    return Facts(contract, exchange, classify(contract, exchange.request, history), history)


def judge(contract: Contract, exchange: Exchange, history: History | None = None) -> Iterator[Violation]:
    """Yield every violation of a clause by this request and this answer."""
    return violations(facts_of(contract, exchange, history or History()))


def violations(facts: Facts) -> Iterator[Violation]:
    """Yield every violation in an interaction that is seen already."""
    for rule in _rules_about(facts):
        if rule.applies(facts):
            clause = facts.contract.clauses[rule.clause]
            for found in rule.find(facts):
                yield Violation(clause.id, clause.level, clause.says, found.pointer, found.expected, found.got)


def tried(facts: Facts) -> frozenset[str]:
    """Return the clauses that this interaction puts to the test, whether it breaks them or not."""
    return frozenset(rule.clause for rule in _rules_about(facts) if rule.applies(facts))


def _rules_about(facts: Facts) -> tuple[Rule, ...]:
    """Return the rules that may judge the answer: none where it is a 429, which is no verdict on the request."""
    return () if facts.status == _TOO_MANY_REQUESTS else RULES


def remember(history: History, facts: Facts) -> None:
    """Add to the history what the interaction tells about the server's conversations."""
    if facts.status == _TOO_MANY_REQUESTS:
        return
    if facts.kind is Kind.LATITUDE and facts.sent_id is None and facts.status in {200, 422}:
        history.answered.setdefault(facts.request.body, facts.status)
    if facts.sent_id is not None:
        known = history.conversations.get(facts.sent_id)
        if known is not None:
            known.rejected = facts.refused
            known.turns += 1
        else:
            history.note_user(facts.sent_id, facts.field(USER))
        history.seen.add(facts.sent_id)
    if facts.reply_id is None:
        return
    if facts.reply_id != facts.sent_id and facts.reply_id not in history.seen:
        user = facts.field(USER)
        history.conversations[facts.reply_id] = Conversation(user=user)
    history.seen.add(facts.reply_id)
