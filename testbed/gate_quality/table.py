"""Judges the cases and compares what the gate says with the known verdict of each."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chat_contract.errors import DocumentError
from spec_gate.findings import ProofKind
from spec_gate.prove.witnesses import WitnessKind
from spec_gate.report.build import build_report
from spec_gate.report.model import DiffReport, Outcome, ReportedFinding, Witness
from spec_gate.rules.rule import Level
from spec_gate.source.load import read_document
from spec_gate.source.origins import FileOrigin
from spec_gate.verdict import judge
from testbed.gate_quality.cases import Case
from testbed.gate_quality.independent import rebuilt, shows

TODAY = dt.date(2026, 1, 1)


@dataclass(frozen=True)
class Row:
    """A judged case; ``complaints`` is empty if the gate judges it correctly. A refused case has no report."""

    case: Case
    report: DiffReport | None
    seconds: float
    complaints: tuple[str, ...]

    @property
    def alarmed(self) -> bool:
        return self.report is not None and self.report.verdict is Outcome.BREAKING

    @property
    def findings(self) -> Sequence[ReportedFinding]:
        return () if self.report is None else self.report.findings

    @property
    def not_proved(self) -> int:
        return 0 if self.report is None else self.report.counts.not_proved


def judged(case: Case) -> Row:
    start = time.process_time()
    try:
        documents = read_document(FileOrigin(case.base)), read_document(FileOrigin(case.revision))
        report = build_report(judge(*documents, today=TODAY))
    except DocumentError as error:
        return Row(case, None, time.process_time() - start, (f"refused: {error}",))
    return Row(case, report, time.process_time() - start, tuple(_complaints(case, report)))


def _complaints(case: Case, report: DiffReport) -> Iterable[str]:
    rules = [finding.rule for finding in report.findings]
    if report.verdict != case.verdict:
        yield f"verdict {report.verdict}, expected {case.verdict} ({', '.join(rules) or 'no finding'})"
    if case.rule is not None and case.rule not in rules:
        yield f"rule {case.rule} missing, found {', '.join(rules) or 'none'}"
    if report.counts.not_proved:
        yield f"{report.counts.not_proved} not proved"
    if any(finding.proof is ProofKind.DECISION for finding in report.findings):
        yield "breaking change of a schema without a witness"
    if case.findings is not None and len(report.findings) != case.findings:
        yield f"{len(report.findings)} findings, expected {case.findings}: {', '.join(rules)}"
    if case.side is not None:
        yield from _witness(case, report.findings)


def _witness(case: Case, findings: Sequence[ReportedFinding]) -> Iterable[str]:
    kind = WitnessKind.REQUEST if case.side == "request" else WitnessKind.RESPONSE
    found = [one.witness for one in findings if one.witness is not None and one.level is Level.BREAKING]
    if not found:
        yield "no witness"
        return
    if not any(one.kind in {kind, WitnessKind.CALL} for one in found):
        yield f"no witness on the {case.side} side"
    for one in found:
        shown = one.value or one.body
        if shown is None or not _is_of_schema(one, findings):
            continue
        value = rebuilt(shown.value) if shown.abridged else shown.value
        if not shows(case.base, case.revision, case.side or "", value):
            yield f"invalid witness {shown.value!r}"


def _is_of_schema(witness: Witness, findings: Sequence[ReportedFinding]) -> bool:
    return any(one.witness is witness and one.proof is ProofKind.WITNESS for one in findings)


@dataclass
class Table:
    """The results of many cases."""

    rows: list[Row] = field(default_factory=list)

    def misses(self) -> list[Row]:
        return [row for row in self.rows if row.complaints]

    def precision(self) -> float:
        alarms = [row for row in self.rows if row.alarmed]
        return sum(row.case.verdict == "breaking" for row in alarms) / len(alarms) if alarms else 1.0

    def recall(self) -> float:
        breaking = [row for row in self.rows if row.case.verdict == "breaking"]
        return sum(row.alarmed for row in breaking) / len(breaking) if breaking else 1.0

    def witnesses(self) -> tuple[int, int]:
        """Return how many breaking changes of schemas have a witness, and how many there are."""
        by_schema = {ProofKind.WITNESS, ProofKind.DECISION}
        findings = [one for row in self.rows for one in row.findings]
        breaking = [one for one in findings if one.level is Level.BREAKING and one.proof in by_schema]
        return sum(one.witness is not None for one in breaking), len(breaking)

    def not_proved(self) -> list[str]:
        return [row.case.name for row in self.rows if row.not_proved]
