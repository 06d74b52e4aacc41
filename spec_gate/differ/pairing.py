"""Walks the schemas of base and revision side by side, down to the smallest pairs that differ.

A pair differs of its own by groups of keywords, and through parts that stand in both and are pairs themselves.
Only parts that can be judged for themselves are: a part that is included makes the whole included.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat_contract.errors import Pointer
from spec_gate.schemas.normalise import ANNOTATIONS, Schema
from spec_gate.schemas.pair import SchemaPair, references
from spec_gate.schemas.simplify import written

Step = tuple[str, str | int]
"""How a part hangs on its whole: a keyword, with the name or index below it where there is one."""

IN_PLACE = frozenset({"allOf", "anyOf", "then", "else", "dependentSchemas"})
"""Steps to a part that speaks of the same value."""

ANYTHING: Schema = {}
"""The schema of everything, as a mapping."""

GROUPS: dict[str, tuple[str, ...]] = {
    "type": ("type",), "enum": ("enum",), "lower bound": ("minimum", "exclusiveMinimum"),
    "upper bound": ("maximum", "exclusiveMaximum"), "multipleOf": ("multipleOf",), "minLength": ("minLength",),
    "maxLength": ("maxLength",), "pattern": ("pattern",), "format": ("format",), "minItems": ("minItems",),
    "maxItems": ("maxItems",), "uniqueItems": ("uniqueItems",), "items": ("items", "prefixItems"),
    "contains": ("contains", "minContains", "maxContains"), "minProperties": ("minProperties",),
    "maxProperties": ("maxProperties",), "required": ("required",), "properties": ("properties",),
    "patternProperties": ("patternProperties",), "additionalProperties": ("additionalProperties",),
    "propertyNames": ("propertyNames",), "dependentRequired": ("dependentRequired",),
    "dependentSchemas": ("dependentSchemas",), "allOf": ("allOf", "$ref"), "anyOf": ("anyOf",), "oneOf": ("oneOf",),
    "not": ("not",), "conditional": ("if", "then", "else"), "unevaluatedProperties": ("unevaluatedProperties",),
    "unevaluatedItems": ("unevaluatedItems",),
}  # fmt: skip
"""Keywords that are judged together."""


@dataclass(eq=False)
class Pair:
    """What stands at one place in both. ``parents`` are the pairs that it is a part of, each with the step."""

    base: Schema
    revision: Schema
    parents: list[tuple[Pair, Step]] = field(default_factory=list, repr=False)
    roots: list[Any] = field(default_factory=list, repr=False)

    def way(self) -> list[tuple[Pair, Step]]:
        """Return the first way here from a root, each pair with the step that leads on."""
        way: list[tuple[Pair, Step]] = []
        pair = self
        while not pair.roots:
            pair, step = pair.parents[0]
            way.append((pair, step))
        return way[::-1]

    def root(self) -> Any:
        return (self.way()[0][0] if self.way() else self).roots[0]

    def all_roots(self) -> list[Any]:
        """Return every root that this is a part of."""
        found: list[Any] = []
        seen, waiting = {id(self)}, [self]
        while waiting:
            pair = waiting.pop(0)
            found += pair.roots
            for parent, _ in pair.parents:
                if id(parent) not in seen:
                    seen.add(id(parent))
                    waiting.append(parent)
        return found

    def data_path(self) -> Pointer:
        """Return where the value stands in the body; ``*`` is any index or name."""
        path: list[str | int] = []
        for _, (keyword, name) in self.way():
            if keyword in {"properties", "prefixItems"}:
                path.append(name)
            elif keyword not in IN_PLACE:
                path.append("*")
        return tuple(path)


@dataclass(frozen=True)
class Difference:
    """One group of keywords that differs; ``name`` is the property or pattern that it is about, if any."""

    group: str
    name: str
    before: Any
    after: Any
    hybrid: Schema
    """The base's schema with only this difference."""


