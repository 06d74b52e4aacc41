"""The names rule: who keeps to the sender's schema never uses a property name that only the receiver declares.

Without it every new optional property with a type would break clients, since an open object may hold any name.
Names that neither side declares may be used, so closing an object is felt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from spec_gate.schemas.normalise import Schema
from spec_gate.schemas.pair import SchemaPair
from spec_gate.schemas.validity import matcher

Applied = Sequence[dict[str, Any]]


def declared(applied: Applied) -> set[str]:
    """Return the names that schemas declare as properties."""
    return {name for schema in applied for name in schema.get("properties", ())}


def known(applied: Applied) -> set[str]:
    """Return every name that schemas speak of: who keeps to them may use it."""
    names = declared(applied)
    for schema in applied:
        names.update(schema.get("required", ()))
        names.update(schema.get("dependentSchemas", ()))
        for name, needed in schema.get("dependentRequired", {}).items():
            names.update((name, *needed))
        for value in schema.get("enum", ()):
            if isinstance(value, dict):
                names.update(value)
        if isinstance(schema.get("propertyNames"), dict):
            names.update(name for name in schema["propertyNames"].get("enum", ()) if isinstance(name, str))
        if "discriminator" in schema:
            names.add(schema["discriminator"]["propertyName"])
    return names


def only_the_receiver_declares(world: SchemaPair, senders: Iterable[Schema], receivers: Iterable[Schema]) -> set[str]:
    """Return the names that no witness may use at this place."""
    return declared(world.applied(receivers)) - known(world.applied(senders))


def child(applied: Applied, name: str) -> tuple[Schema, ...]:
    """Return the schemas that may have a say about a property's value."""
    found: list[Schema] = []
    for schema in applied:
        matched = [schema["properties"][name]] if name in schema.get("properties", ()) else []
        matched += [one for pattern, one in schema.get("patternProperties", {}).items() if matcher(pattern)(name)]
        if not matched and "additionalProperties" in schema:
            matched = [schema["additionalProperties"]]
        found += matched
        if "unevaluatedProperties" in schema and not matched:
            found.append(schema["unevaluatedProperties"])
    return tuple({id(one) if isinstance(one, dict) else one: one for one in found}.values())


def element(applied: Applied, index: int) -> tuple[Schema, ...]:
    """Return the schemas that may have a say about an array's element."""
    found: list[Schema] = []
    for schema in applied:
        prefix = schema.get("prefixItems", ())
        if index < len(prefix):
            found.append(prefix[index])
        elif "items" in schema:
            found.append(schema["items"])
        elif "unevaluatedItems" in schema:
            found.append(schema["unevaluatedItems"])
        if "contains" in schema:
            found.append(schema["contains"])
    return tuple({id(one) if isinstance(one, dict) else one: one for one in found}.values())


def keeps_to_names(world: SchemaPair, value: Any, senders: Sequence[Schema], receivers: Sequence[Schema]) -> bool:
    """Say whether a value uses no name, at any depth, that only the receiver declares."""
    if not isinstance(value, dict | list):
        return True
    sending, receiving = world.applied(senders), world.applied(receivers)
    if isinstance(value, list):
        return all(
            keeps_to_names(world, one, element(sending, index), element(receiving, index))
            for index, one in enumerate(value)
        )
    strange = declared(receiving) - known(sending)
    return not strange & value.keys() and all(
        keeps_to_names(world, one, child(sending, name), child(receiving, name)) for name, one in value.items()
    )


_DEPTH = 4


def restriction(
    world: SchemaPair, senders: Sequence[Schema], receivers: Sequence[Schema], depth: int = _DEPTH
) -> Schema:
    """Return the rule as a schema: what it refuses uses such a name; True where it says nothing."""
    if depth == 0 or not senders or not receivers:
        return True
    sending, receiving = world.applied(senders), world.applied(receivers)
    strange = declared(receiving) - known(sending)
    properties: dict[str, Schema] = dict.fromkeys(sorted(strange), False)
    for name in sorted(declared(sending)):
        below = restriction(world, child(sending, name), child(receiving, name), depth - 1)
        if below is not True:
            properties[name] = below
    rule: dict[str, Any] = {"properties": properties} if properties else {}
    items = restriction(world, element(sending, _FAR), element(receiving, _FAR), depth - 1)
    if items is not True:
        rule["items"] = items
    return rule or True


_FAR = 1_000
