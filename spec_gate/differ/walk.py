"""Walks the schemas of base and revision side by side, down to the smallest pairs that differ.

A pair contains smaller pairs if both schemas have a subschema that can be judged on its own. If one subschema includes
the other, they do not break the inclusion of the whole schemas.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Sequence

from spec_gate.differ.pairs import NodePair, Root, Step
from spec_gate.differ.unions import Unions
from spec_gate.schemas.keywords import needs_evaluation, types_of
from spec_gate.schemas.node import Schema, SchemaNode, number_of
from spec_gate.schemas.pair import SchemaPair
from spec_gate.schemas.values import canonical_text

_ANYTHING = SchemaNode({})
"""The schema that accepts everything, as an object."""

_OF_PARTS = ("properties", "patternProperties")
_MAPS = (*_OF_PARTS, "dependentSchemas")
_ONE = ("items", "additionalProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems")

_QUIET_LISTS = ("oneOf", "anyOf", "allOf")
_QUIET = ("not", "if", "then", "else", "contains")


class Walk:
    """All pairs of schemas that differ on one side, each once, in the order in which the walk reaches them."""

    def __init__(self, schemas: SchemaPair) -> None:
        self.schemas = schemas
        self._pairs: dict[tuple[int, int], NodePair] = {}
        self._unions = Unions(
            schemas.followed, self._is_one_of, lambda one, others: bool(self.aligned([one], others)[0])
        )

    @property
    def pairs(self) -> list[NodePair]:
        return list(self._pairs.values())

    def quiet_pairs(self) -> list[NodePair]:
        """Return the pairs below unions, negations and conditions that are judged as a whole.

        Only their annotations are compared, because a difference of validity shows in the whole.
        """
        quiet: dict[tuple[int, int], NodePair] = {}
        waiting = deque((pair, part) for pair in self.pairs for part in self._quiet_parts(pair.base, pair.revision))
        while waiting:
            parent, (step, base, revision) = waiting.popleft()
            one, other = self.schemas.followed(base), self.schemas.followed(revision)
            key = (number_of(one), number_of(other))
            if self.schemas.same(one, other) or key in self._pairs or key in quiet:
                continue
            pair = quiet[key] = NodePair(one, other, [(parent, step)])
            parts = (*self.parts(one, other), *self._quiet_parts(one, other))
            waiting.extend((pair, part) for part in parts)
        return list(quiet.values())

    def _quiet_parts(self, one: Schema, other: Schema) -> Iterator[tuple[Step, Schema, Schema]]:
        if isinstance(one, bool) or isinstance(other, bool):
            return
        for keyword in _QUIET_LISTS:
            for first, second in self.aligned(one.get(keyword, ()), other.get(keyword, ()))[0]:
                yield (keyword, first), one[keyword][first], other[keyword][second]
        for keyword in _QUIET:
            if keyword in one and keyword in other:
                yield (keyword, ""), one[keyword], other[keyword]

    def add(self, root: Root) -> None:
        """Walk the schemas of a root."""
        first = (root.base, root.revision, None, ("", ""))
        waiting: deque[tuple[Schema, Schema, NodePair | None, Step]] = deque([first])
        while waiting:
            base, revision, parent, step = waiting.popleft()
            one, other = self.schemas.followed(base), self.schemas.followed(revision)
            if self.schemas.same(one, other):
                continue
            pair, is_new = self._pair(self._unions.like(one, base, other), self._unions.like(other, revision, one))
            if parent is None:
                pair.own_roots.append(root)
            else:
                pair.parents.append((parent, step))
            if is_new:
                parts = self.parts(pair.base, pair.revision)
                waiting.extend((first, second, pair, step) for step, first, second in parts)

    def _pair(self, base: Schema, revision: Schema) -> tuple[NodePair, bool]:
        one, other = (_ANYTHING if schema is True else schema for schema in (base, revision))
        key = (one.number if isinstance(one, SchemaNode) else 0, other.number if isinstance(other, SchemaNode) else 0)
        is_new = key not in self._pairs
        return self._pairs.setdefault(key, NodePair(one, other)), is_new

    def parts(self, one: Schema, other: Schema) -> Iterator[tuple[Step, Schema, Schema]]:
        """Return the subschemas that both have and that can be judged by themselves, each with the step to it."""
        if isinstance(one, bool) or isinstance(other, bool):
            return
        evaluates = needs_evaluation(one) or needs_evaluation(other)
        for keyword in _MAPS if not evaluates else _OF_PARTS:
            theirs = other.get(keyword, {})
            yield from (
                ((keyword, name), one[keyword][name], theirs[name]) for name in one.get(keyword, ()) if name in theirs
            )
        for keyword in _ONE:
            if isinstance(one.get(keyword), SchemaNode) and isinstance(other.get(keyword), SchemaNode):
                yield (keyword, ""), one[keyword], other[keyword]
        prefixes = zip(one.get("prefixItems", ()), other.get("prefixItems", ()), strict=False)
        yield from ((("prefixItems", index), first, second) for index, (first, second) in enumerate(prefixes))
        if "contains" in one and "contains" in other and "maxContains" not in one and "maxContains" not in other:
            yield ("contains", ""), one["contains"], other["contains"]
        if evaluates:
            return
        if "if" in one and "if" in other and self.schemas.same(one["if"], other["if"]):
            yield from (((key, ""), one[key], other[key]) for key in ("then", "else") if key in one and key in other)
        for keyword in ("allOf", "anyOf"):
            for first, second in self.aligned(one.get(keyword, ()), other.get(keyword, ()))[0]:
                yield (keyword, first), one[keyword][first], other[keyword][second]

    # Branches ---------------------------------------------------------------------------------------------------------

    def aligned(
        self, ours: Sequence[Schema], theirs: Sequence[Schema]
    ) -> tuple[list[tuple[int, int]], list[int], list[int]]:
        """Pair the branches of two lists by equality, name or kind; return the pairs and the indexes left over."""
        left, right = dict.fromkeys(range(len(ours))), dict.fromkeys(range(len(theirs)))
        pairs: list[tuple[int, int]] = []
        for key_of, alike in ((self._outline, self.same_branch), (_name, _is_alike), (self._kind_of, _is_alike)):
            by_key: dict[Hashable, list[int]] = {}
            for index in right:
                by_key.setdefault(key_of(theirs[index]), []).append(index)
            for first in list(left):
                key = key_of(ours[first])
                waiting = by_key.get(key, []) if key is not None else []
                second = next((index for index in waiting if alike(ours[first], theirs[index])), None)
                if second is not None:
                    pairs.append((first, second))
                    waiting.remove(second)
                    del left[first], right[second]
        if len(left) == len(right) == 1:
            pairs.append((left.popitem()[0], right.popitem()[0]))
        return sorted(pairs), list(left), list(right)

    def without_removed_branches(self, pair: NodePair) -> Schema:
        """Return the base without the alternatives that the revision does not have."""
        if isinstance(pair.base, bool) or isinstance(pair.revision, bool):
            return pair.base
        kept = dict(pair.base)
        for key in ("anyOf", "oneOf"):
            left = set(self.aligned(pair.base.get(key, ()), pair.revision.get(key, ()))[1])
            if left:
                kept[key] = [one for index, one in enumerate(pair.base[key]) if index not in left]
        return SchemaNode(kept, pair.base.origin)

    def same_branch(self, one: Schema, other: Schema) -> bool:
        return self.schemas.same(self.schemas.followed(one), self.schemas.followed(other))

    def _is_one_of(self, branch: Schema, others: Sequence[Schema]) -> bool:
        return any(self.same_branch(branch, one) for one in others)

    def _outline(self, branch: Schema) -> int:
        return self.schemas.outline(self.schemas.followed(branch))

    def _kind_of(self, branch: Schema) -> str:
        return _kind(self.schemas.followed(branch))


def _is_alike(*_: Schema) -> bool:
    """Return true: branches with the same key are alike."""
    return True


def _name(branch: Schema) -> str | None:
    """Return the name of the definition that a branch refers to."""
    return None if isinstance(branch, bool) or "$ref" not in branch else str(branch["$ref"]).partition(".")[2]


def _kind(schema: Schema) -> str:
    """Return what tells a branch from its siblings: its types and tags, or its types and required properties."""
    if isinstance(schema, bool):
        return str(schema)
    tags = {
        name: one["enum"]
        for name, one in schema.get("properties", {}).items()
        if isinstance(one, SchemaNode) and len(one.get("enum", ())) == 1
    }
    required = sorted(schema.get("required", ())) if not tags else []
    return canonical_text([schema.get("type"), required, tags, "enum" in schema])


def no_common_type(base: Schema, revision: Schema) -> bool:
    """Return whether no value has a type that both allow; then their other keywords have nothing in common."""
    if isinstance(base, bool) or isinstance(revision, bool) or "type" not in base or "type" not in revision:
        return False
    ours, theirs = set(types_of(base)), set(types_of(revision))
    numeric = {"integer", "number"}
    return not ours & theirs and not (ours & numeric and theirs & numeric)
