"""Findings: the judged changes, with the proof of each."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chat_contract.errors import Pointer
from spec_gate.differ.changes import Action, ChangeKind, Comparison, Part
from spec_gate.prove.proof import Undecided
from spec_gate.prove.witnesses import Witness
from spec_gate.rules.rule import Level, Rule
from spec_gate.schemas.node import Side
from spec_gate.schemas.pair import SchemaPair
from spec_gate.source.documents import Place


class ProofKind(StrEnum):
    """The basis of a finding's level."""

    WITNESS = "witness"
    """A concrete request or response that one side allows and the other rejects."""
    INCLUSION = "inclusion"
    """The receiver accepts everything that the sender may send."""
    DECISION = "decision"
    """The decision procedure denies inclusion, but no witness was found."""
    RULE = "rule"
    """The rule alone: no value can show the change."""
    NONE = "none"
    """Nothing: neither inclusion nor a witness was found."""


class NoteKind(StrEnum):
    """A remark on a finding."""

    NOT_PROVED = "not-proved"
    """``subject`` is the id of the rule that names the difference, ``reason`` says why it is not decided."""
    NO_WITNESS = "no-witness"
    HARMLESS_HERE = "harmless-here"
    """The rule is breaking as such, but the proof shows that this change is not."""
    NOT_SEPARATE = "not-separate"
    """The difference was judged only together with the others of its schema."""
    REQUESTED_EXAMPLE = "requested-example"
    """``subject`` is the fixture or consumer that requests the removed example."""


@dataclass(frozen=True)
class Note:
    """A remark with the thing that it is about."""

    kind: NoteKind
    subject: str = ""
    reason: Undecided | None = None


@dataclass(frozen=True)
class Finding:
    """One change with its level and its proof."""

    rule: Rule
    level: Level
    kind: ChangeKind
    operations: tuple[str, ...]
    """All operations that the edit affects."""
    name: str
    path: Pointer
    """The place in the body; ``*`` stands for any index or name."""
    base: Place | None
    revision: Place | None
    before: Any
    after: Any
    proof: ProofKind
    witness: Witness | None = None
    note: Note | None = None
    part: Part | None = None
    """The part of the request or response for findings in schemas; None for all others."""
    status: str = ""
    """The response status that the change is about, if any."""
    action: Action = Action.CHANGED
    usual_level: Level | None = None
    """The level before a policy set another one; None without a policy."""
    level_set_by: str = ""
    """What set the level: a preset, a mark in the document, or a place in a severity file; empty for the usual one."""
    topic: str = ""
    """The group of keywords or the kind of annotation that differs, for findings in schemas."""
    edit: Hashable = None
    """Identifies the edit of the document: findings with the same one are reported together."""
    schema: Hashable = None
    """Identifies the pair of schemas whose differences are judged together; None outside of schemas."""
    holders: tuple[Place | None, Place | None] = (None, None)
    """The schemas in both files that hold the changed keyword, where they do."""
    folded: tuple[str, ...] = ()
    """Rules that name the same edit and add nothing: a required property that is new is also an added property."""
    removed: tuple[str, ...] = ()
    """The properties that are removed from the object that the finding is about, when it is closed."""
    here: tuple[str, ...] = ()
    """The operations that ``part`` and ``path`` are about, where ``also`` names others; empty for all."""
    also: tuple[Finding, ...] = ()
    """The same edit on the other side of the exchange or in another part of it, never more severe."""


@dataclass(frozen=True)
class Verdict:
    """All findings of a comparison, breaking ones first."""

    comparison: Comparison
    findings: tuple[Finding, ...]
    schemas: dict[Side, SchemaPair] = field(repr=False)
