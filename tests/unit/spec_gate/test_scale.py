"""Large documents and large schemas are decided by what differs between them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from spec_gate.report.model import DiffReport
from tests.unit.spec_gate.changing import body, report_of, written

_RING = 900


def compared(folder: Path, base: str, revision: str) -> DiffReport:
    return report_of(written(folder, "base.yaml", base), written(folder, "then.yaml", revision))


def rules(report: DiffReport) -> Counter[str]:
    return Counter(one.rule for one in report.findings)


def ring(limit: int, minimum: int) -> str:
    """Return a document whose schemas all refer to each other."""
    schemas: dict[str, Any] = {}
    for number in range(_RING):
        following = {"$ref": f"#/components/schemas/S{(number + 1) % _RING}"}
        far = {"$ref": f"#/components/schemas/S{(number * 7 + 3) % _RING}"}
        properties = {"id": {"type": "string", "maxLength": 50}, "count": {"type": "integer", "minimum": 0},
                      "next": {"anyOf": [{"type": "string"}, following]}, "far": far}  # fmt: skip
        schemas[f"S{number}"] = {"type": "object", "properties": properties}
    schemas["S5"]["properties"]["id"]["maxLength"] = limit
    schemas["S8"]["properties"]["count"]["minimum"] = minimum
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}
    operation = {"responses": {"200": {"description": "ok", "content": content}}}
    return str(yaml.safe_dump({
        "openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"}, "paths": {"/a": {"get": operation}},
        "components": {"schemas": schemas},
    }))  # fmt: skip


def test_changes_in_a_ring_of_many_schemas_are_decided(tmp_path: Path) -> None:
    report = compared(tmp_path, ring(50, 0), ring(60, 1))
    assert rules(report) == {"response-max-length-increased": 1, "response-minimum-increased": 1}
    assert (report.counts.breaking, report.counts.info, report.counts.witnesses) == (1, 1, 1)


def test_many_new_and_newly_required_properties_are_all_decided(tmp_path: Path) -> None:
    old = {f"old{number}": {"type": "string"} for number in range(60)}
    new = {f"new{number}": {"type": "string"} for number in range(60)}
    base = body(yaml.safe_dump({"type": "object", "properties": old}, default_flow_style=True, width=10_000).strip())
    then = {"type": "object", "properties": {**old, **new}, "required": list(old)}
    revision = body(yaml.safe_dump(then, default_flow_style=True, width=10_000).strip())
    report = compared(tmp_path, base, revision)
    assert rules(report) == {"request-property-became-required": 60, "request-property-added": 60}
    assert report.counts.witnesses == 60
    first = next(one.witness for one in report.findings if one.witness is not None)
    assert first.body is not None
    assert len(set(old) - first.body.value.keys()) == 1


def test_many_new_optional_properties_are_all_reported(tmp_path: Path) -> None:
    new = ", ".join(f"new{number}: {{type: string}}" for number in range(12))
    base, revision = "{type: object, properties: {a: {type: string}}}", "{type: object, properties: {a: {type: string}"
    assert rules(compared(tmp_path, body(base), body(f"{revision}, {new}}}}}"))) == {"request-property-added": 12}


def test_many_properties_of_which_one_is_closed_show_it(tmp_path: Path) -> None:
    old = ", ".join(f"old{number}: {{type: string}}" for number in range(30))
    base, revision = f"{{type: object, properties: {{{old}}}}}", f"{{type: object, properties: {{{old}}}"
    report = compared(tmp_path, body(base), body(f"{revision}, additionalProperties: false}}"))
    assert report.counts.breaking == 1


def test_pattern_that_is_too_long_is_changed_but_not_judged(tmp_path: Path) -> None:
    long = "a|b" * 33_000
    report = compared(tmp_path, body("{type: string, pattern: ^a+$}"), body(f'{{type: string, pattern: "^({long})$"}}'))
    assert rules(report) == {"request-pattern-not-judged": 1}
    assert report.verdict == "warning"
