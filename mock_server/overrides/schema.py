"""The JSON Schema of rules, made from the keys and values that the mock reads.

``chat-contract schema rules`` and the description of the control API use it. The mock itself checks more: examples and
conversations must exist, and contents must conform to the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_server.http.source import Fault
from mock_server.overrides.delays import TIME_PATTERN
from mock_server.overrides.rules import MAX_TIMES

_Schema = Mapping[str, Any]

_TEXT: _Schema = {"type": "string", "minLength": 1}
_COUNT: _Schema = {"type": "integer", "minimum": 1, "maximum": MAX_TIMES}
_HEADERS: _Schema = {"type": "object", "minProperties": 1, "additionalProperties": {"type": ["string", "number"]}}
_TIME: _Schema = {"type": "string", "pattern": f"^\\s*{TIME_PATTERN}\\s*$"}
DELAY_TEXT: _Schema = {
    "type": "string",
    "pattern": f"^\\s*{TIME_PATTERN}\\s*(\\.\\.\\s*{TIME_PATTERN}\\s*)?$|^\\s*median=\\S+[\\s,;]+p95=\\S+\\s*$",
    "description": "A time such as 800ms, a range such as 300ms..2s, or median=800ms p95=3s.",
}


def _of_times(first: str, second: str) -> _Schema:
    return {
        "type": "object",
        "required": [first, second],
        "additionalProperties": False,
        "properties": {first: _TIME, second: _TIME},
    }


def _described(schema: _Schema, description: str) -> _Schema:
    return {**schema, "description": description}


_PROPERTIES: Mapping[str, _Schema] = {
    "code": {"type": "integer", "minimum": 200, "maximum": 599, "description": "Respond with this status."},
    "example": _described(_TEXT, "Respond with this example of the contract."),
    "dynamic": {"type": "boolean", "description": "Generate a reply from the schema."},
    "conversation": _described(_TEXT, "Reply with the next turn of this fixture conversation."),
    "delay": {
        "anyOf": [DELAY_TEXT, _of_times("min", "max"), _of_times("median", "p95")],
        "description": "Delay the response.",
    },
    "fault": {"enum": [str(fault) for fault in Fault], "description": "Damage the response or its connection."},
    "reply": {
        "type": "object",
        "additionalProperties": True,
        "description": "Reply with this `message` and these `items`.",
    },
    "body": {
        "description": "Respond with this JSON value, even to an invalid request. If `headers` sets a `Content-Type` "
        "other than JSON, `body` is the text to send."
    },
    "headers": _described(_HEADERS, 'Add these response headers, for example `{"Retry-After": "7"}`.'),
    "invalid": {
        "type": "boolean",
        "description": "With `true`, `reply` and `body` may violate the contract, to test the client's own checks.",
    },
    "message": _described(_TEXT, "Apply to messages that contain this text; case is ignored."),
    "pattern": _described(_TEXT, "Apply to messages that match this regular expression."),
    "turn": _described(_COUNT, "Apply to this turn of each conversation, counted from 1."),
    "conversation_id": _described(_TEXT, "Apply to requests with this conversation id."),
    "session_id": _described(_TEXT, "Apply to requests with this session id."),
    "user_id": _described(_TEXT, "Apply to requests with this user id."),
    "request_headers": _described(_HEADERS, "Apply to requests with these headers."),
    "times": _described(_COUNT, "Apply to the next N requests."),
    "share": {"type": "number", "minimum": 0, "maximum": 1, "description": "Apply to this share of the requests."},
    "name": _described(_TEXT, "A label of the rule."),
    "optional": {"type": "boolean", "description": "Leave the rule out of the list of unused rules."},
}


def rule_schema() -> dict[str, Any]:
    """Return the schema of one rule."""
    return {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": dict(_PROPERTIES)}


def rules_schema() -> dict[str, Any]:
    """Return the schema of what ``PUT /_mock/behaviour`` accepts: one rule, or a list under ``rules``."""
    listed = {"type": "array", "items": {"$ref": "#/$defs/rule"}}
    several = {"type": "object", "required": ["rules"], "additionalProperties": False, "properties": {"rules": listed}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of chat-contract mock",
        "if": {"type": "object", "required": ["rules"]},
        "then": several,
        "else": {"$ref": "#/$defs/rule"},
        "$defs": {"rule": rule_schema()},
    }
