"""Cuts one operation, with everything that it refers to, out of an OpenAPI document, in the terms of OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from chat_contract.document.references import at, target_of
from chat_contract.document.source import Source
from chat_contract.errors import Pointer

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

_DATA = frozenset({"value", "example", "default", "enum", "const", "examples"})
"""Keys of values: they hold no schemas."""

_MAPS = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
"""Keys of mappings whose keys are names, not keywords."""


def excerpt(document: dict[str, Any], operation: Pointer, source: Source) -> dict[str, Any]:
    """Return the document with this operation only, and with the components that it uses; places stay the same.

    Raises :class:`chat_contract.errors.DocumentError` for a reference of the operation that leads nowhere.
    """
    _, path, method = operation
    item = document["paths"][path]
    kept = {key: value for key, value in item.items() if key == method or key not in METHODS}
    used = _used(kept, document, source, ("paths", str(path)))
    components = document.get("components")
    paths = {name: document["paths"][name] for kind, name in used if kind == "paths"}
    cut: dict[str, Any] = {**document, "openapi": "3.1.0", "paths": {**paths, path: kept}}
    cut.pop("webhooks", None)
    if isinstance(components, dict):
        cut["components"] = {
            kind: {name: value for name, value in entries.items() if (kind, name) in used or kind == "securitySchemes"}
            for kind, entries in components.items()
            if isinstance(entries, dict)
        }
    old = str(document.get("openapi")).startswith("3.0")
    upgraded: dict[str, Any] = _upgraded(cut) if old else cut
    return upgraded


def _used(value: Any, document: dict[str, Any], source: Source, pointer: Pointer) -> set[tuple[str, str]]:
    """Return the components and the paths that references in the value lead to, as pairs of kind and name."""
    used: set[tuple[str, str]] = set()
    waiting: list[tuple[Any, Pointer]] = [(value, pointer)]
    while waiting:
        here, place = waiting.pop()
        if isinstance(here, list):
            waiting.extend((child, (*place, index)) for index, child in enumerate(here))
        elif isinstance(here, dict):
            if isinstance(here.get("$ref"), str):
                target = target_of(here["$ref"], document, source, (*place, "$ref"))
                root = target[:3] if target[0] == "components" else target[:2]
                name = (str(root[-2]), str(root[-1]))
                if len(root) > 1 and name not in used:
                    used.add(name)
                    waiting.append((at(document, root), root))
            for key, child in here.items():
                if key in _MAPS and isinstance(child, dict):
                    waiting.extend((schema, (*place, key, name)) for name, schema in child.items())
                elif key not in _DATA:
                    waiting.append((child, (*place, key)))
            waiting.extend((child, (*place, "examples", key)) for key, child in _examples(here))
    return used


def _examples(here: dict[str, Any]) -> list[tuple[str, Any]]:
    examples = here.get("examples")
    named = examples.items() if isinstance(examples, dict) else ()
    return [(name, one) for name, one in named if isinstance(one, dict) and set(one) == {"$ref"}]


def _upgraded(value: Any) -> Any:
    """Return a value with the keywords that only OpenAPI 3.0 has replaced by those of 3.1."""
    if isinstance(value, list):
        return [_upgraded(child) for child in value]
    if not isinstance(value, dict):
        return value
    new = {key: _upgraded_child(key, child) for key, child in value.items()}
    for bound in ("minimum", "maximum"):
        exclusive = f"exclusive{bound.capitalize()}"
        if isinstance(new.get(exclusive), bool):
            strict = new.pop(exclusive)
            if strict and bound in new:
                new[exclusive] = new.pop(bound)
    return _nullable(new) if isinstance(new.get("nullable"), bool) else new


def _upgraded_child(key: str, child: Any) -> Any:
    if key in _MAPS and isinstance(child, dict):
        return {name: _upgraded(schema) for name, schema in child.items()}
    return child if key in _DATA else _upgraded(child)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    rest = {key: child for key, child in schema.items() if key != "nullable"}
    if not schema["nullable"]:
        return rest
    if not isinstance(rest.get("type"), str):
        return {"anyOf": [rest, {"type": "null"}]}
    listed = {"enum": [*rest["enum"], None]} if isinstance(rest.get("enum"), list) and None not in rest["enum"] else {}
    return {**rest, "type": [rest["type"], "null"], **listed}
