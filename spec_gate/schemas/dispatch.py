"""Discriminators as plain schemas: the value of a property selects the alternative that judges an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spec_gate.schemas.node import Schema, SchemaNode
from spec_gate.source.documents import Place
from spec_gate.source.schema_keywords import UNIONS

_TEXTS = frozenset({"title", "description", "example", "examples", "externalDocs", "$comment"})


def without_texts(value: Any) -> Any:
    """Return a schema as it is written, without texts, examples and extensions."""
    if isinstance(value, list):
        return [without_texts(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without_texts(one) for key, one in value.items() if key not in _TEXTS and not str(key).startswith("x-")
    }


def goals_of(value: Mapping[str, Any]) -> dict[str, str]:
    """Return what each value of a discriminator selects: by the mapping, else by the name of a referenced schema."""
    mapping: dict[str, str] = value["discriminator"].get("mapping", {})
    lists = [value[key] for key in UNIONS if isinstance(value.get(key), list)]
    branches = [branch for branches in lists for branch in branches if isinstance(branch, dict)]
    names = {branch["$ref"] for branch in branches if isinstance(branch.get("$ref"), str)}
    implicit = {name.rpartition("/")[2]: name for name in names if name not in mapping.values()}
    return {**implicit, **mapping}


def unknown_fields(discriminator: Any) -> dict[str, Any]:
    """Return the fields of a discriminator that are not judged, by the words that name them."""
    known = {"propertyName", "mapping"}
    fields = discriminator if isinstance(discriminator, dict) else {}
    return {
        f"{key} of discriminator": value.rpartition("/")[2] if isinstance(value, str) else value
        for key, value in fields.items() if key not in known and not key.startswith("x-")
    }  # fmt: skip


def names_of(goals: Mapping[str, str]) -> dict[str, str]:
    """Return the name of the schema that each value selects."""
    return {value: goal.rpartition("/")[2] for value, goal in goals.items()}


def known_values(ours: Mapping[str, str], theirs: Mapping[str, str]) -> set[str]:
    """Return the values, but no new ones that select a schema which the receiver knows by another value.

    ``ours`` and ``theirs`` are the names of the schemas that each value selects.
    """
    kept = {ours[value] for value in ours if value in theirs}
    return {value for value, name in ours.items() if value in theirs or name not in kept}


def dispatched(schema: Mapping[str, Any], place: Place, tag: str, goals: Mapping[str, str | None]) -> dict[str, Any]:
    """Return a schema whose alternatives are selected by the value of a property.

    ``goals`` maps each value to the reference to a definition. Alternatives that are not references stay as they are.
    """
    key = next(key for key in UNIONS if key in schema)
    origins = {one["$ref"]: one.origin for one in schema[key] if isinstance(one, SchemaNode) and "$ref" in one}
    selected = _alternatives(goals, place / "discriminator", tag, origins)
    order = {goal: index for index, goal in enumerate(origins)}
    selected.sort(key=lambda one: order.get(one["$ref"], len(order)))
    others = [one for one in schema[key] if not (isinstance(one, SchemaNode) and "$ref" in one)]
    return {**schema, key: [*others, *selected]}


def inherited(
    schema: Mapping[str, Any], place: Place, tag: str, own: list[str], goals: Mapping[str, tuple[str | None, Place]]
) -> dict[str, Any]:
    """Return a schema with alternatives: itself for its ``own`` values, and what each other value selects.

    ``goals`` maps each value to the reference to a definition, and to its place.
    """
    here = place / "discriminator"
    itself = SchemaNode({"properties": {tag: SchemaNode({"enum": own}, here)}}, here)
    origins = {goal: origin for goal, origin in goals.values() if goal is not None}
    selected = _alternatives({value: goal for value, (goal, _) in goals.items()}, here, tag, origins)
    return {**schema, "anyOf": [itself, *selected]}


def _alternatives(
    goals: Mapping[str, str | None], here: Place, tag: str, origins: Mapping[str, Place | None]
) -> list[SchemaNode]:
    by_goal: dict[str, list[str]] = {}
    for value, goal in goals.items():
        if goal is not None:
            by_goal.setdefault(goal, []).append(value)
    return [_selected(goal, sorted(values), tag, origins.get(goal) or here, here) for goal, values in by_goal.items()]


def _selected(goal: str, values: list[str], tag: str, origin: Place, discriminator: Place) -> SchemaNode:
    value: Schema = SchemaNode({"type": "string", "enum": values}, discriminator)
    return SchemaNode({"$ref": goal, "type": "object", "required": [tag], "properties": {tag: value}}, origin)
