"""The oracle's messages are those of the snapshot, so that every change of a text shows in review."""

from __future__ import annotations

from chat_contract import Contract
from tests.support.paths import ROOT
from tests.unit.chat_contract.messages import lines


def test_messages_of_the_oracle_are_up_to_date(contract: Contract) -> None:
    _, _, oracle = (ROOT / "tests" / "messages.txt").read_text("utf-8").partition("# oracle: violations by clause\n\n")
    assert list(lines(contract)) == oracle.splitlines(), "run python -m tests.support.messages"
