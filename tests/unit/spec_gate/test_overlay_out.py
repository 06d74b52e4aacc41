"""``--overlay-out`` writes an overlay that, put on the base, gives the revision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chat_contract.document.overlay import apply_overlay
from chat_contract.document.source import read_source
from spec_gate.report.evidence import evidence
from spec_gate.report.migration import overlay_text, same
from spec_gate.source.load import read_document
from spec_gate.source.origins import FileOrigin
from spec_gate.verdict import judge
from testbed.gate_quality.cases import Case, all_cases
from tests.unit.spec_gate.changing import CONTRACT, body, changed, diff, found, written

CASES = all_cases()


def round_trip(base: Path, revision: Path, folder: Path) -> Path:
    overlay = folder / "overlay.yaml"
    overlay.write_text(overlay_text(read_document(FileOrigin(base)), read_document(FileOrigin(revision))), "utf-8")
    return overlay


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_base_with_the_overlay_is_the_revision(case: Case, tmp_path: Path) -> None:
    overlay = round_trip(case.base, case.revision, tmp_path)
    made = apply_overlay(read_source(case.base).value, read_source(overlay))
    assert same(made, read_source(case.revision).value)


@pytest.mark.parametrize("case", CASES[::12], ids=lambda case: case.name)
def test_the_gate_finds_nothing_between_them(case: Case, tmp_path: Path) -> None:
    overlay = round_trip(case.base, case.revision, tmp_path)
    made, revision = read_document(FileOrigin(case.base), [overlay]), read_document(FileOrigin(case.revision))
    assert evidence(judge(made, revision))["findings"] == []


def test_the_command_writes_it_and_takes_it_back(tmp_path: Path) -> None:
    revision = changed(tmp_path, ("required: [message]", "required: [message, user_id]"))
    overlay = tmp_path / "overlay.yaml"
    assert diff(CONTRACT, revision, "--overlay-out", overlay).exit_code == 1
    assert found(CONTRACT, revision, "--base-overlay", overlay)["findings"] == []


def test_one_document_against_itself_gives_an_overlay_that_does_nothing(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    assert diff(CONTRACT, CONTRACT, "--overlay-out", overlay).exit_code == 0
    assert found(CONTRACT, CONTRACT, "--base-overlay", overlay)["findings"] == []


@pytest.mark.parametrize("name", ["a'b", 'a"b', "a\\b", "$.x", "é ☃", "a]b", "~1/", "\x07", ""])
def test_a_name_is_a_name_whatever_it_holds(name: str, tmp_path: Path) -> None:
    base, revision = (
        written(tmp_path, f"{title}.yaml", body(f"{{properties: {{{json.dumps(name)}: {{{says}}}}}}}"))
        for title, says in (("base", "enum: [1]"), ("revision", "enum: [true, 1], type: [integer, boolean]"))
    )
    overlay = round_trip(base, revision, tmp_path)
    assert same(apply_overlay(read_source(base).value, read_source(overlay)), read_source(revision).value)


def test_files_beside_the_document_are_out_of_reach(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("old", "new")]
    for folder, bound in zip(folders, (5, 6), strict=True):
        folder.mkdir()
        written(folder, "api.yaml", body('{$ref: "parts.yaml#/Name"}'))
        written(folder, "parts.yaml", f"Name: {{type: string, maxLength: {bound}}}\n")
    overlay = tmp_path / "overlay.yaml"
    result = diff(folders[0] / "api.yaml", folders[1] / "api.yaml", "--overlay-out", overlay)
    assert result.exit_code == 2
    assert "into one file each" in result.stderr
    assert not overlay.exists()
