"""``--overlay-out`` writes an overlay that turns the base into the revision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chat_contract.document.overlay import apply_overlay
from chat_contract.document.source import read_source
from spec_gate.report.build import build_report
from spec_gate.report.overlay import overlay_text, same
from spec_gate.source.load import read_document
from spec_gate.source.origins import FileOrigin
from spec_gate.verdict import judge
from testbed.gate_quality.cases import Case, all_cases
from tests.unit.spec_gate.changing import CONTRACT, body, changed, diff, report_of, written

CASES = all_cases()


def round_trip(base: Path, revision: Path, folder: Path) -> Path:
    overlay = folder / "overlay.yaml"
    overlay.write_text(overlay_text(read_document(FileOrigin(base)), read_document(FileOrigin(revision))), "utf-8")
    return overlay


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_base_with_the_overlay_equals_the_revision(case: Case, tmp_path: Path) -> None:
    overlay = round_trip(case.base, case.revision, tmp_path)
    made = apply_overlay(read_source(case.base).value, read_source(overlay))
    assert same(made, read_source(case.revision).value)


@pytest.mark.parametrize("case", CASES[::12], ids=lambda case: case.name)
def test_comparison_of_overlaid_base_and_revision_has_no_findings(case: Case, tmp_path: Path) -> None:
    overlay = round_trip(case.base, case.revision, tmp_path)
    made, revision = read_document(FileOrigin(case.base), [overlay]), read_document(FileOrigin(case.revision))
    assert build_report(judge(made, revision)).findings == ()


def test_written_overlay_is_accepted_as_base_overlay(tmp_path: Path) -> None:
    revision = changed(tmp_path, ("required: [message]", "required: [message, user_id]"))
    overlay = tmp_path / "overlay.yaml"
    assert diff(CONTRACT, revision, "--overlay-out", overlay).exit_code == 1
    assert report_of(CONTRACT, revision, "--base-overlay", overlay).findings == ()


def test_overlay_of_identical_documents_changes_nothing(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    assert diff(CONTRACT, CONTRACT, "--overlay-out", overlay).exit_code == 0
    assert report_of(CONTRACT, CONTRACT, "--base-overlay", overlay).findings == ()


@pytest.mark.parametrize("name", ["a'b", 'a"b', "a\\b", "$.x", "é ☃", "a]b", "~1/", "\x07", ""])
def test_names_with_special_characters_are_quoted_in_targets(name: str, tmp_path: Path) -> None:
    base, revision = (
        written(tmp_path, f"{title}.yaml", body(f"{{properties: {{{json.dumps(name)}: {{{says}}}}}}}"))
        for title, says in (("base", "enum: [1]"), ("revision", "enum: [true, 1], type: [integer, boolean]"))
    )
    overlay = round_trip(base, revision, tmp_path)
    assert same(apply_overlay(read_source(base).value, read_source(overlay)), read_source(revision).value)


def test_change_in_a_referenced_file_exits_2(tmp_path: Path) -> None:
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
