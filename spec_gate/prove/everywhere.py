"""Decides for a change that a larger schema reaches in several ways, with the change in all of these places at once.

What is safe in one place as long as the other places stay as they are need not be safe in all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from spec_gate.differ.hybrids import around
from spec_gate.differ.pairs import NodePair, Step
from spec_gate.schemas.node import Schema

_MAX_PLACES = 64

IsSafe = Callable[[NodePair, Schema], bool]
"""Returns whether a schema in place of that of the base breaks no client."""

_Edges = Mapping[NodePair, list[tuple[NodePair, Step]]]


def is_safe_everywhere(pair: NodePair, hybrid: Schema, is_safe: IsSafe) -> bool:
    """Return whether a change is safe in all places together; each place by itself is known to be safe."""
    edges = _edges_above(pair)
    order = _upwards(pair, edges)
    if order is None:
        return False
    if all(len(below) == 1 for below in edges.values()):
        return True
    changed, places = {pair: hybrid}, {pair: 1}
    for one in order:
        steps = [(below, step) for below, step in edges[one] if below in changed]
        if not steps:
            continue
        places[one] = sum(places[below] for below, _ in steps)
        if places[one] > _MAX_PLACES:
            return False
        whole = around(one, [(step, changed[below]) for below, step in steps])
        if not is_safe(one, whole):
            changed[one] = whole
            if one.own_roots:
                return False
    return True


def _edges_above(pair: NodePair) -> dict[NodePair, list[tuple[NodePair, Step]]]:
    """Return the pairs above a pair, each with the steps from it towards the pair."""
    edges: dict[NodePair, list[tuple[NodePair, Step]]] = {}
    waiting = [pair]
    for one in waiting:
        for parent, step in one.parents:
            if parent not in edges:
                waiting.append(parent)
            edges.setdefault(parent, []).append((one, step))
    return edges


def _upwards(pair: NodePair, edges: _Edges) -> list[NodePair] | None:
    """Return the pairs above a pair, each after all that lead from it to the pair; None in recursion."""
    if pair in edges:
        return None
    left = {one: {below for below, _ in steps} for one, steps in edges.items()}
    order = [pair]
    for one in order:
        for parent in {parent for parent, _ in one.parents} & left.keys():
            left[parent].discard(one)
            if not left[parent]:
                del left[parent]
                order.append(parent)
    return None if left else order[1:]
