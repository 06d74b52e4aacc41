"""The policy that sets levels: entries select findings by rule, kind and operation, and later entries win."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from spec_gate.differ.changes import ChangeKind
from spec_gate.rules.rule import Level
from spec_gate.selection import matches_path
from spec_gate.structure_findings import UNSTABLE


class Preset(StrEnum):
    """A policy of the gate."""

    STRICT = "strict"
    """Every change that can make a client fail is breaking."""
    TOLERANT = "tolerant"
    """Additions to replies are compatible: clients ignore what they do not know."""


class EnumsInReplies(StrEnum):
    """Whether clients must handle values that the base does not list."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class OperationFacts:
    """What entries select operations by."""

    label: str
    path: str
    tags: frozenset[str] = frozenset()
    internal: bool = False
    stability: str = ""


@dataclass(frozen=True)
class Entry:
    """Sets the level of the findings that it selects; ``source`` says where the entry is written.

    ``rule`` and ``path`` are patterns in which ``*`` stands for any text.
    """

    level: Level
    source: str
    rule: str = "*"
    kind: ChangeKind | None = None
    path: str = "*"
    tag: str = ""
    internal: bool | None = None
    stability: str = ""

    def selects(self, rule: str, kind: ChangeKind, operation: OperationFacts | None) -> bool:
        """Return whether the entry is about a rule, a kind of change and an operation."""
        if not fnmatchcase(rule, self.rule) or self.kind not in {None, kind}:
            return False
        if operation is None:
            return self.path == "*" and not self.tag and self.internal is None and not self.stability
        return (
            matches_path(self.path, operation.label, operation.path)
            and (not self.tag or self.tag in operation.tags)
            and self.internal in {None, operation.internal}
            and (not self.stability or self.stability == operation.stability)
        )


@dataclass(frozen=True)
class Decision:
    """The level of a finding, and the entry that set it; no entry stands for the usual level."""

    level: Level
    entry: Entry | None = None


@dataclass(frozen=True)
class Policy:
    """The levels in force: those of the preset, then those of a team."""

    name: str = Preset.STRICT
    preset: Preset = Preset.STRICT
    enums_in_replies: EnumsInReplies | None = None
    """None leaves the decision to the preset."""
    entries: Sequence[Entry] = field(default_factory=tuple)

    def decide(
        self, rule: str, kind: ChangeKind, level: Level, operation: OperationFacts | None, *, extensible: bool
    ) -> Decision:
        """Return the level of a finding for one operation.

        ``extensible`` says that the base marks the enum as one that may grow. A compatible change is raised only by an
        entry that names its rule.
        """
        decision = Decision(level)
        for entry in (*self._general(extensible=extensible), *self.entries):
            raises = level is Level.INFO and entry.rule != rule
            if not raises and entry.selects(rule, kind, operation):
                decision = Decision(entry.level, None if entry.level is level else entry)
        return decision

    def _general(self, *, extensible: bool) -> Iterator[Entry]:
        if self.preset is Preset.TOLERANT:
            yield from (Entry(Level.INFO, f"preset {self.preset}", rule) for rule in ADDITIONS_TO_REPLIES)
            if self.enums_in_replies is None:
                yield from (Entry(Level.INFO, f"preset {self.preset}", rule) for rule in _GROWN_ENUMS)
        if self.enums_in_replies is EnumsInReplies.OPEN:
            yield from (Entry(Level.INFO, "enums-in-replies: open", rule) for rule in _GROWN_ENUMS)
        if extensible:
            yield from (Entry(Level.INFO, "x-extensible-enum", rule) for rule in _GROWN_ENUMS)
        yield from (Entry(level, f"x-stability: {one}", stability=one) for one, level in STABILITY.items())


STABILITY = {one: Level.WARNING if one == "beta" else Level.INFO for one in UNSTABLE}
"""The highest level of findings in an operation whose base has this ``x-stability``; every other value is stable."""

ADDITIONS_TO_REPLIES = (
    "response-property-added", "response-additional-properties-opened", "response-unevaluated-properties-opened",
    "response-unevaluated-items-opened", "response-any-of-branch-added", "response-one-of-branch-added",
    "response-discriminator-value-added", "response-success-status-added",
)  # fmt: skip
"""Rules that the preset ``tolerant`` treats as compatible, besides those of enums that grow."""

_GROWN_ENUMS = tuple(
    f"{scope}-{stem}"
    for scope in ("response", "header")
    for stem in ("enum-value-added", "enum-removed", "enum-changed")
)
