"""Reduces the question whether one schema includes another to what differs between them.

What both state is true of every value of the sender, so the receiver need not state it. Then most of the sender, and
with it most definitions of a large document, does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spec_gate.schemas.keywords import APPLICATORS, LISTS, MAPS, needs_evaluation
from spec_gate.schemas.names import Applied, barred, child, element, introduced
from spec_gate.schemas.node import Schema, SchemaNode
from spec_gate.schemas.pair import SchemaPair

_MAX_DEPTH = 40
"""How deep differing parts are reduced. Recursive functions rely on this limit."""

_UNIONS = ("anyOf", "oneOf")
_PLAIN = frozenset({"type", "properties", "required", "items"})
"""Keywords beside which a property that the receiver does not mention has no effect on the answer."""

_LAST = 1_000


@dataclass(frozen=True)
class Reduced:
    """The reduced schemas. ``exact`` says that a no for them is a no for the whole ones; a yes always is."""

    sender: Schema
    receiver: Schema
    exact: bool = True


def reduced(
    schemas: SchemaPair,
    sender: Schema,
    receiver: Schema,
    sending: Sequence[Schema] = (),
    *,
    keeps_to_names: bool = True,
) -> Reduced:
    """Return schemas with the same answer; the sender's may accept more than the whole one.

    ``keeps_to_names`` says that the sender uses no name that only the receiver declares; ``sending`` are further
    schemas that know names of the sender.
    """
    return _Reduction(schemas, keeps_to_names=keeps_to_names).of(sender, receiver, (sender, *sending), _MAX_DEPTH)


class _Reduction:
    def __init__(self, schemas: SchemaPair, *, keeps_to_names: bool) -> None:
        self.schemas = schemas
        self.keeps_to_names = keeps_to_names

    def of(self, sender: Schema, receiver: Schema, sending: Sequence[Schema], depth: int) -> Reduced:
        """Reduce two schemas for one value; ``sending`` are all schemas of the sender that apply to it."""
        if self.schemas.same(sender, receiver):
            return Reduced(sender, True)
        if isinstance(sender, bool) or isinstance(receiver, bool) or depth == 0:
            return Reduced(sender, receiver)
        sender, receiver = self.schemas.followed(sender), self.schemas.followed(receiver)
        if isinstance(sender, bool) or isinstance(receiver, bool):
            return Reduced(sender, receiver)
        if "$ref" in sender or "$ref" in receiver or needs_evaluation(sender) or needs_evaluation(receiver):
            return Reduced(sender, receiver)
        applied = self.schemas.applied(sending)
        ours, theirs = dict(sender), dict(receiver)
        new = (
            introduced(self.schemas, applied, (receiver,)) if self.keeps_to_names and "properties" in theirs else set()
        )
        exact = self._properties(ours, theirs, applied, new, depth)
        exact &= self._items(ours, theirs, applied, depth)
        self._drop_stated(ours, theirs)
        if _PLAIN.issuperset(ours) and _PLAIN.issuperset(theirs):
            exact &= _drop_unmentioned(ours, theirs)
        return Reduced(SchemaNode(ours), SchemaNode(theirs) if theirs else True, exact)

    def _properties(
        self, ours: dict[str, Any], theirs: dict[str, Any], applied: Applied, new: set[str], depth: int
    ) -> bool:
        """Drop properties that both describe alike and those that the sender never sends; reduce the others."""
        mine, given = ours.get("properties", {}), theirs.get("properties", {})
        never = barred(applied) | new if self.keeps_to_names else set()
        left: dict[str, Schema] = {}
        changed: dict[str, Schema] = {}
        exact = True
        for name, one in given.items():
            if name not in never and name in mine:
                found = self.of(mine[name], one, child(applied, name), depth - 1)
                changed[name], left[name] = found.sender, found.receiver
                exact &= found.exact
            else:
                left[name] = True if name in never else one
        self._drop_additional(ours, theirs)
        keeps_names = "additionalProperties" in theirs
        theirs["properties"] = {name: one for name, one in left.items() if keeps_names or one is not True}
        ours["properties"] = {**mine, **changed}
        _drop_empty(ours, theirs, "properties")
        return exact

    def _drop_additional(self, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        """Drop the schema of additional properties if both have the same one, for the same names."""
        if "additionalProperties" not in ours or "additionalProperties" not in theirs:
            return
        if "patternProperties" in ours or "patternProperties" in theirs:
            return
        mine, given = ours.get("properties", {}), theirs.get("properties", {})
        if given.keys() == mine.keys() and self.schemas.same(
            ours["additionalProperties"], theirs["additionalProperties"]
        ):
            del theirs["additionalProperties"]

    def _items(self, ours: dict[str, Any], theirs: dict[str, Any], applied: Applied, depth: int) -> bool:
        if "items" not in ours or "items" not in theirs or "prefixItems" in ours or "prefixItems" in theirs:
            return True
        found = self.of(ours["items"], theirs["items"], element(applied, _LAST), depth - 1)
        ours["items"], theirs["items"] = found.sender, found.receiver
        if found.receiver is True:
            del theirs["items"]
        return found.exact

    def _drop_stated(self, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        """Drop alternatives and names that the sender states as well."""
        for key in _UNIONS:
            mine, given = ours.get(key), theirs.get(key)
            if mine and given and len(mine) == len(given) and all(map(self.schemas.same, mine, given)):
                del theirs[key]
        if "allOf" in theirs:
            theirs["allOf"] = [one for one in theirs["allOf"] if not self._is_stated(one, ours.get("allOf", ()))]
            _drop_empty(ours, theirs, "allOf")
        if "required" in theirs:
            stated = set(ours.get("required", ()))
            theirs["required"] = [name for name in theirs["required"] if name not in stated]
            _drop_empty(ours, theirs, "required")

    def _is_stated(self, schema: Schema, stated: Sequence[Schema]) -> bool:
        outline = self.schemas.outline(schema)
        return any(self.schemas.outline(one) == outline and self.schemas.same(one, schema) for one in stated)


def _drop_empty(ours: dict[str, Any], theirs: dict[str, Any], key: str) -> None:
    for schema in (ours, theirs):
        if not schema.get(key, True):
            del schema[key]


def _drop_unmentioned(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Drop what the sender says about properties that the receiver does not mention; return whether a no stays a no.

    A required property must have a value, which its schema may not allow.
    """
    mentioned = {*theirs.get("properties", ()), *theirs.get("required", ())}
    required = set(ours.get("required", ()))
    kept = {name: one for name, one in ours.get("properties", {}).items() if name in mentioned}
    dropped = required - mentioned
    exact = all(_has_values(ours.get("properties", {}).get(name, True)) for name in dropped)
    ours["properties"], ours["required"] = kept, sorted(required & mentioned)
    if "items" in ours and "items" not in theirs:
        del ours["items"]
    _drop_empty(ours, theirs, "properties")
    _drop_empty(ours, theirs, "required")
    return exact


