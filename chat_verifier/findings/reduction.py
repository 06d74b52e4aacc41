"""Reduces the request that shows a cause to the conditions that matter (delta debugging)."""

from __future__ import annotations

from dataclasses import replace

from chat_verifier.findings.cause import Cause, alone, shown_by, sightings
from chat_verifier.findings.smaller import halves_of_events, parts_of, without_each, without_idle
from chat_verifier.findings.turns import fewer_turns, in_plain_conversation, needs_turns, numbered, within
from chat_verifier.planning.case import Case, requests_of
from chat_verifier.planning.credentials import extra_headers
from chat_verifier.planning.dimensions import AFTER, TURN
from chat_verifier.run.knowledge import rebuilt
from chat_verifier.run.runner import Runner

_SMALL = 1
"""A request with no more conditions than this is not reduced further."""

_MOST_REDUCTIONS = 20


def is_reducible(cause: Cause) -> bool:
    recipe = cause.exhibit.case.recipe
    if cause.exhibit.case.continues:
        return recipe is not None
    if recipe is None:
        return len(extra_headers(cause.exhibit.case)) > 1
    return len(recipe.varied) + len(recipe.wrongs) + bool(recipe.extra) > _SMALL


def reduced(runner: Runner, cause: Cause, *, plain_is_tried: bool) -> Cause:
    """Leave out ever smaller parts of the request, as long as the violation remains (delta debugging).

    ``plain_is_tried``: a conversation of plain turns does not show the cause, or is its exhibit.
    """
    if needs_turns(cause.exhibit):
        plain = None if plain_is_tried else in_plain_conversation(runner, cause)
        cause = plain or _with_fewer_turns(runner, cause)
    cause = _with_one_event(runner, _in_first_turn(runner, cause))
    return numbered(_with_fewer_events(runner, _with_fewer_conditions(runner, cause)))


def _with_fewer_turns(runner: Runner, cause: Cause) -> Cause:
    """Leave out earlier turns, as long as the violation remains."""
    while needs_turns(cause.exhibit):
        for sequence in fewer_turns(cause.exhibit):
            if not runner.sender_affords(len(sequence.cases)):
                return cause
            # Earlier turns may show the violation too, and then need fewer before them.
            found = sightings(cause, runner.observe([sequence]))
            if found:
                cause = shown_by(cause, found)
                break
        else:
            break
    return cause


def _with_fewer_conditions(runner: Runner, cause: Cause) -> Cause:
    parts = 2
    tries = 0
    failed: list[frozenset[str]] = []
    while is_reducible(cause) and cause.exhibit.sequence.together is None:
        smaller = without_each(cause.exhibit.case, parts)
        whole = parts_of(_without_idle_conditions(cause).exhibit.case)
        if not smaller or parts > 2 * len(whole):
            break
        for case in smaller:
            kept = parts_of(case)
            if any(kept <= one for one in failed):
                # A part of what does not show the violation does not show it either.
                continue
            sequences = [within(cause.exhibit, case)]
            tries += 1
            if tries > _MOST_REDUCTIONS or not runner.sender_affords(requests_of(sequences)):
                return _without_idle_conditions(cause)
            found = sightings(cause, runner.observe(sequences))
            if found:
                cause = shown_by(cause, found)
                parts = max(parts - 1, 2)
                break
            failed += [kept] if kept < whole else []
        else:
            parts *= 2
    return _without_idle_conditions(cause)


def _with_one_event(runner: Runner, cause: Cause) -> Cause:
    """Return the cause, shown by a wrong value in the only event if that shows it too."""
    case = cause.exhibit.case
    first = None if case.recipe is None else case.recipe.with_wrong_first()
    return cause if first is None else _tried(runner, cause, rebuilt(case, first)) or cause


def _with_fewer_events(runner: Runner, cause: Cause) -> Cause:
    """Halve the list of events as long as one half shows the violation."""
    while (halves := halves_of_events(cause.exhibit.case)) and not cause.intermittent:
        found = next((one for one in (_tried(runner, cause, half) for half in halves) if one is not None), None)
        if found is None:
            break
        cause = found
    return cause


def _tried(runner: Runner, cause: Cause, case: Case) -> Cause | None:
    """Return the cause as a smaller case shows it; None if that does not, or the budget is spent."""
    sequences = [within(cause.exhibit, case)]
    if cause.exhibit.sequence.together is not None or not runner.sender_affords(requests_of(sequences)):
        return None
    found = sightings(cause, runner.observe(sequences))
    return shown_by(cause, found) if found else None


def _without_idle_conditions(cause: Cause) -> Cause:
    """Return the cause with a label that names only conditions of the request."""
    case = cause.exhibit.case
    if case.recipe is None or cause.exhibit.sequence.together is not None:
        return cause
    plainer = rebuilt(case, without_idle(case, case.recipe))
    return replace(cause, exhibit=replace(cause.exhibit, case=plainer))


def _in_first_turn(runner: Runner, cause: Cause) -> Cause:
    """Return the cause, shown by a single request if that shows it too."""
    case = cause.exhibit.case
    if case.recipe is None or not case.continues or cause.exhibit.sequence.together is not None:
        return cause
    if needs_turns(cause.exhibit):
        return cause
    first = rebuilt(case, case.recipe.plainer([TURN, AFTER]))
    if first.continues or not runner.sender_affords(1):
        return cause
    found = sightings(cause, runner.observe([alone(cause.exhibit, first)]))
    return shown_by(cause, found) if found else cause
