"""What a violation says is read by people: a change of it is seen."""

from __future__ import annotations

from chat_contract import Contract
from tests.unit.chat_contract.messages import FILE, lines


def test_every_message_is_as_written_down(contract: Contract) -> None:
    assert list(lines(contract)) == FILE.read_text(encoding="utf-8").splitlines()
