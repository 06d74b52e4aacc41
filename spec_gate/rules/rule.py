"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from spec_gate.differ.changes import Change

Level = Literal["breaking", "warning", "info"]
LEVELS: tuple[Level, ...] = ("breaking", "warning", "info")


@dataclass(frozen=True)
class Rule:
    """One row: an id that never changes, a level, what it is, why it is so grave, and how to avoid it."""

    id: str
    level: Level
    title: str
    why: str
    hint: str


@dataclass(frozen=True)
class FactRule(Rule):
    """A rule on what no body can show; ``applies`` says whether a change is what it is about."""

    applies: Callable[[Change], bool]
