"""A second judge of witnesses, which shares nothing with the gate: jsonschema alone, on the documents as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

_INT32 = (-(2**31), 2**31 - 1)


def _as_3_1(value: Any) -> Any:
    """What a schema of 3.0 means, in the words of 3.1; ``int32`` is written out in either."""
    if isinstance(value, list):
        return [_as_3_1(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return {"$ref": value["$ref"]}
    meant = {key: _as_3_1(child) for key, child in value.items()}
    if meant.pop("nullable", False) is True:
        meant["type"] = [meant["type"], "null"]
    for bound in ("minimum", "maximum"):
        exclusive = f"exclusive{bound.capitalize()}"
        if meant.get(exclusive) is True:
            meant[exclusive] = meant.pop(bound)
    return meant


def _with_int32(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_int32(one) for one in value]
    if not isinstance(value, dict):
        return value
    written = {key: _with_int32(child) for key, child in value.items()}
    if written.get("format") == "int32":
        written = {**written, "minimum": _INT32[0], "maximum": _INT32[1]}
    return written


def validator(path: Path, way: tuple[str, ...]) -> Draft202012Validator:
    """The validator of a schema in a document; components stand beside it, so that references lead to them."""
    document = yaml.safe_load(path.read_text("utf-8"))
    if document["openapi"].startswith("3.0"):
        document = _as_3_1(document)
    schema = _with_int32(document)
    components = schema.get("components", {})
    for part in way:
        schema = schema[int(part)] if isinstance(schema, list) else schema[part]
    if isinstance(schema, dict):
        schema = {**schema, "components": components}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def places(path: Path, side: str) -> list[tuple[str, ...]]:
    """Where schemas of requests, or of replies, stand in a document: bodies, parameters, headers."""
    found: list[tuple[str, ...]] = []
    waiting: list[tuple[Any, tuple[str, ...]]] = [(yaml.safe_load(path.read_text("utf-8")), ())]
    while waiting:
        value, way = waiting.pop()
        if isinstance(value, dict):
            replied = "responses" in way or way[:1] == ("webhooks",) or "callbacks" in way
            asked = "requestBody" in way or "parameters" in way
            if "schema" in value and ((side == "reply" and replied) or (side == "request" and asked and not replied)):
                found.append((*way, "schema"))
            waiting.extend((child, (*way, key)) for key, child in value.items() if key not in {"schema", "schemas"})
        elif isinstance(value, list):
            waiting.extend((child, (*way, str(index))) for index, child in enumerate(value))
    return found


def shows(base: Path, revision: Path, side: str, value: Any) -> bool:
    """Say that a value is one that the sender may send and the receiver refuses, at a place that both have.

    Where no place is in both, such as a status that a default described before, any place of the receiver will do.
    """
    sender, receiver = (base, revision) if side == "request" else (revision, base)
    theirs = places(receiver, side)
    allowed = [place for place in places(sender, side) if validator(sender, place).is_valid(value)]
    both = [place for place in allowed if place in theirs]
    refusing = [place for place in theirs if not validator(receiver, place).is_valid(value)]
    return any(place in refusing for place in both) if both else bool(allowed and refusing)
