"""How many items a reply may contain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat_contract.body import ABSENT
from chat_contract.contract import DOCUMENTED
from chat_contract.roles import ITEMS, LIMIT
from chat_contract.rules.exchange_facts import ExchangeFacts, within
from chat_contract.rules.findings import Finding, Rule


def _count(facts: ExchangeFacts) -> int | None:
    """Return the number of items; None without items, or without a limit that all servers read."""
    items = facts.reply.get(ITEMS) if facts.reply is not None and facts.has_known_values else None
    return len(items) if isinstance(items, list) else None


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _limit(facts: ExchangeFacts) -> Any:
    return facts.field(LIMIT)


def _default(facts: ExchangeFacts) -> Any:
    """Return the contract's default for ``limit``, or None if another contract has none."""
    return within(facts.contract.schemas[DOCUMENTED], "properties", LIMIT).get("default")


def _applies_asked(facts: ExchangeFacts) -> bool:
    return _count(facts) is not None and _is_integer(_limit(facts)) and _limit(facts) >= 0


def asked(facts: ExchangeFacts) -> Iterator[Finding]:
    yield from _at_most(_limit(facts), facts)


def _applies_default(facts: ExchangeFacts) -> bool:
    return (
        _count(facts) is not None
        and isinstance(facts.body, dict)
        and _limit(facts) is ABSENT
        and _is_integer(_default(facts))
    )


def default(facts: ExchangeFacts) -> Iterator[Finding]:
    yield from _at_most(_default(facts), facts)


def _applies_negative(facts: ExchangeFacts) -> bool:
    return _count(facts) is not None and _is_integer(_limit(facts)) and _limit(facts) < 0


def negative(facts: ExchangeFacts) -> Iterator[Finding]:
    yield from _at_most(0, facts)


def _applies_coerced(facts: ExchangeFacts) -> bool:
    return _count(facts) is not None and _limit(facts) is not ABSENT and not _is_integer(_limit(facts))


def coerced(facts: ExchangeFacts) -> Iterator[Finding]:
    try:
        limit = int(float(_limit(facts)))
    except (TypeError, ValueError, OverflowError):
        return
    yield from _at_most(max(limit, 0), facts)


def _at_most(limit: int, facts: ExchangeFacts) -> Iterator[Finding]:
    count = _count(facts)
    if count is not None and count > limit:
        yield Finding(f"at most {_items(limit)}" if limit else "no items", "too-many-items", _items(count), (ITEMS,))


def _items(count: int) -> str:
    return f"{count} item{'' if count == 1 else 's'}"


TABLE: tuple[Rule, ...] = (
    Rule("limit.asked", _applies_asked, asked),
    Rule("limit.default", _applies_default, default),
    Rule("limit.negative", _applies_negative, negative),
    Rule("limit.coerced", _applies_coerced, coerced),
)
