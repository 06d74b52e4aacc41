"""Deeply nested schemas, long chains of references and recursion are compared without a recursion limit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spec_gate.findings import Finding
from spec_gate.prove.lift import MAX_STEPS
from spec_gate.prove.proof import Undecided
from spec_gate.report.texts import TEXTS
from spec_gate.rules.rule import Level
from spec_gate.source.load import read_document
from spec_gate.source.origins import FileOrigin
from spec_gate.verdict import judge
from tests.unit.spec_gate.changing import body, diff, written

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
Wrap = Callable[[Any], dict[str, Any]]

NESTED: dict[str, tuple[int, Wrap]] = {
    "properties": (90, lambda schema: {"type": "object", "properties": {"x": schema}}),
    "items": (110, lambda schema: {"type": "array", "items": schema}),
    "allOf": (90, lambda schema: {"allOf": [schema]}),
    "not": (170, lambda schema: {"not": schema}),
}
CHAINED: dict[str, tuple[int, Wrap]] = {
    "properties": (100, lambda schema: {"type": "object", "properties": {"x": schema}}),
    "wrapped references": (100, lambda schema: {"properties": {"x": {"allOf": [schema], "description": "x"}}}),
    "items": (100, lambda schema: {"type": "array", "items": schema}),
    "inheritance": (100, lambda schema: {"allOf": [schema, {"properties": {"own": {"type": "string"}}}]}),
}


def document(schema: Any, components: dict[str, Any] | None = None) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": schema}}}
    operation = {"requestBody": content, "responses": {"200": {"description": "OK."}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Deep", "version": "1.0.0"},
        "paths": {"/a": {"post": operation}},
        "components": {"schemas": components or {}},
    }


def findings(folder: Path, base: Any, revision: Any) -> tuple[Finding, ...]:
    files = [written(folder, f"{name}.json", json.dumps(one)) for name, one in (("base", base), ("revision", revision))]
    return judge(*(read_document(FileOrigin(file)) for file in files)).findings


def reference(number: int) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/S{number}"}


def chain(length: int, last: Any, wrap: Wrap) -> dict[str, Any]:
    schemas = {f"S{number}": wrap(reference(number + 1)) for number in range(length)}
    return document(reference(0), {**schemas, f"S{length}": last})


@pytest.mark.parametrize("name", NESTED)
def test_change_in_a_deeply_nested_schema_has_a_witness(name: str, tmp_path: Path) -> None:
    depth, wrap = NESTED[name]
    base, revision = STRING, INTEGER
    for _ in range(depth):
        base, revision = wrap(base), wrap(revision)
    [finding] = findings(tmp_path, document(base), document(revision))
    assert finding.level is Level.BREAKING
    assert finding.witness is not None


@pytest.mark.parametrize("name", CHAINED)
def test_change_at_the_end_of_a_chain_of_references_has_a_witness(name: str, tmp_path: Path) -> None:
    length, wrap = CHAINED[name]
    [finding] = findings(tmp_path, chain(length, STRING, wrap), chain(length, INTEGER, wrap))
    assert finding.level is Level.BREAKING
    assert finding.witness is not None


@pytest.mark.parametrize("name", ["properties", "items"])
@pytest.mark.parametrize("length", [150, 1_000])
def test_chain_that_is_too_long_for_a_witness_is_not_proved(name: str, length: int, tmp_path: Path) -> None:
    wrap = CHAINED[name][1]
    [finding] = findings(tmp_path, chain(length, STRING, wrap), chain(length, INTEGER, wrap))
    assert finding.rule.id == "not-proved"
    assert finding.note is not None
    assert finding.note.reason is Undecided.DEPTH
    assert str(MAX_STEPS) in TEXTS["undecided-depth"]


def test_long_chain_of_references_equals_itself_and_its_extension_is_compatible(tmp_path: Path) -> None:
    wrap = CHAINED["properties"][1]
    assert findings(tmp_path, chain(1_000, STRING, wrap), chain(1_000, {**STRING, "minLength": 0}, wrap)) == ()
    [finding] = findings(tmp_path, chain(1_000, {**STRING, "minLength": 1}, wrap), chain(1_000, STRING, wrap))
    assert finding.level is Level.INFO


def test_schema_that_contains_a_reference_to_its_own_alias_is_compared(tmp_path: Path) -> None:
    def recursive(fewest: int) -> dict[str, Any]:
        child = {"allOf": [{"$ref": "#/components/schemas/Alias"}, {"minProperties": fewest}]}
        return document(
            {"$ref": "#/components/schemas/Tree"},
            {
                "Alias": {"$ref": "#/components/schemas/Tree"},
                "Tree": {"type": "object", "properties": {"child": child}},
            },
        )

    assert findings(tmp_path, recursive(1), recursive(2))[0].level is Level.BREAKING


def test_search_with_patterns_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = written(tmp_path, "base.yaml", body("{type: string, pattern: '^a[b-d]+$'}"))
    revision = written(tmp_path, "revision.yaml", body("{type: string, pattern: '^a[bc]+$'}"))
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert diff(base, revision).exit_code == 1
    assert list(empty.iterdir()) == []
