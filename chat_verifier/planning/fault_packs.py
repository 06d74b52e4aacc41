"""Requests with many faults at once, for servers that name several faults in a 422.

What the 422 does not name is sent again in a request of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, zip_longest
from typing import Any

from chat_contract.errors import Pointer
from chat_contract.roles import CONVERSATION, EVENTS
from chat_verifier.planning import wrong_values
from chat_verifier.planning.case import (
    ISSUED,
    Case,
    CaseSequence,
    FaultNaming,
    Freedom,
    Group,
    Pack,
    PackKind,
    Part,
    Priority,
    Urgency,
    kebab,
    single,
)
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.wrong_values import MISSING, WrongValue, by_field, distinct, faulty_event, with_faults


def packs_of_more_values(builder: RequestBuilder) -> list[CaseSequence]:
    """Return packs of further wrong values of each type; few servers reject one value of a type and accept another."""
    rows = zip_longest(*by_field(wrong_values.more_top_level(builder)).values())
    packs = [
        _wrong_fields(builder, kebab("more-wrong-values", number), [wrong for wrong in row if wrong], {}, full=False)
        for number, row in enumerate(rows, 1)
    ]
    events = _wrong_events(builder, "more-wrong-events", list(wrong_values.more_in_event(builder)), {})
    return [
        single(case, Group.REJECTION, priority=Priority.VARIANT, naming=FaultNaming.SEVERAL)
        for case in (*packs, *events)
    ]


def fewest_packs(builder: RequestBuilder) -> tuple[list[CaseSequence], list[Case]]:
    """Return every wrong value in as few requests as possible: sequences of a first turn, and cases of a later one."""
    first, later = (
        [*_all_fields(builder, later=turn), _all_event_faults(builder, later=turn)] for turn in (False, True)
    )
    return [single(case, Group.REJECTION, priority=Priority.ESSENTIAL) for case in first], later


_SIDES = (0b000, 0b011, 0b101, 0b110, 0b111, 0b001, 0b010, 0b100)
"""The half in which each field is wrong, one bit a row; any two fields are in different halves in at least a third."""

_LATER_PACKS = 2
"""How many packs of wrong fields are sent in a later turn."""


def _all_fields(builder: RequestBuilder, *, later: bool) -> Iterator[Case]:
    """Put one wrong value of each field into each request, until every wrong value was sent."""
    fields = wrong_values.fields_with_wrong_values(builder, later=False)
    if later:
        del fields[CONVERSATION]
    rows = list(zip_longest(*fields.values()))
    turn = {CONVERSATION: ISSUED} if later else {}
    where = _where(full=later, later=later)
    for number, row in enumerate(rows[:_LATER_PACKS] if later else rows):
        wrongs = [wrong for wrong in row if wrong is not None]
        body = with_faults(builder, wrongs, builder.optional, turn)
        pack = kebab("all-fields-wrong", number + 1, _turn(turn))
        others = builder.optional if later else ()
        parts = [
            _part(
                builder,
                (wrong.field,),
                Case(kebab(pack, wrong.id), f"{wrong.label}{where}", with_faults(builder, [wrong], others, turn)),
            )
            for wrong in wrongs
        ]
        label = f"several errors: {', '.join(wrong.label for wrong in wrongs)}{where}"
        urgency = Urgency.NONE if later or number else Urgency.ONE_OF_EACH_FIELD
        yield Case(pack, label, body, pack=Pack(PackKind.FAULTS, tuple(parts), urgency))


def _all_event_faults(builder: RequestBuilder, *, later: bool) -> Case:
    """Put every wrong event and every wrong value into an event of its own, with a valid event before each."""
    names = [name for name in builder.optional if name != EVENTS] if later else []
    turn = {CONVERSATION: ISSUED} if later else {}
    where = _where(full=later, later=later)
    pack = kebab("all-event-faults", _turn(turn))
    events: list[Any] = []
    parts: list[Part] = []
    for wrong in distinct(wrong_values.in_event(builder)):
        bad = faulty_event(builder, wrong, full=later)
        events += [builder.event(number=0), bad]
        alone = builder.request(*names, **{EVENTS: [bad]}, **turn)
        case = Case(kebab(pack, "event", wrong.id), f"{event_label(0, 1, wrong)}{where}", alone)
        parts.append(_part(builder, _event_pointer(len(events) - 1, wrong), case))
    body = builder.request(*names, **{EVENTS: events}, **turn)
    label = f"every error of an event, in {len(events)} events{where}"
    urgency = Urgency.NONE if later else Urgency.ONE_OF_EACH_FIELD
    return Case(pack, label, body, pack=Pack(PackKind.FAULTS, tuple(parts), urgency))


def packs_in_halves(builder: RequestBuilder, *, later: bool) -> Iterator[Case]:
    """Put wrong values into half of the fields, then into the other half, until each was sent; then into events.

    A half that comes with all other fields in a first turn comes without them in a later turn, and vice versa.
    """
    turn = {CONVERSATION: ISSUED} if later else {}
    sides = dict(zip(builder.fields, cycle(_SIDES), strict=False))
    rows = zip_longest(*wrong_values.fields_with_wrong_values(builder, later=later).values())
    for number, row in enumerate(rows):
        for half in (0, 1):
            wrongs = [wrong for wrong in row if wrong and (sides[wrong.field] >> number % 3) % 2 == half]
            if wrongs:
                pack = kebab("half-of-fields-wrong", number + 1, "ab"[half], _turn(turn))
                yield _wrong_fields(builder, pack, wrongs, turn, full=half == later)
    yield from _wrong_events(builder, "event-faults", distinct(wrong_values.in_event(builder)), turn)


def _wrong_events(
    builder: RequestBuilder, pack: str, wrongs: Sequence[WrongValue], turn: dict[str, Any]
) -> Iterator[Case]:
    """Spread wrong events over requests, none with more events than every server accepts."""
    parts = max(2, -(-len(wrongs) // (builder.most_events - 2)))
    for part in range(parts):
        label = f"several errors in events, part {part + 1} of {parts}"
        yield _wrong_among_valid(builder, kebab(pack, part + 1, _turn(turn)), label, wrongs[part::parts], turn)


def _wrong_fields(
    builder: RequestBuilder, pack: str, wrongs: Sequence[WrongValue], turn: dict[str, Any], *, full: bool
) -> Case:
    """Put wrong values into one request, with all other fields (``full``) or with none."""
    others = builder.optional if full else ()
    where = _where(full=full, later=bool(turn))
    body = with_faults(builder, wrongs, others, turn)
    parts = tuple(
        _part(
            builder,
            (wrong.field,),
            Case(kebab(pack, wrong.id), f"{wrong.label}{where}", with_faults(builder, [wrong], others, turn)),
        )
        for wrong in wrongs
    )
    label = f"several errors: {', '.join(wrong.label for wrong in wrongs)}{where}"
    return Case(pack, label, body, pack=Pack(PackKind.FAULTS, parts, Urgency.ALL), freedom=Freedom.VALUES)


def _wrong_among_valid(
    builder: RequestBuilder, pack: str, label: str, wrongs: Sequence[WrongValue], turn: dict[str, Any]
) -> Case:
    """Put each wrong event and value into an event of its own, with valid events before, between and after them."""
    where = _where(full=True, later=bool(turn))
    valid = [builder.full_event(number) for number in range(builder.most_events)]
    places = [1 + number * (len(valid) - 2) // len(wrongs) for number in range(len(wrongs))]
    # In a later turn from the last on, so that each fault has another index than in the first turn.
    found = {len(valid) - place if turn else place: wrong for place, wrong in zip(places, wrongs, strict=True)}

    def body(among: Mapping[int, WrongValue]) -> dict[str, Any]:
        events = [
            faulty_event(builder, among[index], full=True) if index in among else event
            for index, event in enumerate(valid)
        ]
        return builder.request(*builder.optional, **{EVENTS: events}, **turn)

    parts = tuple(
        _part(
            builder,
            _event_pointer(index, wrong),
            Case(
                kebab(pack, "event", wrong.id),
                f"{event_label(index, len(valid), wrong)}{where}",
                body({index: wrong}),
            ),
        )
        for index, wrong in found.items()
    )
    faults = Pack(PackKind.FAULTS, parts, Urgency.ALL)
    return Case(pack, f"{label}{where}", body(found), pack=faults, freedom=Freedom.VALUES)


def _event_pointer(index: int, wrong: WrongValue) -> Pointer:
    return (EVENTS, index, *((wrong.field,) if wrong.field else ()))


def event_label(index: int, count: int, wrong: WrongValue) -> str:
    """Describe a fault of an event; ``index`` counts from 0, the label from 1."""
    event = f"event {index + 1} of {count}"
    if not wrong.field:
        return f"{event} is {wrong.label}"
    return f"{event} {wrong.label}" if wrong.value is MISSING else f"{event} with {wrong.label}"


def _turn(turn: Mapping[str, Any]) -> str:
    return "later-turn" if turn else "first-turn"


def _where(*, full: bool, later: bool) -> str:
    return f"{' in a later turn' if later else ''}, {'all other fields present' if full else 'no other fields'}"


def _part(builder: RequestBuilder, pointer: Pointer, case: Case) -> Part:
    """Return the part of a pack that has its fault at the pointer; ``case`` sends the fault alone."""
    opening = (Case("opening", "first turn of a conversation", builder.request()),) if case.continues else ()
    return Part(CaseSequence(case.id, Group.REJECTION, (*opening, case)), (pointer,))
