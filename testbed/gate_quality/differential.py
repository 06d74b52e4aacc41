"""Compares the gate with jsonschema on random schemas: ``python -m testbed.gate_quality.differential 0 500``.

The arguments are the first seed and the last, exclusive. Each seed gives a random schema and a mutation of it, which
are compared as request and as response. jsonschema checks the verdicts on every value of a small vocabulary.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from chat_contract.errors import DocumentError
from spec_gate.findings import ProofKind
from spec_gate.report.build import build_report
from spec_gate.report.model import DiffReport, Outcome
from spec_gate.schemas.keywords import as_schema, same_value_schemas
from spec_gate.schemas.names import keeps_to_names
from spec_gate.schemas.node import Schema, SchemaNode, Side
from spec_gate.source.load import read_document
from spec_gate.source.origins import FileOrigin
from spec_gate.verdict import judge
from testbed.gate_quality.random_schemas import Maker, values

VALUES = values()


@dataclass(frozen=True)
class Trial:
    """One comparison; ``complaint`` says how the gate is wrong, and is empty if it is right."""

    base: Any
    revision: Any
    side: Side
    verdict: str
    proofs: tuple[str, ...]
    complaint: str
    seconds: float


def document(schema: Any, side: Side) -> dict[str, Any]:
    """Return a description of one operation whose request or response has the schema."""
    content = {"content": {"application/json": {"schema": schema}}}
    response = {"description": "OK.", **(content if side is Side.RESPONSE else {})}
    operation: dict[str, Any] = {"responses": {"200": response}}
    if side is Side.REQUEST:
        operation["requestBody"] = content
    return {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/t": {"post": operation}}}


def compared(base: Any, revision: Any, side: Side, folder: Path) -> DiffReport:
    """Write both documents to the folder and judge them."""
    files = []
    for name, schema in (("base", base), ("revision", revision)):
        files.append(folder / f"{name}.yaml")
        files[-1].write_text(yaml.safe_dump(document(schema, side)), "utf-8")
    return build_report(judge(*(read_document(FileOrigin(file)) for file in files)))


def witnesses(sender: Any, receiver: Any) -> list[Any]:
    """Return the values that only the sender's schema accepts; the names rule is not applied."""
    checker = Draft202012Validator.FORMAT_CHECKER
    sending, receiving = (Draft202012Validator(one, format_checker=checker) for one in (sender, receiver))
    return [value for value in VALUES if sending.is_valid(value) and not receiving.is_valid(value)]


def run_trials(seed: int, folder: Path) -> list[Trial]:
    """Compare the schemas of a seed on both sides."""
    maker = Maker(seed)
    base = maker.schema(3)
    revision = maker.mutated(base)
    if seed % 3 == 0:
        revision = maker.mutated(revision)
    trials = []
    for side in Side:
        start = time.process_time()
        report = compared(base, revision, side, folder)
        took = time.process_time() - start
        proofs = tuple(finding.proof for finding in report.findings)
        complaint = _complaint(base, revision, side, report)
        trials.append(Trial(base, revision, side, report.verdict, proofs, complaint, took))
    return trials


def _complaint(base: Any, revision: Any, side: Side, report: DiffReport) -> str:
    sender, receiver = (base, revision) if side is Side.REQUEST else (revision, base)
    checker = Draft202012Validator.FORMAT_CHECKER
    for finding in report.findings:
        if finding.proof is ProofKind.WITNESS and finding.witness is not None and finding.witness.body is not None:
            body = finding.witness.body.value
            if not Draft202012Validator(sender, format_checker=checker).is_valid(body):
                return f"the sender rejects the witness {body!r}"
            if Draft202012Validator(receiver, format_checker=checker).is_valid(body):
                return f"the receiver accepts the witness {body!r}"
    if report.verdict is Outcome.BREAKING or ProofKind.NONE in [finding.proof for finding in report.findings]:
        return ""
    senders, receivers = (as_schema(sender),), (as_schema(receiver),)
    for value in witnesses(sender, receiver):
        if keeps_to_names(_WithoutReferences(), value, senders, receivers):
            return f"missed witness {value!r}"
    return ""


class _WithoutReferences:
    """Finds the schemas that apply to a value, for schemas without references."""

    def applied(self, schemas: Iterable[Schema]) -> list[SchemaNode]:
        waiting = list(schemas)
        for schema in waiting:
            if isinstance(schema, SchemaNode):
                waiting += same_value_schemas(schema)
        return [schema for schema in waiting if isinstance(schema, SchemaNode)]


def main() -> int:
    """Run the trials and print complaints and counts."""
    first, last = int(sys.argv[1]), int(sys.argv[2])
    trials: list[Trial] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, last):
            try:
                found = run_trials(seed, Path(folder))
            except DocumentError as error:
                print(f"seed {seed}: invalid schema: {str(error)[:300]}")
                continue
            trials += found
            for trial in found:
                doubtful = {"none", "decision"} & set(trial.proofs) and "--doubtful" in sys.argv
                if trial.complaint or trial.seconds > 5 or doubtful:
                    print(f"seed {seed} {trial.side}: {trial.verdict}: {trial.complaint} {trial.seconds:.1f} s")
                    print(f"  base     {trial.base}\n  revision {trial.revision}")
    proofs = [proof for trial in trials for proof in trial.proofs]
    print({proof: proofs.count(proof) for proof in sorted(set(proofs))})
    print(f"{len(trials)} comparisons in {sum(trial.seconds for trial in trials):.0f} s")
    print(f"{sum(bool(trial.complaint) for trial in trials)} complaints")
    print(f"{sum('none' in trial.proofs for trial in trials)} not proved")
    print(f"{sum('decision' in trial.proofs for trial in trials)} without witness")
    return 0


if __name__ == "__main__":
    sys.exit(main())
