"""Combines simplified schemas: joins what holds together, and shortens lists of alternatives.

Parts that cannot be joined without a change of meaning stay under ``allOf``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from spec_gate.schemas.exclusive import exclude_each_other
from spec_gate.schemas.keywords import ANNOTATIONS, TYPE_OF_KEYWORD, joined_annotations, needs_evaluation, types_of
from spec_gate.schemas.node import Schema, SchemaNode
from spec_gate.schemas.tidy import accepts_everything, allowed_types, drop_keywords, restricts, tidy_keywords
from spec_gate.schemas.values import canonical_text

_GROUPS = (
    ("items", "prefixItems"),
    ("contains", "minContains", "maxContains"),
    ("if", "then", "else"),
    ("properties", "patternProperties", "additionalProperties"),
)
"""Keywords whose meaning depends on each other."""

_MAX_KEYWORDS = 2_000


def tidy(schema: Mapping[str, Any]) -> Schema:
    """Return one schema in its simplest form; its subschemas are in their simplest form already."""
    simple = dict(schema)
    if not tidy_keywords(simple):
        return False
    for key in ("anyOf", "oneOf"):
        if key in simple and not _alternatives(simple, key):
            return False
    if "not" in simple and accepts_everything(simple["not"]):
        return False
    if simple.get("type") == "object" and _requires_what_is_forbidden(simple):
        return False
    drop_keywords(simple)
    return SchemaNode(simple)


def _requires_what_is_forbidden(simple: Mapping[str, Any]) -> bool:
    properties = simple.get("properties", {})
    return any(properties.get(name) is False for name in simple.get("required", ()))


# Alternatives ---------------------------------------------------------------------------------------------------------


def _alternatives(simple: dict[str, Any], key: str) -> bool:
    """Simplify ``anyOf`` or ``oneOf`` in place; return False if no branch is left."""
    branches = [branch for branch in simple.pop(key) if branch is not False]
    if key == "oneOf" and "anyOf" not in simple and exclude_each_other(branches):
        key = "anyOf"
    if key == "oneOf":
        if len(branches) == 1:
            return _join_in_place(simple, branches[0])
        simple["oneOf"] = branches
        return bool(branches)
    flat: list[Schema] = []
    for branch in branches:
        flat += branch["anyOf"] if isinstance(branch, SchemaNode) and set(branch) == {"anyOf"} else [branch]
    if any(map(accepts_everything, flat)) and not needs_evaluation(simple):
        return True
    flat = _merge_plain_branches(_distinct(flat))
    if not needs_evaluation(simple):
        flat = _without_subsumed(flat)
    if len(flat) == 1:
        return _join_in_place(simple, flat[0])
    if len(flat) > 1:
        simple["anyOf"] = flat
    return bool(flat)


def _join_in_place(simple: dict[str, Any], branch: Schema) -> bool:
    """Join the only branch that is left into the schema; return False if no value is left."""
    joined = join(SchemaNode(simple), branch)
    if joined is False:
        return False
    simple.clear()
    if isinstance(joined, SchemaNode):
        simple.update(joined)
    return True


def _distinct(branches: list[Schema]) -> list[Schema]:
    return list({canonical_text(branch): branch for branch in reversed(branches)}.values())[::-1]


def _merge_plain_branches(branches: list[Schema]) -> list[Schema]:
    """Merge branches that only list values or types with each other, and with a branch that stays unaffected."""
    values = [branch for branch in branches if isinstance(branch, SchemaNode) and set(branch) == {"enum"}]
    types = [branch for branch in branches if isinstance(branch, SchemaNode) and set(branch) == {"type"}]
    others = [branch for branch in branches if branch not in values and branch not in types]
    merged: list[Schema] = []
    if values:
        merged.append(tidy({"enum": [value for branch in values for value in branch["enum"]]}))
    if types:
        merged.append(tidy({"type": sorted({one for branch in types for one in allowed_types(branch)})}))
    if len(merged) == 2 and merged[1] == {"type": "null"} and isinstance(merged[0], SchemaNode):
        merged = [tidy({"enum": [*merged[0]["enum"], None]})]
    for index, branch in enumerate(merged):
        for other, host in enumerate(others):
            if (widened := _widened(host, branch)) is not None:
                others[other] = widened
                merged[index] = False
                break
    return [*others, *(branch for branch in merged if branch is not False)]


def _without_subsumed(branches: list[Schema]) -> list[Schema]:
    """Drop branches that list values or restrict a type, if another branch accepts all values of the type."""
    plain = [branch for branch in branches if isinstance(branch, SchemaNode) and set(branch) == {"type"}]
    free = {one for branch in plain for one in allowed_types(branch)}
    free |= {"integer"} if "number" in free else set()
    return [branch for branch in branches if branch in plain or not _all_within(branch, free)]


def _all_within(branch: Schema, types: set[str]) -> bool:
    if isinstance(branch, bool) or not ({"type", "enum"} & branch.keys()):
        return False
    return allowed_types(branch) <= types and branch.keys().isdisjoint(ANNOTATIONS)


def _widened(host: Schema, branch: Schema) -> Schema | None:
    """Return the host with the types of the branch; None if its other keywords restrict those types."""
    if not (isinstance(host, SchemaNode) and isinstance(branch, SchemaNode) and set(branch) == {"type"}):
        return None
    if "type" not in host:
        return None
    more = allowed_types(branch)
    plain = all(
        key in TYPE_OF_KEYWORD and not restricts(TYPE_OF_KEYWORD[key], more)
        for key in host
        if key not in {"type", *ANNOTATIONS}
    )
    overlap = allowed_types(host) & more or {"integer", "number"} & more
    if not plain or overlap:
        return None
    return SchemaNode({**host, "type": sorted(allowed_types(host) | more)})


# Joining --------------------------------------------------------------------------------------------------------------


def join(one: Schema, other: Schema) -> Schema:
    """Return a schema that accepts what both accept; parts that cannot be joined stay under ``allOf``."""
    if one is False or other is False:
        return False
    if isinstance(one, bool) or not one:
        return other
    if isinstance(other, bool) or not other:
        return one
    if canonical_text(one) == canonical_text(other):
        return one
    too_large = len(one) + len(other) > _MAX_KEYWORDS
    if too_large or needs_evaluation(one) or needs_evaluation(other) or "$ref" in other:
        return _under_all_of(one, other)
    return _join_groups(one, other)


def _join_groups(one: SchemaNode, other: SchemaNode) -> Schema:
    joined: dict[str, Any] = dict(one)
    left: list[Schema] = []
    done: set[str] = set()
    for key in other:
        if key in done:
            continue
        group = next((group for group in _GROUPS if key in group), (key,))
        done |= set(group)
        theirs = {name: other[name] for name in group if name in other}
        ours = {name: joined[name] for name in group if name in joined}
        both = _joined_group(ours, theirs)
        if both is None:
            # Which one stays must not depend on the order.
            both, moved = sorted((ours, theirs), key=canonical_text)
            left.append(SchemaNode(moved))
            joined = {name: value for name, value in joined.items() if name not in ours}
        joined |= both
    return tidy({**joined, "allOf": [*joined.get("allOf", []), *left]} if left else joined)


def _under_all_of(one: SchemaNode, other: SchemaNode) -> Schema:
    branches = other["allOf"] if set(other) == {"allOf"} else [other]
    return SchemaNode({**one, "allOf": [*one.get("allOf", []), *branches]})


def _joined_group(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any] | None:
    """Join keywords of one group; None if no keywords mean both at once."""
    if not ours or ours == theirs:
        return theirs
    if set(ours) | set(theirs) <= {"properties"}:
        return {"properties": _joined_properties(ours["properties"], theirs["properties"])}
    if set(ours) == set(theirs) and len(ours) == 1:
        (key,) = ours
        if key in ANNOTATIONS:
            return joined_annotations(ours, theirs)
        joiner = _JOINERS.get(key)
        return None if joiner is None else {key: joiner(ours[key], theirs[key])}
    return None


def _joined_properties(ours: dict[str, Schema], theirs: dict[str, Schema]) -> dict[str, Schema]:
    joined = dict(ours)
    for name, schema in theirs.items():
        joined[name] = join(joined[name], schema) if name in joined else schema
    return joined


def _common_types(ours: Any, theirs: Any) -> Any:
    one, other = frozenset(types_of({"type": ours})), frozenset(types_of({"type": theirs}))
    both = set(one & other)
    if ("integer" in one and "number" in other) or ("integer" in other and "number" in one):
        both.add("integer")
    return sorted(both) if len(both) != 1 else next(iter(both))


def _common_values(ours: list[Any], theirs: list[Any]) -> list[Any]:
    known = {canonical_text(value) for value in theirs}
    return [value for value in ours if canonical_text(value) in known]


_JOINERS: dict[str, Callable[[Any, Any], Any]] = {
    "type": _common_types,
    "enum": _common_values,
    "required": lambda ours, theirs: sorted({*ours, *theirs}),
    "allOf": lambda ours, theirs: [*ours, *theirs],
    "minimum": max, "exclusiveMinimum": max, "minLength": max, "minItems": max, "minProperties": max,
    "maximum": min, "exclusiveMaximum": min, "maxLength": min, "maxItems": min, "maxProperties": min,
    "uniqueItems": lambda ours, theirs: ours or theirs,
    "items": join,
    "propertyNames": join,
    "dependentRequired": lambda ours, theirs: {
        name: sorted({*ours.get(name, ()), *theirs.get(name, ())}) for name in {**ours, **theirs}
    },
}  # fmt: skip
