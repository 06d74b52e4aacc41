"""Requests that every server must reject: single faults, pairs of faults, and which servers receive which of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from chat_contract.roles import CONVERSATION, EVENTS
from chat_verifier.planning import wrong_values
from chat_verifier.planning.case import (
    ISSUED,
    Case,
    CaseSequence,
    FaultNaming,
    Freedom,
    Group,
    Priority,
    kebab,
    single,
)
from chat_verifier.planning.fault_packs import event_label, packs_in_halves
from chat_verifier.planning.pairwise import pairwise
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.wrong_values import MISSING, WrongValue, by_field, faulty_event, with_faults


@dataclass(frozen=True)
class Rejections:
    """The requests that must be rejected.

    ``first_turns`` are sequences of one request. The other cases belong into conversations: ``essential`` to every
    server, ``pairs`` of faults to every server, ``alone`` to servers that name one fault, ``packs`` to the others.
    """

    first_turns: tuple[CaseSequence, ...]
    essential: tuple[Case, ...]
    alone: tuple[Case, ...]
    packs: tuple[Case, ...]
    pairs: tuple[Case, ...]


def rejections(builder: RequestBuilder) -> Rejections:
    """Return every wrong value alone and in packs, and pairs of faults, in first and in later turns."""
    alone = [*_top_level(builder), *_in_events(builder)]
    pairs = list(_pairs(builder))
    packs = [*packs_in_halves(builder, later=False), *packs_in_halves(builder, later=True)]
    return Rejections(
        first_turns=(
            *(
                single(
                    case,
                    Group.REJECTION,
                    priority=priority,
                    naming=FaultNaming.FIRST if priority and not _lacks_field(builder, case) else FaultNaming.ANY,
                )
                for priority, case in alone
                if not case.continues
            ),
            *(
                single(case, Group.REJECTION, priority=Priority.HIGH, naming=FaultNaming.SEVERAL)
                for case in packs
                if not case.continues
            ),
            *(
                single(case, Group.REJECTION, priority=Priority.MEDIUM, naming=FaultNaming.FIRST)
                for case in _convertible(builder)
            ),
            *(single(case, Group.REJECTION, priority=priority) for priority, case in pairs if not case.continues),
        ),
        essential=tuple(case for priority, case in alone if case.continues and not priority),
        alone=tuple(case for priority, case in alone if case.continues and priority),
        packs=(
            *(case for priority, case in alone if case.continues and priority and _lacks_field(builder, case)),
            *(case for case in packs if case.continues),
        ),
        pairs=tuple(case for _, case in pairs if case.continues),
    )


def _lacks_field(builder: RequestBuilder, case: Case) -> bool:
    """Return whether a required field is missing: beside other faults, servers overlook that more often."""
    return not set(builder.required) <= set(case.body)


def _top_level(builder: RequestBuilder) -> Iterator[tuple[Priority, Case]]:
    """Yield every wrong value of a field alone in its request, with its priority."""
    wrongs = list(wrong_values.top_level(builder))
    optional = builder.optional
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
        later = CONVERSATION in values
        siblings, what = {
            "none": ("alone", "no other fields"),
            "all": ("with-all-fields", "all other fields present"),
            "events-empty": ("with-empty-events", "with events []"),
        }.get(row["siblings"], (kebab("with", *names), f"with {' and '.join(names) or 'no other fields'}"))
        case = Case(
            kebab(wrong.id, siblings, "later-turn" if later else "first-turn"),
            f"{wrong.label}{' in a later turn' if later else ''}, {what}",
            with_faults(builder, [wrong], names, values),
            freedom=Freedom.VALUES,
        )
        yield _priority(row["fault"], shown), case


def _convertible(builder: RequestBuilder) -> Iterator[Case]:
    for wrong in wrong_values.convertible(builder):
        body = builder.request(**{wrong.field: wrong.value})
        yield Case(kebab(wrong.id, "convertible"), f"{wrong.label}, no other fields", body, freedom=Freedom.VALUES)


def _fault(wrong: WrongValue) -> str:
    """Return the factor of the pairwise rows: the field; a missing field is a factor of its own."""
    return f"{wrong.field} missing" if wrong.value in (MISSING, {}) and wrong.type != "object" else wrong.field


def _priority(fault: str, shown: set[str]) -> Priority:
    """Put the first row of each fault before the others."""
    if fault in shown:
        return Priority.MEDIUM
    shown.add(fault)
    return Priority.ESSENTIAL


def _in_events(builder: RequestBuilder) -> Iterator[tuple[Priority, Case]]:
    """Yield every wrong event and every wrong value in an event alone in its request, with its priority."""
    wrongs = list(wrong_values.in_event(builder))
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
            builder.full_event(number) if full else builder.event(number=number) for number in range(count)
        ]
        events[index] = faulty_event(builder, wrong, full=full)
        values: dict[str, Any] = {EVENTS: events}
        if row["turn"] == "later":
            values[CONVERSATION] = ISSUED
        names = [name for name in builder.optional if name != EVENTS] if row["siblings"] == "all" else []
        case = Case(
            kebab(
                f"event-{index + 1}-of-{count}",
                wrong.id,
                "full-events" if full else "minimal-events",
                "with-all-fields" if names else "alone",
                f"{row['turn']}-turn",
            ),
            f"{event_label(index, count, wrong)}{' in a later turn' if row['turn'] == 'later' else ''}, "
            f"{'all other fields present' if names else 'no other fields'}",
            builder.request(*names, **values),
            freedom=Freedom.VALUES,
        )
        yield _priority(row["fault"], shown), case


def _pairs(builder: RequestBuilder) -> Iterator[tuple[Priority, Case]]:
    """Yield two faults at once for every pair of fields, each time with another of their wrong values."""
    wrongs = by_field(wrong_values.top_level(builder))
    for number, (one, other) in enumerate(combinations(wrongs, 2)):
        # The missing field is the first wrong value of a required field.
        left = wrongs[one][0 if one in builder.required else number % len(wrongs[one])]
        right = wrongs[other][number % len(wrongs[other])]
        turn = {CONVERSATION: ISSUED} if number % 2 == 1 and CONVERSATION not in {one, other} else {}
        others = [WrongValue(wrong.field, wrong.type, wrong.other) for wrong in (left, right)]
        case = Case(
            kebab("two-faults", *(wrong.id for wrong in others), "later-turn" if turn else "first-turn"),
            f"two errors: {' and '.join(wrong.label for wrong in others)}{' in a later turn' if turn else ''}",
            with_faults(builder, others, (), turn),
            freedom=Freedom.VALUES,
        )
        yield Priority.MEDIUM if number else Priority.ESSENTIAL, case
    both = {**builder.full_event(1), **_wrong_members(builder)}
    body = builder.request(**{EVENTS: [builder.full_event(0), both]})
    yield Priority.MEDIUM, Case("two-faults-in-one-event", "two errors in one event", body, freedom=Freedom.VALUES)


def _wrong_members(builder: RequestBuilder) -> dict[str, Any]:
    """Return a wrong value for each required field of an event."""
    return {
        wrong.field: wrong.value
        for wrong in wrong_values.in_event(builder)
        if wrong.field in builder.event_required and wrong.value is not MISSING
    }
