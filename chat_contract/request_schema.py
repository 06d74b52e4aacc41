"""Finds the parts of the request schema by meaning, whatever its components are called and however it allows null.

The shipped overlays address the schemas of the request as ``ChatRequest`` and ``Event``. This module presents the
request schema of any document under these names.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from chat_contract.document.overlay import apply_overlay
from chat_contract.document.references import inline
from chat_contract.document.source import Source
from chat_contract.errors import Pointer
from chat_contract.roles import (
    CONVERSATION,
    EVENT_TEXT,
    EVENT_TIME,
    EVENT_TYPE,
    EVENTS,
    ITEM,
    LIMIT,
    MESSAGE,
    SESSION,
    USER,
)

FIELDS = {MESSAGE: "string", CONVERSATION: "string", SESSION: "string", USER: "string", EVENTS: "array",
          LIMIT: "integer"}  # fmt: skip
"""The fields of a request, with the type that each must allow."""

EVENT_FIELDS = {EVENT_TIME: "string", EVENT_TYPE: "string", ITEM: "string", EVENT_TEXT: "string"}
"""The fields of an event, with the type that each must allow."""

_LOWER = frozenset({"minLength", "minItems", "minimum"})
_UPPER = frozenset({"maxLength", "maxItems", "maximum"})
_MERGED = frozenset({"title", "description", "default", "deprecated", "examples", "example", "readOnly", "writeOnly"})


def plain(schema: Any) -> Any:
    """Return the schema with one branch instead of a union of one, and null as a type.

    ``anyOf: [{type: string}, {type: 'null'}]``, which FastAPI writes, becomes ``type: [string, 'null']``.
    """
    if isinstance(schema, list):
        return [plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    simple = {key: _plain_keyword(key, value) for key, value in schema.items()}
    for key in ("allOf", "anyOf", "oneOf"):
        if isinstance(simple.get(key), list):
            simple = _joined(simple, key)
    return simple


def _plain_keyword(key: str, value: Any) -> Any:
    if key in {"properties", "patternProperties"} and isinstance(value, dict):
        return {name: plain(child) for name, child in value.items()}
    keys = {"allOf", "anyOf", "oneOf", "items", "additionalProperties", "not", "prefixItems"}
    return plain(value) if key in keys else value


def _joined(schema: dict[str, Any], key: str) -> dict[str, Any]:
    """Merge the only branch besides null into the schema; return the schema itself if that changes its meaning."""
    beside = {name: value for name, value in schema.items() if name != key}
    branches = [one for one in schema[key] if one != {"type": "null"}]
    may_be_null = len(branches) < len(schema[key])
    if len(branches) != 1 or not isinstance(branches[0], dict) or (key == "allOf" and may_be_null):
        return schema
    branch = branches[0]
    if not beside.keys() & branch.keys() <= _MERGED:
        return schema
    if may_be_null:
        types = branch.get("type")
        if "const" in branch or not isinstance(types, str | list):
            return schema
        listed = [types] if isinstance(types, str) else types
        branch = {**branch, "type": [*listed, *(["null"] if "null" not in listed else [])]}
        if isinstance(branch.get("enum"), list) and None not in branch["enum"]:
            branch["enum"] = [*branch["enum"], None]
    return {**branch, **beside}


def check_fit(schema: Mapping[str, Any], place: Pointer, source: Source) -> None:
    """Check that the request schema has the fields of a chat request.

    Raises :class:`chat_contract.errors.DocumentError` with the place in the user's document.
    """
    _check_fields(schema, place, source, FIELDS, "request")
    events = schema["properties"][EVENTS]
    items = events.get("items")
    here = (*place, "properties", EVENTS)
    if not isinstance(items, dict):
        raise source.error(
            "the events have no schema", pointer=here, value=events, hint="Add items with the schema of an event."
        )
    _check_fields(items, (*here, "items"), source, EVENT_FIELDS, "event")


def _check_fields(
    schema: Mapping[str, Any], place: Pointer, source: Source, fields: Mapping[str, str], what: str
) -> None:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        raise source.error(
            f"the schema of the {what} has no properties",
            pointer=place,
            value=dict(schema),
            hint=f"Describe the {what} as an object with the properties {', '.join(fields)}.",
        )
    for name, wanted in fields.items():
        here = (*place, "properties", name)
        if name not in properties:
            raise source.error(
                f'the schema of the {what} has no property "{name}"',
                pointer=(*place, "properties"),
                value=sorted(properties),
                hint=f"Add it; it may be optional. A chat {what} has {', '.join(fields)}.",
            )
        if not _allows(properties[name], wanted):
            raise source.error(
                f'the property "{name}" of the {what} does not allow values of type {wanted}',
                pointer=here,
                value=properties[name],
                hint=f"Write type: {wanted}.",
            )
    for name in schema.get("required", ()):
        if name not in fields:
            raise source.error(
                f'the schema of the {what} requires "{name}", which the contract does not know',
                pointer=(*place, "required"),
                value=schema["required"],
                hint="Make it optional.",
            )


def _allows(schema: Any, wanted: str) -> bool:
    types = schema.get("type") if isinstance(schema, dict) else None
    return wanted in ([types] if isinstance(types, str) else types or ())


def overlaid(schema: Mapping[str, Any], overlay: Source, source: Source) -> dict[str, Any]:
    """Return the request schema with a shipped overlay applied by meaning."""
    request = copy.deepcopy(dict(schema))
    event = request["properties"][EVENTS].get("items", {})
    request["properties"][EVENTS]["items"] = {"$ref": "#/components/schemas/Event"}
    named = {"components": {"schemas": {"ChatRequest": request, "Event": event}}}
    changed = apply_overlay(named, overlay, optional=True)
    result: dict[str, Any] = inline(changed, ("components", "schemas", "ChatRequest"), source)
    return result


def tightened(schema: Any, documented: Any) -> Any:
    """Return the schema with the bounds and patterns of the documented one where these are tighter."""
    if not isinstance(schema, dict) or not isinstance(documented, dict):
        return schema
    tight = dict(schema)
    for key, value in documented.items():
        if key in _LOWER and isinstance(tight.get(key), int | float):
            tight[key] = max(tight[key], value)
        elif key in _UPPER and isinstance(tight.get(key), int | float):
            tight[key] = min(tight[key], value)
        elif key in {"pattern", "not"} and tight.get(key, value) != value:
            tight["allOf"] = [*tight.get("allOf", ()), {key: value}]
        elif key == "items":
            tight[key] = tightened(tight.get(key), value)
        elif key == "properties" and isinstance(tight.get(key), dict):
            tight[key] = {name: tightened(one, value.get(name)) for name, one in tight[key].items()}
    return tight
