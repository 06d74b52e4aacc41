"""Applies a policy to the findings of a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from spec_gate.differ.changes import Comparison
from spec_gate.differ.surface import Operation, Surface
from spec_gate.findings import Finding, Verdict
from spec_gate.rules.rule import Level
from spec_gate.severity.policy import Decision, OperationFacts, Policy
from spec_gate.structure_findings import stability_of

_SEVERITY = {level: index for index, level in enumerate(Level)}
_MARK = "x-extensible-enum"


def apply_policy(verdict: Verdict, policy: Policy) -> Verdict:
    """Return the verdict with the levels of a policy, the most severe findings first."""
    facts = _facts(verdict.comparison)
    findings = [_leveled(one, policy, facts, verdict) for one in verdict.findings]
    return replace(verdict, findings=tuple(sorted(findings, key=lambda one: _SEVERITY[one.level])))


def _leveled(finding: Finding, policy: Policy, facts: Mapping[str, OperationFacts], verdict: Verdict) -> Finding:
    """Return a finding with its level; the part of the exchange with the highest level stands for it."""
    uses = [_use(one, policy, facts, verdict) for one in (replace(finding, also=()), *finding.also)]
    first = min(uses, key=lambda one: _SEVERITY[one.level])
    rest = tuple(one for one in uses if one is not first)
    here = first.here or first.operations if rest else ()
    return replace(first, operations=finding.operations, here=here, also=rest)


def _use(finding: Finding, policy: Policy, facts: Mapping[str, OperationFacts], verdict: Verdict) -> Finding:
    operations = [facts.get(label) for label in finding.here or finding.operations] or [None]
    extensible = _is_extensible(finding, verdict)
    decisions = [
        policy.decide(finding.rule.id, finding.kind, finding.level, one, extensible=extensible) for one in operations
    ]
    decision: Decision = min(decisions, key=lambda one: _SEVERITY[one.level])
    set_by = decision.entry.source if decision.entry is not None else ""
    return replace(finding, level=decision.level, usual_level=finding.level, level_set_by=set_by)


def _is_extensible(finding: Finding, verdict: Verdict) -> bool:
    """Return whether the base marks the enum of a finding as one that may grow."""
    holder = finding.holders[0]
    if holder is None:
        return False
    value = verdict.comparison.base.document.at(holder)
    return isinstance(value, dict) and value.get(_MARK) is True


def _facts(comparison: Comparison) -> dict[str, OperationFacts]:
    """Return what each operation says about itself: the base decides where both documents have it."""
    return {one.label: one for surface in (comparison.revision, comparison.base) for one in _of(surface)}


def _of(surface: Surface) -> Iterator[OperationFacts]:
    operations = [*surface.operations.values(), *surface.webhooks.values()]
    for operation in (*operations, *(one for parent in operations for one in parent.callbacks.values())):
        yield _facts_of(surface, operation)


def _facts_of(surface: Surface, operation: Operation) -> OperationFacts:
    value = surface.document.at(operation.place)
    tags = value.get("tags")
    return OperationFacts(
        operation.label,
        operation.path,
        frozenset(map(str, tags)) if isinstance(tags, list) else frozenset(),
        value.get("x-internal") is True,
        stability_of(value),
    )
