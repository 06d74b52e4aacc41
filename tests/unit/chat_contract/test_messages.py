"""Messages of violations match a snapshot, so that every change of wording is visible."""

from __future__ import annotations

from chat_contract import Contract
from tests.unit.chat_contract.messages import FILE, lines


def test_messages_of_violations_match_the_snapshot(contract: Contract) -> None:
    assert list(lines(contract)) == FILE.read_text(encoding="utf-8").splitlines()
