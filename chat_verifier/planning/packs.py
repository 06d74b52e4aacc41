"""Requests that hold many faults at once, for servers whose refusals name several; what they do not name goes alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle, zip_longest
from typing import Any

from chat_contract.errors import Pointer
from chat_contract.roles import CONVERSATION, EVENTS
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, Locs, blames, single
from chat_verifier.planning.rejections import with_faults, wrong_event
from chat_verifier.planning.samples import Samples, Wrong, by_field, each_once

GROUP = "rejection"


def varied(samples: Samples) -> list[CaseSequence]:
    """Return the other wrong values of each type, packed: few servers take one of a type and refuse another."""
    rows = zip_longest(*by_field(samples.other_wrong_top()).values())
    packs = [_wrong_at_once(samples, [wrong for wrong in row if wrong], {}, beside=False) for row in rows]
    events = _wrong_events(samples, list(samples.other_wrong_event()), "other values in events", {})
    return [single(case, GROUP, rank=5, naming="several") for case in (*packs, *events)]


def packed(samples: Samples) -> tuple[list[CaseSequence], list[Case]]:
    """Return every wrong value in a few requests, of a first turn and of a later one.

    A server that names all faults shows with one answer that it looks at each; what it does not name is sent alone.
    """
    first, later = (
        [
            *_packed_top(samples, later=turn),
            _packed_events(samples, later=turn),
        ]
        for turn in (False, True)
    )
    return [single(case, GROUP, rank=0) for case in first], later


_SIDES = (0b000, 0b011, 0b101, 0b110, 0b111, 0b001, 0b010, 0b100)
"""In which half a field stands, by turns: any two of them stand apart in a third of the packs or more."""

_PACKED_LATER = 2
"""How many packs of wrong fields stand in a later turn."""


_MEMBER = 3
"""How long the place of a member of an event is."""


def _packed_top(samples: Samples, *, later: bool) -> Iterator[Case]:
    """Put one wrong value of each field into each request, until every one of them was sent."""
    fields = samples.wrong_fields(later=False)
    if later:
        del fields[CONVERSATION]
    rows = list(zip_longest(*fields.values()))
    turn = {CONVERSATION: ISSUED} if later else {}
    where = _where(beside=later, later=later)
    for number, row in enumerate(rows[:_PACKED_LATER] if later else rows):
        wrongs = [wrong for wrong in row if wrong is not None]
        body = with_faults(samples, wrongs, samples.optional, turn)
        alone: dict[Pointer, CaseSequence] = {
            (wrong.field,): _by_itself(
                samples,
                f"{wrong.label}, {where}",
                with_faults(samples, [wrong], samples.optional if later else (), turn),
            )
            for wrong in wrongs
        }
        label = f"faults at once: {', '.join(wrong.label for wrong in wrongs)}, {where}"
        yield Case(label, body, unblamed=_alone(alone, telling=not later and number == 0))


def _packed_events(samples: Samples, *, later: bool) -> Case:
    """Put every wrong event and member into an event of its own, a good event before each."""
    names = [name for name in samples.optional if name != EVENTS] if later else []
    turn = {CONVERSATION: ISSUED} if later else {}
    where = _where(beside=later, later=later)
    events: list[Any] = []
    alone: dict[Pointer, CaseSequence] = {}
    for wrong in each_once(samples.wrong_event()):
        bad = wrong_event(samples, wrong, full=later)
        events += [samples.event(number=0), bad]
        place: Pointer = (EVENTS, len(events) - 1, *((wrong.field,) if wrong.field else ()))
        label = f"event 0 of 1: {wrong.label}" if wrong.field else f"event 0 of 1 is of type {wrong.type}"
        alone[place] = _by_itself(samples, f"{label}, {where}", samples.request(*names, **{EVENTS: [bad]}, **turn))
    body = samples.request(*names, **{EVENTS: events}, **turn)
    return Case(f"every fault of an event, {where}", body, unblamed=_alone(alone, telling=not later))


def halves(samples: Samples, *, later: bool) -> Iterator[Case]:
    """Put wrong values into half of the fields, then into the other half, until each was sent; then into events.

    What stands beside all other fields in a first turn stands beside none in a later one, and the other way round.
    """
    turn = {CONVERSATION: ISSUED} if later else {}
    sides = dict(zip(samples.fields, cycle(_SIDES), strict=False))
    for number, row in enumerate(zip_longest(*samples.wrong_fields(later=later).values())):
        for half in (0, 1):
            wrongs = [wrong for wrong in row if wrong and (sides[wrong.field] >> number % 3) % 2 == half]
            if wrongs:
                yield _wrong_at_once(samples, wrongs, turn, beside=half == later)
    yield from _wrong_events(samples, each_once(samples.wrong_event()), "every fault of an event", turn)


def _wrong_events(samples: Samples, wrongs: Sequence[Wrong], what: str, turn: dict[str, Any]) -> Iterator[Case]:
    """Spread wrong events over requests, with no more events in each than everyone takes."""
    parts = max(2, -(-len(wrongs) // (_most_events(samples) - 2)))
    for part in range(parts):
        label = f"{what} ({part + 1} of {parts}), {'later turn' if turn else 'first turn'}"
        yield _wrong_among_good(samples, wrongs[part::parts], label, turn)


def _most_events(samples: Samples) -> int:
    """Return how many events everyone takes."""
    return int(samples.narrowest["properties"][EVENTS]["maxItems"])


def _wrong_at_once(samples: Samples, wrongs: Sequence[Wrong], turn: dict[str, Any], *, beside: bool) -> Case:
    """Put wrong values into one request, ``beside`` all other fields or beside none."""
    others = samples.optional if beside else ()
    where = _where(beside=beside, later=bool(turn))
    body = with_faults(samples, wrongs, others, turn)
    alone: dict[Pointer, CaseSequence] = {
        (wrong.field,): _by_itself(samples, f"{wrong.label}, {where}", with_faults(samples, [wrong], others, turn))
        for wrong in wrongs
    }
    label = f"wrong at once: {', '.join(wrong.label for wrong in wrongs)}, {where}"
    return Case(label, body, unblamed=_overlooked(alone), free="values")


def _wrong_among_good(samples: Samples, wrongs: Sequence[Wrong], label: str, turn: dict[str, Any]) -> Case:
    """Put each wrong event and member into an event of its own, good events before, between and behind them."""
    where = _where(beside=True, later=bool(turn))
    good = [samples.full_event(number) for number in range(_most_events(samples))]
    places = [1 + number * (len(good) - 2) // len(wrongs) for number in range(len(wrongs))]
    # In a later turn from the last on, so that each fault stands at another index.
    found = {len(good) - place if turn else place: wrong for place, wrong in zip(places, wrongs, strict=True)}

    def body(among: Mapping[int, Wrong]) -> dict[str, Any]:
        events = [
            wrong_event(samples, among[index], full=True) if index in among else event
            for index, event in enumerate(good)
        ]
        return samples.request(*samples.optional, **{EVENTS: events}, **turn)

    alone: dict[Pointer, CaseSequence] = {
        (EVENTS, index, *((wrong.field,) if wrong.field else ())): _by_itself(
            samples, f"event {index} of {len(good)}: {wrong.label.strip()}, {where}", body({index: wrong})
        )
        for index, wrong in found.items()
    }
    return Case(label, body(found), unblamed=_overlooked(alone), free="values")


def _overlooked(sequences: Mapping[Pointer, CaseSequence]) -> Callable[[Locs], tuple[CaseSequence, ...]]:
    """Return what picks the scripts of the places that were not blamed, though the server names several faults."""

    def unblamed(locs: Locs) -> tuple[CaseSequence, ...]:
        return tuple(replace(sequence, rank=0) for sequence in _not_blamed(sequences, locs).values())

    return unblamed


def _not_blamed(sequences: Mapping[Pointer, CaseSequence], locs: Locs) -> dict[Pointer, CaseSequence]:
    """Return the scripts of places that no loc leads to; a missing member may be blamed at the event that lacks it."""
    return {
        place: sequence
        for place, sequence in sequences.items()
        if not any(blames(loc, place) or (len(place) == _MEMBER and loc == place[:-1]) for loc in locs)
    }


def _where(*, beside: bool, later: bool) -> str:
    return f"{'beside all fields' if beside else 'alone'}, {'later turn' if later else 'first turn'}"


def _by_itself(samples: Samples, label: str, body: dict[str, Any]) -> CaseSequence:
    case = Case(label, body)
    opening = (Case("opens a conversation", samples.request()),) if case.continues else ()
    return CaseSequence(case.label, GROUP, (*opening, case))


def _alone(sequences: Mapping[Pointer, CaseSequence], *, telling: bool) -> Callable[[Locs], tuple[CaseSequence, ...]]:
    """Return what picks the scripts of the places that were not blamed.

    A server that names several faults but not this one may not look there at all. One that names the first alone says
    nothing about the others: of a telling pack, each field's first comes soon, the rest if there are requests left.
    """

    def unblamed(locs: Locs) -> tuple[CaseSequence, ...]:
        left = _not_blamed(sequences, locs)
        names_several = len(sequences) - len(left) > 1
        firsts = set({place[-1]: place for place in reversed(left)}.values())
        return tuple(
            replace(sequence, rank=0 if names_several or (telling and place in firsts) else 2)
            for place, sequence in left.items()
        )

    return unblamed
