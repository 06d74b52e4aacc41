"""The form of every reply: status, headers, fields and items."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from chat_contract.body import ABSENT
from chat_contract.errors import shorten
from chat_contract.roles import CONVERSATION, ITEM, ITEMS, MESSAGE, PRICE
from chat_contract.rules.exchange_facts import MAY_SUCCEED, ExchangeFacts, Unread
from chat_contract.rules.findings import (
    Finding,
    Rule,
    missing_field,
    schema_finding,
    unreadable_body,
    wrong_outcome,
    wrong_value,
)
from chat_contract.rules.validation_error import wrong_media_types

_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?\Z")


def _replied(facts: ExchangeFacts) -> bool:
    return facts.replied


def _items(facts: ExchangeFacts) -> list[Any]:
    items = facts.response_sample.get(ITEMS) if facts.reply is not None else None
    return items if isinstance(items, list) else []


def _has_items(facts: ExchangeFacts) -> bool:
    """Return whether ``items`` is an array, also an empty one."""
    return facts.reply is not None and isinstance(facts.reply.get(ITEMS), list)


def _objects(facts: ExchangeFacts) -> Iterator[tuple[int, dict[str, Any]]]:
    return ((index, item) for index, item in enumerate(_items(facts)) if isinstance(item, dict))


def _applies_status(facts: ExchangeFacts) -> bool:
    return facts.kind in MAY_SUCCEED and 200 <= facts.status < 300


def status(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.status != 200:
        yield wrong_outcome("status 200", facts)


def media_type(facts: ExchangeFacts) -> Iterator[Finding]:
    yield from wrong_media_types(facts)


def encoding(facts: ExchangeFacts) -> Iterator[Finding]:
    assert facts.response is not None
    # A body that the server's own Content-Length cuts off breaks reply.length.
    length_finds_it = any(found.observed == "length-in-characters" for found in length(facts))
    if facts.response_json is ABSENT and not length_finds_it:
        yield unreadable_body(facts)


def _applies_length(facts: ExchangeFacts) -> bool:
    return facts.response is not None


def length(facts: ExchangeFacts) -> Iterator[Finding]:
    assert facts.response is not None
    announced = facts.response.header("Content-Length")
    decoded = facts.response.header("Content-Encoding") is not None
    bodiless = facts.request.method == "HEAD" or facts.status in {204, 304}
    if announced is None or decoded or bodiless:
        return
    if announced.strip() != str(len(facts.response.body)):
        expected = f"a body of {announced.strip()} bytes, as Content-Length states"
        yield Finding(expected, "wrong-length", f"{len(facts.response.body)} bytes")
    elif facts.unread is Unread.NOT_JSON and _is_cut_text(facts.response.body):
        got = f"a JSON text with non-ASCII characters, cut off after {announced.strip()} bytes"
        yield Finding("Content-Length in bytes", "length-in-characters", got)


def _is_cut_text(body: bytes) -> bool:
    """Return whether a client received only the beginning of a JSON text with characters outside ASCII.

    That happens if the server counts characters instead of bytes.
    """
    if body.isascii():
        return False
    text = body.decode("utf-8", "ignore")
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.msg.startswith("Unterminated string") or error.pos >= len(text.rstrip())
    except ValueError:
        # An integer with more digits than Python converts.
        return False
    return False


def _applies_object(facts: ExchangeFacts) -> bool:
    return facts.replied and facts.response_json is not ABSENT


def object_(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.reply is None:
        yield wrong_value("an object", facts.response_json)
        return
    for name in facts.contract.response_schema(200).get("required", ()):
        if name not in facts.reply:
            yield missing_field(facts.reply, (name,))


def _applies_conversation_id(facts: ExchangeFacts) -> bool:
    return facts.reply is not None and CONVERSATION in facts.reply


def conversation_id(facts: ExchangeFacts) -> Iterator[Finding]:
    assert facts.reply is not None
    # A server may return an empty id as it was sent.
    if facts.reply_id is None and not (facts.reply[CONVERSATION] == "" and _may_have_sent_empty_id(facts)):
        yield wrong_value("a non-empty string", facts.reply[CONVERSATION], (CONVERSATION,))


def _may_have_sent_empty_id(facts: ExchangeFacts) -> bool:
    """Return whether a server may read an empty id from the request."""
    read = facts.classification.body
    if read.malformed or read.beyond_ijson:
        return True
    return isinstance(facts.body, dict) and any(
        name.casefold() == CONVERSATION and value == "" for name, value in facts.body.items()
    )


def _applies_message(facts: ExchangeFacts) -> bool:
    return facts.reply is not None and MESSAGE in facts.reply


def message(facts: ExchangeFacts) -> Iterator[Finding]:
    assert facts.reply is not None
    if not isinstance(facts.reply[MESSAGE], str):
        yield wrong_value("a string", facts.reply[MESSAGE], (MESSAGE,))


def _applies_message_blank(facts: ExchangeFacts) -> bool:
    return facts.reply is not None and isinstance(facts.reply.get(MESSAGE), str)


def message_blank(facts: ExchangeFacts) -> Iterator[Finding]:
    assert facts.reply is not None
    if not facts.reply[MESSAGE].strip():
        yield wrong_value("text that is not blank", facts.reply[MESSAGE], (MESSAGE,))


def _applies_items(facts: ExchangeFacts) -> bool:
    return facts.reply is not None and ITEMS in facts.reply


def items(facts: ExchangeFacts) -> Iterator[Finding]:
    assert facts.reply is not None
    if not isinstance(facts.reply[ITEMS], list):
        yield wrong_value("an array", facts.reply[ITEMS], (ITEMS,))


def item(facts: ExchangeFacts) -> Iterator[Finding]:
    for index, found in enumerate(_items(facts)):
        if not isinstance(found, dict):
            yield wrong_value("an object", found, (ITEMS, index))
        elif not isinstance(found.get(ITEM), str) or not found[ITEM]:
            yield wrong_value("a non-empty string", found.get(ITEM, ABSENT), (ITEMS, index, ITEM))


def item_field(facts: ExchangeFacts) -> Iterator[Finding]:
    for error in facts.contract.response_validators[200].iter_errors(facts.response_sample):
        place = tuple(error.absolute_path)
        # The rule of reply.item covers item_id, and items that are not objects.
        if len(place) >= 3 and place[0] == ITEMS and place[2] != ITEM:
            yield schema_finding(error)


def _example_fields(facts: ExchangeFacts) -> set[str]:
    examples = facts.contract.response_examples[200]
    example: dict[str, Any] = examples.get("documented") or next(iter(examples.values()), {})
    return {name for found in example.get(ITEMS, []) for name in found}


def item_example(facts: ExchangeFacts) -> Iterator[Finding]:
    for index, found in _objects(facts):
        for name in sorted(_example_fields(facts) - set(found) - {ITEM}):
            yield missing_field(found, (ITEMS, index, name))


def _applies_item_price(facts: ExchangeFacts) -> bool:
    return any(isinstance(found.get(PRICE), str) for _, found in _objects(facts))


def item_price(facts: ExchangeFacts) -> Iterator[Finding]:
    for index, found in _objects(facts):
        if isinstance(found.get(PRICE), str) and not _DECIMAL.match(found[PRICE]):
            yield wrong_value('a decimal number such as "999.99"', found[PRICE], (ITEMS, index, PRICE))


def _applies_item_twice(facts: ExchangeFacts) -> bool:
    return len(_items(facts)) > 1


def item_twice(facts: ExchangeFacts) -> Iterator[Finding]:
    counts = Counter(found[ITEM] for _, found in _objects(facts) if isinstance(found.get(ITEM), str))
    for name, times in counts.items():
        if times > 1:
            yield Finding("each item_id at most once", "repeated", f"{shorten(name)} {times} times", (ITEMS,))


TABLE: tuple[Rule, ...] = (
    Rule("reply.status", _applies_status, status),
    Rule("reply.media-type", _replied, media_type),
    Rule("reply.encoding", _replied, encoding),
    Rule("reply.length", _applies_length, length),
    Rule("reply.object", _applies_object, object_),
    Rule("reply.conversation-id", _applies_conversation_id, conversation_id),
    Rule("reply.message", _applies_message, message),
    Rule("reply.message-blank", _applies_message_blank, message_blank),
    Rule("reply.items", _applies_items, items),
    Rule("reply.item", _has_items, item),
    Rule("reply.item-field", _has_items, item_field),
    Rule("reply.item-example", _has_items, item_example),
    Rule("reply.item-price", _applies_item_price, item_price),
    Rule("reply.item-twice", _applies_item_twice, item_twice),
)
