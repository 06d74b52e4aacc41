"""The JSON Schema of severity files, for editors."""

from __future__ import annotations

from typing import Any

from spec_gate.differ.changes import ChangeKind
from spec_gate.rules.registry import RULES
from spec_gate.rules.rule import Level
from spec_gate.severity.policy import EnumsInReplies, Preset


def severity_schema() -> dict[str, Any]:
    """Return the schema."""
    text = {"type": "string", "minLength": 1}
    rule = {"anyOf": [{"enum": sorted(RULES)}, {"type": "string", "pattern": r"[*?\[]"}]}
    entry = {
        "type": "object",
        "additionalProperties": False,
        "required": ["level"],
        "minProperties": 2,
        "properties": {
            "level": {"enum": list(Level)},
            "rule": {**rule, "description": "Id of a rule; * stands for any text."},
            "kind": {"enum": list(ChangeKind)},
            "path": {**text, "description": "Path or METHOD and path of operations; * stands for any text."},
            "tag": {**text, "description": "Tag of operations."},
            "internal": {"type": "boolean", "description": "Value of x-internal of operations."},
            "stability": {**text, "description": "Value of x-stability of operations in the base."},
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Severity of chat-contract diff",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "preset": {"enum": list(Preset)},
            "enums-in-replies": {"enum": list(EnumsInReplies)},
            "levels": {"type": "array", "items": entry, "description": "Later entries win."},
        },
    }
