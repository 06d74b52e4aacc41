"""The gate against the cases whose verdict is known: every one of them, by name where it is wrong."""

from __future__ import annotations

import pytest

from testbed.gate_quality.cases import NONE, Case, all_cases
from testbed.gate_quality.independent import shows
from testbed.gate_quality.table import Table, judged

CASES = all_cases()


@pytest.fixture(scope="module")
def table() -> Table:
    return Table([judged(case) for case in CASES])


def test_no_case_is_judged_wrongly(table: Table) -> None:
    assert [(row.case.name, row.complaints) for row in table.misses()] == []


def test_every_breaking_change_of_a_schema_has_a_witness(table: Table) -> None:
    found, wanted = table.witnesses()
    assert found == wanted > 150


def test_what_is_not_proved_is_what_is_known_not_to_be(table: Table) -> None:
    assert len(table.not_proved()) <= 3


def test_there_are_cases_enough_and_each_says_what_it_is_about() -> None:
    assert len(CASES) >= 200
    assert len({case.says for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", [case for case in CASES if case.witness is not NONE], ids=lambda case: case.name)
def test_the_truth_of_a_case_rests_on_a_value_that_one_side_refuses(case: Case) -> None:
    assert shows(case.base, case.revision, case.side or "", case.witness)
