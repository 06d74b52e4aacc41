"""What a run learns about the server, and what it sends instead or next because of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from chat_contract.conformance import examine, exercised_clauses
from chat_contract.errors import Pointer
from chat_contract.history import History
from chat_contract.roles import EVENTS
from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind
from chat_contract.rules.locs import locs_of
from chat_verifier.planning.case import Case, Naming, of_recipe
from chat_verifier.planning.conditions import Wrong
from chat_verifier.planning.dimensions import CONTENT_TYPE
from chat_verifier.planning.recipe import Recipe
from chat_verifier.planning.wrong_values import MISSING_TYPE

MOST_ALONE = 6
"""How many faults that a response does not name are sent alone after it."""

_CLEARED = 2
"""How often a fault must get a 422 alone before its absence from longer responses tells nothing."""

_RETRIES = 4
_PARTIAL_PACKS = 4
"""Of packs that are sent only in part, one of this many is sent."""

_UNCLEAR = 2
"""After so many rejections that name no unspecified value, none of these values is sent any more."""


_DOCUMENTED = "request.documented"
_MOST_DOCUMENTED = 8
"""How many rejected values that the documents allow are sent without other unspecified values."""


@dataclass(frozen=True)
class FaultKind:
    """A kind of fault. Servers that stop at the first wrong type may still name every missing field."""

    missing: bool
    in_event: bool


class Knowledge:
    """How many faults of each kind the server names, and which unspecified values it rejects. Not thread-safe."""

    def __init__(self) -> None:
        self.naming: dict[FaultKind, Naming] = {}
        self._hides_events: dict[bool, bool] = {}
        self.refused: set[str] = set()
        self._unclear = 0
        self._overlooked: set[tuple[str, str]] = set()
        self._cleared: Counter[tuple[str, str]] = Counter()
        self._sent_alone: set[str] = set()

    def suits(self, case: Case) -> bool:
        """Return whether the case tells anything about this server."""
        recipe = case.recipe
        if recipe is None or not recipe.wrongs or case.naming is Naming.ANY or case.as_is:
            return True
        several = len(self._several(recipe))
        if case.naming is Naming.FIRST:
            return several == 0
        return several == len(recipe.wrongs) or (several >= 2 and case.number % _PARTIAL_PACKS == 1)

    def adapted(self, case: Case) -> Case | None:
        """Return the case as this server receives it; None if it tells nothing about this server."""
        recipe = case.recipe
        if not self.suits(case):
            return None
        if recipe is None or case.as_is:
            return case
        if not recipe.wrongs:
            refused = self.refused if self._unclear < _UNCLEAR else _keys(recipe)
            return rebuilt(case, recipe.without(refused))
        if case.naming is not Naming.SEVERAL:
            return case
        named = self._named_together(self._several(recipe), case.number)
        return case if len(named) == len(recipe.wrongs) else rebuilt(case, recipe.with_only(named))

    def _several(self, recipe: Recipe) -> list[Wrong]:
        """Return the faults of the kinds of which the server names several."""
        return [wrong for wrong in recipe.wrongs if self._names_several(kind_of(wrong))]

    def _named_together(self, wrongs: list[Wrong], number: int) -> list[Wrong]:
        """Return the faults of a pack that one response names: those in events only in every other pack, if need be."""
        hidden = self._hidden(wrongs)
        return hidden if hidden and number % 2 else [wrong for wrong in wrongs if wrong not in hidden]

    def _hidden(self, wrongs: Sequence[Wrong]) -> list[Wrong]:
        """Return the faults in events that the server does not name beside the others."""
        if all(wrong.position for wrong in wrongs):
            return []
        return [one for one in wrongs if one.position and self._hides_events.get(one.wrong.type == MISSING_TYPE)]

    def _names_several(self, kind: FaultKind) -> bool:
        """Return whether the server names several faults of the kind, or of the same kind in or outside of events."""
        known = self.naming.get(kind) or self.naming.get(FaultKind(kind.missing, not kind.in_event))
        return known is Naming.SEVERAL

    def learn(self, facts: ExchangeFacts, case: Case) -> None:
        """Learn from a response."""
        if facts.kind is RequestKind.MUST_REJECT:
            self._learn_naming(facts)
            self._learn_single(facts, case)
        elif facts.kind is RequestKind.UNSPECIFIED and 400 <= facts.status < 500 and case.recipe is not None:
            self._learn_refused(facts, case.recipe)

    def following(self, facts: ExchangeFacts, case: Case) -> list[Case]:
        """Return what to send at once after the response to a case, in the same conversation."""
        if case.recipe is None or case.as_is:
            return []
        if case.recipe.wrongs:
            return self._faults_not_named(facts, case, case.recipe)
        if facts.kind is not RequestKind.UNSPECIFIED or not 400 <= facts.status < 500:
            return []
        return [*self._documented_alone(facts, case, case.recipe), *self._without_refused(facts, case, case.recipe)]

    def _learn_naming(self, facts: ExchangeFacts) -> None:
        """Learn from a response to several faults of a kind how many of them the server names."""
        if facts.status != 422:
            return
        locs = named_locs(facts)
        places: dict[FaultKind, set[Pointer]] = {}
        for fault in facts.classification.hard_faults:
            kind = FaultKind(fault.keyword == "required", fault.place[:1] == (EVENTS,) and len(fault.place) > 1)
            places.setdefault(kind, set()).add(fault.place)
        named_of = {kind: sum(is_named(place, locs) for place in found) for kind, found in places.items()}
        named_at_all = sum(named_of.values())
        for kind, found in places.items():
            named = named_of[kind]
            if kind.in_event and any(count for other, count in named_of.items() if not other.in_event):
                self._learn_hiding(kind, named, len(found))
            if named > 1 or (named == len(found) < named_at_all):
                self.naming[kind] = Naming.SEVERAL
            elif named == 1 and len(found) > 1:
                self.naming.setdefault(kind, Naming.FIRST)

    def _learn_hiding(self, kind: FaultKind, named: int, count: int) -> None:
        """Learn whether the server reads the events only if the other fields are valid."""
        if named:
            self._hides_events[kind.missing] = False
        elif count > 1:
            self._hides_events.setdefault(kind.missing, True)

    def _learn_single(self, facts: ExchangeFacts, case: Case) -> None:
        if case.recipe is None or len(case.recipe.wrongs) != 1:
            return
        key = _key(case.recipe.wrongs[0])
        if facts.status == 422:
            # Only planned single faults count: those that a longer response did not name stand among the same fields.
            self._cleared[key] += case.naming is Naming.ANY and case.number > 0
        elif facts.status:
            self._overlooked.add(key)

    def _learn_refused(self, facts: ExchangeFacts, recipe: Recipe) -> None:
        found = self._named_conditions(facts, recipe)
        self.refused.update(recipe.conditions[name].key for name in found)
        if not found and recipe.unspecified:
            self._unclear += 1

    def _named_conditions(self, facts: ExchangeFacts, recipe: Recipe) -> list[str]:
        locs = named_locs(facts)
        named = [name for name, place in recipe.unspecified.items() if place and is_named(place, locs)]
        # A response cannot name a header.
        return named or [name for name in recipe.unspecified if name == CONTENT_TYPE]

    def _without_refused(self, facts: ExchangeFacts, case: Case, recipe: Recipe) -> list[Case]:
        name, _, tries = case.id.partition("-again-")
        if int(tries or 0) >= _RETRIES:
            return []
        found = self._named_conditions(facts, recipe) or list(recipe.unspecified)
        if not found:
            return []
        smaller = recipe.plainer(found)
        return [replace(rebuilt(case, smaller), id=f"{name}-again-{int(tries or 0) + 1}")]

    def _documented_alone(self, facts: ExchangeFacts, case: Case, recipe: Recipe) -> list[Case]:
        """Return the request with only those rejected values that the documents allow, unless it had no others."""
        found = self._named_conditions(facts, recipe)
        if any(recipe.conditions[name].dimension.position for name in found):
            # The place of an event is also below that of all events.
            found = [name for name in found if name != EVENTS]
        documented = [
            name
            for name in found
            if recipe.conditions[name].key not in self._sent_alone
            and _is_documented(facts, rebuilt(case, recipe.with_unspecified([name, EVENTS])))
        ]
        if not documented or len(self._sent_alone) >= _MOST_DOCUMENTED or _is_documented(facts, case):
            return []
        smaller = recipe.with_unspecified([*documented, EVENTS])
        self._sent_alone.update(recipe.conditions[name].key for name in documented)
        return [replace(rebuilt(case, smaller), id=f"{case.id}-documented", as_is=True)]

    def _faults_not_named(self, facts: ExchangeFacts, case: Case, recipe: Recipe) -> list[Case]:
        if facts.status != 422 or len(recipe.wrongs) < 2:
            return []
        locs = named_locs(facts)
        hidden = self._hidden(recipe.wrongs)
        left = [
            wrong
            for wrong in recipe.wrongs
            if self._names_several(kind_of(wrong))
            and wrong not in hidden
            and not is_named(recipe.place(wrong), locs)
            and _key(wrong) not in self._overlooked
            and self._cleared[_key(wrong)] < _CLEARED
        ]
        return [
            replace(rebuilt(case, recipe.with_only([wrong])), id=f"{case.id}-only-{number}", naming=Naming.ANY)
            for number, wrong in enumerate(left[:MOST_ALONE], 1)
        ]


def rebuilt(case: Case, recipe: Recipe) -> Case:
    """Return the case with the request of another recipe."""
    return case if recipe is case.recipe else of_recipe(recipe, case.id, naming=case.naming, number=case.number)


def _is_documented(facts: ExchangeFacts, case: Case) -> bool:
    """Return whether a rejection of the case in place of the request violates the clause about documented values."""
    request = replace(facts.exchange.request, headers=case.headers, body=case.raw(facts.sent_id))
    exchange = replace(facts.exchange, request=request)
    return _DOCUMENTED in exercised_clauses(examine(facts.contract, exchange, History()))


def kind_of(wrong: Wrong) -> FaultKind:
    return FaultKind(wrong.wrong.type == MISSING_TYPE, bool(wrong.position))


def _keys(recipe: Recipe) -> set[str]:
    return {recipe.conditions[name].key for name in recipe.unspecified}


def _key(wrong: Wrong) -> tuple[str, str]:
    return (wrong.wrong.field + ("" if wrong.position else "!"), wrong.wrong.type)


def names_fault(loc: Pointer, place: Pointer) -> bool:
    """Return whether the loc of a 422 is the place or lies below it; the index of an event may be a string."""
    return tuple(map(str, loc[: len(place)])) == tuple(map(str, place))


def is_named(place: Pointer, locs: Collection[Pointer]) -> bool:
    """Return whether a loc names the fault; one of a field of an event may be named at the event."""
    return any(names_fault(loc, place) or (len(place) > 2 and loc == place[:-1]) for loc in locs)


def named_locs(facts: ExchangeFacts) -> tuple[Pointer, ...]:
    """Return the locs of a response in FastAPI's error format, without ``body`` and without tags."""
    return tuple(place_of(loc, facts) for _, loc in locs_of(facts.response_json))


def place_of(loc: Sequence[str | int], facts: ExchangeFacts) -> Pointer:
    """Return the place in the body that a loc names: without ``body``, and without names of models or alternatives."""
    place = loc[1:] if loc[:1] in (["body"], ("body",)) else loc
    return tuple(part for part in place if not isinstance(part, str) or part in facts.field_names or part.isdigit())
