"""The JSON Schemas of the fixture files. ``x-hint`` says how to fix a value that violates the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_server.http.source import Fault

HINT = "x-hint"
_FAULTS = ", ".join(f"`{fault}`" for fault in Fault)

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
    HINT: "Give each item the keys item_id, title, status, description and price.",
}
CATALOGUE: _Schema = {
    "type": "object",
    "required": ["items"],
    "additionalProperties": False,
    "properties": {
        "items": {"type": "array", "minItems": 1, "items": _ITEM, HINT: "List at least one item."},
        "recorded": {"const": False, HINT: "Write recorded: true, or remove it."},
    },
    HINT: 'Keep only the key "items", with the list of items.',
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
            "description": "Match messages that contain all of these words, in any order.",
            HINT: "List words; the message must contain all of them.",
        },
        "phrases": {
            "type": "array",
            "minItems": 1,
            "items": _TEXT,
            "description": "Match messages that contain one of these phrases, with its words next to each other.",
            HINT: "List phrases; the message must contain one of them.",
        },
        "pattern": {
            **_TEXT,
            "description": "Match messages that contain a match of this regular expression; case is ignored.",
        },
    },
    HINT: "Use exactly one of words, phrases and pattern.",
}
CONVERSATION: _Schema = {
    "type": "object",
    "required": ["turns"],
    "additionalProperties": False,
    "properties": {
        "about": {**_TEXT, "description": "A description for the console."},
        "turns": {
            "type": "array",
            "minItems": 1,
            "description": "The turns, in the order of the conversation.",
            HINT: "List at least one turn.",
            "items": {
                "type": "object",
                "required": ["shopper"],
                "additionalProperties": False,
                "properties": {
                    "shopper": {**_CUE, "description": "What a message must contain to get this response."},
                    "reply": {**_TEXT, "description": "The text of the reply."},
                    "items": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": _TEXT,
                        "description": "Ids of items. The reply contains the first ones, up to the `limit` of the "
                        "request.",
                        HINT: "List ids of catalogue items, each once.",
                    },
                    "status": {
                        "type": "integer",
                        "description": "Respond with this status and the contract's example for it. The turn needs no "
                        "`reply`.",
                        HINT: "Write a status from 200 to 599.",
                    },
                    "delay": {
                        **_TEXT,
                        "description": "Delay the response: `800ms`, `300ms..2s` or `median=800ms p95=3s`.",
                        HINT: "Write a time such as 800ms, or a range such as 300ms..2s.",
                    },
                    "fault": {
                        **_TEXT,
                        "description": f"Damage the response or its connection: {_FAULTS}.",
                        HINT: f"Use one of {', '.join(Fault)}.",
                    },
                    "headers": {
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": {"type": "string"},
                        "description": 'Add these response headers, such as `Retry-After: "7"`.',
                        HINT: 'Write header names with their values in quotes, such as Retry-After: "7".',
                    },
                    "body": {"description": "Respond with this body; needs a `status` other than 200."},
                },
                HINT: "Give each turn a shopper, and a reply or status. Optional: items, delay, fault, headers, body.",
            },
        },
    },
    HINT: 'Keep only the keys "about" and "turns".',
}
