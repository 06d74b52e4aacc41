"""Shows further differences of names by a known witness: another name takes the place of the one that it shows.

Without this, the time for many names in one closed object would grow with their square.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from spec_gate.differ.differences import Difference
from spec_gate.differ.groups import KeywordGroup
from spec_gate.differ.pairs import NodePair, data_path_of
from spec_gate.prove.isolate import at, paths_at, replaced
from spec_gate.prove.proof import Outcome, Proof
from spec_gate.prove.prover import Prover
from spec_gate.schemas.keywords import ANNOTATIONS
from spec_gate.schemas.names import child
from spec_gate.schemas.node import Schema

_PLAIN = ANNOTATIONS | {"type", "properties", "required", "additionalProperties"}
_DEPTH = 3


def transferred(prover: Prover, pair: NodePair, known: tuple[Difference, Proof], one: Difference) -> Proof | None:
    """Return a proof that a property breaks clients like a known one of the same object; None if that is not plain.

    A schema for additional properties must reject the property, and no other keyword may speak of names.
    """
    like, proof = known
    if proof.outcome is not Outcome.WITNESS or proof.root is None or proof.abridged:
        return None
    if one.group is not KeywordGroup.PROPERTIES or (one.before is None) is not (like.before is None):
        return None
    if not all(isinstance(schema, dict) and schema.keys() <= _PLAIN for schema in (pair.base, pair.revision)):
        return None
    for candidate, name_value in _candidates(prover, pair, like, proof, one.name):
        if not _is_rejected_as_additional(prover, pair.base, name_value):
            continue
        if candidate is proof.value:
            return proof
        if prover.is_witness(candidate, proof.root):
            return replace(proof, value=candidate, why=prover.why(candidate, proof.root, name_value))
    return None


def _candidates(prover: Prover, pair: NodePair, like: Difference, proof: Proof, name: str) -> Iterator[tuple[Any, Any]]:
    """Return values with the property, each with the value of the property; the known witness may have it already."""
    assert proof.root is not None
    path = pair.path_from(proof.root)
    places = [] if path is None else list(paths_at(proof.value, data_path_of(path)))
    holders = [(place, at(proof.value, place)) for place in places]
    holders = [(place, here) for place, here in holders if isinstance(here, dict) and like.name in here]
    for place, here in holders:
        if name in here:
            yield proof.value, here[name]
            continue
        sender, _ = prover.directed(pair.base, pair.revision)
        try:
            value = prover.sampler.some(child((sender,), name), _DEPTH)
        except LookupError:
            return
        others = {key: one for key, one in here.items() if key != like.name}
        yield replaced(proof.value, place, {**others, name: value}), value


def _is_rejected_as_additional(prover: Prover, base: Schema, value: Any) -> bool:
    """Return whether the base rejects the value for a property that it does not declare."""
    additional = base.get("additionalProperties", True) if isinstance(base, dict) else True
    return additional is False or (additional is not True and not prover.sampler.judge((additional,)).probably(value))
