"""One edit is one finding: with its own title, all its operations, and a witness that shows nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spec_gate.report.formats import FORMATS
from spec_gate.report.model import DiffReport, ReportedFinding
from spec_gate.report.render import render
from tests.unit.spec_gate.changing import report_of, written
from tests.unit.spec_gate.orders import BASE, EDITS, Edit, revision


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> DiffReport:
    """Compare the document with one that has all edits."""
    return report_of(BASE, written(tmp_path_factory.mktemp("orders"), "revision.yaml", revision(*EDITS)))


def described(finding: ReportedFinding) -> tuple[str, str, int]:
    return finding.title, finding.level, len(finding.operations)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.title)
def test_one_edit_is_one_finding(tmp_path: Path, edit: Edit) -> None:
    found = report_of(BASE, written(tmp_path, "revision.yaml", revision(edit))).findings
    assert [described(one) for one in found] == [(edit.title, edit.level, edit.operations)]


def test_all_edits_together_are_one_finding_each(report: DiffReport) -> None:
    assert sorted(one.title for one in report.findings) == sorted(edit.title for edit in EDITS)


@pytest.mark.parametrize("edit", [edit for edit in EDITS if edit.witness], ids=lambda edit: edit.title)
def test_witness_is_rejected_for_its_own_change(report: DiffReport, edit: Edit) -> None:
    [finding] = [one for one in report.findings if one.title == edit.title]
    assert finding.witness is not None
    assert edit.witness in f"{finding.witness.line} {finding.witness.rejection.detail}"


def test_no_report_contains_an_internal_name(report: DiffReport) -> None:
    for name in FORMATS:
        assert not re.search(r"\$defs|(?:base|revision)\.[A-Z]", render(report, name))


@pytest.mark.parametrize("name", ["json", "html", "markdown"])
def test_all_operations_are_listed(report: DiffReport, name: str) -> None:
    [finding] = [one for one in report.findings if "oauth2" in one.title]
    page = render(report, name)
    assert len(finding.operations) == 10
    assert all(operation in page for operation in finding.operations)
