"""The JSON Schemas of the fixture files. ``x-hint`` says how to fix a value that violates the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_server.http.source import Fault

HINT = "x-hint"

_Schema = Mapping[str, Any]

_TEXT: _Schema = {
    "type": "string",
    "pattern": r"\S",
    HINT: "Write a non-empty text; put it in quotes if it looks like a number.",
}
_ITEM: _Schema = {
    "type": "object",
    "required": ["item_id", "title", "status", "description", "price"],
    "properties": {
        "item_id": _TEXT,
        "title": _TEXT,
        "status": _TEXT,
        "description": _TEXT,
        "price": {
            "type": "string",
            "pattern": r"^-?[0-9]+(\.[0-9]+)?$",
            HINT: 'Write a decimal number in quotes, such as price: "999.99".',
        },
    },
    HINT: "Give every item item_id, title, status, description and price.",
}
CATALOGUE: _Schema = {
    "type": "object",
    "required": ["items"],
    "additionalProperties": False,
    "properties": {
        "items": {"type": "array", "minItems": 1, "items": _ITEM, HINT: "List at least one item."},
        "recorded": {"const": False, HINT: "Write recorded: true, or remove it."},
    },
    HINT: "Keep only the key items, with the list of items.",
}
RECORDED_CATALOGUE: _Schema = {
    **CATALOGUE,
    # Items of the real service are kept as they are, within the contract.
    "properties": {
        "items": {
            "type": "array",
            "items": {"type": "object", "required": ["item_id"], "properties": {"item_id": _TEXT}},
        },
        "recorded": {"const": True},
    },
}
_CUE: _Schema = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "properties": {
        "words": {
            "type": "array",
            "minItems": 1,
            "items": _TEXT,
            HINT: "List the words that the message must contain, all of them.",
        },
        "phrases": {
            "type": "array",
            "minItems": 1,
            "items": _TEXT,
            HINT: "List phrases of which the message must contain one.",
        },
        "pattern": _TEXT,
    },
    HINT: "Use exactly one of words, phrases and pattern.",
}
CONVERSATION: _Schema = {
    "type": "object",
    "required": ["turns"],
    "additionalProperties": False,
    "properties": {
        "about": _TEXT,
        "turns": {
            "type": "array",
            "minItems": 1,
            HINT: "List at least one turn.",
            "items": {
                "type": "object",
                "required": ["shopper"],
                "additionalProperties": False,
                "properties": {
                    "shopper": _CUE,
                    "reply": _TEXT,
                    "status": {
                        "type": "integer",
                        HINT: "Write a status from 200 to 599.",
                    },
                    "delay": {**_TEXT, HINT: "Write a time such as 800ms, or a range such as 300ms..2s."},
                    "fault": {**_TEXT, HINT: f"Use one of {', '.join(Fault)}."},
                    "headers": {
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": {"type": "string"},
                        HINT: 'List header names with texts, such as Retry-After: "7".',
                    },
                    "body": {},
                    "items": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": _TEXT,
                        HINT: "List ids of catalogue items, each once.",
                    },
                },
                HINT: "Give every turn shopper and reply or status. Optional: items, delay, fault, headers, body.",
            },
        },
    },
    HINT: "Keep only the keys about and turns.",
}
