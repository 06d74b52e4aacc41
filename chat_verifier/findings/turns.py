"""Shows a cause in the shortest conversation: one of plain turns, or one with the turns that matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from chat_contract import read_body
from chat_contract.roles import MESSAGE, USER
from chat_verifier.findings.cause import Cause, alone, key_of, rejection_before, shown_by, sightings
from chat_verifier.planning.case import Case, CaseSequence, of_recipe
from chat_verifier.planning.conditions import TurnNumber, in_turn_number
from chat_verifier.planning.dimensions import ABSENT, TURN
from chat_verifier.planning.recipe import Recipe
from chat_verifier.run.knowledge import rebuilt
from chat_verifier.run.observation import Observation
from chat_verifier.run.player import is_accepted
from chat_verifier.run.runner import Runner

_SEVERAL = 2
"""A later turn that is shown after fewer turns than this needs no shorter conversation."""
_LONG_HISTORY = 1000
"""Earlier messages of more characters than this are tried as the reason before the request itself."""


def needs_turns(exhibit: Observation) -> bool:
    """Return whether several turns come before the one that shows the cause."""
    in_parallel = exhibit.sequence.together is not None
    return not in_parallel and exhibit.case.continues and len(_turns_before(exhibit)) >= _SEVERAL


def within(exhibit: Observation, case: Case) -> CaseSequence:
    """Return a sequence with the case after the turns that the exhibit needs."""
    if not needs_turns(exhibit) or not case.continues:
        return alone(exhibit, case)
    before = exhibit.sequence.cases[: exhibit.index]
    return replace(exhibit.sequence, cases=(*before, replace(case, as_is=True)), deferred=0)


def in_plain_conversation(runner: Runner, cause: Cause, suspects: Sequence[Case] = ()) -> Cause | None:
    """Return the cause as a conversation of plain turns shows it; None if that does not, or the budget is spent.

    ``suspects``: smaller versions of the exhibit. The first two are sent too, as second turn and after plain turns.
    Turns with the messages of the exhibit are sent last, or earlier if the messages are long.
    """
    recipe = cause.exhibit.case.recipe
    if recipe is None or recipe.wrongs or recipe.extra or not needs_turns(cause.exhibit):
        return None
    said = [message for message in _turns_before(cause.exhibit) if isinstance(message, str)]
    plain = [str(one) for one in recipe.conditions[MESSAGE].dimension.levels[0].values]
    before = len(_turns_before(cause.exhibit))
    # One more turn tells whether all later turns show the cause.
    usual = [plain[number % len(plain)] for number in range(before + 2)]
    smaller, history = suspects[:2], sum(map(len, said))
    late: list[Callable[[], Cause | None]] = [
        lambda: _first(_shown_in(runner, cause, _last_of(cause.exhibit, one, usual[:before])) for one in smaller[-1:]),
        lambda: _shown_after(runner, cause, recipe, [*said, *usual[:2]], history=history),
    ]
    return (
        _first(_shown_in(runner, cause, alone(cause.exhibit, one)) for one in smaller)
        or _shown_after(runner, cause, recipe, usual)
        or _first(attempt() for attempt in (reversed(late) if history > _LONG_HISTORY else late))
    )


def _first(found: Iterable[Cause | None]) -> Cause | None:
    return next((one for one in found if one is not None), None)


def _shown_in(runner: Runner, cause: Cause, sequence: CaseSequence) -> Cause | None:
    if not runner.sender_affords(len(sequence.cases)):
        return None
    found = sightings(cause, runner.observe([sequence]))
    return shown_by(cause, found) if found else None


def _last_of(exhibit: Observation, case: Case, messages: Sequence[str]) -> CaseSequence:
    """Return a conversation of the messages, the user of the exhibit if the case has it, and the case at the end."""
    recipe = case.recipe
    assert recipe is not None
    user = recipe.user if USER in recipe.varied else ABSENT
    turns = _plain_turns(recipe, messages, user)
    last = replace(rebuilt(case, replace(recipe, user=user)), as_is=True)
    return replace(exhibit.sequence, cases=(*turns, *rejection_before(exhibit, case), last), deferred=0)


def _shown_after(
    runner: Runner, cause: Cause, recipe: Recipe, messages: Sequence[str], history: int = 0
) -> Cause | None:
    """Play a conversation of the messages, and return the cause as its first violating turn shows it."""
    cases = tuple(_plain_turns(recipe, messages))
    if not runner.sender_affords(len(cases)):
        return None
    sequence = replace(cause.exhibit.sequence, cases=cases, deferred=0)
    found = sightings(cause, runner.observe([sequence]))
    if not found:
        return None
    violation, exhibit = min(found, key=lambda sighting: sighting[1].index)
    turns = {observation.index for _, observation in found}
    onwards = len(turns) > 1 and turns == set(range(exhibit.index, len(cases)))
    case = replace(exhibit.case, id=cause.exhibit.case.id)
    case = _numbered(case, TurnNumber(exhibit.index + 1, onwards and not history, history))
    shown = replace(exhibit, case=case)
    seen = cause.seen + len(turns)
    return replace(
        cause, key=key_of(violation), violation=violation, exhibit=shown, seen=seen, sent=cause.sent + len(turns)
    )


def _plain_turns(recipe: Recipe, messages: Sequence[str], user: Any = ABSENT) -> Iterator[Case]:
    """Yield plain turns, with the user if it is given."""
    plain = replace(recipe.plainer([name for name in recipe.varied if name != USER or user is ABSENT]), user=user)
    if user is not ABSENT:
        named = replace(plain.conditions[USER], value=user, unspecified=False)
        plain = replace(plain, conditions={**plain.conditions, USER: named})
    for number, message in enumerate(messages, 1):
        conditions = {
            **plain.conditions,
            TURN: in_turn_number(plain.conditions[TURN], TurnNumber(number)),
            MESSAGE: replace(plain.conditions[MESSAGE], value=message),
        }
        yield replace(of_recipe(replace(plain, conditions=conditions), f"turn-{number}"), as_is=True)


def numbered(cause: Cause) -> Cause:
    """Return the cause with a label that names the turn in the conversation that shows it."""
    exhibit, recipe = cause.exhibit, cause.exhibit.case.recipe
    if recipe is None or TURN not in recipe.conditions or not exhibit.case.continues:
        return cause
    if exhibit.sequence.together is not None or isinstance(recipe.conditions[TURN].value, TurnNumber):
        return cause
    turn = TurnNumber(len(_turns_before(exhibit)) + 1)
    return replace(cause, exhibit=replace(exhibit, case=_numbered(exhibit.case, turn)))


def _numbered(case: Case, turn: TurnNumber) -> Case:
    recipe = case.recipe
    if recipe is None or turn.number == 1 or TURN not in recipe.conditions:
        return case
    conditions = {**recipe.conditions, TURN: in_turn_number(recipe.conditions[TURN], turn)}
    return replace(rebuilt(case, replace(recipe, conditions=conditions)), as_is=case.as_is)


def _turns_before(exhibit: Observation) -> list[object]:
    """Return the messages of the earlier turns that the server accepted."""
    accepted = [one.request.body for one in exhibit.earlier if is_accepted(one.outcome)]
    bodies = [read_body(body).value for body in accepted]
    return [body.get(MESSAGE) if isinstance(body, dict) else None for body in bodies]


def fewer_turns(exhibit: Observation) -> Iterator[CaseSequence]:
    """Yield the conversation without each half of the turns between the first and the last, then without each turn."""
    first, *between = exhibit.sequence.cases[: exhibit.index]
    last = replace(exhibit.case, as_is=True)
    middle = len(between) // 2
    kept = [between[:middle], between[middle:]] if middle else []
    kept += [[*between[:number], *between[number + 1 :]] for number in range(len(between))]
    for turns in kept:
        yield replace(exhibit.sequence, cases=(first, *turns, last), deferred=0)
