"""Holds rules, decision and search against a count of values: ``python -m testbed.gate_quality.differential 0 500``.

Two random schemas, one a mutation of the other, are compared in both directions. What the gate says of them is held
against jsonschema on every value of a small vocabulary.
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

from spec_gate.findings import ProofKind, Verdict
from spec_gate.report.build import build_report
from spec_gate.report.model import DiffReport, Outcome
from spec_gate.schemas.keywords import as_schema, same_value_schemas
from spec_gate.schemas.names import keeps_to_names
from spec_gate.schemas.node import Schema, SchemaNode
from spec_gate.source.load import read_document
from spec_gate.source.origins import FileOrigin
from spec_gate.verdict import judge
from testbed.gate_quality.random_schemas import Maker, values

VALUES = values()


@dataclass(frozen=True)
class Trial:
    """One comparison; ``complaint`` says what is wrong with what the gate says."""

    base: Any
    revision: Any
    side: str
    verdict: str
    proofs: tuple[str, ...]
    complaint: str
    seconds: float


def document(schema: Any, side: str) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": schema}}}
    operation: dict[str, Any] = {"responses": {"200": {"description": "Fine.", **(content if side == "reply" else {})}}}
    if side == "request":
        operation["requestBody"] = content
    return {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/t": {"post": operation}}}


def compared(base: Any, revision: Any, side: str, folder: Path) -> tuple[Verdict, DiffReport]:
    files = []
    for name, schema in (("base", base), ("revision", revision)):
        files.append(folder / f"{name}.yaml")
        files[-1].write_text(yaml.safe_dump(document(schema, side)), "utf-8")
    verdict = judge(*(read_document(FileOrigin(file)) for file in files))
    return verdict, build_report(verdict)


def witnesses(base: Any, revision: Any, side: str) -> list[Any]:
    """The values of the vocabulary that the sender may send and the receiver refuses, names aside."""
    sender, receiver = (base, revision) if side == "request" else (revision, base)
    checker = Draft202012Validator.FORMAT_CHECKER
    sending, receiving = (Draft202012Validator(one, format_checker=checker) for one in (sender, receiver))
    return [value for value in VALUES if sending.is_valid(value) and not receiving.is_valid(value)]


def tried(seed: int, folder: Path) -> list[Trial]:
    maker = Maker(seed)
    base = maker.schema(3)
    revision = maker.mutated(base)
    if seed % 3 == 0:
        revision = maker.mutated(revision)
    trials = []
    for side in ("request", "reply"):
        start = time.process_time()
        verdict, found = compared(base, revision, side, folder)
        took = time.process_time() - start
        proofs = tuple(finding.proof for finding in found.findings)
        complaint = _complaint(base, revision, side, verdict, found)
        trials.append(Trial(base, revision, side, found.verdict, proofs, complaint, took))
    return trials


def _complaint(base: Any, revision: Any, side: str, verdict: Verdict, found: DiffReport) -> str:
    sender, receiver = (base, revision) if side == "request" else (revision, base)
    checker = Draft202012Validator.FORMAT_CHECKER
    for finding in found.findings:
        if finding.proof is ProofKind.WITNESS and finding.witness is not None and finding.witness.body is not None:
            body = finding.witness.body.value
            if not Draft202012Validator(sender, format_checker=checker).is_valid(body):
                return f"the witness {body!r} may not be sent"
            if Draft202012Validator(receiver, format_checker=checker).is_valid(body):
                return f"the witness {body!r} is taken"
    if found.verdict is Outcome.BREAKING or ProofKind.NONE in [finding.proof for finding in found.findings]:
        return ""
    senders, receivers = (as_schema(sender),), (as_schema(receiver),)
    for value in witnesses(base, revision, side):
        if keeps_to_names(_WithoutReferences(), value, senders, receivers):
            return f"misses {value!r}"
    return ""


class _WithoutReferences:
    """The schemas that apply to a value, for schemas without references."""

    def applied(self, schemas: Iterable[Schema]) -> list[SchemaNode]:
        waiting = list(schemas)
        for schema in waiting:
            if isinstance(schema, SchemaNode):
                waiting += same_value_schemas(schema)
        return [schema for schema in waiting if isinstance(schema, SchemaNode)]


def main() -> int:
    first, last = int(sys.argv[1]), int(sys.argv[2])
    trials: list[Trial] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, last):
            try:
                found = tried(seed, Path(folder))
            except Exception as error:  # noqa: BLE001 - prints the seed and the error
                print(f"seed {seed}: {type(error).__name__}: {str(error)[:300]}")
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
