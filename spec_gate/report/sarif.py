"""The report as SARIF 2.1.0, for what shows findings of code scanners."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from spec_gate.report.evidence import Evidence
from spec_gate.report.summary import change, where, witness_lines

_LEVELS = {"breaking": "error", "warning": "warning", "info": "note"}


def as_sarif(document: Evidence) -> str:
    """Return the log: one run, its rules, one result a finding."""
    name, _, version = document["tool"].partition(" ")
    rules = {finding["rule"]: _rule(finding) for finding in document["findings"]}
    run = {
        "tool": {"driver": {"name": name, "semanticVersion": version, "rules": list(rules.values())}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, list(rules)) for finding in document["findings"]],
        "properties": {"hit": [f"{one['kind']} {one['name']}: {one['why']}" for one in document["hit"]]},
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=True, indent=2) + "\n"


def _rule(finding: Evidence) -> dict[str, Any]:
    return {
        "id": finding["rule"],
        "shortDescription": {"text": finding["title"]},
        "fullDescription": {"text": finding["why"]},
        "help": {"text": finding["hint"]},
    }


def _result(finding: Evidence, rules: list[str]) -> dict[str, Any]:
    told = [f"{finding['title']} {where(finding)}: {change(finding)}", finding["proved"]]
    if finding["witness"]:
        told += [finding["witness"]["why"], "\n".join(witness_lines(finding["witness"]))]
    identity = json.dumps([finding["rule"], finding["operations"], finding["place"], finding["path"]])
    result: dict[str, Any] = {
        "ruleId": finding["rule"],
        "ruleIndex": rules.index(finding["rule"]),
        "level": _LEVELS[finding["level"]],
        "message": {"text": "\n".join(told)},
        "locations": [_location(finding["revision"] or finding["base"])]
        if finding["revision"] or finding["base"]
        else [],
        "partialFingerprints": {"change/v1": hashlib.sha256(identity.encode()).hexdigest()},
    }
    if finding["base"] and finding["revision"]:
        result["relatedLocations"] = [{**_location(finding["base"]), "message": {"text": "in the base"}}]
    if finding["waived"]:
        result["suppressions"] = [{"kind": "external", "justification": finding["waived"]["reason"]}]
    return result


def _location(place: Evidence) -> dict[str, Any]:
    physical = {"artifactLocation": {"uri": quote(place["file"], safe="/:")}, "region": {"startLine": place["line"]}}
    return {"physicalLocation": physical, "logicalLocations": [{"fullyQualifiedName": place["pointer"] or "/"}]}
