"""Checks witnesses with jsonschema alone, on the original documents and without code of the gate."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

_INT32 = (-(2**31), 2**31 - 1)


def _as_3_1(value: Any) -> Any:
    """Return an OpenAPI 3.0 schema in the form of 3.1."""
    if isinstance(value, list):
        return [_as_3_1(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return {"$ref": value["$ref"]}
    meant = {key: _as_3_1(child) for key, child in value.items()}
    if meant.pop("nullable", False) is True:
        if "type" not in meant:
            return {"anyOf": [meant, {"type": "null"}]}
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


def _dispatching(value: Any) -> Any:
    """Replace alternatives that have a discriminator with the one that the value of the property selects."""
    if isinstance(value, list):
        return [_dispatching(one) for one in value]
    if not isinstance(value, dict):
        return value
    written = {key: _dispatching(child) for key, child in value.items()}
    key = next((key for key in ("oneOf", "anyOf") if key in value), "")
    if not isinstance(value.get("discriminator"), dict) or not key:
        return written
    name, mapping = value["discriminator"]["propertyName"], value["discriminator"].get("mapping", {})
    references = [one["$ref"] for one in written.pop(key)]
    targets = {one.rsplit("/", 1)[-1]: one for one in references if one not in mapping.values()} | mapping
    chosen = [
        {"properties": {name: {"const": key}}, "required": [name], "allOf": [{"$ref": target}]}
        for key, target in targets.items()
    ]
    return {**written, "anyOf": chosen}


def _with_heirs(document: dict[str, Any]) -> dict[str, Any]:
    """Let the values of a discriminator without alternatives select the components that extend the schema."""
    schemas = document.get("components", {}).get("schemas", {})
    parents = {
        name for name, one in schemas.items() if "discriminator" in one and "oneOf" not in one and "anyOf" not in one
    }
    for parent in sorted(parents):
        heirs = _extending(schemas, parent)
        tag, mapping = schemas[parent]["discriminator"]["propertyName"], schemas[parent]["discriminator"].get("mapping")
        values = {value: goal.rsplit("/", 1)[-1] for value, goal in (mapping or {}).items()}
        values |= {_stated(schemas[one], tag) or one: one for one in heirs if one not in values.values()}
        chosen = [
            {"properties": {tag: {"const": value}}, "required": [tag], "$ref": f"#/components/schemas/{goal}"}
            for value, goal in values.items()
        ]
        own = {key: value for key, value in schemas[parent].items() if key != "discriminator"}
        schemas = {name: _referring(one, parent) if name in heirs else one for name, one in schemas.items()}
        schemas |= {
            f"{parent}-alone": own,
            parent: {**own, "anyOf": [{"properties": {tag: {"const": parent}}}, *chosen]},
        }
    return {**document, "components": {**document["components"], "schemas": schemas}} if parents else document


def _extending(schemas: dict[str, Any], parent: str) -> set[str]:
    heirs = {
        name for name, one in schemas.items() if {"$ref": f"#/components/schemas/{parent}"} in one.get("allOf", [])
    }
    return heirs.union(*(_extending(schemas, one) for one in heirs))


def _stated(schema: dict[str, Any], tag: str) -> str:
    return "".join(one.get("properties", {}).get(tag, {}).get("const", "") for one in schema.get("allOf", []))


def _referring(schema: dict[str, Any], parent: str) -> dict[str, Any]:
    """Return a schema whose ``allOf`` refers to the parent without its heirs."""
    old, new = (f"#/components/schemas/{name}" for name in (parent, f"{parent}-alone"))
    return {**schema, "allOf": [{"$ref": new} if one == {"$ref": old} else one for one in schema.get("allOf", [])]}


def _without_barred(value: Any, mark: str) -> Any:
    """Let properties have any value, or be absent, that this side never sends."""
    if isinstance(value, list):
        return [_without_barred(one, mark) for one in value]
    if not isinstance(value, dict):
        return value
    written = {key: _without_barred(child, mark) for key, child in value.items()}
    properties = value.get("properties")
    if isinstance(properties, dict):
        names = {name for name, one in properties.items() if isinstance(one, dict) and one.get(mark) is True}
        written["properties"] |= dict.fromkeys(names, True)
        if isinstance(value.get("required"), list):
            written["required"] = [name for name in value["required"] if name not in names]
    return written


def validator(path: Path, place: tuple[str, ...]) -> Draft202012Validator:
    """Return the validator of a schema in a document, with the components that it may refer to."""
    document = yaml.safe_load(path.read_text("utf-8"))
    if document["openapi"].startswith("3.0"):
        document = _as_3_1(document)
    mark = "readOnly" if "requestBody" in place else "writeOnly"
    schema = _dispatching(_with_int32(_without_barred(_with_heirs(document), mark)))
    components = schema.get("components", {})
    for part in place:
        schema = schema[int(part)] if isinstance(schema, list) else schema[part]
    if isinstance(schema, dict):
        schema = {**schema, "components": components}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def places(path: Path, side: str) -> list[tuple[str, ...]]:
    """Return the places of all schemas of one side: bodies, parameters, headers."""
    found: list[tuple[str, ...]] = []
    waiting: list[tuple[Any, tuple[str, ...]]] = [(yaml.safe_load(path.read_text("utf-8")), ())]
    while waiting:
        value, place = waiting.pop()
        if isinstance(value, dict):
            received = "responses" in place or place[:1] == ("webhooks",) or "callbacks" in place
            sent = not received and ("requestBody" in place or "parameters" in place)
            if received if side == "response" else sent:
                found += [(*place, key) for key in ("schema", "itemSchema") if key in value]
            waiting.extend(
                (child, (*place, key)) for key, child in value.items() if key not in {"schema", "itemSchema", "schemas"}
            )
        elif isinstance(value, list):
            waiting.extend((child, (*place, str(index))) for index, child in enumerate(value))
    return found


_DESCRIBED = re.compile(r"<(?:a string of )?([0-9,]+) (characters|more items|more different items|more properties)>\Z")


def rebuilt(value: Any) -> Any:
    """Return a witness with the large parts that it describes."""
    if isinstance(value, str) and (found := _DESCRIBED.match(value)):
        return "a" * int(found[1].replace(",", ""))
    if isinstance(value, list):
        found = _DESCRIBED.match(value[-1]) if value and isinstance(value[-1], str) else None
        items = [rebuilt(one) for one in (value if found is None else value[:-1])]
        if found is None:
            return items
        count = int(found[1].replace(",", ""))
        return [*items, *(range(1, count + 1) if "different" in found[2] else itertools.repeat(items[-1], count))]
    if isinstance(value, dict):
        rest = {name: rebuilt(one) for name, one in value.items() if not _DESCRIBED.match(name)}
        counts = [int(found[1].replace(",", "")) for name in value if (found := _DESCRIBED.match(name))]
        last = next(iter(rest.values()), None)
        return rest | {f"more-{number}": last for number in range(sum(counts))}
    return value


def shows(base: Path, revision: Path, side: str, value: Any) -> bool:
    """Return whether the sender may send a value that the receiver rejects at the same place.

    If no place exists in both documents, as for a status that a default described before, any place counts.
    """
    sender, receiver = (base, revision) if side == "request" else (revision, base)
    theirs = places(receiver, side)
    allowed = [place for place in places(sender, side) if validator(sender, place).is_valid(value)]
    both = [place for place in allowed if place in theirs]
    refusing = [place for place in theirs if not validator(receiver, place).is_valid(value)]
    return any(place in refusing for place in both) if both else bool(allowed and refusing)
