"""Requests that everyone must refuse, one fault each, where it can stand; and faults in pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, zip_longest
from typing import Any

from chat_contract.errors import Pointer
from chat_contract.roles import CONVERSATION, EVENTS
from contract_tests.engine.planning.covering import pairwise
from contract_tests.engine.planning.samples import MISSING, Samples, Wrong
from contract_tests.engine.script import ISSUED, Locs, Script, Step, blames, single

GROUP = "rejection"


@dataclass(frozen=True)
class Refused:
    """What must be refused.

    In a first turn: ``fresh``. In a later one: ``telling`` comes first; then two faults at once (``pairs``), and every
    wrong value ``alone`` or, for servers that name several faults, in ``packs``.
    """

    fresh: tuple[Script, ...]
    telling: tuple[Step, ...]
    alone: tuple[Step, ...]
    packs: tuple[Step, ...]
    pairs: tuple[Step, ...]


def refused(samples: Samples) -> Refused:
    """Return every wrong value where it can stand, one by one and packed, and two at once."""
    alone = [*_top_level(samples), *_in_events(samples)]
    pairs = list(_pairs(samples))
    packs = [*_halves(samples, later=False), *_halves(samples, later=True)]
    return Refused(
        fresh=(
            *(
                single(step, GROUP, rank=rank, naming="first" if rank else "any")
                for rank, step in alone
                if not step.continues
            ),
            *(single(step, GROUP, rank=1, naming="several") for step in packs if not step.continues),
            *(single(step, GROUP, rank=2, naming="first") for step in _half_right(samples)),
            *(single(step, GROUP, rank=rank) for rank, step in pairs if not step.continues),
        ),
        telling=tuple(step for rank, step in alone if step.continues and not rank),
        alone=tuple(step for rank, step in alone if step.continues and rank),
        packs=tuple(step for step in packs if step.continues),
        pairs=tuple(step for _, step in pairs if step.continues),
    )


def _top_level(samples: Samples) -> Iterator[tuple[int, Step]]:
    wrongs = list(samples.wrong_top())
    optional = samples.optional
    levels = {
        "none": (),
        "all": optional,
        "events-empty": (EVENTS,),
        "these": optional[::2],
        "others": optional[1::2],
    }
    rows = pairwise(
        [{"fault": _fault(wrong), "index": str(index)} for index, wrong in enumerate(wrongs)],
        {"siblings": list(levels), "turn": ["first", "later"]},
        key="fault",
    )
    shown: set[str] = set()
    for row in rows:
        wrong = wrongs[int(row["index"])]
        names = [name for name in levels[row["siblings"]] if name != wrong.field]
        values: dict[str, Any] = {EVENTS: []} if row["siblings"] == "events-empty" and wrong.field != EVENTS else {}
        if row["turn"] == "later" and wrong.field != CONVERSATION:
            values[CONVERSATION] = ISSUED
        body = _with_fault(samples, wrong, names, values)
        beside = {"none": "alone", "all": "beside all others", "events-empty": "beside events: []"}.get(
            row["siblings"], "beside " + (", ".join(names) or "none")
        )
        turn = "later turn" if CONVERSATION in values else "first turn"
        yield _rank(row["fault"], shown), Step(f"{wrong.label}, {beside}, {turn}", body, free="values")


def _half_right(samples: Samples) -> Iterator[Step]:
    for wrong in samples.half_right():
        body = samples.request(**{wrong.field: wrong.value})
        yield Step(f"{wrong.label} ({wrong.value!r}), alone, first turn", body, free="values")


def _fault(wrong: Wrong) -> str:
    """Name the fault that is to meet every condition: a field, and apart from that a field that is missing."""
    return f"{wrong.field} missing" if wrong.value in (MISSING, {}) and wrong.type != "object" else wrong.field


def _rank(fault: str, shown: set[str]) -> int:
    """Rank the first row of each fault before the others."""
    if fault in shown:
        return 2
    shown.add(fault)
    return 0


def _with_fault(samples: Samples, wrong: Wrong, names: Sequence[str], values: dict[str, Any]) -> dict[str, Any]:
    if wrong.value is MISSING:
        body = samples.request(*names, **values)
        del body[wrong.field]
        return body
    return samples.request(*names, **{**values, wrong.field: wrong.value})


def _in_events(samples: Samples) -> Iterator[tuple[int, Step]]:
    wrongs = list(samples.wrong_event())
    positions = {"only": (0, 1), "first": (0, 3), "second": (1, 3), "last of many": (11, 12)}
    rows = pairwise(
        [{"fault": _fault(wrong), "index": str(index)} for index, wrong in enumerate(wrongs)],
        {
            "position": list(positions),
            "turn": ["first", "later"],
            "siblings": ["none", "all"],
            "members": ["all", "required"],
        },
        key="fault",
    )
    shown: set[str] = set()
    for row in rows:
        wrong = wrongs[int(row["index"])]
        index, count = positions[row["position"]]
        full = row["members"] == "all"
        events: list[Any] = [
            samples.full_event(number) if full else samples.event(number=number) for number in range(count)
        ]
        events[index] = _wrong_event(samples, wrong, full=full)
        values: dict[str, Any] = {EVENTS: events}
        if row["turn"] == "later":
            values[CONVERSATION] = ISSUED
        names = [name for name in samples.optional if name != EVENTS] if row["siblings"] == "all" else []
        where = f"event {index} of {count}"
        what = f"{where}: {wrong.label}" if wrong.field else f"{where} is of type {wrong.type}"
        label = f"{what}, {'beside all fields' if names else 'alone'}, {row['turn']} turn"
        rank = _rank(row["fault"], shown)
        yield rank, Step(label, samples.request(*names, **values), free="values")


def _wrong_members(samples: Samples) -> dict[str, Wrong]:
    """Return a wrong value for each required field of an event."""
    return {
        wrong.field: wrong
        for wrong in samples.wrong_event()
        if wrong.field in samples.event_required and wrong.value is not MISSING
    }


def _wrong_event(samples: Samples, wrong: Wrong, *, full: bool) -> Any:
    if not wrong.field:
        return wrong.value
    event = samples.full_event(1) if full else samples.event(wrong.field, number=1)
    if wrong.value is MISSING:
        del event[wrong.field]
    else:
        event[wrong.field] = wrong.value
    return event


def _pairs(samples: Samples) -> Iterator[tuple[int, Step]]:
    """Yield two faults at once for every pair of fields, each time with another of their wrong values."""
    by_field: dict[str, list[Wrong]] = {}
    for wrong in samples.wrong_top():
        by_field.setdefault(wrong.field, []).append(wrong)
    for number, (one, other) in enumerate(combinations(by_field, 2)):
        # What is missing comes first among the wrongs of a field.
        left = by_field[one][0 if one in samples.required else number % len(by_field[one])]
        right = by_field[other][number % len(by_field[other])]
        later = number % 2 == 1 and CONVERSATION not in {one, other}
        body = samples.request(**({CONVERSATION: ISSUED} if later else {}))
        for wrong in (left, right):
            if wrong.other is MISSING:
                del body[wrong.field]
            else:
                body[wrong.field] = wrong.other
        label = f"two faults: {left.label} and {right.label}"
        yield 0 if number == 0 else 2, Step(label, body, free="values")
    both = {**samples.full_event(1), **{name: wrong.value for name, wrong in _wrong_members(samples).items()}}
    body = samples.request(**{EVENTS: [samples.full_event(0), both]})
    yield 2, Step("two faults in one event", body, free="values")


def varied(samples: Samples) -> list[Script]:
    """Return the other wrong values of each type, packed: few servers take one of a type and refuse another."""
    rows = zip_longest(*_by_field(samples.other_wrong_top()).values())
    packs = [_wrong_at_once(samples, [wrong for wrong in row if wrong], {}, beside=False) for row in rows]
    events = _wrong_events(samples, list(samples.other_wrong_event()), "other values in events", {})
    return [single(step, GROUP, rank=4, naming="several") for step in (*packs, *events)]


def packed(samples: Samples) -> tuple[list[Script], list[Step]]:
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
    return [single(step, GROUP, rank=0) for step in first], later


_PACKED_LATER = 2
"""How many packs of wrong fields stand in a later turn."""


_MEMBER = 3
"""How long the place of a member of an event is."""


def _each_once(wrongs: Iterable[Wrong]) -> Iterator[Wrong]:
    return iter({(wrong.field, repr(wrong.value)): wrong for wrong in wrongs}.values())


def _by_field(wrongs: Iterable[Wrong]) -> dict[str, list[Wrong]]:
    found: dict[str, list[Wrong]] = {}
    for wrong in _each_once(wrongs):
        found.setdefault(wrong.field, []).append(wrong)
    return found


def _packed_top(samples: Samples, *, later: bool) -> Iterator[Step]:
    """Put one wrong value of each field into each request, until every one of them was sent."""
    by_field = _by_field(samples.wrong_top())
    if later:
        del by_field[CONVERSATION]
    rows = list(zip_longest(*by_field.values()))
    turn = {CONVERSATION: ISSUED} if later else {}
    for number, row in enumerate(rows[:_PACKED_LATER] if later else rows):
        wrongs = [wrong for wrong in row if wrong is not None]
        values = {wrong.field: wrong.value for wrong in wrongs if wrong.value is not MISSING}
        body = samples.request(*samples.optional, **turn, **values)
        for wrong in wrongs:
            if wrong.value is MISSING:
                del body[wrong.field]
        alone: dict[Pointer, Script] = {
            (wrong.field,): _by_itself(
                samples, wrong.label, _with_fault(samples, wrong, samples.optional if later else (), turn)
            )
            for wrong in wrongs
        }
        label = f"faults at once: {', '.join(wrong.label for wrong in wrongs)}, {_where(later=later)}"
        yield Step(label, body, unblamed=_alone(alone, telling=not later and number == 0))


def _packed_events(samples: Samples, *, later: bool) -> Step:
    """Put every wrong event and member into an event of its own, a good event before each."""
    names = [name for name in samples.optional if name != EVENTS] if later else []
    turn = {CONVERSATION: ISSUED} if later else {}
    events: list[Any] = []
    alone: dict[Pointer, Script] = {}
    for wrong in _each_once(samples.wrong_event()):
        bad = _wrong_event(samples, wrong, full=later)
        events += [samples.event(number=0), bad]
        place: Pointer = (EVENTS, len(events) - 1, *((wrong.field,) if wrong.field else ()))
        label = f"event 0 of 1: {wrong.label}" if wrong.field else f"event 0 of 1 is of type {wrong.type}"
        alone[place] = _by_itself(samples, label, samples.request(*names, **{EVENTS: [bad]}, **turn))
    body = samples.request(*names, **{EVENTS: events}, **turn)
    return Step(f"every fault of an event, {_where(later=later)}", body, unblamed=_alone(alone, telling=not later))


def _halves(samples: Samples, *, later: bool) -> Iterator[Step]:
    """Put wrong values into half of the fields, then into the other half, until each was sent; then into events.

    What stands beside all other fields in a first turn stands beside none in a later one, and the other way round.
    """
    turn = {CONVERSATION: ISSUED} if later else {}
    for number, row in enumerate(zip_longest(*samples.wrong_fields(later=later).values())):
        for half in (0, 1):
            wrongs = [wrong for place, wrong in enumerate(row) if wrong and (place >> number % 3) % 2 == half]
            if wrongs:
                yield _wrong_at_once(samples, wrongs, turn, beside=half == later)
    yield from _wrong_events(samples, list(_each_once(samples.wrong_event())), "every fault of an event", turn)


def _wrong_events(samples: Samples, wrongs: Sequence[Wrong], what: str, turn: dict[str, Any]) -> Iterator[Step]:
    """Spread wrong events over requests, with no more events in each than everyone takes."""
    parts = max(2, -(-len(wrongs) // (_most_events(samples) - 2)))
    for part in range(parts):
        label = f"{what} ({part + 1} of {parts}), {'later turn' if turn else 'first turn'}"
        yield _wrong_among_good(samples, wrongs[part::parts], label, turn)


def _most_events(samples: Samples) -> int:
    """Return how many events everyone takes."""
    return int(samples.narrowest["properties"][EVENTS]["maxItems"])


def _wrong_at_once(samples: Samples, wrongs: Sequence[Wrong], turn: dict[str, Any], *, beside: bool) -> Step:
    """Put wrong values into one request, ``beside`` all other fields or beside none."""
    others = samples.optional if beside else ()
    values = {wrong.field: wrong.value for wrong in wrongs if wrong.value is not MISSING}
    body = samples.request(*others, **turn, **values)
    for wrong in wrongs:
        if wrong.value is MISSING:
            del body[wrong.field]
    alone: dict[Pointer, Script] = {
        (wrong.field,): _by_itself(samples, wrong.label, _with_fault(samples, wrong, others, turn)) for wrong in wrongs
    }
    where = f"{'beside right ones' if beside else 'beside none'}, {'later turn' if turn else 'first turn'}"
    label = f"wrong at once: {', '.join(wrong.label for wrong in wrongs)}, {where}"
    return Step(label, body, unblamed=_overlooked(alone), free="values")


def _wrong_among_good(samples: Samples, wrongs: Sequence[Wrong], label: str, turn: dict[str, Any]) -> Step:
    """Put each wrong event and member into an event of its own, good events before, between and behind them."""
    good = [samples.full_event(number) for number in range(_most_events(samples))]
    places = [1 + number * (len(good) - 2) // len(wrongs) for number in range(len(wrongs))]
    # In a later turn from the last on, so that each fault stands at another index.
    found = {len(good) - place if turn else place: wrong for place, wrong in zip(places, wrongs, strict=True)}

    def body(among: Mapping[int, Wrong]) -> dict[str, Any]:
        events = [
            _wrong_event(samples, among[index], full=True) if index in among else event
            for index, event in enumerate(good)
        ]
        return samples.request(*samples.optional, **{EVENTS: events}, **turn)

    alone: dict[Pointer, Script] = {
        (EVENTS, index, *((wrong.field,) if wrong.field else ())): _by_itself(
            samples, f"event {index} of {len(good)}: {wrong.label or wrong.type}", body({index: wrong})
        )
        for index, wrong in found.items()
    }
    return Step(label, body(found), unblamed=_overlooked(alone), free="values")


def _overlooked(scripts: Mapping[Pointer, Script]) -> Callable[[Locs], tuple[Script, ...]]:
    """Return what picks the scripts of the places that were not blamed, though the server names several faults."""

    def unblamed(locs: Locs) -> tuple[Script, ...]:
        return tuple(replace(script, rank=0) for script in _not_blamed(scripts, locs).values())

    return unblamed


def _not_blamed(scripts: Mapping[Pointer, Script], locs: Locs) -> dict[Pointer, Script]:
    """Return the scripts of places that no loc leads to; a missing member may be blamed at the event that lacks it."""
    return {
        place: script
        for place, script in scripts.items()
        if not any(blames(loc, place) or (len(place) == _MEMBER and loc == place[:-1]) for loc in locs)
    }


def _where(*, later: bool) -> str:
    return "beside all fields, later turn" if later else "alone, first turn"


def _by_itself(samples: Samples, label: str, body: dict[str, Any]) -> Script:
    step = Step(f"{label}, {_where(later=CONVERSATION in body)}", body)
    opening = (Step("opens a conversation", samples.request()),) if step.continues else ()
    return Script(step.label, GROUP, (*opening, step))


def _alone(scripts: Mapping[Pointer, Script], *, telling: bool) -> Callable[[Locs], tuple[Script, ...]]:
    """Return what picks the scripts of the places that were not blamed.

    A server that names several faults but not this one may not look there at all. One that names the first alone says
    nothing about the others: of a telling pack, each field's first comes soon, the rest if there are requests left.
    """

    def unblamed(locs: Locs) -> tuple[Script, ...]:
        left = _not_blamed(scripts, locs)
        names_several = len(scripts) - len(left) > 1
        firsts = set({place[-1]: place for place in reversed(left)}.values())
        return tuple(
            replace(script, rank=0 if names_several or (telling and place in firsts) else 2)
            for place, script in left.items()
        )

    return unblamed
