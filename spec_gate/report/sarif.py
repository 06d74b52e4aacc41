"""Renders the report as SARIF 2.1.0, the format of code scanning tools."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from spec_gate.report import phrases
from spec_gate.report.model import DiffReport, Level, Location, ReportedFinding
from spec_gate.report.texts import text
from spec_gate.rules.registry import RULES

_LEVELS = {Level.BREAKING: "error", Level.WARNING: "warning", Level.INFO: "note"}


def render(report: DiffReport) -> str:
    """Return the log: one run with its rules and one result for each finding."""
    rules = list(dict.fromkeys(finding.rule for finding in report.findings))
    driver = {
        "name": report.tool.name,
        "semanticVersion": report.tool.version,
        "rules": [_rule(name) for name in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, rules) for finding in report.findings],
        "properties": {"impact": [line for _, lines in phrases.impact(report) for line in lines]},
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=True, indent=2) + "\n"


def _rule(name: str) -> dict[str, Any]:
    rule = RULES[name]
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.hint},
    }


def _result(finding: ReportedFinding, rules: list[str]) -> dict[str, Any]:
    places = [place for one in finding.occurrences or (finding,) if (place := one.revision or one.base) is not None]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": _LEVELS[finding.level],
        "message": {"text": _message(finding)},
        "locations": [_location(place) for place in places],
        "partialFingerprints": {"change/v1": _fingerprint(finding)},
    }
    if finding.base and finding.revision:
        result["relatedLocations"] = [{**_location(finding.base), "message": {"text": text("label-base")}}]
    if finding.waiver is not None:
        result["suppressions"] = [{"kind": "external", "justification": finding.waiver.reason}]
    return result


def _message(finding: ReportedFinding) -> str:
    lines = [finding.title, *(f"{label}: {fact}" for label, fact in phrases.facts(finding))]
    if finding.witness is not None:
        lines += [phrases.witness(finding.witness), "", *phrases.witness_lines(finding.witness)]
    return "\n".join(lines)


def _fingerprint(finding: ReportedFinding) -> str:
    part = finding.part
    place = None if part is None else [part.kind, part.location, part.name, part.status]
    identity = json.dumps([finding.rule, finding.operations, place, finding.path, finding.name])
    return hashlib.sha256(identity.encode()).hexdigest()


def _location(place: Location) -> dict[str, Any]:
    physical = {"artifactLocation": {"uri": quote(place.path, safe="/:")}, "region": {"startLine": place.line}}
    logical = {"fullyQualifiedName": place.pointer or "/"}
    return {"physicalLocation": physical, "logicalLocations": [logical]}
