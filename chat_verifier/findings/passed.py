"""The conditions that may be the reason for a violation: those of all requests that show it and of no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import combinations

from chat_contract import Violation
from chat_contract.conformance import examine, find_violations
from chat_contract.history import History
from chat_contract.roles import EVENTS
from chat_verifier.findings.cause import is_same_cause, key_of
from chat_verifier.planning.case import Case
from chat_verifier.planning.dimensions import TURN
from chat_verifier.planning.recipe import Recipe
from chat_verifier.run.knowledge import rebuilt
from chat_verifier.run.observation import Observation

_SUSPECTS = 4


class Passed:
    """The conditions that requests combined, with violations and without."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        seen = tuple(observations)
        self._violating = [observation for observation in seen if observation.violations]
        recipes = [
            observation.case.recipe
            for observation in seen
            if observation.case.recipe is not None
            and not observation.case.recipe.wrongs
            and observation.facts.status == 200
            and not observation.violations
        ]
        self._levels = {(name, one.level) for recipe in recipes for name, one in recipe.conditions.items()}
        self._pairs = {
            pair
            for recipe in recipes
            for pair in combinations([(name, one.level) for name, one in recipe.conditions.items()], 2)
        }

    def suspects(self, exhibit: Observation, violation: Violation) -> list[Case]:
        """Return smaller versions of the case, the most probable one first, with the conditions that each needs.

        They have only the conditions that all requests have that show the cause, if there are several, or only those
        that no request without violations had, or first of all those that are both.
        """
        recipe = exhibit.case.recipe
        if recipe is None:
            return []
        if recipe.wrongs:
            of_faults = (self._shared_faults(recipe, violation), self._one_fault(exhibit, recipe))
            return [rebuilt(exhibit.case, one) for one in of_faults if one is not None]
        names = {name: None for name in recipe.varied if name != TURN}
        shared = self._of_all(violation) & {*names}
        options = [self._of_no_other(recipe, shared), shared, self._of_no_other(recipe, {*names, TURN})]
        kept = [one | _needed(exhibit, recipe, violation) for one in options if one]
        kept = [one | ({EVENTS} if one & recipe.in_events else set()) for one in kept]
        smaller = [recipe.plainer([name for name in names if name not in one]) for one in kept if {*names} - one]
        found = {one.varied: rebuilt(exhibit.case, one) for one in smaller}
        return [*found.values()]

    def _of_all(self, violation: Violation) -> set[str]:
        """Return the conditions that all requests have that show the cause; none if only one shows it."""
        shown = [{*one.varied, *one.extra} if one is not None else set() for one in self._showing(violation)]
        return set.intersection(*shown) - {TURN} if len(shown) > 1 else set()

    def _showing(self, violation: Violation) -> list[Recipe | None]:
        """Return the recipes of all requests that show the cause."""
        key = key_of(violation)
        return [
            one.case.recipe
            for one in self._violating
            if any(is_same_cause(key_of(other), key) for other in one.violations)
        ]

    def _of_no_other(self, recipe: Recipe, among: Collection[str]) -> set[str]:
        """Return the conditions that no request without violations had, alone or else with another one of them."""
        levels = [(name, recipe.conditions[name].level) for name in recipe.varied if name in among]
        kept = {name for name, level in levels if (name, level) not in self._levels}
        if kept:
            return kept
        counts = Counter(name for pair in combinations(levels, 2) if pair not in self._pairs for name, _ in pair)
        return {name for name, _ in counts.most_common(_SUSPECTS)}

    def _shared_faults(self, recipe: Recipe, violation: Violation) -> Recipe | None:
        """Return a must-reject request with only what all requests have that show the cause, if that is less."""
        shown = [_places(one) for one in self._showing(violation)]
        if len(shown) <= 1:
            return None
        shared = set.intersection(*shown)
        wrongs = [wrong for wrong in recipe.wrongs if (wrong.position, wrong.wrong.field) in shared]
        smaller = recipe.with_only(wrongs)
        kept = {TURN, EVENTS, *self._of_all(violation)}
        smaller = smaller.plainer([name for name in smaller.varied if name not in kept])
        is_less = len(smaller.varied) + len(wrongs) < len(recipe.varied) + len(recipe.wrongs)
        return smaller if wrongs and is_less else None

    def _one_fault(self, exhibit: Observation, recipe: Recipe) -> Recipe | None:
        """Return a must-reject request with its faults and no other conditions."""
        if exhibit.facts.status == 422 and len(recipe.wrongs) > 1:
            return None
        needed = {TURN, EVENTS} if any(wrong.position for wrong in recipe.wrongs) else {TURN}
        dropped = [name for name in recipe.varied if name not in needed]
        return recipe.plainer(dropped) if dropped else None


def _places(recipe: Recipe | None) -> set[tuple[str, str]]:
    return set() if recipe is None else {(wrong.position, wrong.wrong.field) for wrong in recipe.wrongs}


def _needed(exhibit: Observation, recipe: Recipe, violation: Violation) -> set[str]:
    """Return the fields whose values make the response violate the clause, such as the limit."""
    if not _violates(exhibit, recipe, violation):
        # The violation depends on earlier exchanges.
        return set()
    fields = [name for name in recipe.varied if name in recipe.builder.fields]
    return {name for name in fields if not _violates(exhibit, recipe.plainer([name]), violation)}


def _violates(exhibit: Observation, recipe: Recipe, violation: Violation) -> bool:
    exchange = exhibit.exchange
    request = replace(exchange.request, body=rebuilt(exhibit.case, recipe).raw(exhibit.facts.sent_id))
    facts = examine(exhibit.facts.contract, replace(exchange, request=request), History())
    return any(
        (found.clause, found.observed) == (violation.clause, violation.observed) for found in find_violations(facts)
    )
