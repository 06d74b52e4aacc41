"""The names rule: a witness never uses a property name that only the receiver declares.

Without the rule, every new optional property with a type would be breaking, because an open object may have any name.
A witness may use names that neither side declares, so closing an object is breaking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from spec_gate.patterns.match import matcher
from spec_gate.schemas.keywords import is_barred
from spec_gate.schemas.node import Schema, SchemaNode, number_of

Applied = Sequence[Mapping[str, Any]]
"""The schemas that apply to one value."""


class AppliedSchemas(Protocol):
    """Finds every schema that applies to the same value as the given ones, and compares schemas.

    ``is_possible`` returns whether a schema may accept a value. ``allowed`` keeps what is known of receivers, by their
    numbers, and properties.
    """

    allowed: dict[tuple[tuple[int, ...], str], bool]

    def applied(self, schemas: Iterable[Schema]) -> list[SchemaNode]: ...

    def followed(self, schema: Schema) -> Schema: ...

    def target(self, reference: str) -> Schema: ...

    def is_possible(self, schema: Schema) -> bool: ...

    def same(self, base: Schema, revision: Schema) -> bool: ...


def declared(applied: Applied) -> set[str]:
    """Return the names that schemas declare as properties."""
    return {name for schema in applied for name in schema.get("properties", ())}


def barred(applied: Applied) -> set[str]:
    """Return the names of properties that this side never sends."""
    return {name for schema in applied for name, one in schema.get("properties", {}).items() if is_barred(one)}


def known(applied: Applied) -> set[str]:
    """Return every name that schemas mention: a sender that follows them may use it."""
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


def child(applied: Applied, name: str) -> tuple[Schema, ...]:
    """Return the schemas that may apply to the value of a property."""
    found: list[Schema] = []
    for schema in applied:
        matched = [schema["properties"][name]] if name in schema.get("properties", ()) else []
        matched += [one for pattern, one in schema.get("patternProperties", {}).items() if matcher(pattern)(name)]
        if not matched and "additionalProperties" in schema:
            matched = [schema["additionalProperties"]]
        found += matched
        if "unevaluatedProperties" in schema and not matched:
            found.append(schema["unevaluatedProperties"])
    return _distinct(found)


def element(applied: Applied, index: int) -> tuple[Schema, ...]:
    """Return the schemas that may apply to an item of an array."""
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
    return _distinct(found)


def _distinct(schemas: Iterable[Schema]) -> tuple[Schema, ...]:
    return tuple({number_of(schema): schema for schema in schemas}.values())


def keeps_to_names(schemas: AppliedSchemas, value: Any, senders: Sequence[Schema], receivers: Sequence[Schema]) -> bool:
    """Return whether a value uses no name, at any depth, that only the receiver declares."""
    waiting = [(value, tuple(senders), tuple(receivers))]
    while waiting:
        here, sent_under, received_under = waiting.pop()
        if not isinstance(here, dict | list):
            continue
        sending, receiving = schemas.applied(sent_under), schemas.applied(received_under)
        if isinstance(here, list):
            waiting += [(one, element(sending, at), element(receiving, at)) for at, one in enumerate(here)]
            continue
        if not here.keys().isdisjoint(_forbidden(schemas, sending, received_under)):
            return False
        waiting += [(one, child(sending, name), child(receiving, name)) for name, one in here.items()]
    return True


def _forbidden(schemas: AppliedSchemas, sending: Applied, receivers: Sequence[Schema]) -> set[str]:
    """Return the names that a witness does not use: those that only the receiver introduces, and barred ones."""
    return introduced(schemas, sending, receivers) | barred(sending)


def introduced(schemas: AppliedSchemas, sending: Applied, receivers: Sequence[Schema]) -> set[str]:
    """Return the names of properties that only the receiver declares, and that it does not only forbid.

    A schema of the sender for further names, or for a pattern of names, describes every name that it applies to.
    """
    new = _stated(schemas, receivers) - known(sending)
    return {name for name in new if not _is_described(sending, name) and _is_allowed(schemas, receivers, name)}


def _is_described(sending: Applied, name: str) -> bool:
    return any(isinstance(schema, SchemaNode) and schema for schema in child(sending, name))


def _is_allowed(schemas: AppliedSchemas, receivers: Sequence[Schema], name: str) -> bool:
    """Return whether the receiver may accept an object with a property."""
    key = tuple(map(number_of, receivers)), name
    if key not in schemas.allowed:
        parts = [_with_only(schemas.followed(one), name) for one in receivers]
        whole = SchemaNode({"type": "object", "required": [name], "allOf": parts})
        schemas.allowed[key] = schemas.is_possible(whole)
    return schemas.allowed[key]


def _with_only(schema: Schema, name: str) -> Schema:
    """Return a schema without what it says about the values of other properties."""
    if isinstance(schema, bool) or "properties" not in schema or not _NEEDS_NAMES.isdisjoint(schema):
        return schema
    return SchemaNode({**schema, "properties": {key: one for key, one in schema["properties"].items() if key == name}})


_NEEDS_NAMES = frozenset({"additionalProperties", "unevaluatedProperties"})
"""Keywords that depend on the names of all properties."""


def _stated(schemas: AppliedSchemas, receivers: Sequence[Schema]) -> set[str]:
    """Return the names that a receiver declares, but not those on whose presence the declaration depends."""
    names: set[str] = set()
    waiting: list[tuple[Schema, frozenset[str]]] = [(one, frozenset()) for one in receivers]
    seen: set[tuple[int, frozenset[str]]] = set()
    for schema, tested in waiting:
        key = number_of(schema), tested
        if isinstance(schema, SchemaNode) and key not in seen:
            seen.add(key)
            names |= schema.get("properties", {}).keys() - tested
            waiting += [(one, tested | more) for one, more in _stating(schemas, schema)]
    return names


def _stating(schemas: AppliedSchemas, schema: SchemaNode) -> Iterator[tuple[Schema, frozenset[str]]]:
    """Return the schemas that a value must satisfy as well, each with the names that the condition for it is about."""
    if "$ref" in schema:
        yield schemas.target(schema["$ref"]), frozenset()
    for key in ("allOf", "anyOf", "oneOf"):
        yield from ((one, frozenset()) for one in schema.get(key, ()))
    yield from ((one, frozenset({name})) for name, one in schema.get("dependentSchemas", {}).items())
    if "if" in schema:
        tested = frozenset(known(schemas.applied((schema["if"],))))
        yield from ((schema[key], tested) for key in ("then", "else") if key in schema)


_DEPTH = 4
LAST = 1_000
"""An index beyond every ``prefixItems``."""


def _are_same(schemas: AppliedSchemas, senders: Sequence[Schema], receivers: Sequence[Schema]) -> bool:
    """Return whether no name can matter, because both sides say the same about the value."""
    return len(senders) == len(receivers) == 1 and schemas.same(senders[0], receivers[0])


def restriction(
    schemas: AppliedSchemas, senders: Sequence[Schema], receivers: Sequence[Schema], depth: int = _DEPTH
) -> Schema:
    """Return the rule as a schema that rejects values with forbidden names; True if no name is forbidden."""
    if depth == 0 or not senders or not receivers or _are_same(schemas, senders, receivers):
        return True
    sending, receiving = schemas.applied(senders), schemas.applied(receivers)
    forbidden = _forbidden(schemas, sending, receivers)
    properties: dict[str, Schema] = dict.fromkeys(sorted(forbidden), False)
    for name in sorted(declared(sending) - forbidden):
        below = restriction(schemas, child(sending, name), child(receiving, name), depth - 1)
        if below is not True:
            properties[name] = below
    rule: dict[str, Any] = {"properties": properties} if properties else {}
    items = restriction(schemas, element(sending, LAST), element(receiving, LAST), depth - 1)
    if items is not True:
        rule["items"] = items
    return SchemaNode(rule) if rule else True
