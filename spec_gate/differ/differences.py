"""Finds how two schemas differ: one difference for each group of keywords, or for each name in it.

Subschemas that are pairs of their own (see :mod:`spec_gate.differ.walk`) are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from spec_gate.differ.groups import GROUPS, KeywordGroup
from spec_gate.differ.hybrids import Hybrids
from spec_gate.differ.pairs import NodePair
from spec_gate.differ.walk import no_common_type
from spec_gate.schemas.keywords import ANNOTATIONS, OPAQUE_PATTERN, is_barred, needs_evaluation
from spec_gate.schemas.node import Schema, SchemaNode, Side
from spec_gate.schemas.values import canonical_text

_G = KeywordGroup


@dataclass(frozen=True)
class Difference:
    """One group of keywords that differs; ``name`` is the property or pattern that it is about, if any."""

    group: KeywordGroup
    name: str
    before: Any
    after: Any
    hybrid: Schema
    """The schema of the base with only this difference."""


@dataclass(frozen=True)
class _Compared:
    """One group of keywords in the schemas of base and revision."""

    group: KeywordGroup
    base: SchemaNode
    revision: SchemaNode
    hybrids: Hybrids

    @property
    def before(self) -> dict[str, Any]:
        return {key: self.base[key] for key in GROUPS[self.group] if key in self.base}

    @property
    def after(self) -> dict[str, Any]:
        return {key: self.revision[key] for key in GROUPS[self.group] if key in self.revision}

    def difference(self, keywords: dict[str, Any]) -> Difference:
        """Return the difference of the whole group; ``keywords`` replace those of the base in the hybrid."""
        replaced = {*GROUPS[self.group], *ANNOTATIONS}
        rest = {key: value for key, value in self.base.items() if key not in replaced}
        hybrid = SchemaNode({**rest, **self.hybrids.rebased(keywords)})
        return Difference(self.group, "", self.shown(self.before), self.shown(self.after), hybrid)

    def of_name(self, name: str, before: Any, after: Any, value: Any) -> Difference:
        """Return the difference of one name; ``value`` replaces that of the base in the hybrid."""
        return Difference(self.group, name, before, after, SchemaNode({**self.base, self.group: value}))

    def shown(self, values: dict[str, Any]) -> Any:
        """Return the value of a group of one keyword, or the values by keyword."""
        keys = GROUPS[self.group]
        return values.get(keys[0]) if len(keys) == 1 else values or None

    def same(self, one: Schema, other: Schema) -> bool:
        return self.hybrids.walk.same_branch(one, other)


def differences(pair: NodePair, hybrids: Hybrids) -> list[Difference]:
    """Return how the two schemas of a pair differ."""
    base, revision = pair.base, pair.revision
    if isinstance(base, bool) or isinstance(revision, bool):
        return [Difference(_G.SCHEMA, "", base, revision, revision)]
    groups = (_G.TYPE, _G.ENUM) if no_common_type(base, revision) else tuple(GROUPS)
    if OPAQUE_PATTERN in base or OPAQUE_PATTERN in revision:
        # Without the other pattern, a comparison would judge a schema that nobody wrote.
        groups = tuple(group for group in groups if group is not _G.PATTERN)
    found: list[Difference] = []
    for group in groups:
        if any(key in base or key in revision for key in GROUPS[group]):
            found += _COMPARE.get(group, _plain)(_Compared(group, base, revision, hybrids))
    return found


def _plain(compared: _Compared) -> Iterator[Difference]:
    """Compare keywords with plain values, or with schemas that are compared as a whole."""
    if canonical_text(compared.before) != canonical_text(compared.after):
        yield compared.difference(compared.after)


def _subschema(compared: _Compared) -> Iterator[Difference]:
    """Compare a keyword with one schema; two objects are a pair of their own."""
    one, other = compared.base.get(compared.group), compared.revision.get(compared.group)
    if not (isinstance(one, SchemaNode) and isinstance(other, SchemaNode)):
        yield from _plain(compared)


def _required(compared: _Compared) -> Iterator[Difference]:
    ours, theirs = set(compared.base.get("required", ())), set(compared.revision.get("required", ()))
    for name in sorted(ours ^ theirs):
        yield compared.of_name(name, name in ours, name in theirs, sorted(ours ^ {name}))


def _named(compared: _Compared) -> Iterator[Difference]:
    """Compare a mapping to schemas; names in both are pairs of their own."""
    ours, theirs = compared.base.get(compared.group, {}), compared.revision.get(compared.group, {})
    sending = compared.hybrids.schemas.side
    for name in ours:
        if name not in theirs and not (sending is Side.REQUEST and is_barred(ours[name])):
            changed = {key: one for key, one in ours.items() if key != name}
            yield compared.of_name(name, ours[name], None, changed)
    for name in theirs:
        if name not in ours and not (sending is Side.RESPONSE and is_barred(theirs[name])):
            changed = {**ours, name: compared.hybrids.rebased_schema(theirs[name])}
            yield compared.of_name(name, None, theirs[name], changed)


def _dependent(compared: _Compared) -> Iterator[Difference]:
    """Compare dependent schemas, as a whole where it matters which properties they evaluate."""
    if not (needs_evaluation(compared.base) or needs_evaluation(compared.revision)):
        yield from _named(compared)
    elif not _same_maps(compared):
        yield from _plain(compared)


def _same_maps(compared: _Compared) -> bool:
    ours, theirs = compared.base.get(compared.group, {}), compared.revision.get(compared.group, {})
    return ours.keys() == theirs.keys() and all(compared.same(ours[name], theirs[name]) for name in ours)


def _items(compared: _Compared) -> Iterator[Difference]:
    """Compare the schemas of items; those of the same items are pairs of their own."""
    before, after = compared.before, compared.after
    same_length = len(before.get("prefixItems", ())) == len(after.get("prefixItems", ()))
    both = isinstance(before.get("items"), SchemaNode) and isinstance(after.get("items"), SchemaNode)
    if same_length and (both or before.get("items") == after.get("items")):
        return
    mixed = dict(after)
    if both:
        mixed["items"] = before["items"]
    if "prefixItems" in after:
        ours = before.get("prefixItems", [])
        mixed["prefixItems"] = [*ours[: len(after["prefixItems"])], *after["prefixItems"][len(ours) :]]
    yield compared.difference(mixed)


def _contains(compared: _Compared) -> Iterator[Difference]:
    before, after = compared.before, compared.after
    both = "contains" in before and "contains" in after and "maxContains" not in before and "maxContains" not in after
    if not both:
        yield from _plain(compared)
    elif before.get("minContains") != after.get("minContains"):
        yield compared.difference({**after, "contains": before["contains"]})


def _branches(compared: _Compared) -> Iterator[Difference]:
    """Compare lists of branches; branches that match each other are pairs of their own."""
    base, revision = compared.base, compared.revision
    if needs_evaluation(base) or needs_evaluation(revision) or "$ref" in compared.before or "$ref" in compared.after:
        if not _same_lists(compared):
            yield from _plain(compared)
        return
    ours, theirs = base.get(compared.group, []), revision.get(compared.group, [])
    pairs, left, right = compared.hybrids.walk.aligned(ours, theirs)
    if not left and not right:
        return
    counterpart = {second: first for first, second in pairs}
    rebased = compared.hybrids.rebased_schema
    mixed = [ours[counterpart[at]] if at in counterpart else rebased(one) for at, one in enumerate(theirs)]
    rest = {key: value for key, value in base.items() if key != compared.group}
    hybrid = SchemaNode({**rest, compared.group: mixed} if mixed else rest)
    removed, added = [ours[index] for index in left], [theirs[index] for index in right]
    yield Difference(compared.group, "", removed, added, hybrid)


def _one_of(compared: _Compared) -> Iterator[Difference]:
    """Compare ``oneOf`` as a whole, because a change of one branch may overlap another."""
    ours, theirs = compared.base.get("oneOf", []), compared.revision.get("oneOf", [])
    pairs, left, right = compared.hybrids.walk.aligned(ours, theirs)
    are_same = all(compared.same(ours[one], theirs[other]) for one, other in pairs)
    if not left and not right and are_same:
        return
    removed, added = [ours[index] for index in left], [theirs[index] for index in right]
    if not are_same:
        removed, added = removed or ours, added or theirs
    for difference in _plain(compared):
        yield Difference(compared.group, "", removed, added, difference.hybrid)


def _whole(compared: _Compared) -> Iterator[Difference]:
    """Compare keywords with schemas as a whole."""
    before, after = compared.before, compared.after
    if before.keys() != after.keys() or not all(compared.same(before[key], after[key]) for key in before):
        yield from _plain(compared)


def _conditional(compared: _Compared) -> Iterator[Difference]:
    before, after = compared.before, compared.after
    evaluates = needs_evaluation(compared.base) or needs_evaluation(compared.revision)
    if evaluates or before.keys() != after.keys() or not compared.same(before["if"], after["if"]):
        yield from _whole(compared)


def _same_lists(compared: _Compared) -> bool:
    before, after = compared.before, compared.after
    if before.keys() != after.keys() or "$ref" in before:
        return False
    return all(
        len(before[key]) == len(after[key]) and all(map(compared.same, before[key], after[key])) for key in before
    )


_COMPARE: dict[KeywordGroup, Callable[[_Compared], Iterator[Difference]]] = {
    _G.REQUIRED: _required, _G.PROPERTIES: _named, _G.PATTERN_PROPERTIES: _named, _G.DEPENDENT_SCHEMAS: _dependent,
    _G.ADDITIONAL_PROPERTIES: _subschema, _G.PROPERTY_NAMES: _subschema, _G.UNEVALUATED_PROPERTIES: _subschema,
    _G.UNEVALUATED_ITEMS: _subschema, _G.ITEMS: _items, _G.CONTAINS: _contains, _G.ALL_OF: _branches,
    _G.ANY_OF: _branches, _G.ONE_OF: _one_of, _G.NOT: _whole, _G.CONDITIONAL: _conditional,
}  # fmt: skip
