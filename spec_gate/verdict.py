"""Judges a change: reads both surfaces, compares them, proves the differences, and returns findings.

A rule never overrides a proof: a change that is proved safe is reported as safe, whatever its rule says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from spec_gate.budget import Budget
from spec_gate.differ.compare import compare
from spec_gate.differ.read_surface import read_surface
from spec_gate.findings import Finding, Verdict
from spec_gate.grouping import grouped
from spec_gate.prove.witnesses import Messages
from spec_gate.rules.rule import Level
from spec_gate.schema_findings import SchemaFindings
from spec_gate.schemas.node import Side
from spec_gate.schemas.pair import read_schema_pairs
from spec_gate.search.sampler import Sampler
from spec_gate.selection import EVERYTHING, Selection
from spec_gate.source.documents import Document
from spec_gate.structure_findings import structure_findings

_ROUNDS = (600, 60, 1)
"""The parts of the time that one change may take in each round."""

_SEVERITY = {level: index for index, level in enumerate(Level)}


def judge(
    base: Document,
    revision: Document,
    requested_examples: Mapping[str, str] | None = None,
    selection: Selection = EVERYTHING,
    *,
    today: dt.date | None = None,
    budget: Budget | None = None,
) -> Verdict:
    """Judge the change from base to revision in the selected operations.

    ``requested_examples`` maps the name of an example to the fixture or consumer that requests it. An operation whose
    sunset date is before ``today`` may be removed; None stands for a day before all dates.
    Proofs end when the ``budget`` is spent; changes that take long come last.

    Raises :class:`chat_contract.errors.DocumentError` if a document is invalid.
    """
    comparison = compare(*selection.of(read_surface(base), read_surface(revision)))
    pairs = read_schema_pairs(base, revision, budget)
    samplers = {side: Sampler(pair) for side, pair in pairs.items()}
    counterparts = {pairing.label: pairing.revision for pairing in comparison.pairings}
    messages = Messages(pairs[Side.REQUEST], samplers[Side.REQUEST], counterparts)
    findings = list(structure_findings(comparison, pairs[Side.REQUEST], messages, requested_examples or {}, today))
    sides = [SchemaFindings(pair, comparison, messages, samplers[side]) for side, pair in pairs.items()]
    _prove(sides, pairs[Side.REQUEST].budget)
    for one in sides:
        findings += one.findings()
    return Verdict(comparison, tuple(sorted(grouped(findings, comparison), key=_severity)), pairs)


def _prove(sides: Sequence[SchemaFindings], budget: Budget) -> None:
    """Prove the changes in rounds, so that those that take long leave time for all others."""
    whole = budget.left
    for seconds in (whole / part for part in _ROUNDS):
        for one in sides:
            one.prove(seconds)


def _severity(finding: Finding) -> int:
    return _SEVERITY[finding.level]
