"""Every rule by its id."""

from __future__ import annotations

import difflib
from operator import attrgetter

from chat_contract.errors import UsageError
from spec_gate.rules.annotations import ANNOTATION_RULES, NOT_PROVED
from spec_gate.rules.rule import Rule
from spec_gate.rules.schemas import SCHEMA_RULES
from spec_gate.rules.structure import STRUCTURE_RULES

RULES: dict[str, Rule] = {
    rule.id: rule for rule in (*STRUCTURE_RULES, *SCHEMA_RULES.values(), *ANNOTATION_RULES.values(), NOT_PROVED)
}


def find_rule(name: str) -> Rule:
    """Return the rule with this id; raises :class:`UsageError` with similar ids."""
    if name in RULES:
        return RULES[name]
    near = difflib.get_close_matches(name, RULES, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else "Use --explain all to list the rules."
    raise UsageError(f'unknown rule "{name}" for --explain. {hint}')


def explained(rule: Rule) -> str:
    """Return the explanation of a rule: what changed, why it matters, how to avoid the break."""
    return f"{rule.id} ({rule.level})\n  what: {rule.title}.\n  why:  {rule.why}\n  hint: {rule.hint}\n"


def listed() -> str:
    """Return every rule with its level and title, sorted by id."""
    width = max(map(len, RULES))
    rules = sorted(RULES.values(), key=attrgetter("id"))
    return "".join(f"{rule.id:<{width}}  {rule.level:<8}  {rule.title}\n" for rule in rules)
