"""How ids of conversations are given, kept and told apart."""

from __future__ import annotations

from collections.abc import Iterator

from chat_contract.body import ABSENT
from chat_contract.errors import shorten
from chat_contract.roles import CONVERSATION
from chat_contract.rules.facts import Facts, Finding, Kind, Rule


def _is_new(facts: Facts) -> bool:
    return facts.reply is not None and isinstance(facts.body, dict) and facts.field(CONVERSATION) is ABSENT


def _continues(facts: Facts) -> bool:
    return facts.sent_id is not None and facts.history.issued(facts.sent_id)


def _is_foreign(facts: Facts) -> bool:
    return facts.sent_id is not None and not facts.history.issued(facts.sent_id)


def issued(facts: Facts) -> Iterator[Finding]:
    if facts.reply_id is None:
        yield Finding("a conversation_id", facts.reply, (CONVERSATION,))


def _tries_distinct(facts: Facts) -> bool:
    return _is_new(facts) and facts.reply_id is not None


def distinct(facts: Facts) -> Iterator[Finding]:
    if facts.reply_id in facts.history.seen:
        yield Finding("a conversation_id that was not there before", facts.reply_id, (CONVERSATION,))


def _tries_kept(facts: Facts) -> bool:
    return _continues(facts) and facts.reply_id is not None


def kept(facts: Facts) -> Iterator[Finding]:
    if facts.reply_id != facts.sent_id:
        yield Finding(f"conversation_id {shorten(facts.sent_id)}", facts.reply_id, (CONVERSATION,))


def _tries_concurrent(facts: Facts) -> bool:
    return facts.exchange.concurrent and facts.kind is Kind.MUST_ACCEPT


def concurrent(facts: Facts) -> Iterator[Finding]:
    if facts.reply_id is None:
        return
    if _continues(facts) and facts.reply_id != facts.sent_id:
        yield Finding(f"conversation_id {shorten(facts.sent_id)}", facts.reply_id, (CONVERSATION,))
    elif _is_new(facts) and facts.reply_id in facts.history.seen:
        yield Finding("a conversation_id of its own", facts.reply_id, (CONVERSATION,))


def _tries_foreign(facts: Facts) -> bool:
    return _is_foreign(facts) and not facts.failed


def foreign(facts: Facts) -> Iterator[Finding]:
    if facts.reply_id is not None and facts.reply_id != facts.sent_id and facts.reply_id in facts.history.seen:
        yield Finding("the conversation_id as sent, or one never seen before", facts.reply_id, (CONVERSATION,))


def _tries_no_copy(facts: Facts) -> bool:
    return _is_foreign(facts) and facts.reply_id is not None


def no_copy(facts: Facts) -> Iterator[Finding]:
    sent, came = facts.sent_id, facts.reply_id
    assert sent is not None
    assert came is not None
    if came == sent:
        return
    folded_sent, folded = sent.strip().casefold(), came.strip().casefold()
    if folded_sent == folded or (len(folded) >= 4 and folded in folded_sent):
        yield Finding(f"conversation_id {shorten(sent)}, or a fresh one", came, (CONVERSATION,))


def _tries_not_found(facts: Facts) -> bool:
    return _is_foreign(facts) and facts.kind is Kind.LATITUDE and not facts.failed


def not_found(facts: Facts) -> Iterator[Finding]:
    if facts.status == 404:
        yield Finding("status 200 or 422", facts.seen, (CONVERSATION,))


TABLE: tuple[Rule, ...] = (
    Rule("conversation.issued", _is_new, issued),
    Rule("conversation.distinct", _tries_distinct, distinct),
    Rule("conversation.kept", _tries_kept, kept),
    Rule("conversation.concurrent", _tries_concurrent, concurrent),
    Rule("conversation.foreign", _tries_foreign, foreign),
    Rule("conversation.no-copy", _tries_no_copy, no_copy),
    Rule("conversation.not-found", _tries_not_found, not_found),
)
