"""Writes a schema as the union that the other document has, so that their alternatives can be compared one by one.

A schema may become one of several alternatives, and a list of types may become alternatives with more keywords.
Alternatives that exclude each other may get one that does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from spec_gate.schemas.exclusive import exclude_each_other, has_types
from spec_gate.schemas.keywords import ANNOTATIONS, TYPE_OF_KEYWORD, only_reference, types_of
from spec_gate.schemas.node import Schema, SchemaNode, number_of
from spec_gate.schemas.tidy import allowed_types

_UNIONS = {"anyOf", "oneOf"}


class Unions:
    """Writes schemas as unions, each once. ``followed`` returns the schema behind a reference.

    ``is_one_of`` tells whether a branch is the same as one of others, and ``is_like_one_of`` whether it is like one.
    """

    def __init__(
        self,
        followed: Callable[[Schema], Schema],
        is_one_of: Callable[[Schema, Sequence[Schema]], bool],
        is_like_one_of: Callable[[Schema, Sequence[Schema]], bool],
    ) -> None:
        self.followed = followed
        self.is_one_of = is_one_of
        self.is_like_one_of = is_like_one_of
        self._done: dict[tuple[int, int], Schema] = {}

    def like(self, schema: Schema, branch: Schema, other: Schema) -> Schema:
        """Return a schema in the form of the other one; ``branch`` is the schema as it is referred to."""
        union = _union_of(other)
        if union is None or not isinstance(schema, SchemaNode) or not schema:
            return schema
        key = schema.number, number_of(other)
        if key not in self._done:
            found = self._branches(schema, branch, *union)
            notes = {} if found == [branch] and only_reference(branch) else _only(schema, ANNOTATIONS)
            self._done[key] = schema if found is None else SchemaNode({**notes, union[0]: found})
        return self._done[key]

    def _branches(self, schema: SchemaNode, branch: Schema, key: str, others: list[Schema]) -> list[Schema] | None:
        """Return the alternatives of a schema; None if it is unlike the other union."""
        own = _union_of(schema)
        if own is not None:
            needed = key == "oneOf" and own[0] == "anyOf" and exclude_each_other(list(map(self.followed, own[1])))
            return own[1] if needed else None
        if not _UNIONS.isdisjoint(schema):
            return None
        one = branch if only_reference(branch) else SchemaNode(_without(schema, ANNOTATIONS), schema.origin)
        # Branches without a type are all alike.
        is_told_apart = "type" in schema or only_reference(branch)
        if self.is_one_of(one, others) or (is_told_apart and self.is_like_one_of(one, others)):
            return [one]
        return self._by_type(schema, others)

    def _by_type(self, schema: SchemaNode, others: list[Schema]) -> list[Schema] | None:
        """Return one schema for the types of each alternative of the other union; None if the types do not match."""
        rest = schema.keys() - ANNOTATIONS - {"type"}
        typed = [one for one in map(self.followed, others) if isinstance(one, SchemaNode) and has_types(one)]
        if "type" not in schema or not rest <= TYPE_OF_KEYWORD.keys() or len(typed) < len(others):
            return None
        types = set(types_of(schema))
        groups = [group for one in typed if (group := types.intersection(allowed_types(one)))]
        if len(groups) < 2 or sum(map(len, groups)) != len(types) or set().union(*groups) != types:
            return None
        return [SchemaNode({"type": _types(group), **_only(schema, _keywords(rest, group))}) for group in groups]


def _union_of(schema: Schema) -> tuple[str, list[Schema]] | None:
    """Return the keyword and the alternatives of a schema that says nothing else."""
    found = [] if isinstance(schema, bool) else [key for key in schema if key not in ANNOTATIONS]
    return (found[0], schema[found[0]]) if len(found) == 1 and found[0] in _UNIONS else None  # type: ignore[index]


def _types(group: set[str]) -> str | list[str]:
    return sorted(group) if len(group) > 1 else next(iter(group))


def _keywords(keywords: Iterable[str], types: set[str]) -> set[str]:
    """Return the keywords that apply to values of some types."""
    known = types | ({"number"} if "integer" in types else set())
    return {key for key in keywords if TYPE_OF_KEYWORD[key] in known}


def _only(schema: SchemaNode, keywords: Iterable[str]) -> dict[str, Any]:
    return {key: schema[key] for key in schema if key in keywords}


def _without(schema: SchemaNode, keywords: Iterable[str]) -> dict[str, Any]:
    return {key: schema[key] for key in schema if key not in keywords}
