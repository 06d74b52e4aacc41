"""A document equals itself, also when it is written in another order, bundled or read from another format."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat_contract.errors import DocumentError
from spec_gate.report.build import build_report
from spec_gate.report.model import DiffReport
from spec_gate.schemas.node import Side
from spec_gate.source.load import read_document
from spec_gate.source.origins import FileOrigin
from spec_gate.verdict import judge
from testbed.gate_quality.cases import Case, all_cases
from testbed.gate_quality.differential import document
from testbed.gate_quality.random_schemas import Maker
from tests.support.paths import ROOT

CASES = all_cases()[::15]


UNORDERED = frozenset(
    {"allOf", "anyOf", "oneOf", "required", "enum", "type", "parameters", "security", "servers", "tags"}
)


def reordered(value: Any, key: str = "") -> Any:
    """Return a value with the keys of every mapping, and the lists whose order means nothing, in reverse order."""
    if isinstance(value, list):
        return [reordered(one) for one in (reversed(value) if key in UNORDERED else value)]
    return {name: reordered(value[name], name) for name in reversed(value)} if isinstance(value, dict) else value


def compared(base: Path, revision: Path) -> DiffReport:
    return build_report(judge(read_document(FileOrigin(base)), read_document(FileOrigin(revision))))


def rewritten(text: str, folder: Path) -> Path:
    """Write a YAML document as JSON, with its keys in another order."""
    file = folder / "rewritten.json"
    file.write_text(json.dumps(reordered(yaml.safe_load(text)), default=str), "utf-8")
    return file


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_document_has_no_findings_against_itself(case: Case) -> None:
    for file in (case.base, case.revision):
        assert compared(file, file).findings == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rewritten_document_has_no_findings(case: Case, tmp_path: Path) -> None:
    assert compared(case.base, rewritten(case.base.read_text("utf-8"), tmp_path)).findings == ()


def test_contract_has_no_findings_against_its_rewritten_copy(tmp_path: Path) -> None:
    contract = ROOT / "openapi/chat.yaml"
    assert compared(contract, rewritten(contract.read_text("utf-8"), tmp_path)).findings == ()


HOMES = ("schemas/{}.json", "shared/all.json#/$defs/{}", "shared/anchors.json#{}")
"""Where the schemas of a document are moved to in turn: files of their own, one file, and the anchors of one file."""


def in_files(document: dict[str, Any], folder: Path) -> Path:
    """Write a document as several files in folders; the bundled document has all of it."""
    schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
    homes = {
        f"#/components/schemas/{name}": HOMES[index % len(HOMES)].format(name) for index, name in enumerate(schemas)
    }
    written: dict[str, Any] = {"shared/all.json": {"$defs": {}}, "shared/anchors.json": {"$defs": {}}}
    for name, home in zip(schemas, homes.values(), strict=True):
        file = home.partition("#")[0]
        schema = referring(schemas[name], homes, "../")
        if file not in written:
            written[file] = schema
        else:
            written[file]["$defs"][name] = {**schema, **({"$anchor": name} if "anchors" in file else {})}
    root = referring({key: value for key, value in document.items() if key != "paths"}, homes, "")
    root.get("components", {}).update(
        {"schemas": {name: {"$ref": home} for name, home in zip(schemas, homes.values(), strict=True)}}
    )
    root["paths"] = {}
    for index, (path, item) in enumerate(document.get("paths", {}).items()):
        root["paths"][path] = {"$ref": f"paths/{index}.json"}
        written[f"paths/{index}.json"] = referring(item, homes, "../")
    for name, content in {**written, "api.json": root}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content, default=str), "utf-8")
    return folder / "api.json"


def referring(value: Any, homes: dict[str, str], up: str) -> Any:
    """Return a value with references to the files, from a folder that is below the document if ``up`` is given."""
    if isinstance(value, list):
        return [referring(one, homes, up) for one in value]
    if isinstance(value, dict):
        return {key: referring(one, homes, up) for key, one in value.items()}
    if isinstance(value, str) and value.startswith("#/components/"):
        return up + homes[value] if value in homes else f"{up}api.json{value}" if up else value
    return value


def spread(base: Path, folder: Path) -> Path:
    """Write a document that is read from a file as several files."""
    return in_files(yaml.safe_load(base.read_text("utf-8")), folder)


@pytest.mark.parametrize(
    "base", [ROOT / "openapi/chat.yaml", *(case.base for case in CASES[::4])], ids=lambda one: one.parent.name
)
def test_document_equals_its_copy_in_several_files(base: Path, tmp_path: Path) -> None:
    copy_ = spread(base, tmp_path)
    assert compared(base, copy_).findings == compared(copy_, base).findings == ()


def test_edit_of_a_file_is_found_as_in_the_whole_document(tmp_path: Path) -> None:
    contract = ROOT / "openapi/chat.yaml"
    text = contract.read_text("utf-8")
    name = next(key for key, one in yaml.safe_load(text)["components"]["schemas"].items() if one.get("required"))
    edited = yaml.safe_load(text)
    del edited["components"]["schemas"][name]["required"]
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps(edited, default=str), "utf-8")
    expected = [(one.title, one.level) for one in compared(contract, whole).findings]
    split = in_files(edited, tmp_path / "split")
    assert expected == [(one.title, one.level) for one in compared(contract, split).findings] != []


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(seed=st.integers(0, 10**6), side=st.sampled_from(list(Side)))
def test_random_schema_equals_itself_in_every_form(
    seed: int, side: Side, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As it is, in another order, moved to a component, behind two references, and in other files."""
    folder = tmp_path_factory.mktemp("identity")
    schema = Maker(seed).schema(3)
    base = document(schema, side)
    by_reference = document({"$ref": "#/components/schemas/A"}, side)
    by_reference["components"] = {"schemas": {"A": schema}}
    twice = copy.deepcopy(by_reference)
    twice["components"]["schemas"] = {"A": {"$ref": "#/components/schemas/B"}, "B": schema}
    files = []
    in_files = document({"$ref": f"{side}.json#/A"}, side)
    written = {f"{side}.json": {"A": {"$ref": "whole.json"}}, "whole.json": reordered(schema)}
    for name, content in written.items():
        (folder / name).write_text(json.dumps(content), "utf-8")
    for number, one in enumerate((base, reordered(base), by_reference, twice, in_files)):
        files.append(folder / f"{number}.json")
        files[-1].write_text(json.dumps(one), "utf-8")
    first, *others = files
    for other in others:
        try:
            assert compared(first, other).findings == (), (schema, other.name)
            assert compared(other, first).findings == (), (schema, other.name)
        except DocumentError:
            # A random schema may be invalid, which the gate rejects.
            return
