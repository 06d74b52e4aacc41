"""How many items a reply may hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat_contract.body import ABSENT
from chat_contract.contract import DOCUMENTED
from chat_contract.roles import ITEMS, LIMIT
from chat_contract.rules.facts import Facts, Finding, Rule, within


def _count(facts: Facts) -> int | None:
    items = facts.reply.get(ITEMS) if facts.reply is not None else None
    return len(items) if isinstance(items, list) else None


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _asked(facts: Facts) -> Any:
    return facts.field(LIMIT)


def _default(facts: Facts) -> Any:
    """Return what the contract says of a request without a limit; another contract may say nothing."""
    return within(facts.contract.schemas[DOCUMENTED], "properties", LIMIT).get("default")


def _tries_asked(facts: Facts) -> bool:
    return _count(facts) is not None and _is_integer(_asked(facts)) and _asked(facts) >= 0


def asked(facts: Facts) -> Iterator[Finding]:
    yield from _at_most(_asked(facts), facts)


def _tries_default(facts: Facts) -> bool:
    return (
        _count(facts) is not None
        and isinstance(facts.body, dict)
        and _asked(facts) is ABSENT
        and _is_integer(_default(facts))
    )


def default(facts: Facts) -> Iterator[Finding]:
    yield from _at_most(_default(facts), facts)


def _tries_negative(facts: Facts) -> bool:
    return _count(facts) is not None and _is_integer(_asked(facts)) and _asked(facts) < 0


def negative(facts: Facts) -> Iterator[Finding]:
    yield from _at_most(0, facts)


def _tries_coerced(facts: Facts) -> bool:
    return _count(facts) is not None and _asked(facts) is not ABSENT and not _is_integer(_asked(facts))


def coerced(facts: Facts) -> Iterator[Finding]:
    try:
        limit = int(float(_asked(facts)))
    except (TypeError, ValueError, OverflowError):
        return
    yield from _at_most(max(limit, 0), facts)


def _at_most(limit: int, facts: Facts) -> Iterator[Finding]:
    count = _count(facts)
    if count is not None and count > limit:
        yield Finding(f"at most {limit} items", f"{count} items", (ITEMS,))


TABLE: tuple[Rule, ...] = (
    Rule("limit.asked", _tries_asked, asked),
    Rule("limit.default", _tries_default, default),
    Rule("limit.negative", _tries_negative, negative),
    Rule("limit.coerced", _tries_coerced, coerced),
)
