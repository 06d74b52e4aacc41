"""Finds what a change affects: consumers, fixtures, examples and clauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chat_contract.document.source import Source
from chat_contract.errors import Pointer, render_pointer
from chat_contract.resources import shown_name
from spec_gate.differ.changes import ChangeKind, PartKind
from spec_gate.findings import Finding, Verdict
from spec_gate.impact.consumers import Consumer, Read
from spec_gate.impact.fixtures import OPERATION, STATUS, FixtureResponse, Fixtures
from spec_gate.impact.values import Bodies
from spec_gate.report import model as m
from spec_gate.rules.rule import Level

_WHOLE_OPERATION = {ChangeKind.OPERATION, ChangeKind.OPERATION_ID, ChangeKind.SERVER, ChangeKind.SERVER_DEFAULT,
                    ChangeKind.CREDENTIALS}  # fmt: skip
"""Kinds of changes that affect every consumer of an operation."""


@dataclass(frozen=True)
class ImpactInput:
    """The consumers and fixtures that a change may affect."""

    consumers: Sequence[Consumer] = ()
    fixtures: Fixtures | None = None

    def requested_examples(self) -> dict[str, str]:
        """Return the consumer or fixture file that requests an example, by the name of the example."""
        files = self.fixtures.conversations if self.fixtures else {}
        names = {name: shown_name(Path(source.path)) for name, source in files.items()}
        return names | {example: one.name for one in self.consumers for example in one.examples}


def find_impact(verdict: Verdict, given: ImpactInput) -> m.Impact:
    """Return everything that a change affects."""
    bodies = Bodies(verdict.comparison, verdict.schemas)
    relevant = [finding for finding in verdict.findings if finding.level is not Level.INFO]
    return m.Impact(
        reads=tuple(one for consumer in given.consumers for one in _reads(consumer, relevant)),
        missing_examples=tuple(one for consumer in given.consumers for one in _missing_examples(consumer, relevant)),
        fixtures=tuple(_fixtures(given.fixtures.responses if given.fixtures else (), bodies)),
        examples=tuple(_examples(verdict, bodies)),
        clauses=tuple(_clauses(verdict, bodies)),
    )


def _reads(consumer: Consumer, findings: Sequence[Finding]) -> Iterator[m.AffectedRead]:
    for read in consumer.reads:
        found = dict.fromkeys(
            m.FindingReference(finding.rule.id, finding.part, render_pointer(finding.path))
            for finding in findings
            if affects(finding, read)
        )
        if found:
            location = _location(consumer.source, read.pointer)
            yield m.AffectedRead(
                consumer.name, read.operation, read.status, render_pointer(read.path), tuple(found), location
            )


def affects(finding: Finding, read: Read) -> bool:
    """Return whether a finding changes a field, a value around it, its response or its operation."""
    if read.operation not in finding.operations:
        return False
    if finding.part is not None:
        return (
            finding.part.kind is PartKind.RESPONSE_BODY
            and _overlap(read.status, finding.part.status)
            and _on_path(finding.path, read.path)
        )
    if finding.kind is ChangeKind.STATUS:
        return _overlap(read.status, finding.name)
    if finding.kind is ChangeKind.RESPONSE_MEDIA_TYPE:
        return _overlap(read.status, finding.status)
    return finding.kind in _WHOLE_OPERATION


def _overlap(one: str, other: str) -> bool:
    """Return whether two entries such as 200, 2XX and default can describe the same response."""
    one, other = one.upper(), other.upper()
    if one == other or "DEFAULT" in {one, other}:
        return True
    return one[:1] == other[:1] and "XX" in {one[1:], other[1:]}


def _on_path(path: Pointer, field: Sequence[str]) -> bool:
    return all("*" in {str(one), other} or str(one) == other for one, other in zip(path, field, strict=False))


def _missing_examples(consumer: Consumer, findings: Sequence[Finding]) -> Iterator[m.MissingExample]:
    removed = {finding.name for finding in findings if finding.kind is ChangeKind.EXAMPLE}
    for index, name in enumerate(consumer.examples):
        if name in removed:
            yield m.MissingExample(consumer.name, name, _location(consumer.source, ("examples", index)))


def _fixtures(responses: Sequence[FixtureResponse], bodies: Bodies) -> Iterator[m.AffectedFixture]:
    for use in bodies.of(OPERATION, STATUS):
        for one in responses:
            if rejection := bodies.invalidated(use, one.body):
                location = _location(one.source, one.pointer)
                yield m.AffectedFixture(one.item, one.conversation, one.turn, rejection, location)


def _examples(verdict: Verdict, bodies: Bodies) -> Iterator[m.AffectedExample]:
    document = verdict.comparison.revision.document
    for use in bodies.uses:
        for name, (value, place) in bodies.examples(use, base=False).items():
            if rejection := bodies.invalidated(use, value):
                location = m.Location(place.file, document.line(place), render_pointer(place.pointer))
                yield m.AffectedExample(name, use.label, use.part, rejection, location)


def _clauses(verdict: Verdict, bodies: Bodies) -> Iterator[m.AffectedClause]:
    if not verdict.findings or all(pairing.label != OPERATION for pairing in verdict.comparison.pairings):
        return
    # The contract and its oracle are slow to load; only a comparison of chat documents needs them.
    from spec_gate.impact.clauses import violated_clauses  # noqa: PLC0415

    witnesses = [one.witness.body for one in verdict.findings if one.witness is not None and one.witness.has_body]
    for one in violated_clauses(verdict.comparison, bodies, witnesses):
        yield m.AffectedClause(
            one.clause.id, one.clause.level, one.clause.requirement, one.sign, one.body, one.detail,
            _location(one.source, ("clauses", one.clause.id)),
        )  # fmt: skip


def _location(source: Source, pointer: Pointer) -> m.Location:
    return m.Location(shown_name(Path(source.path)), source.line(pointer), render_pointer(pointer))
