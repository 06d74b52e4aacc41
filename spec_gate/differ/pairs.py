"""Pairs of schemas at the same place in base and revision, and how they are reached from a whole body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chat_contract.errors import Pointer
from spec_gate.differ.changes import SchemaUse
from spec_gate.schemas.node import Schema

Step = tuple[str, str | int]
"""How a schema contains another: a keyword, with the name or index below it if there is one."""

SAME_VALUE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"})
"""Keywords of steps to a schema that applies to the same value."""


@dataclass(frozen=True, eq=False)
class Root:
    """The schemas of a whole body, parameter or header, in their simplest form and as they were written."""

    base: Schema
    revision: Schema
    original_base: Schema
    original_revision: Schema
    use: SchemaUse
    limits: Schema = True
    """Accepts what the sender can write where the value travels as text; true for any other value."""

    @property
    def is_text(self) -> bool:
        """Whether the value travels as text without a type: in a URL or a header."""
        return not self.use.is_body and not self.use.part.media


@dataclass(eq=False)
class NodePair:
    """Two schemas at the same place that differ. ``parents`` are the pairs that contain this one, with the step."""

    base: Schema
    revision: Schema
    parents: list[tuple[NodePair, Step]] = field(default_factory=list, repr=False)
    own_roots: list[Root] = field(default_factory=list, repr=False)

    def path(self) -> list[tuple[NodePair, Step]]:
        """Return the first path from a root to this pair: each pair on it with the step to the next."""
        path: list[tuple[NodePair, Step]] = []
        pair = self
        while not pair.own_roots:
            pair, step = pair.parents[0]
            path.append((pair, step))
        return path[::-1]

    def path_from(self, root: Root) -> list[tuple[NodePair, Step]] | None:
        """Return the shortest path from a root to this pair; None if the root does not contain it."""
        waiting: list[tuple[NodePair, list[tuple[NodePair, Step]]]] = [(self, [])]
        seen = {self}
        for here, path in waiting:
            if root in here.own_roots:
                return path
            for parent, step in here.parents:
                if parent not in seen:
                    seen.add(parent)
                    waiting.append((parent, [(parent, step), *path]))
        return None

    def first_root(self) -> Root:
        path = self.path()
        return (path[0][0] if path else self).own_roots[0]

    def roots(self) -> list[Root]:
        """Return every root that contains this pair, the nearest first."""
        found: list[Root] = []
        waiting = [self]
        seen = {self}
        for pair in waiting:
            found += pair.own_roots
            for parent, _ in pair.parents:
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return found

    def data_path(self) -> Pointer:
        """Return the place of the value in the body; ``*`` is any index or name."""
        return data_path_of(self.path())


def data_path_of(path: Sequence[tuple[NodePair, Step]]) -> Pointer:
    """Return the place in the body to which a path leads; ``*`` is any index or name."""
    place: list[str | int] = []
    for _, (keyword, name) in path:
        if keyword in {"properties", "prefixItems"}:
            place.append(name)
        elif keyword not in SAME_VALUE:
            place.append("*")
    return tuple(place)
