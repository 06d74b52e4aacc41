"""Where servers read different values from a request, no rule judges a response by them."""

from __future__ import annotations

from typing import Any

import pytest

from chat_contract import Contract, Exchange, History
from chat_contract.conformance import examine, update_history
from tests.unit.chat_contract.exchanges import ITEM, ask, knows, reply, response, say, violated

HUGE = "9" * 301
ITEMS = [ITEM | {"item_id": f"A{number}"} for number in range(14)]

BODIES = {
    "an integer of 301 digits": f'{{"message": "a", "limit": {HUGE}}}',
    "a duplicate limit": '{"message": "a", "limit": 14, "limit": 2}',
    "a duplicate id": '{"message": "a", "limit": 14, "conversation_id": "first", "conversation_id": "issued"}',
    "a duplicate id that is absent": '{"message": "a", "x": 1, "x": 2}',
    "infinity": '{"message": "a", "limit": 1e400}',
    "a byte order mark": '\ufeff{"message": "a", "limit": 3}',
    "a lone surrogate": r'{"message": "\ud800", "limit": 3}',
    "a comment": '{"message": "a", "limit": 3} // "limit": 14',
    "two values": '{"message": "a", "limit": 14}{"message": "a", "limit": 3}',
    "a limit in another case": '{"message": "a", "limit": 3, "Limit": 14}',
    "an id in another case": '{"message": "a", "limit": 14, "conversation_id": "issued", "CONVERSATION_ID": "first"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_number_of_items_and_ids_are_not_judged(contract: Contract, body: str) -> None:
    outcome = reply(conversation_id="first", items=ITEMS)
    history = knows("issued", "first")
    assert violated(contract, ask(body), outcome, history) - {"rejection.lenient-json"} == set()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_form_of_the_reply_is_judged(contract: Contract, body: str) -> None:
    assert "reply.items" in violated(contract, ask(body), reply(items=None))
    assert "reply.encoding" in violated(contract, ask(body), response(200, "{"))


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_id_of_the_reply_is_in_use_but_not_issued(contract: Contract, body: str) -> None:
    history = History()
    exchange = Exchange(ask(body), reply(conversation_id="first"))
    update_history(history, examine(contract, exchange, history))
    assert not history.issued("first")
    assert violated(contract, say(), reply(conversation_id="first"), history) == {"conversation.distinct"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"message": "a", "limit": 3}, {"limit.asked"}),
        ({"message": "a"}, {"limit.default"}),
        (
            {"message": "a", "events": [{"timestamp": "2024-06-14T10:00:00Z", "type": "a", "Item_id": "b"}]},
            {"limit.default"},
        ),
    ],
)
def test_number_of_items_is_judged_where_all_servers_read_the_same(
    contract: Contract, body: dict[str, Any], expected: set[str]
) -> None:
    assert violated(contract, ask(body), reply(items=ITEMS)) == expected
