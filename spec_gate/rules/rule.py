"""The rows of the rule tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from spec_gate.differ.changes import Action, Change, ChangeKind
from spec_gate.prove.witnesses import Messages, Witness


class Level(StrEnum):
    """Severity of a finding, the most severe first."""

    BREAKING = "breaking"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Rule:
    """A rule: an id that never changes, a level, what changed, why it matters, and how to avoid the break."""

    id: str
    level: Level
    title: str
    why: str
    hint: str


Condition = Callable[[Change], bool]
WitnessBuilder = Callable[[Change, Messages], Witness]


def always(_: Change) -> bool:
    """Apply to every change of the row's kind and action."""
    return True


@dataclass(frozen=True)
class StructureRule(Rule):
    """A rule for changes outside of schemas: it applies by kind and action, and on a condition."""

    kinds: tuple[ChangeKind, ...]
    action: Action
    when: Condition = always
    witness: WitnessBuilder | None = None
