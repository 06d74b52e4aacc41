"""One test for each clause of the contract; the exchanges that exercise a clause are its subtests.

A skipped test was not exercised; an expected failure (xfail) is a violated SHOULD clause.
"""

from __future__ import annotations

import pytest

from chat_contract.loading import load_clauses
from chat_verifier.findings.verdict import ClauseVerdict
from chat_verifier.report.model import ClauseReport, VerifyReport, ViolationReport
from chat_verifier.report.summary import message
from chat_verifier.report.texts import CLAUSE_REASONS


@pytest.mark.parametrize("clause", load_clauses())
def test_clause(clause: str, report: VerifyReport, subtests: pytest.Subtests) -> None:
    found = report.clause(clause)
    if found.verdict is ClauseVerdict.SKIPPED and found.reason is not None:
        pytest.skip(CLAUSE_REASONS[found.reason])
    if found.verdict is ClauseVerdict.WARN:
        pytest.xfail("; ".join(message(found, violation) for violation in found.violations))
    failing = [violation for violation in found.violations if found.fails_by(violation)]
    failing_cases = {violation.case for violation in failing}
    for exchange in report.exchanges:
        if clause in exchange.exercised and exchange.case not in failing_cases:
            with subtests.test(exchange.label):
                pass
    for violation in failing:
        with subtests.test(violation.label):
            pytest.fail(_story(found, violation), pytrace=False)


def _story(clause: ClauseReport, violation: ViolationReport) -> str:
    return f"{message(clause, violation)}\n{clause.requirement}\n\n{violation.command}"
