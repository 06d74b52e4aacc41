"""Requests that everyone must refuse, one fault each, where it can stand; and faults in pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from chat_contract.roles import CONVERSATION, EVENTS
from chat_verifier.planning.case import ISSUED, Case
from chat_verifier.planning.covering import pairwise
from chat_verifier.planning.samples import MISSING, Samples, Wrong, by_field


def one_by_one(samples: Samples) -> list[tuple[int, Case]]:
    """Return every wrong value alone in its request, with its rank: how telling it is."""
    return [*_top_level(samples), *_in_events(samples)]


def _top_level(samples: Samples) -> Iterator[tuple[int, Case]]:
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
        body = with_faults(samples, [wrong], names, values)
        beside = {"none": "alone", "all": "beside all others", "events-empty": "beside events: []"}.get(
            row["siblings"], "beside " + (", ".join(names) or "none")
        )
        turn = "later turn" if CONVERSATION in values else "first turn"
        yield _rank(row["fault"], shown), Case(f"{wrong.label}, {beside}, {turn}", body, free="values")


def half_right(samples: Samples) -> Iterator[Case]:
    for wrong in samples.half_right():
        body = samples.request(**{wrong.field: wrong.value})
        yield Case(f"{wrong.label} ({wrong.value!r}), alone, first turn", body, free="values")


def _fault(wrong: Wrong) -> str:
    """Name the fault that is to meet every condition: a field, and apart from that a field that is missing."""
    return f"{wrong.field} missing" if wrong.value in (MISSING, {}) and wrong.type != "object" else wrong.field


def _rank(fault: str, shown: set[str]) -> int:
    """Rank the first row of each fault before the others."""
    if fault in shown:
        return 2
    shown.add(fault)
    return 0


def with_faults(
    samples: Samples, wrongs: Iterable[Wrong], names: Sequence[str], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a request with the fields named and the values given, and with wrong ones, or none, in some places."""
    wrong_values = {wrong.field: wrong.value for wrong in wrongs}
    present = {name: value for name, value in wrong_values.items() if value is not MISSING}
    body = samples.request(*names, **{**values, **present})
    return {name: value for name, value in body.items() if wrong_values.get(name) is not MISSING}


def _in_events(samples: Samples) -> Iterator[tuple[int, Case]]:
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
        events[index] = wrong_event(samples, wrong, full=full)
        values: dict[str, Any] = {EVENTS: events}
        if row["turn"] == "later":
            values[CONVERSATION] = ISSUED
        names = [name for name in samples.optional if name != EVENTS] if row["siblings"] == "all" else []
        where = f"event {index} of {count}"
        what = f"{where}: {wrong.label}" if wrong.field else f"{where} is of type {wrong.type}"
        label = f"{what}, {'beside all fields' if names else 'alone'}, {row['turn']} turn"
        rank = _rank(row["fault"], shown)
        yield rank, Case(label, samples.request(*names, **values), free="values")


def _wrong_members(samples: Samples) -> dict[str, Wrong]:
    """Return a wrong value for each required field of an event."""
    return {
        wrong.field: wrong
        for wrong in samples.wrong_event()
        if wrong.field in samples.event_required and wrong.value is not MISSING
    }


def wrong_event(samples: Samples, wrong: Wrong, *, full: bool) -> Any:
    if not wrong.field:
        return wrong.value
    event = samples.full_event(1) if full else samples.event(wrong.field, number=1)
    if wrong.value is MISSING:
        del event[wrong.field]
    else:
        event[wrong.field] = wrong.value
    return event


def pairs(samples: Samples) -> Iterator[tuple[int, Case]]:
    """Yield two faults at once for every pair of fields, each time with another of their wrong values."""
    wrongs = by_field(samples.wrong_top())
    for number, (one, other) in enumerate(combinations(wrongs, 2)):
        # What is missing comes first among the wrongs of a field.
        left = wrongs[one][0 if one in samples.required else number % len(wrongs[one])]
        right = wrongs[other][number % len(wrongs[other])]
        turn = {CONVERSATION: ISSUED} if number % 2 == 1 and CONVERSATION not in {one, other} else {}
        others = [Wrong(wrong.field, wrong.type, wrong.other) for wrong in (left, right)]
        body = with_faults(samples, others, (), turn)
        label = f"two faults: {left.label} and {right.label}"
        yield 0 if number == 0 else 2, Case(label, body, free="values")
    both = {**samples.full_event(1), **{name: wrong.value for name, wrong in _wrong_members(samples).items()}}
    body = samples.request(**{EVENTS: [samples.full_event(0), both]})
    yield 2, Case("two faults in one event", body, free="values")
