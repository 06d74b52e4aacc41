"""How many items a reply may hold."""

from __future__ import annotations

import pytest

from contract_tests.clauses import clauses_of
from contract_tests.conftest import Judged


@pytest.mark.parametrize("clause", clauses_of("limit"))
def test_clause(clause: str, judged: Judged) -> None:
    judged.hold(clause)
