"""Builds hybrid schemas: the schema of the base with some differences of the revision.

A hybrid shows whether these differences alone break clients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spec_gate.differ.groups import KeywordGroup
from spec_gate.differ.pairs import NodePair, Step
from spec_gate.differ.walk import Walk
from spec_gate.schemas.keywords import ANNOTATIONS, LISTS, MAPS, ONE, REFERENCE, references
from spec_gate.schemas.node import Schema, SchemaNode
from spec_gate.schemas.read import BASE, REVISION

_BRANCHES = ("allOf", "anyOf")
"""Lists whose parts have their counterparts at other indexes."""


class Hybrids:
    """Builds hybrids of the pairs of one walk."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.schemas = walk.schemas

    def with_names(self, pair: NodePair, group: KeywordGroup, names: set[str]) -> Schema:
        """Return the base with the differences of some names in ``required`` or ``properties``."""
        base, revision = pair.base, pair.revision
        assert isinstance(base, SchemaNode)
        assert isinstance(revision, SchemaNode)
        if group is KeywordGroup.REQUIRED:
            ours, theirs = set(base.get(group, ())), set(revision.get(group, ()))
            return SchemaNode({**base, group: sorted((ours - names) | (theirs & names))})
        properties = {name: one for name, one in base.get(group, {}).items() if name not in names}
        for name in sorted(names & revision.get(group, {}).keys()):
            properties[name] = self.rebased_schema(revision[group][name])
        return SchemaNode({**base, group: properties})

    def mixed(self, pair: NodePair) -> Schema:
        """Return the revision with the base's subschemas wherever these are pairs of their own."""
        base, revision = pair.base, pair.revision
        if isinstance(base, bool) or isinstance(revision, bool):
            return revision
        mixed = {key: _copied(key, value) for key, value in revision.items() if key not in ANNOTATIONS}
        counterparts = {key: dict(self.walk.aligned(base.get(key, ()), mixed.get(key, ()))[0]) for key in _BRANCHES}
        for (keyword, name), ours, _ in self.walk.parts(base, revision):
            if keyword in MAPS:
                mixed[keyword][name] = ours
            elif keyword in LISTS:
                mixed[keyword][counterparts[keyword][int(name)] if keyword in _BRANCHES else name] = ours
            else:
                mixed[keyword] = ours
        return SchemaNode(self.rebased(mixed))

    def rebased(self, keywords: Mapping[str, Any]) -> dict[str, Any]:
        """Replace references to unchanged schemas of the revision with references to the same schemas of the base."""
        mapping: dict[str, str] = {}
        for reference in set(references(dict(keywords))):
            counterpart = reference.replace(REFERENCE + REVISION, REFERENCE + BASE, 1)
            known = self.schemas.is_base_definition(counterpart)
            if known and self.schemas.same(self.schemas.target(counterpart), self.schemas.target(reference)):
                mapping[reference] = counterpart
        return _with_references(keywords, mapping) if mapping else dict(keywords)

    def rebased_schema(self, schema: Schema) -> Schema:
        return SchemaNode(self.rebased(schema), schema.origin) if isinstance(schema, SchemaNode) else schema


def around(pair: NodePair, changes: Sequence[tuple[Step, Schema]]) -> Schema:
    """Return the base of a pair with other schemas at some steps."""
    changed = pair.base
    for (keyword, name), below in changes:
        if isinstance(changed, bool) or not keyword:
            return below
        value = changed[keyword]
        if keyword in MAPS:
            value = {**value, name: below}
        elif keyword in LISTS:
            value = [below if index == name else one for index, one in enumerate(value)]
        else:
            value = below
        changed = SchemaNode({**changed, keyword: value}, changed.origin)
    return changed


def _copied(keyword: str, value: Any) -> Any:
    return dict(value) if keyword in MAPS else list(value) if keyword in LISTS else value


def _with_references(keywords: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in keywords.items():
        if key == "$ref":
            found[key] = mapping.get(value, value)
        elif key in ONE:
            found[key] = _referring(value, mapping)
        elif key in LISTS:
            found[key] = [_referring(one, mapping) for one in value]
        elif key in MAPS:
            found[key] = {name: _referring(one, mapping) for name, one in value.items()}
        else:
            found[key] = value
    return found


def _referring(schema: Schema, mapping: Mapping[str, str]) -> Schema:
    if isinstance(schema, bool):
        return schema
    return SchemaNode(_with_references(schema, mapping), schema.origin)
