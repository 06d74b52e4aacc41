"""Violations that follow from another one, which is a cause of its own."""

from __future__ import annotations

from collections.abc import Iterable

from chat_contract import Violation
from chat_contract.errors import Pointer
from chat_verifier.run.knowledge import named_locs, place_of
from chat_verifier.run.observation import Observation

_SEVERAL = 2
_LOC = "error.loc"
_DOCUMENTED = "request.documented"
"""Clauses about the places that a 422 names, and about requests that should be accepted."""

_DEEPER = ("robustness.deep", "robustness.beyond-i-json")
"""The clauses about bodies that nest deeper than a server must read, the deepest ones last."""

_FAILURES = "robustness."
_NESTED = 20
"""A body that nests deeper than this has nested values in an unknown property."""


def places_rejected(observations: Iterable[Observation]) -> frozenset[Pointer]:
    """Return the places, without indices, that 422 responses to several must-accept requests name."""
    named = [
        places
        for observation in observations
        if any(one.clause.startswith("request.") and one.level == "must" for one in observation.violations)
        for places in {without_indices(loc) for loc in named_locs(observation.facts)}
    ]
    return frozenset(place for place in named if named.count(place) >= _SEVERAL)


def failures_when_nested(observations: Iterable[Observation]) -> frozenset[tuple[int, str]]:
    """Return how the server failed for bodies with nested values, each time with the rank of their depth."""
    return frozenset(
        (_rank(one), one.observed)
        for observation in observations
        if _is_nested(observation)
        for one in observation.violations
        if one.clause.startswith(_FAILURES) and (one.level == "must" or one.clause in _DEEPER)
    )


def follows_from_nesting(violation: Violation, observation: Observation, failures: frozenset[tuple[int, str]]) -> bool:
    """Return whether the server fails for deeper values as it does for less deep ones, which is a cause of its own."""
    if violation.clause not in _DEEPER or not _is_nested(observation):
        return False
    return any((rank, violation.observed) in failures for rank in range(_rank(violation)))


def _is_nested(observation: Observation) -> bool:
    return observation.facts.classification.body.depth > _NESTED


def _rank(violation: Violation) -> int:
    return _DEEPER.index(violation.clause) + 1 if violation.clause in _DEEPER else 0


def follows(violation: Violation, observation: Observation, rejected: frozenset[Pointer]) -> bool:
    """Return whether a 422 breaks the clause because it names what must be accepted, which is a cause of its own."""
    if violation.clause == _LOC and isinstance(violation.got, list):
        return without_indices(place_of(violation.got, observation.facts)) in rejected
    if violation.clause == _DOCUMENTED:
        places = {without_indices(loc) for loc in named_locs(observation.facts)}
        return bool(places) and places <= rejected
    return False


def without_indices(place: Pointer) -> Pointer:
    return tuple("*" if isinstance(part, int) else part for part in place)