class Walk:
    """All pairs of one world that differ, each once, in the order in which they are met."""

    def __init__(self, world: SchemaPair) -> None:
        self.world = world
        self.pairs: dict[tuple[int, int], Pair] = {}

    def add(self, base: Schema, revision: Schema, root: Any) -> None:
        """Begin at the whole schemas of a body."""
        waiting: deque[tuple[Schema, Schema, Pair | None, Step]] = deque([(base, revision, None, ("", ""))])
        while waiting:
            one, other, parent, step = waiting.popleft()
            one, other = self.world.followed(one), self.world.followed(other)
            if self.world.same(one, other):
                continue
            one, other = ANYTHING if one is True else one, ANYTHING if other is True else other
            key = (id(one), id(other))
            known = key in self.pairs
            pair = self.pairs.setdefault(key, Pair(one, other))
            if parent is None:
                pair.roots.append(root)
            else:
                pair.parents.append((parent, step))
            if not known:
                waiting.extend((first, second, pair, step) for step, first, second in self.parts(one, other))

    def parts(self, one: Schema, other: Schema) -> Iterator[tuple[Step, Schema, Schema]]:
        """Return what stands in both and can be judged for itself."""
        if not (isinstance(one, dict) and isinstance(other, dict)):
            return
        for keyword in ("properties", "patternProperties", "dependentSchemas"):
            theirs = other.get(keyword, {})
            yield from (
                ((keyword, name), one[keyword][name], theirs[name]) for name in one.get(keyword, ()) if name in theirs
            )
        for keyword in ("items", "additionalProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems"):
            if isinstance(one.get(keyword), dict) and isinstance(other.get(keyword), dict):
                yield (keyword, ""), one[keyword], other[keyword]
        prefixes = zip(one.get("prefixItems", ()), other.get("prefixItems", ()), strict=False)
        yield from ((("prefixItems", index), first, second) for index, (first, second) in enumerate(prefixes))
        if "contains" in one and "contains" in other and "maxContains" not in one and "maxContains" not in other:
            yield ("contains", ""), one["contains"], other["contains"]
        if "if" in one and "if" in other and self.world.same(one["if"], other["if"]):
            yield from (((key, ""), one[key], other[key]) for key in ("then", "else") if key in one and key in other)
        if _asks_for_the_rest(one) or _asks_for_the_rest(other):
            return
        for keyword in ("allOf", "anyOf"):
            for first, second in self.aligned(one.get(keyword, ()), other.get(keyword, ()))[0]:
                yield (keyword, first), one[keyword][first], other[keyword][second]

    def aligned(
        self, ours: Sequence[Schema], theirs: Sequence[Schema]
    ) -> tuple[list[tuple[int, int]], list[int], list[int]]:
        """Pair the branches of two lists: the same ones, those of one name, those of one kind; return what is left."""
        left, right = list(range(len(ours))), list(range(len(theirs)))
        pairs: list[tuple[int, int]] = []
        for alike in (self.same_branch, _same_name, self._same_kind):
            for first in list(left):
                second = next((index for index in right if alike(ours[first], theirs[index])), None)
                if second is not None:
                    pairs.append((first, second))
                    left.remove(first)
                    right.remove(second)
        if len(left) == len(right) == 1:
            pairs.append((left.pop(), right.pop()))
        return sorted(pairs), left, right

    def same_branch(self, one: Schema, other: Schema) -> bool:
        return self.world.same(self.world.followed(one), self.world.followed(other))

    def _same_kind(self, one: Schema, other: Schema) -> bool:
        return _kind(self.world.followed(one)) == _kind(self.world.followed(other))

    # Differences of a pair's own --------------------------------------------------------------------------------------

    def differences(self, pair: Pair) -> list[Difference]:
        """Return what differs between the two, parts that are pairs themselves left aside."""
        if isinstance(pair.base, bool) or isinstance(pair.revision, bool):
            return [Difference("schema", "", pair.base, pair.revision, pair.revision)]
        found: list[Difference] = []
        groups = ("type", "enum") if other_kind(pair.base, pair.revision) else tuple(GROUPS)
        for group in groups:
            keys = GROUPS[group]
            before = {key: pair.base[key] for key in keys if key in pair.base}
            after = {key: pair.revision[key] for key in keys if key in pair.revision}
            if before or after:
                found += _BY_GROUP.get(group, _plain)(self, pair, group, before, after)
        return found

    def together(self, pair: Pair, some: Sequence[Difference]) -> Schema:
        """Return the base's schema with several differences of one group that are about names."""
        assert isinstance(pair.base, dict)
        assert isinstance(pair.revision, dict)
        group = some[0].group
        names = {one.name for one in some}
        if group == "required":
            ours, theirs = set(pair.base.get(group, ())), set(pair.revision.get(group, ()))
            return {**pair.base, group: sorted((ours - names) | (theirs & names))}
        ours_of, theirs_of = pair.base.get(group, {}), pair.revision.get(group, {})
        kept = {name: one for name, one in ours_of.items() if name not in names}
        return {
            **pair.base,
            group: kept | self.rebased_each({name: theirs_of[name] for name in names & theirs_of.keys()}),
        }

    def rebased_each(self, schemas: dict[str, Schema]) -> dict[str, Schema]:
        return {name: self.rebased(one) if isinstance(one, dict) else one for name, one in schemas.items()}

    def mixed(self, pair: Pair) -> Schema:
        """Return the base's schema with all the pair's own differences, and with the base's parts."""
        if isinstance(pair.base, bool) or isinstance(pair.revision, bool):
            return pair.revision
        mixed: dict[str, Any] = {key: value for key, value in pair.revision.items() if key not in ANNOTATIONS}
        for (keyword, name), ours, _ in self.parts(pair.base, pair.revision):
            mixed[keyword] = self._replaced(pair, keyword, name, mixed[keyword], ours)
        return self.rebased(mixed)

    def _replaced(self, pair: Pair, keyword: str, name: str | int, value: Any, ours: Schema) -> Any:
        if isinstance(value, dict) and keyword in {"properties", "patternProperties", "dependentSchemas"}:
            return {**value, name: ours}
        if keyword == "prefixItems":
            return [ours if index == name else one for index, one in enumerate(value)]
        if keyword in {"allOf", "anyOf"}:
            assert isinstance(pair.base, dict)
            assert isinstance(pair.revision, dict)
            pairs = dict(self.aligned(pair.base[keyword], pair.revision[keyword])[0])
            return [ours if index == pairs[int(name)] else one for index, one in enumerate(value)]
        return ours

    def rebased(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Let references to what has not changed lead into the base, so that both sides refer to the same."""
        mapping: dict[str, str] = {}
        for reference in set(references(schema)):
            counterpart = reference.replace("#/$defs/revision.", "#/$defs/base.", 1)
            known = counterpart.removeprefix("#/$defs/") in self.world.base.schemas.definitions
            if known and self.world.same(self.world.target(counterpart), self.world.target(reference)):
                mapping[reference] = counterpart
        return _with_references(schema, mapping) if mapping else schema


def _plain(walk: Walk, pair: Pair, group: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    """Compare a group whose keywords hold plain values, or schemas that are compared as a whole."""
    if written(before) == written(after):
        return
    if not set(references(before)) and not set(references(after)) and before == after:
        return
    assert isinstance(pair.base, dict)
    rest = {key: value for key, value in pair.base.items() if key not in GROUPS[group] and key not in ANNOTATIONS}
    yield Difference(group, "", _one(group, before), _one(group, after), {**rest, **walk.rebased(after)})


def _one(group: str, values: dict[str, Any]) -> Any:
    """Return the value of a group of one keyword, or all of a group of several by name."""
    return values.get(GROUPS[group][0]) if len(GROUPS[group]) == 1 else values or None


def _schemas(walk: Walk, pair: Pair, group: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    """Compare a keyword with one schema: where both have one, it is a pair of its own."""
    ours, theirs = before.get(group), after.get(group)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return
    yield from _plain(walk, pair, group, before, after)


def _required(
    walk: Walk, pair: Pair, group: str, before: dict[str, Any], after: dict[str, Any]
) -> Iterator[Difference]:
    del walk
    ours, theirs = before.get("required", []), after.get("required", [])
    assert isinstance(pair.base, dict)
    for name in sorted({*ours, *theirs}):
        if (name in ours) != (name in theirs):
            names = sorted({*ours, name} if name in theirs else set(ours) - {name})
            yield Difference(group, name, name in ours, name in theirs, {**pair.base, "required": names})


def _named(walk: Walk, pair: Pair, group: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    """Compare a mapping to schemas: names that stand in both are pairs of their own."""
    ours, theirs = before.get(group, {}), after.get(group, {})
    assert isinstance(pair.base, dict)
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        if (name in ours) == (name in theirs):
            continue
        if name in ours:
            changed = {key: one for key, one in ours.items() if key != name}
        else:
            changed = {**ours, name: walk.rebased(theirs[name])}
        yield Difference(group, name, ours.get(name), theirs.get(name), {**pair.base, group: changed})


def _arrays(walk: Walk, pair: Pair, group: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    """Compare what is said of elements: those that both speak of are pairs of their own."""
    same_length = len(before.get("prefixItems", ())) == len(after.get("prefixItems", ()))
    both = isinstance(before.get("items"), dict) and isinstance(after.get("items"), dict)
    neither = before.get("items") == after.get("items")
    if same_length and (both or neither):
        return
    assert isinstance(pair.base, dict)
    mixed = dict(after)
    if both:
        mixed["items"] = before["items"]
    if "prefixItems" in after:
        ours = before.get("prefixItems", [])
        mixed["prefixItems"] = [*ours[: len(after["prefixItems"])], *after["prefixItems"][len(ours) :]]
    rest = {key: value for key, value in pair.base.items() if key not in GROUPS[group]}
    yield Difference(group, "", _one(group, before), _one(group, after), {**rest, **walk.rebased(mixed)})


def _contains(
    walk: Walk, pair: Pair, group: str, before: dict[str, Any], after: dict[str, Any]
) -> Iterator[Difference]:
    both = "contains" in before and "contains" in after and "maxContains" not in before and "maxContains" not in after
    if both:
        if before.get("minContains") == after.get("minContains"):
            return
        after = {**after, "contains": before["contains"]}
    yield from _plain(walk, pair, group, before, after)


def _branches(
    walk: Walk, pair: Pair, group: str, before: dict[str, Any], after: dict[str, Any]
) -> Iterator[Difference]:
    """Compare lists of branches: those that are paired are pairs of their own."""
    assert isinstance(pair.base, dict)
    assert isinstance(pair.revision, dict)
    if _asks_for_the_rest(pair.base) or _asks_for_the_rest(pair.revision) or "$ref" in before or "$ref" in after:
        if not _same_lists(walk, before, after):
            yield from _plain(walk, pair, group, before, after)
        return
    ours, theirs = before.get(group, []), after.get(group, [])
    pairs, left, right = walk.aligned(ours, theirs)
    if not left and not right:
        return
    counterpart = {second: first for first, second in pairs}
    mixed = [
        ours[counterpart[index]] if index in counterpart else walk.rebased(one) for index, one in enumerate(theirs)
    ]
    rest = {key: value for key, value in pair.base.items() if key != group}
    gone, come = [ours[index] for index in left], [theirs[index] for index in right]
    yield Difference(group, "", gone, come, {**rest, group: mixed} if mixed else rest)


def _one_of(walk: Walk, pair: Pair, group: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    """Branches that must not overlap are compared as a whole."""
    ours, theirs = before.get(group, []), after.get(group, [])
    pairs, left, right = walk.aligned(ours, theirs)
    alike = all(walk.same_branch(ours[one], theirs[other]) for one, other in pairs)
    if alike and not left and not right:
        return
    gone, come = [ours[index] for index in left], [theirs[index] for index in right]
    for difference in _plain(walk, pair, group, before, after):
        yield Difference(group, "", gone or ours, come or theirs, difference.hybrid)


def _whole(walk: Walk, pair: Pair, group: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    """Compare keywords with schemas in them as a whole."""
    same = before.keys() == after.keys() and all(
        walk.world.same(walk.world.followed(before[key]), walk.world.followed(after[key])) for key in before
    )
    if not same:
        yield from _plain(walk, pair, group, before, after)


def _conditional(
    walk: Walk, pair: Pair, group: str, before: dict[str, Any], after: dict[str, Any]
) -> Iterator[Difference]:
    if before.keys() == after.keys() and walk.world.same(
        walk.world.followed(before["if"]), walk.world.followed(after["if"])
    ):
        return
    yield from _whole(walk, pair, group, before, after)


def _same_lists(walk: Walk, before: dict[str, Any], after: dict[str, Any]) -> bool:
    if before.keys() != after.keys() or "$ref" in before:
        return False
    return all(
        len(before[key]) == len(after[key])
        and all(walk.world.same(walk.world.followed(one), walk.world.followed(other))
                for one, other in zip(before[key], after[key], strict=True))
        for key in before
    )  # fmt: skip


_Compare = Callable[[Walk, Pair, str, dict[str, Any], dict[str, Any]], Iterator[Difference]]
_BY_GROUP: dict[str, _Compare] = {
    "required": _required, "properties": _named, "patternProperties": _named, "dependentSchemas": _named,
    "additionalProperties": _schemas, "propertyNames": _schemas, "unevaluatedProperties": _schemas,
    "unevaluatedItems": _schemas, "items": _arrays, "contains": _contains, "allOf": _branches, "anyOf": _branches,
    "oneOf": _one_of, "not": _whole, "conditional": _conditional,
}  # fmt: skip


def other_kind(base: Schema, revision: Schema) -> bool:
    """Say that no value is of a type of both: what else is said of them has nothing in common."""
    if not (isinstance(base, dict) and isinstance(revision, dict)) or "type" not in base or "type" not in revision:
        return False
    ours, theirs = ({said} if isinstance(said := one["type"], str) else set(said) for one in (base, revision))
    wide = {"integer", "number"}
    return not ours & theirs and not (ours & wide and theirs & wide)


def _asks_for_the_rest(schema: dict[str, Any]) -> bool:
    return "unevaluatedProperties" in schema or "unevaluatedItems" in schema


def _same_name(one: Schema, other: Schema) -> bool:
    if not (isinstance(one, dict) and isinstance(other, dict) and "$ref" in one and "$ref" in other):
        return False
    return bool(one["$ref"].partition(".")[2] == other["$ref"].partition(".")[2])


def _kind(schema: Schema) -> str:
    """Say roughly what a branch is about: its types, and the tags that tell it from its siblings."""
    if isinstance(schema, bool):
        return str(schema)
    tags = {
        name: one["enum"]
        for name, one in schema.get("properties", {}).items()
        if isinstance(one, dict) and len(one.get("enum", ())) == 1
    }
    return written([schema.get("type"), sorted(schema.get("required", ())) if not tags else [], tags, "enum" in schema])


def _with_references(schema: Any, mapping: dict[str, str]) -> Any:
    if isinstance(schema, dict):
        return {
            key: mapping.get(value, value)
            if key == "$ref" and isinstance(value, str)
            else _with_references(value, mapping)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_with_references(one, mapping) for one in schema]
    return schema
