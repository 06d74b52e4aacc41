"""Every rule by its id."""

from __future__ import annotations

import difflib

from chat_contract.errors import UsageError
from spec_gate.rules import annotations as annotation_rules
from spec_gate.rules import schemas, structure
from spec_gate.rules.rule import Rule

RULES: dict[str, Rule] = {
    **{rule.id: rule for rule in structure.RULES},
    **{rule.id: rule for rule in schemas.RULES.values()},
    **annotation_rules.RULES,
}


def find_rule(name: str) -> Rule:
    """Return the rule of an id; raises :class:`UsageError` with those that look like it."""
    if name in RULES:
        return RULES[name]
    near = difflib.get_close_matches(name, RULES, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "--explain all lists them"
    raise UsageError(f"--explain {name}: there is no such rule; {hint}")


def explained(rule: Rule) -> str:
    """Return what a rule is, why, and how to do it without breaking."""
    return f"{rule.id} ({rule.level})\n  what: {rule.title}\n  why:  {rule.why}\n  hint: {rule.hint}\n"


def listed() -> str:
    """Return every rule with its level and title."""
    width = max(map(len, RULES))
    return "".join(
        f"{rule.id:<{width}}  {rule.level:<8}  {rule.title}\n" for rule in sorted(RULES.values(), key=_by_id)
    )


def _by_id(rule: Rule) -> str:
    return rule.id
