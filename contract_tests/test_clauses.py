"""One test for each clause of the contract; the test cases that exercise a clause are its subtests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chat_contract.contract import load_clauses

if TYPE_CHECKING:
    from contract_tests.conftest import Judged


@pytest.mark.parametrize("clause", load_clauses())
def test_clause(clause: str, judged: Judged) -> None:
    judged.hold(clause)
