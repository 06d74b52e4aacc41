"""Requests that everyone must refuse, one fault each, where it can stand; and faults in pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, zip_longest
from typing import Any

from chat_contract.errors import Pointer
from chat_contract.roles import CONVERSATION, EVENTS
from contract_tests.engine.planning.covering import pairwise
from contract_tests.engine.planning.samples import MISSING, Samples, Wrong
from contract_tests.engine.script import ISSUED, Locs, Script, Step, blames, single

GROUP = "rejection"


def fresh_and_continued(samples: Samples) -> tuple[list[Script], list[Step], list[Step]]:
    """Return the rejections of a first turn as scripts, and as steps those of a later one: the telling, the others."""
    steps = [*_top_level(samples), *_in_events(samples), *_pairs(samples)]
    first = [single(step, GROUP, rank=rank) for rank, step in steps if not step.continues]
    telling = [step for rank, step in steps if step.continues and rank == 0]
    others = [step for rank, step in steps if step.continues and rank > 0]
    return first, telling, others


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
        yield _rank(row["fault"], shown), Step(f"{wrong.label}, {beside}, {turn}", body)


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
        yield rank, Step(label, samples.request(*names, **values))


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
        yield 0 if number == 0 else 2, Step(f"two faults: {left.label} and {right.label}", body)
    both = {**samples.full_event(1), **{name: wrong.value for name, wrong in _wrong_members(samples).items()}}
    yield 2, Step("two faults in one event", samples.request(**{EVENTS: [samples.full_event(0), both]}))


def varied(samples: Samples) -> list[Script]:
    """Return the other wrong values of each type, packed: few servers take one of a type and refuse another.

    What a server leaves unnamed that names several is sent alone; of one that names the first fault only, last.
    """
    steps = [
        *_packed_top(samples, samples.other_wrong_top(), "others", later=False, last=True),
        _packed_events(samples, samples.other_wrong_event(), "other values, every fault of an event", last=True),
    ]
    return [single(step, GROUP, rank=4) for step in steps]


def packed(samples: Samples) -> tuple[list[Script], list[Step]]:
    """Return every wrong value in a few requests, of a first turn and of a later one.

    A server that names all faults shows with one answer that it looks at each; what it does not name is sent alone.
    """
    first, later = (
        [
            *_packed_top(samples, samples.wrong_top(), "faults at once", later=turn),
            _packed_events(samples, samples.wrong_event(), "every fault of an event", later=turn),
        ]
        for turn in (False, True)
    )
    return [single(step, GROUP, rank=0) for step in first], later


_PACKED_LATER = 2
"""How many packs of wrong fields stand in a later turn."""


_LAST = 9
"""The rank of what is sent only where nothing else is left to send."""

_MEMBER = 3
"""How long the place of a member of an event is."""


def _each_once(wrongs: Iterable[Wrong]) -> Iterator[Wrong]:
    return iter({(wrong.field, repr(wrong.value)): wrong for wrong in wrongs}.values())


def _packed_top(
    samples: Samples, faults: Iterable[Wrong], what: str, *, later: bool, last: bool = False
) -> Iterator[Step]:
    """Put one wrong value of each field into each request, until every one of them was sent."""
    by_field: dict[str, list[Wrong]] = {}
    for wrong in _each_once(faults):
        if not (later and wrong.field == CONVERSATION):
            by_field.setdefault(wrong.field, []).append(wrong)
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
        label = f"{what}: " + ", ".join(wrong.label for wrong in wrongs)
        telling = not (later or last) and number == 0
        yield Step(f"{label}, {_where(later=later)}", body, unblamed=_alone(alone, telling=telling, last=last))


def _packed_events(
    samples: Samples, faults: Iterable[Wrong], what: str, *, later: bool = False, last: bool = False
) -> Step:
    """Put every wrong event and member into an event of its own, a good event before each."""
    names = [name for name in samples.optional if name != EVENTS] if later else []
    turn = {CONVERSATION: ISSUED} if later else {}
    events: list[Any] = []
    alone: dict[Pointer, Script] = {}
    for wrong in _each_once(faults):
        bad = _wrong_event(samples, wrong, full=later)
        # A few may stand side by side: as many events as everyone takes, and no more.
        events += [bad] if last else [samples.event(number=0), bad]
        place: Pointer = (EVENTS, len(events) - 1, *((wrong.field,) if wrong.field else ()))
        label = f"event 0 of 1: {wrong.label}" if wrong.field else f"event 0 of 1 is of type {wrong.type}"
        alone[place] = _by_itself(samples, label, samples.request(*names, **{EVENTS: [bad]}, **turn))
    body = samples.request(*names, **{EVENTS: events}, **turn)
    label = f"{what}, {_where(later=later)}"
    return Step(label, body, unblamed=_alone(alone, telling=not (later or last), last=last))


def _where(*, later: bool) -> str:
    return "beside all fields, later turn" if later else "alone, first turn"


def _by_itself(samples: Samples, label: str, body: dict[str, Any]) -> Script:
    step = Step(f"{label}, {_where(later=CONVERSATION in body)}", body)
    opening = (Step("opens a conversation", samples.request()),) if step.continues else ()
    return Script(step.label, GROUP, (*opening, step))


def _alone(
    scripts: Mapping[Pointer, Script], *, telling: bool, last: bool = False
) -> Callable[[Locs], tuple[Script, ...]]:
    """Return what picks the scripts of the places that were not blamed.

    A server that names several faults but not this one may not look there at all. One that names the first alone says
    nothing about the others: of a telling pack, each field's first comes soon, the rest if there are requests left.
    """
    otherwise = _LAST if last else 2

    def unblamed(locs: Locs) -> tuple[Script, ...]:
        left = {
            place: script
            for place, script in scripts.items()
            # A missing member may be blamed at the event that lacks it.
            if not any(blames(loc, place) or (len(place) == _MEMBER and loc == place[:-1]) for loc in locs)
        }
        names_several = len(scripts) - len(left) > 1
        firsts = set({place[-1]: place for place in reversed(left)}.values())
        return tuple(
            replace(script, rank=0 if names_several or (telling and place in firsts) else otherwise)
            for place, script in left.items()
        )

    return unblamed
