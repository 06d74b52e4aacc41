"""What every reply must be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from chat_contract.body import ABSENT
from chat_contract.roles import CONVERSATION, ITEM, ITEMS, MESSAGE, PRICE
from chat_contract.rules.facts import ANSWERABLE, Facts, Finding, Rule
from chat_contract.rules.validation_error import is_json_media_type

_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?\Z")


def _replied(facts: Facts) -> bool:
    return facts.replied


def _items(facts: Facts) -> list[Any]:
    items = facts.reply.get(ITEMS) if facts.reply is not None else None
    return items if isinstance(items, list) else []


def _has_items(facts: Facts) -> bool:
    """Say whether items came as a list; an empty one keeps every promise about items."""
    return facts.reply is not None and isinstance(facts.reply.get(ITEMS), list)


def _objects(facts: Facts) -> Iterator[tuple[int, dict[str, Any]]]:
    return ((index, item) for index, item in enumerate(_items(facts)) if isinstance(item, dict))


def _tries_status(facts: Facts) -> bool:
    return facts.kind in ANSWERABLE and 200 <= facts.status < 300


def status(facts: Facts) -> Iterator[Finding]:
    if facts.status != 200:
        yield Finding("status 200", facts.seen)


def media_type(facts: Facts) -> Iterator[Finding]:
    assert facts.response is not None
    header = facts.response.header("Content-Type")
    if not is_json_media_type(header):
        yield Finding("Content-Type: application/json", header)


def encoding(facts: Facts) -> Iterator[Finding]:
    assert facts.response is not None
    if facts.answer is ABSENT:
        yield Finding("JSON in UTF-8", facts.response.body[:200].decode("utf-8", "backslashreplace"))


def _tries_length(facts: Facts) -> bool:
    return facts.response is not None


def length(facts: Facts) -> Iterator[Finding]:
    assert facts.response is not None
    announced = facts.response.header("Content-Length")
    decoded = facts.response.header("Content-Encoding") is not None
    bodiless = facts.request.method == "HEAD" or facts.status in {204, 304}
    if announced is not None and not decoded and not bodiless and announced.strip() != str(len(facts.response.body)):
        yield Finding(f"{announced} bytes, as Content-Length says", f"{len(facts.response.body)} bytes")


def _tries_is_an_object(facts: Facts) -> bool:
    return facts.replied and facts.answer is not ABSENT


def is_an_object(facts: Facts) -> Iterator[Finding]:
    if facts.reply is None:
        yield Finding("an object", facts.answer)
        return
    for name in facts.contract.response_schema(200).get("required", ()):
        if name not in facts.reply:
            yield Finding(f"the field {name}", sorted(facts.reply), (name,))


def _tries_conversation_id(facts: Facts) -> bool:
    return facts.reply is not None and CONVERSATION in facts.reply


def conversation_id(facts: Facts) -> Iterator[Finding]:
    assert facts.reply is not None
    # An empty id that comes back as it was sent is the shopper's doing.
    if facts.reply_id is None and not (facts.sent_id == "" == facts.reply[CONVERSATION]):
        yield Finding("a text that is not empty", facts.reply[CONVERSATION], (CONVERSATION,))


def _tries_message(facts: Facts) -> bool:
    return facts.reply is not None and MESSAGE in facts.reply


def message(facts: Facts) -> Iterator[Finding]:
    assert facts.reply is not None
    if not isinstance(facts.reply[MESSAGE], str):
        yield Finding("a text", facts.reply[MESSAGE], (MESSAGE,))


def _tries_message_is_not_blank(facts: Facts) -> bool:
    return facts.reply is not None and isinstance(facts.reply.get(MESSAGE), str)


def message_is_not_blank(facts: Facts) -> Iterator[Finding]:
    assert facts.reply is not None
    if not facts.reply[MESSAGE].strip():
        yield Finding("a text that says something", facts.reply[MESSAGE], (MESSAGE,))


def _tries_items(facts: Facts) -> bool:
    return facts.reply is not None and ITEMS in facts.reply


def items(facts: Facts) -> Iterator[Finding]:
    assert facts.reply is not None
    if not isinstance(facts.reply[ITEMS], list):
        yield Finding("a list", facts.reply[ITEMS], (ITEMS,))


def item(facts: Facts) -> Iterator[Finding]:
    for index, found in enumerate(_items(facts)):
        if not isinstance(found, dict):
            yield Finding("an object", found, (ITEMS, index))
        elif not isinstance(found.get(ITEM), str) or not found[ITEM]:
            yield Finding("a text that is not empty", found.get(ITEM), (ITEMS, index, ITEM))


def item_field(facts: Facts) -> Iterator[Finding]:
    for error in facts.contract.response_validators[200].iter_errors(facts.reply):
        place = tuple(error.absolute_path)
        # A wrong item_id is the business of the rule above, and so is an item that is no object.
        if len(place) >= 3 and place[0] == ITEMS and place[2] != ITEM:
            yield Finding(f"what the contract says: {error.message[:120]}", error.instance, place)


def _example_fields(facts: Facts) -> set[str]:
    examples = facts.contract.response_examples[200]
    example: dict[str, Any] = examples.get("documented") or next(iter(examples.values()), {})
    return {name for found in example.get(ITEMS, []) for name in found}


def item_has_the_example_fields(facts: Facts) -> Iterator[Finding]:
    for index, found in _objects(facts):
        for name in sorted(_example_fields(facts) - set(found) - {ITEM}):
            yield Finding(f"the field {name}", sorted(found), (ITEMS, index, name))


def _tries_price(facts: Facts) -> bool:
    return any(isinstance(found.get(PRICE), str) for _, found in _objects(facts))


def price(facts: Facts) -> Iterator[Finding]:
    for index, found in _objects(facts):
        if isinstance(found.get(PRICE), str) and not _DECIMAL.match(found[PRICE]):
            yield Finding("a decimal number such as 999.99", found[PRICE], (ITEMS, index, PRICE))


def _tries_no_item_twice(facts: Facts) -> bool:
    return len(_items(facts)) > 1


def no_item_twice(facts: Facts) -> Iterator[Finding]:
    counts = Counter(found[ITEM] for _, found in _objects(facts) if isinstance(found.get(ITEM), str))
    for name, times in counts.items():
        if times > 1:
            yield Finding(f"{name} once", f"{times} times", (ITEMS,))


TABLE: tuple[Rule, ...] = (
    Rule("reply.status", _tries_status, status),
    Rule("reply.media-type", _replied, media_type),
    Rule("reply.encoding", _replied, encoding),
    Rule("reply.length", _tries_length, length),
    Rule("reply.object", _tries_is_an_object, is_an_object),
    Rule("reply.conversation-id", _tries_conversation_id, conversation_id),
    Rule("reply.message", _tries_message, message),
    Rule("reply.message-blank", _tries_message_is_not_blank, message_is_not_blank),
    Rule("reply.items", _tries_items, items),
    Rule("reply.item", _has_items, item),
    Rule("reply.item-field", _has_items, item_field),
    Rule("reply.item-example", _has_items, item_has_the_example_fields),
    Rule("reply.item-price", _tries_price, price),
    Rule("reply.item-twice", _tries_no_item_twice, no_item_twice),
)
