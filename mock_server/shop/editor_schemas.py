"""The JSON Schemas of fixture files for editors.

They include what :mod:`mock_server.shop.fixture_files` checks in code: statuses, faults and delays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_server.http.source import Fault
from mock_server.overrides.schema import DELAY_TEXT
from mock_server.shop.fixture_schemas import CATALOGUE, CONVERSATION, HINT, RECORDED_CATALOGUE

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def catalogue_schema() -> dict[str, Any]:
    """Return the schema of ``catalogue.yaml``, written by hand or by the recorder."""
    recorded = {"required": ["recorded"], "properties": {"recorded": {"const": True}}}
    written = {"if": recorded, "then": _portable(RECORDED_CATALOGUE), "else": _portable(CATALOGUE)}
    return {"$schema": _DIALECT, "title": "Catalogue of chat-contract mock", **written}


def conversation_schema() -> dict[str, Any]:
    """Return the schema of a file in ``conversations/``."""
    schema = _portable(CONVERSATION)
    turn = schema["properties"]["turns"]["items"]
    keys = turn["properties"]
    keys["status"] |= {"minimum": 200, "maximum": 599}
    keys["fault"] = {"description": keys["fault"]["description"], "enum": [str(fault) for fault in Fault]}
    keys["delay"] = {**DELAY_TEXT, "description": keys["delay"]["description"]}
    turn["anyOf"] = [
        {"required": ["reply"], "not": {"required": ["body"]}},
        {"required": ["status"], "properties": {"status": {"not": {"const": 200}}}},
    ]
    return {"$schema": _DIALECT, "title": "Conversation of chat-contract mock", **schema}


def _portable(value: Any) -> Any:
    """Return a copy without the hints, whose patterns mean the same in JavaScript and Python."""
    if isinstance(value, Mapping):
        return {key: _portable(child) for key, child in value.items() if key != HINT}
    if isinstance(value, list):
        return [_portable(child) for child in value]
    # In Python, "$" also matches before a line break at the end.
    return rf"{value[:-1]}(?!\n)$" if isinstance(value, str) and value.endswith("$") else value
