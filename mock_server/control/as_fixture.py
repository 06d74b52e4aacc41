"""A conversation of the journal as a fixture file. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from mock_server.control.redacted import body_value, secrets_of
from mock_server.shop.catalogue import Item
from mock_server.shop.words import words_of
from mock_server.store.journal import Entry
from mock_server.validation.parsing import json_object

_OK = 200


def as_fixture(entry: Entry, entries: Sequence[Entry]) -> str:
    """Return a file of a conversation that replays the entry, after the earlier turns of its conversation.

    ``entries`` is the journal. Items that the catalogue lacks follow as a comment.
    """
    known = entry.trace.conversation_id
    turns = [
        each
        for each in entries
        if each is entry
        or (known is not None and each.trace.conversation_id == known and each.number < entry.number and _is_turn(each))
    ]
    lines = ["turns:", *(line for each in turns for line in _turn(each))]
    missing = [
        item for each in turns for item in _items(each) if entry.snapshot.shop.catalogue.find(item["item_id"]) is None
    ]
    if missing:
        unique = {item["item_id"]: item for item in missing}
        lines += ["# Add to the items of catalogue.yaml:", *(f"#   - {_yaml(item)}" for item in unique.values())]
    return "\n".join(lines) + "\n"


def _is_turn(entry: Entry) -> bool:
    return entry.is_to_operation and isinstance(json_object(entry.body).get("message"), str)


def _turn(entry: Entry) -> Iterator[str]:
    message = _shown(entry, entry.body).get("message")
    text = message if isinstance(message, str) else ""
    cue = {"phrases": [text]} if words_of(text) else {"pattern": ".*"}
    yield f"  - shopper: {_yaml(cue)}"
    if entry.answer.status != _OK:
        yield f"    status: {entry.answer.status}"
    else:
        yield f"    reply: {_yaml(_reply(entry).get('message') or '…')}"
        yield f"    items: {_yaml([item['item_id'] for item in _items(entry)])}"
    if entry.answer.source.fault is not None:
        yield f"    fault: {entry.answer.source.fault}"


def _reply(entry: Entry) -> dict[str, Any]:
    return _shown(entry, entry.answer.body) if entry.answer.status == _OK else {}


def _items(entry: Entry) -> list[Item]:
    items = _reply(entry).get("items")
    found = (
        [item for item in items if isinstance(item, dict) and item.get("item_id")] if isinstance(items, list) else []
    )
    return list({item["item_id"]: item for item in found}.values())


def _shown(entry: Entry, body: bytes) -> dict[str, Any]:
    value = body_value(secrets_of(entry).masked(body.decode("utf-8", "replace")))
    return value if isinstance(value, dict) else {}


def _yaml(value: Any) -> str:
    """Return a value in YAML's flow style, of which JSON is a part."""
    return json.dumps(value, ensure_ascii=False)