def one_by_one(receiver: Schema) -> list[Schema]:
    """Return schemas that together accept what the receiver accepts, one for each name if nothing else matters."""
    if isinstance(receiver, bool) or not _PLAIN.issuperset(receiver):
        return [receiver]
    rest = {key: value for key, value in receiver.items() if key not in {"properties", "required"}}
    claims: list[dict[str, Any]] = [{"properties": {name: one}} for name, one in receiver.get("properties", {}).items()]
    claims += [{"required": [name]} for name in receiver.get("required", ())]
    return [SchemaNode(one) for one in ([rest] if rest else []) + claims]


def _has_values(schema: Schema) -> bool:
    """Return whether a schema plainly allows a value."""
    return schema is True or (isinstance(schema, SchemaNode) and APPLICATORS.isdisjoint(schema) and "$ref" not in schema
                              and ("enum" in schema or schema.keys() <= {"type", "maxLength", "format"}))  # fmt: skip


def without_references(schema: Schema, instead: bool) -> Schema | None:  # noqa: FBT001 - true and false are schemas
    """Return a schema with another one for each reference; None where that could reverse its meaning."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema:
        return instead
    if not _REVERSING.isdisjoint(schema) or needs_evaluation(schema):
        return None
    found: dict[str, Any] = {}
    for key, value in schema.items():
        below = _children(key, value)
        changed = [without_references(one, instead) for one in below]
        if None in changed:
            return None
        found[key] = value if not below else _with_children(key, value, changed)
    return SchemaNode(found)


_REVERSING = frozenset({"not", "if", "oneOf", "contains", "dependentSchemas", "propertyNames"})


def _children(key: str, value: Any) -> list[Schema]:
    if key not in APPLICATORS:
        return []
    return list(value.values()) if key in MAPS else list(value) if key in LISTS else [value]


def _with_children(key: str, value: Any, changed: list[Any]) -> Any:
    if key in MAPS:
        return dict(zip(value, changed, strict=True))
    return changed if key in LISTS else changed[0]
