"""Render the report as SARIF 2.1.0, the format of code scanning tools."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from chat_contract.contract import Level
from chat_verifier.findings.verdict import ClauseVerdict
from chat_verifier.report.model import ClauseReport, VerifyReport, ViolationReport
from chat_verifier.report.summary import message

_LEVELS = {Level.MUST: "error", Level.SHOULD: "warning", Level.OBSERVED: "note"}
_SHOWN = (ClauseVerdict.FAIL, ClauseVerdict.WARN, ClauseVerdict.WAIVED)


def render_sarif(report: VerifyReport) -> str:
    """Return the log: one run, with a rule for each violated clause and a result for each violation."""
    found = [clause for clause in report.clauses if clause.verdict in _SHOWN and clause.violations]
    name, _, version = report.tool.partition("/")
    run = {
        "tool": {"driver": {"name": name, "semanticVersion": version, "rules": [_rule(clause) for clause in found]}},
        "columnKind": "unicodeCodePoints",
        "results": [result for index, clause in enumerate(found) for result in _results(clause, index)],
        "properties": {"target": report.target, "verdict": report.verdict},
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=True, indent=2) + "\n"


def _rule(clause: ClauseReport) -> dict[str, Any]:
    return {
        "id": clause.id,
        "shortDescription": {"text": clause.requirement},
        "help": {"text": f"chat-contract explain {clause.id}"},
    }


def _results(clause: ClauseReport, index: int) -> Iterator[dict[str, Any]]:
    for violation in clause.violations:
        result: dict[str, Any] = {
            "ruleId": clause.id,
            "ruleIndex": index,
            "level": "error" if clause.fails_by(violation) else _LEVELS[clause.level],
            "message": {"text": f"{message(clause, violation)}\n\n{violation.command}"},
            "locations": [_location(violation)],
            "partialFingerprints": {"cause/v1": _fingerprint(clause, violation)},
        }
        if violation.waiver is not None:
            result["suppressions"] = [{"kind": "external", "justification": violation.waiver.reason}]
        yield result


def _location(violation: ViolationReport) -> dict[str, Any]:
    """Return the operation: a verified server has no source file."""
    request = violation.exchanges[-1].request
    return {"logicalLocations": [{"fullyQualifiedName": f"{request.method} {request.path}{violation.pointer}"}]}


def _fingerprint(clause: ClauseReport, violation: ViolationReport) -> str:
    identity = json.dumps([clause.id, violation.place, violation.observed])
    return hashlib.sha256(identity.encode()).hexdigest()
