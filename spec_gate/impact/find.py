"""Gathers who is hit by a change: nothing here changes a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from chat_contract.contract import load_clauses
from chat_contract.document.source import read_source
from chat_contract.errors import Pointer
from chat_contract.resources import openapi_dir
from spec_gate.differ.changes import PartKind
from spec_gate.findings import Finding, Verdict
from spec_gate.impact.clauses import clauses_hit
from spec_gate.impact.consumers import Consumer, Read
from spec_gate.impact.fixtures import REPLY_OF, Fixtures
from spec_gate.impact.values import Bodies

Kind = Literal["consumer", "fixture", "example", "clause"]


@dataclass(frozen=True)
class Hit:
    """One that is hit, where it says what is not so any more, and why."""

    kind: Kind
    name: str
    file: str
    line: int
    pointer: Pointer
    why: str


@dataclass(frozen=True)
class ImpactInput:
    """Whom to ask: what consumers declare, and the fixtures of the mock."""

    consumers: Sequence[Consumer] = ()
    fixtures: Fixtures | None = None

    def giving(self) -> dict[str, str]:
        """Return each name that a consumer asks for, or a fixture gives, with who does."""
        fixtures = self.fixtures.names if self.fixtures else {}
        names = {name: f"fixture {source.path}" for name, source in fixtures.items()}
        return names | {name: f"consumer {one.name}" for one in self.consumers for name in one.examples}


def find_impact(verdict: Verdict, asked: ImpactInput) -> list[Hit]:
    """Return all that are hit, the nearest to users first."""
    bodies = Bodies(verdict.comparison, verdict.schemas)
    return [
        *(hit for consumer in asked.consumers for hit in _consumer(consumer, verdict.findings)),
        *_fixtures(asked.fixtures, bodies),
        *_examples(verdict, bodies),
        *_clauses(verdict, bodies),
    ]


def _consumer(consumer: Consumer, findings: Sequence[Finding]) -> Iterator[Hit]:
    felt = [finding for finding in findings if finding.level != "info"]
    for read in consumer.reads:
        why = dict.fromkeys(
            f"{finding.rule.id} at {_part_text(finding) or finding.name or read.operation}"
            f"{_shown(finding.path)}" for finding in felt if _touches(finding, read)
        )  # fmt: skip
        if why:
            name = f"{consumer.name} reads /{'/'.join(read.path)} of {read.operation} {read.status}"
            yield _hit("consumer", name, consumer, read.pointer, ", ".join(why))
    for index, name in enumerate(consumer.examples):
        if any(finding.rule.id == "example-removed" and finding.name == name for finding in felt):
            said = f"{consumer.name} asks for the example {name}"
            yield _hit("consumer", said, consumer, ("examples", index), "example-removed")


def _hit(kind: Kind, name: str, consumer: Consumer, pointer: Pointer, why: str) -> Hit:
    return Hit(kind, name, str(consumer.source.path), consumer.source.line(pointer), pointer, why)


def _shown(path: Pointer) -> str:
    return " " + "/".join(["", *map(str, path)]) if path else ""


_WHOLE = ("operation-", "method-", "path-", "server-", "security-", "credentials-")


def _touches(finding: Finding, read: Read) -> bool:
    """Say that a finding is about the field, what it stands in, or the operation and its replies as a whole."""
    if read.operation not in finding.operations:
        return False
    if finding.rule.id == "example-removed":
        return False
    if finding.part is not None:
        is_response = finding.part.kind is PartKind.RESPONSE_BODY
        return is_response and _covers(read.status, finding.part.status) and _on_the_way(finding.path, read.path)
    if finding.rule.id.startswith("response-"):
        return "header" not in finding.rule.id and (
            not finding.name[:1].isdigit() or _covers(read.status, finding.name)
        )
    return finding.rule.id.startswith(_WHOLE)


def _part_text(finding: Finding) -> str:
    return f"{finding.part.kind} {finding.part.status}".strip() if finding.part else ""


def _covers(status: str, other: str) -> bool:
    return status == other or "DEFAULT" in {status, other} or (
        status[0] == other[0] and "XX" in {status[1:], other[1:]}
    )  # fmt: skip


def _on_the_way(path: Pointer, read: Sequence[str]) -> bool:
    return all("*" in {str(one), other} or str(one) == other for one, other in zip(path, read, strict=False))


def _fixtures(fixtures: Fixtures | None, bodies: Bodies) -> Iterator[Hit]:
    for exchange in bodies.of(*REPLY_OF):
        for said in fixtures.said if fixtures else ():
            if why := bodies.invalidated(exchange, said.body):
                file, line = str(said.source.path), said.source.line(said.pointer)
                yield Hit("fixture", said.name, file, line, said.pointer, why)


def _examples(verdict: Verdict, bodies: Bodies) -> Iterator[Hit]:
    document = verdict.comparison.revision.document
    for exchange in bodies.exchanges:
        for name, (value, place) in bodies.examples(exchange, base=False).items():
            if why := bodies.invalidated(exchange, value):
                part = f"response {exchange.part.status}" if exchange.part.status else "request body"
                told = f"{name} of {exchange.label}, {part}"
                yield Hit("example", told, place.file, document.line(place), place.pointer, why)


def _clauses(verdict: Verdict, bodies: Bodies) -> Iterator[Hit]:
    witnessed = [one.witness.body for one in verdict.findings if one.witness and one.witness.has_body]
    broken = clauses_hit(verdict.comparison, bodies, witnessed)
    if not broken:
        return
    source, clauses = read_source(openapi_dir() / "clauses.yaml"), load_clauses()
    for name, sign in broken.items():
        pointer: Pointer = ("clauses", name)
        told = f"{name} ({clauses[name].level}): {clauses[name].requirement}"
        yield Hit("clause", told, str(source.path), source.line(pointer), pointer, sign)
