"""Smaller versions of a test case, to find the conditions that matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from chat_contract.exchange import Headers
from chat_contract.roles import EVENTS
from chat_verifier.planning.case import Case
from chat_verifier.planning.credentials import extra_headers, with_extra_headers
from chat_verifier.planning.dimensions import AFTER, TURN
from chat_verifier.planning.recipe import Recipe
from chat_verifier.run.knowledge import rebuilt

_One = TypeVar("_One")
_ANY_ID = "id"
_HALVES = 2


def without_each(case: Case, parts: int) -> list[Case]:
    """Return the case without each of so many parts of its wrong values, or of its conditions if it has only one."""
    recipe = case.recipe
    if recipe is None:
        headers = extra_headers(case)
        return [
            with_extra_headers(case, tuple(one for one in headers if one not in chunk))
            for chunk in _chunks(headers, parts)
        ]
    if len(recipe.wrongs) > 1:
        plain = recipe.plainer([name for name in recipe.varied if name != TURN])
        chunks = _chunks(recipe.wrongs, parts)
        fewer = [recipe.with_only([one for one in recipe.wrongs if one not in chunk]) for chunk in chunks]
        return [rebuilt(case, one) for one in ([plain] if len(plain.varied) < len(recipe.varied) else []) + fewer]
    recipe = without_idle(case, recipe)
    # Conditions of events need the list, and how a request is written seldom matters, so that goes first.
    kept = {TURN, EVENTS} if recipe.in_events else {TURN}
    names = sorted((name for name in recipe.varied if name not in kept), key=lambda name: _is_of_a_field(recipe, name))
    whole = [[EVENTS, *recipe.in_events]] if recipe.in_events and parts == _HALVES else []
    smaller = [recipe.plainer(chunk) for chunk in (*whole, *_chunks(names, parts))]
    shorter = recipe.with_fewer_events()
    if smaller and shorter is not None:
        smaller.append(shorter)
    if recipe.extra and parts == _HALVES:
        smaller = [replace(recipe, extra={}, extra_label=""), recipe.plainer(names), *smaller]
    return [rebuilt(case, one) for one in smaller]


def halves_of_events(case: Case) -> list[Case]:
    """Return the case with either half of its events; none if it has fewer than two."""
    events = case.recipe.body.get(EVENTS) if case.recipe is not None else None
    if case.recipe is None or not isinstance(events, list) or len(events) <= 1:
        return []
    middle = len(events) // 2
    return [rebuilt(case, case.recipe.with_events(half)) for half in (events[:middle], events[middle:])]


def parts_of(case: Case) -> frozenset[str]:
    """Return names of what smaller versions of the case may leave out."""
    recipe = case.recipe
    if recipe is None:
        return frozenset(f"{name}: {value}" for name, value in extra_headers(case))
    return frozenset((*recipe.varied, *recipe.extra, *(wrong.name for wrong in recipe.wrongs)))


def _is_of_a_field(recipe: Recipe, name: str) -> bool:
    return bool(recipe.conditions[name].dimension.field)


def without_idle(case: Case, recipe: Recipe) -> Recipe:
    """Return the recipe without conditions that do not change the request, such as fields of events without events."""
    for name in recipe.varied:
        plainer = recipe.plainer([name])
        if name not in {TURN, AFTER} and _sends(rebuilt(case, plainer)) == _sends(rebuilt(case, recipe)):
            recipe = plainer
    return recipe


def _sends(case: Case) -> tuple[bytes, Headers]:
    return case.raw(_ANY_ID), case.headers


def _chunks(ones: Sequence[_One], count: int) -> list[Sequence[_One]]:
    """Return the sequence in so many parts; none if it has fewer elements than half of that, or none at all."""
    if not ones or count >= 2 * max(len(ones), _HALVES):
        return []
    size = -(-len(ones) // count)
    return [ones[start : start + size] for start in range(0, len(ones), size)]


def length_to_read(body: bytes) -> int:
    """Return how much there is to read in a request; a byte outside ASCII counts as its escape sequence."""
    return _TURN_LENGTH + len(body) + 2 * (len(body) - len(body.translate(None, _NOT_ASCII)))


_NOT_ASCII = bytes(range(ord("~") + 1, 256))

_TURN_LENGTH = 200
"""What a turn adds to the length, besides its body."""
