"""Prints the oracle's messages for every exchange in the table of clauses.

``python -m tests.unit.chat_contract.messages > tests/unit/chat_contract/messages.txt`` updates the snapshot. Its diff
shows how the texts of reports change.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chat_contract import Contract, load_contract
from tests.unit.chat_contract.exchanges import judged
from tests.unit.chat_contract.test_conformance_clauses import TABLE

FILE = Path(__file__).with_name("messages.txt")


def lines(contract: Contract) -> Iterator[str]:
    """Yield a line for each exchange, followed by one for each violation in it."""
    for clause, kinds in TABLE.items():
        for kind, exchanges in zip(("violates", "conforms to"), kinds, strict=True):
            for number, one in enumerate(exchanges):
                yield f"{kind} {clause}, {number}"
                found = judged(contract, one.request, one.outcome, one.history, concurrent=one.concurrent)
                yield from (f"  {violation.message}" for violation in found)


if __name__ == "__main__":
    print(*lines(load_contract()), sep="\n")
