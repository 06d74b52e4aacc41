"""The conditions that requests without violations combined: they are probably not the reason for a violation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

from chat_contract import Violation
from chat_contract.conformance import examine, find_violations
from chat_contract.history import History
from chat_contract.roles import EVENTS
from chat_verifier.planning.case import Case
from chat_verifier.planning.dimensions import TURN
from chat_verifier.planning.recipe import Recipe
from chat_verifier.run.knowledge import rebuilt
from chat_verifier.run.observation import Observation

_SUSPECTS = 4


class Passed:
    """The conditions that requests without violations combined."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        recipes = [
            observation.case.recipe
            for observation in observations
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

    def suspect(self, exhibit: Observation, violation: Violation) -> Case | None:
        """Return the case with only the conditions that no request without violations had, and those it needs."""
        recipe = exhibit.case.recipe
        if recipe is None:
            return None
        if recipe.wrongs:
            return self._one_fault(exhibit, recipe)
        levels = [(name, one.level) for name, one in recipe.conditions.items() if not one.plain]
        kept = {name for name, level in levels if (name, level) not in self._levels}
        if not kept:
            counts = Counter(name for pair in combinations(levels, 2) if pair not in self._pairs for name, _ in pair)
            kept = {name for name, _ in counts.most_common(_SUSPECTS)}
        if kept:
            kept |= _needed(exhibit, recipe, violation)
        dropped = [name for name, _ in levels if name not in kept and name != TURN]
        return rebuilt(exhibit.case, recipe.plainer(dropped)) if kept and dropped else None

    def _one_fault(self, exhibit: Observation, recipe: Recipe) -> Case | None:
        """Return a must-reject request with its first fault alone and no other conditions."""
        if exhibit.facts.status == 422 and len(recipe.wrongs) > 1:
            return None
        needed = {TURN, EVENTS} if any(wrong.position for wrong in recipe.wrongs) else {TURN}
        dropped = [name for name in recipe.varied if name not in needed]
        return rebuilt(exhibit.case, recipe.plainer(dropped)) if dropped else None


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
