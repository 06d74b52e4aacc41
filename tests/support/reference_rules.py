"""The reference of the gate's rules, by level and reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from spec_gate.rules.registry import RULES
from spec_gate.rules.rule import Level, Rule
from tests.support.reference_clauses import sentences

_HEAD = """\
# Rules of the gate

This page lists the rules of `chat-contract diff` by level and reason.
Each finding names its rule.
The text above each table says why the change matters, and how to avoid breaking clients.
A witness or a proof overrides the level of a rule; [a severity file](../how-to/severity.md) changes it.
`chat-contract diff --explain request-property-became-required` prints the entry of one rule.

This page is generated from the rules.
"""
_TITLES = {
    Level.BREAKING: "Breaking",
    Level.WARNING: "Warning",
    Level.INFO: "Compatible (`info`)",
}


def rules_page() -> str:
    """Return the page of all rules."""
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    for level, title in _TITLES.items():
        yield from (f"## {title}", "")
        for (why, hint), rules in _by_reason(level).items():
            yield from (*sentences(why), *sentences(hint), "", "| rule | change |", "| --- | --- |")
            yield from (f"| `{rule.id}` | {rule.title} |" for rule in rules)
            yield ""


def _by_reason(level: Level) -> dict[tuple[str, str], list[Rule]]:
    groups: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for rule in sorted(RULES.values(), key=lambda rule: rule.id):
        if rule.level == level:
            groups[(rule.why, rule.hint)].append(rule)
    return groups
