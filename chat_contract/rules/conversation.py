"""How a server issues, keeps and distinguishes conversation ids."""

from __future__ import annotations

from collections.abc import Iterator

from chat_contract.body import ABSENT
from chat_contract.errors import shorten
from chat_contract.ids import is_copy, is_same_uuid, is_unusual_uuid
from chat_contract.roles import CONVERSATION, USER
from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind
from chat_contract.rules.findings import Finding, Rule, wrong_outcome, wrong_value


def _starts(facts: ExchangeFacts) -> bool:
    return (
        facts.reply is not None
        and facts.has_known_values
        and isinstance(facts.body, dict)
        and facts.field(CONVERSATION) is ABSENT
    )


def _continues(facts: ExchangeFacts) -> bool:
    return facts.sent_id is not None and facts.history.issued(facts.sent_id)


def _sends_foreign_id(facts: ExchangeFacts) -> bool:
    return facts.sent_id is not None and not facts.history.issued(facts.sent_id)


def _used_before(expected: str, facts: ExchangeFacts) -> Finding:
    got = f"{shorten(facts.reply_id)}, which is already in use"
    return Finding(expected, "used-before", got, (CONVERSATION,))


def _changed(facts: ExchangeFacts) -> Finding:
    return wrong_value(shorten(facts.sent_id), facts.reply_id, (CONVERSATION,))


def issued(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.reply_id is None and facts.reply is not None:
        yield wrong_value("a new id", facts.reply.get(CONVERSATION, ABSENT), (CONVERSATION,))


def _applies_distinct(facts: ExchangeFacts) -> bool:
    return _starts(facts) and facts.reply_id is not None


def distinct(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.reply_id in facts.history.seen:
        yield _used_before("a new id", facts)


def _applies_kept(facts: ExchangeFacts) -> bool:
    return _continues(facts) and facts.reply_id is not None


def kept(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.reply_id == facts.sent_id:
        return
    if not _is_another_user(facts):
        yield _changed(facts)
    elif facts.reply_id in facts.history.seen:
        # A server may open a new conversation for another user, to protect the first one.
        yield _used_before(f"{shorten(facts.sent_id)} or a new id", facts)


def _is_another_user(facts: ExchangeFacts) -> bool:
    assert facts.sent_id is not None
    user = facts.field(USER)
    return user is not ABSENT and not facts.history.same_user(facts.sent_id, user)


def _applies_concurrent(facts: ExchangeFacts) -> bool:
    return facts.exchange.concurrent and facts.kind is RequestKind.MUST_ACCEPT


def concurrent(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.reply_id is None:
        return
    if _continues(facts) and facts.reply_id != facts.sent_id:
        yield _changed(facts)
    elif _starts(facts) and facts.reply_id in facts.history.seen:
        yield _used_before("a new id", facts)


def _applies_foreign(facts: ExchangeFacts) -> bool:
    return _sends_foreign_id(facts) and not facts.failed


def foreign(facts: ExchangeFacts) -> Iterator[Finding]:
    sent, returned = facts.sent_id, facts.reply_id
    if returned is None or returned == sent or returned not in facts.history.seen:
        return
    if not (_is_other_spelling(facts) or _is_alike_in_use(facts) or _is_mere_copy(facts)):
        yield _used_before(f"{shorten(sent)} or a new id", facts)


def _is_other_spelling(facts: ExchangeFacts) -> bool:
    """Return whether the reply has another spelling of the UUID that was sent: a server may store ids as UUIDs."""
    return facts.sent_id is not None and facts.reply_id is not None and is_same_uuid(facts.sent_id, facts.reply_id)


def _is_alike_in_use(facts: ExchangeFacts) -> bool:
    """Return whether the reply leads to a conversation in use whose id resembles the one that was sent."""
    sent, returned = facts.sent_id, facts.reply_id
    return sent is not None and returned in facts.history.alike_in_use(sent)


def _is_mere_copy(facts: ExchangeFacts) -> bool:
    """Return whether the reply has a copy of the id that was sent, and no other turn uses that id."""
    sent, returned = facts.sent_id, facts.reply_id
    return (
        sent is not None and returned is not None and is_copy(sent, returned) and not facts.history.is_in_use(returned)
    )


def _applies_no_copy(facts: ExchangeFacts) -> bool:
    return _sends_foreign_id(facts) and facts.reply_id is not None


def no_copy(facts: ExchangeFacts) -> Iterator[Finding]:
    sent, returned = facts.sent_id, facts.reply_id
    assert sent is not None
    assert returned is not None
    if is_copy(sent, returned) and not _is_other_spelling(facts) and not _is_alike_in_use(facts):
        yield wrong_value(f"{shorten(sent)} or a new id", returned, (CONVERSATION,))


def _applies_alike_ids(facts: ExchangeFacts) -> bool:
    return _sends_foreign_id(facts) and not facts.failed and bool(facts.history.alike_in_use(facts.sent_id or ""))


def alike_ids(facts: ExchangeFacts) -> Iterator[Finding]:
    if _is_alike_in_use(facts):
        yield _used_before(f"{shorten(facts.sent_id)} or a new id", facts)


def _applies_uuid_spelling(facts: ExchangeFacts) -> bool:
    return _sends_foreign_id(facts) and facts.reply_id is not None and is_unusual_uuid(facts.sent_id or "")


def uuid_spelling(facts: ExchangeFacts) -> Iterator[Finding]:
    if _is_other_spelling(facts):
        yield _changed(facts)


def _applies_not_found(facts: ExchangeFacts) -> bool:
    return _sends_foreign_id(facts) and facts.kind is RequestKind.UNSPECIFIED and not facts.failed


def not_found(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.status == 404:
        yield wrong_outcome("status 200 or 422", facts).about_request((CONVERSATION,))


TABLE: tuple[Rule, ...] = (
    Rule("conversation.issued", _starts, issued),
    Rule("conversation.distinct", _applies_distinct, distinct),
    Rule("conversation.kept", _applies_kept, kept),
    Rule("conversation.concurrent", _applies_concurrent, concurrent),
    Rule("conversation.foreign", _applies_foreign, foreign),
    Rule("conversation.no-copy", _applies_no_copy, no_copy),
    Rule("conversation.alike-ids", _applies_alike_ids, alike_ids),
    Rule("conversation.uuid-spelling", _applies_uuid_spelling, uuid_spelling),
    Rule("conversation.not-found", _applies_not_found, not_found),
)
