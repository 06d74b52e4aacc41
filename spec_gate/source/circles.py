"""Finds circular inheritance: schemas that apply themselves, through others, to the same value."""

from __future__ import annotations

from collections.abc import Iterator

from spec_gate.source.place import Place


class Circles:
    """The graph of schemas that apply to the same value."""

    def __init__(self) -> None:
        self._references: dict[Place, Place] = {}
        self._edges: dict[Place, list[Place]] = {}
        self._found: dict[Place, int] = {}
        self.selected: dict[Place, tuple[Place, ...]] = {}
        """The schemas that a discriminator selects."""

    def add_reference(self, place: Place, target: Place) -> None:
        """Add a reference: the schema at ``place`` has a ``$ref`` to ``target``."""
        self._references[place] = target
        self._edges.setdefault(place, []).append(target)

    def add_part(self, place: Place, keyword: str) -> None:
        """Add a schema that stands under ``allOf``, ``not`` or the like of the schema around it."""
        above = place.parent if place.pointer[-1] == keyword else place.parent.parent
        self._edges.setdefault(above, []).append(place)

    def extended(self) -> dict[Place, list[Place]]:
        """Return the schemas that extend each schema through ``allOf``."""
        found: dict[Place, list[Place]] = {}
        for place, target in self._references.items():
            if place.pointer[-2:-1] == ("allOf",):
                found.setdefault(target, []).append(Place(place.file, place.pointer[:-2]))
        return found

    def found(self) -> dict[Place, int]:
        """Return the schemas that references or discriminators lead to on a circle, with the number of the circle."""
        edges = {place: list(targets) for place, targets in self._edges.items()}
        goals = [(parent, heir) for parent, heirs in self.selected.items() for heir in heirs]
        for parent, heir in goals:
            edges.setdefault(parent, []).append(heir)
        components = _components(edges)
        self._found = {
            target: components[target]
            for place, target in (*self._references.items(), *goals)
            if place in components and components.get(target) == components[place]
        }
        return self._found

    def references(self) -> Iterator[Place]:
        """Return the places of the references that close a circle."""
        components = _components(self._edges)
        for place, target in self._references.items():
            if target in components and components.get(place) == components[target]:
                yield place


def _components(edges: dict[Place, list[Place]]) -> dict[Place, int]:
    """Return the number of the strongly connected component of each node that lies on a circle (Tarjan)."""
    order: dict[Place, int] = {}
    low: dict[Place, int] = {}
    stack: list[Place] = []
    on_stack: set[Place] = set()
    found: dict[Place, int] = {}
    for start in list(edges):
        if start in order:
            continue
        waiting: list[tuple[Place, Iterator[Place]]] = [(start, iter(edges[start]))]
        order[start] = low[start] = len(order)
        stack.append(start)
        on_stack.add(start)
        while waiting:
            node, rest = waiting[-1]
            child = next(rest, None)
            if child is None:
                waiting.pop()
                if waiting:
                    above = waiting[-1][0]
                    low[above] = min(low[above], low[node])
                if low[node] == order[node]:
                    _close(node, edges, stack, on_stack, found)
            elif child not in order:
                order[child] = low[child] = len(order)
                stack.append(child)
                on_stack.add(child)
                waiting.append((child, iter(edges.get(child, ()))))
            elif child in on_stack:
                low[node] = min(low[node], order[child])
    return found


def _close(
    node: Place, edges: dict[Place, list[Place]], stack: list[Place], on_stack: set[Place], found: dict[Place, int]
) -> None:
    members: list[Place] = []
    while not members or members[-1] != node:
        members.append(stack.pop())
        on_stack.discard(members[-1])
    if len(members) > 1 or node in edges.get(node, ()):
        number = len(found)
        found.update(dict.fromkeys(members, number))
