"""Judges a change: reads both surfaces, compares them, proves the differences, and returns findings.

A rule never overrides a proof: a change that is proved safe is reported as safe, whatever its rule says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from spec_gate.differ.changes import Change, ChangeKind, Comparison
from spec_gate.differ.compare import compare
from spec_gate.differ.read_surface import read_surface
from spec_gate.findings import Finding, Note, NoteKind, ProofKind, Verdict
from spec_gate.prove.witnesses import Requests
from spec_gate.rules.rule import Level
from spec_gate.rules.structure import rule_for
from spec_gate.schema_findings import SchemaFindings
from spec_gate.schemas.keywords import types_of
from spec_gate.schemas.node import Side
from spec_gate.schemas.pair import SchemaPair, read_schema_pairs
from spec_gate.search.sampler import Sampler
from spec_gate.source.documents import Document
from spec_gate.source.shape import check_shape

_SEVERITY = {level: index for index, level in enumerate(Level)}


def judge(base: Document, revision: Document, requested_examples: Mapping[str, str] | None = None) -> Verdict:
    """Judge the change from base to revision.

    ``requested_examples`` maps the name of an example to the fixture or consumer that requests it.

    Raises :class:`chat_contract.errors.DocumentError` if a document is invalid.
    """
    for document in (base, revision):
        check_shape(document)
    comparison = compare(read_surface(base), read_surface(revision))
    pairs = read_schema_pairs(base, revision)
    _read_all(comparison, pairs)
    samplers = {side: Sampler(pair) for side, pair in pairs.items()}
    requests = Requests(pairs[Side.REQUEST], samplers[Side.REQUEST])
    findings: list[Finding] = []
    for change in comparison.changes:
        completed = _with_wire_format(_with_request(change, requested_examples or {}), pairs[Side.REQUEST])
        finding = _structure_finding(completed, requests)
        if finding is not None:
            findings.append(finding)
    for side, pair in pairs.items():
        findings += SchemaFindings(pair, comparison, requests, samplers[side]).findings()
    return Verdict(comparison, tuple(sorted(findings, key=_severity)), pairs)


def _severity(finding: Finding) -> int:
    return _SEVERITY[finding.level]


def _read_all(comparison: Comparison, pairs: Mapping[Side, SchemaPair]) -> None:
    """Read every component schema, so that an invalid one is an error although no operation uses it."""
    for pair in pairs.values():
        for surface, schemas in ((comparison.base, pair.base), (comparison.revision, pair.revision)):
            for place in surface.schemas:
                schemas.schemas.read(place)


def _with_request(change: Change, requested_examples: Mapping[str, str]) -> Change:
    if change.kind is not ChangeKind.EXAMPLE or change.name not in requested_examples:
        return change
    return replace(change, requested_by=requested_examples[change.name])


def _with_wire_format(change: Change, schemas: SchemaPair) -> Change:
    if change.kind not in {ChangeKind.PARAMETER_STYLE, ChangeKind.PARAMETER_EXPLODE}:
        return change
    return replace(change, same_on_the_wire=_same_on_the_wire(change, schemas))


def _same_on_the_wire(change: Change, schemas: SchemaPair) -> bool:
    """Return whether all values are written alike in both styles, as scalars in a query are."""
    parameter = change.parameter
    assert parameter is not None
    if parameter.schema is None or (change.kind is ChangeKind.PARAMETER_STYLE and parameter.location == "path"):
        return False
    types = {one for schema in schemas.applied((schemas.read_base(parameter.schema),)) for one in types_of(schema)}
    return bool(types) and types.isdisjoint({"array", "object"})


def _structure_finding(change: Change, requests: Requests) -> Finding | None:
    rule = rule_for(change)
    if rule is None:
        return None
    return Finding(
        rule=rule,
        level=rule.level,
        kind=change.kind,
        operations=change.operations,
        name=change.name,
        path=(),
        base=change.base,
        revision=change.revision,
        before=change.before,
        after=change.after,
        proof=ProofKind.RULE,
        witness=rule.witness(change, requests) if rule.witness else None,
        note=Note(NoteKind.REQUESTED_EXAMPLE, change.requested_by) if change.requested_by else None,
        status=change.name if change.kind is ChangeKind.STATUS else change.status,
    )
