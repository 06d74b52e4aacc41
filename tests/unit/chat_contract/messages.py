"""The oracle's messages for every exchange in the table of clauses; a part of tests/messages.txt."""

from __future__ import annotations

from collections.abc import Iterator

from chat_contract import Contract
from tests.unit.chat_contract.exchanges import judged
from tests.unit.chat_contract.test_conformance_clauses import TABLE


def lines(contract: Contract) -> Iterator[str]:
    """Yield a line for each exchange, followed by one for each violation in it."""
    for clause, kinds in TABLE.items():
        for kind, exchanges in zip(("violates", "conforms to"), kinds, strict=True):
            for number, one in enumerate(exchanges):
                yield f"{kind} {clause}, {number}"
                found = judged(contract, one.request, one.outcome, one.history, concurrent=one.concurrent)
                yield from (f"  {violation.message}" for violation in found)
