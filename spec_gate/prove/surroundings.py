"""Finds the schemas that apply to the same value as one schema of a pair: a sender that follows them knows their names.

Without them, a property that one part of a schema declares would be a new one in another part for the same value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from spec_gate.differ.pairs import SAME_VALUE, NodePair, Step
from spec_gate.schemas.names import LAST, child, element
from spec_gate.schemas.node import Schema, SchemaNode, number_of
from spec_gate.schemas.pair import SchemaPair

_ELEMENTS = frozenset({"items", "contains", "unevaluatedItems"})
_SOME_NAME = frozenset({"patternProperties", "additionalProperties", "unevaluatedProperties"})


class Surroundings:
    """The schemas around the pairs of one walk; ``sender_of`` returns the one of a pair that the sender follows."""

    def __init__(self, schemas: SchemaPair, sender_of: Callable[[NodePair], Schema]) -> None:
        self.schemas = schemas
        self.sender_of = sender_of
        self._found: dict[NodePair, Sequence[Schema]] = {}

    def of(self, pair: NodePair) -> Sequence[Schema]:
        """Return the other schemas of the sender that may apply to the value of a pair, in any place where it is."""
        seen: set[NodePair] = set()
        waiting = [(pair, False)]
        while waiting:
            one, is_ready = waiting.pop()
            if is_ready:
                self._found[one] = self._around(one)
            elif one not in seen and one not in self._found:
                seen.add(one)
                waiting += [(one, True), *((parent, False) for parent, _ in one.parents)]
        return self._found[pair]

    def _around(self, pair: NodePair) -> Sequence[Schema]:
        found: dict[int, Schema] = {}
        for parent, step in pair.parents:
            sending = (_without_alternatives(self.sender_of(parent), step), *self._found.get(parent, ()))
            found |= {number_of(one): one for one in self._after(sending, step)}
        found.pop(number_of(self.sender_of(pair)), None)
        return tuple(found.values())

    def _after(self, sending: Sequence[Schema], step: Step) -> Sequence[Schema]:
        """Return the schemas that apply to the value that a step leads to."""
        keyword, name = step
        if keyword in SAME_VALUE:
            return sending
        applied = self.schemas.applied(sending)
        if keyword == "properties":
            return child(applied, str(name))
        if keyword == "prefixItems":
            return element(applied, int(name))
        if keyword in _ELEMENTS:
            return element(applied, LAST)
        return [one[keyword] for one in applied if keyword in one] if keyword not in _SOME_NAME else _of_names(applied)


def _without_alternatives(schema: Schema, step: Step) -> Schema:
    """Return a schema without the alternatives of which the step chooses one: each has names of its own."""
    if isinstance(schema, bool) or step[0] != "anyOf":
        return schema
    return SchemaNode({key: one for key, one in schema.items() if key != "anyOf"})


def _of_names(applied: Sequence[SchemaNode]) -> list[Schema]:
    """Return the schemas for properties that a schema does not declare one by one."""
    found = [one for schema in applied for one in schema.get("patternProperties", {}).values()]
    return found + [schema[key] for schema in applied for key in _SOME_NAME - {"patternProperties"} if key in schema]
