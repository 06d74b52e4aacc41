"""Findings: the judged changes, with the proof of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chat_contract.errors import Pointer
from spec_gate.differ.changes import ChangeKind, Comparison, Part
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
    """``subject`` is the id of the rule that names the difference."""
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


@dataclass(frozen=True)
class Finding:
    """One change with its level and its proof."""

    rule: Rule
    level: Level
    kind: ChangeKind
    operations: tuple[str, ...]
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


@dataclass(frozen=True)
class Verdict:
    """All findings of a comparison, breaking ones first."""

    comparison: Comparison
    findings: tuple[Finding, ...]
    schemas: dict[Side, SchemaPair] = field(repr=False)
