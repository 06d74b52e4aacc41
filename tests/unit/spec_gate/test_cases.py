"""The gate judges every case of ``testbed/gate_cases`` correctly."""

from __future__ import annotations

import pytest

from testbed.gate_quality.cases import ABSENT, Case, all_cases
from testbed.gate_quality.independent import shows
from testbed.gate_quality.table import Table, judged

CASES = all_cases()


@pytest.fixture(scope="module")
def table() -> Table:
    return Table([judged(case) for case in CASES])


def test_every_case_gets_its_correct_verdict(table: Table) -> None:
    assert [(row.case.name, row.complaints) for row in table.misses()] == []


def test_every_breaking_schema_change_has_a_witness(table: Table) -> None:
    found, wanted = table.witnesses()
    assert found == wanted > 150


def test_no_change_of_a_case_is_left_unproved(table: Table) -> None:
    assert table.not_proved() == []


def test_cases_are_numerous_and_have_unique_titles() -> None:
    assert len(CASES) >= 200
    assert len({case.title for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", [case for case in CASES if case.witness is not ABSENT], ids=lambda case: case.name)
def test_witness_of_a_case_is_valid_on_exactly_one_side(case: Case) -> None:
    assert shows(case.base, case.revision, case.side or "", case.witness)
