"""The gate held against the cases: what it says of each, and the misses by name."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from spec_gate.report.evidence import Evidence, evidence
from spec_gate.source.load import read_document
from spec_gate.source.origins import FileOrigin
from spec_gate.verdict import judge
from testbed.gate_quality.cases import Case
from testbed.gate_quality.independent import shows


@dataclass(frozen=True)
class Row:
    """One case as it was judged; ``complaints`` is empty where all is as it should be."""

    case: Case
    document: Evidence
    seconds: float
    complaints: tuple[str, ...]

    @property
    def alarmed(self) -> bool:
        return bool(self.document["verdict"] == "breaking")


def judged(case: Case) -> Row:
    start = time.process_time()
    document = evidence(judge(read_document(FileOrigin(case.base)), read_document(FileOrigin(case.revision))))
    return Row(case, document, time.process_time() - start, tuple(_complaints(case, document)))


def _complaints(case: Case, document: Evidence) -> Iterable[str]:
    findings = document["findings"]
    rules = [finding["rule"] for finding in findings]
    unproved = document["counts"]["not_proved"] and case.verdict != "breaking"
    if document["verdict"] != case.verdict and not (unproved and document["verdict"] == "warning"):
        yield f"says {document['verdict']}, truth is {case.verdict} ({', '.join(rules) or 'no finding'})"
    if case.rule is not None and case.rule not in rules and not unproved:
        yield f"does not say {case.rule}, but {', '.join(rules) or 'nothing'}"
    if case.findings is not None and len(findings) != case.findings:
        yield f"finds {', '.join(rules)} where nothing has changed"
    if case.side is not None:
        yield from _witness(case, findings)


def _witness(case: Case, findings: list[Evidence]) -> Iterable[str]:
    kinds = {"request": "request", "reply": "response"}
    found = [one["witness"] for one in findings if one["witness"] and one["level"] == "breaking"]
    if not found:
        yield "gives no witness"
        return
    if not any(one["kind"] in {kinds[case.side or ""], "call-to-client"} for one in found):
        yield f"gives a witness on the other side than {case.side}"
    for one in found:
        values = [one[key] for key in ("value", "body") if key in one][:1] if _is_of_schema(one, findings) else []
        if values and not shows(case.base, case.revision, case.side or "", values[0]):
            yield f"gives a witness that is none: {values[0]!r}"


def _is_of_schema(witness: Evidence, findings: list[Evidence]) -> bool:
    return any(one["witness"] is witness and one["proof"] == "witness" for one in findings)


@dataclass
class Table:
    """The figures of many cases."""

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
        """How many breaking changes of schemas have a witness, and how many there are."""
        findings = [one for row in self.rows for one in row.document["findings"]]
        breaking = [one for one in findings if one["level"] == "breaking" and one["proof"] in {"witness", "decision"}]
        return sum(one["witness"] is not None for one in breaking), len(breaking)

    def not_proved(self) -> list[str]:
        return [row.case.name for row in self.rows if row.document["counts"]["not_proved"]]
