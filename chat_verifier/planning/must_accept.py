"""Requests that every server must accept: each field alone, all fields together, and every form of a value.

Forms that one 200 clears at once share a request.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

from chat_contract.contract import MUST_ACCEPT
from chat_contract.errors import shorten
from chat_contract.roles import (
    CONVERSATION,
    EVENT_TEXT,
    EVENT_TIME,
    EVENT_TYPE,
    EVENTS,
    ITEM,
    LIMIT,
    MESSAGE,
    SESSION,
    USER,
)
from chat_verifier.planning.case import (
    ISSUED,
    Case,
    CaseSequence,
    Freedom,
    Group,
    Layout,
    Pack,
    PackKind,
    Part,
    Priority,
    kebab,
    single,
)
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.values import EVENT_TYPES, ITEM_IDS, OTHER_TIMES, TEXTS, TIMES

_LONGEST_ID = 40


def first_turns(builder: RequestBuilder) -> list[CaseSequence]:
    """Return the requests that begin a conversation."""
    return list(_first_turns(builder))


def _one(
    name: str,
    label: str,
    body: dict[str, Any],
    priority: Priority = Priority.VARIANT,
    *,
    parts: tuple[CaseSequence, ...] = (),
    **how: Any,
) -> CaseSequence:
    pack = Pack(PackKind.ACCEPTED, tuple(map(Part, parts))) if parts else None
    return single(Case(name, label, body, pack=pack, **how), Group.REQUEST, priority=priority)


def _first_turns(builder: RequestBuilder) -> Iterator[CaseSequence]:
    for message in builder.messages[1:2]:
        yield _one("message-only", "only a message", builder.request(message=message), Priority.ESSENTIAL)
    for name in builder.optional:
        if name in {LIMIT, EVENTS}:
            # Sent below, with more than one value.
            continue
        yield _one(
            kebab("message-and", name),
            f"a message and {name}",
            builder.request(name),
            Priority.HIGH,
            layout=Layout.SPACED if name == USER else Layout.LOOSE,
            freedom=Freedom.VALUES,
        )
    every = builder.request(*builder.optional)
    yield _one("every-field", "every field", every, Priority.ESSENTIAL, layout=Layout.PRETTY)
    no_events = builder.request(**{EVENTS: []})
    yield _one(
        "no-events",
        "an empty list of events",
        no_events,
        Priority.ESSENTIAL,
        layout=Layout.COMPACT,
        freedom=Freedom.VALUES,
    )
    minimal = builder.request(**{EVENTS: [builder.event()]})
    yield _one(
        "minimal-event",
        "an event with only its required fields",
        minimal,
        Priority.ESSENTIAL,
        freedom=Freedom.VALUES,
    )
    yield from _optional_members(builder)
    yield from _key_order(builder)
    types = [{EVENT_TYPE: value} for value in _event_types(builder)]
    yield _packed(builder, "event-types", "event types", types)
    yield _packed(builder, "timestamp-formats", "timestamp formats", [{EVENT_TIME: value} for value in TIMES])
    yield from _texts(builder)
    yield from _edges(builder)
    yield from _many_events(builder)
    yield _one(
        "charset-utf-8",
        "media type with charset=utf-8",
        builder.request(),
        Priority.MEDIUM,
        headers=(("Content-Type", "application/json; charset=utf-8"),),
    )
    yield _one("chunked-body", "a chunked body", builder.request(USER), Priority.MEDIUM, chunked=True)
    yield from _limits(builder)


def _optional_members(builder: RequestBuilder) -> Iterator[CaseSequence]:
    """Put each optional field of an event into an event with the required fields and no other."""
    names = [name for name in builder.event_fields if name not in builder.event_required]
    if not names:
        return
    events = {name: builder.event(name) for name in names}
    parts = tuple(
        _one(
            kebab("event-with-only", name),
            f"an event with its required fields and {name}",
            builder.request(**{EVENTS: [event]}),
        )
        for name, event in events.items()
    )
    yield _one(
        "events-with-one-optional-field",
        "events with one optional field each",
        builder.request(**{EVENTS: [*events.values()]}),
        Priority.HIGH,
        parts=parts,
    )


def _event_types(builder: RequestBuilder) -> list[str]:
    longest = builder.narrowest["properties"][EVENTS]["items"]["properties"][EVENT_TYPE].get("maxLength", 100)
    return [*EVENT_TYPES, "y" * longest]


def _key_order(builder: RequestBuilder) -> Iterator[CaseSequence]:
    full = builder.request(*builder.optional, **{LIMIT: _limit(builder, 7)})
    full[EVENTS] = [dict(reversed(event.items())) for event in full[EVENTS]]
    reverse = dict(reversed(full.items()))
    label = "every field, keys in reverse order"
    yield _one("reverse-key-order", label, reverse, Priority.ESSENTIAL, freedom=Freedom.VALUES)


def _packed(builder: RequestBuilder, name: str, label: str, changes: list[dict[str, Any]]) -> CaseSequence:
    """Put each variation into an event of its own; the parts have each in a request of its own."""
    events = [{**builder.full_event(0), **change} for change in changes]
    parts = tuple(
        _one(
            kebab(name, _value_id(next(iter(change.values())))),
            f"{label}: {shorten(next(iter(change.values())))}",
            builder.request(**{EVENTS: [event]}),
        )
        for change, event in zip(changes, events, strict=True)
    )
    return _one(
        name,
        f"{len(events)} {label} in one request",
        builder.request(**{EVENTS: events}),
        Priority.ESSENTIAL,
        parts=parts,
    )


def _value_id(value: str) -> str:
    """Return a text as part of an id; a long one by its first character and length."""
    return value if len(value) <= _LONGEST_ID else f"{value[0]}-{len(value)}-characters"


def _texts(builder: RequestBuilder) -> Iterator[CaseSequence]:
    def saying(name: str, label: str, text: str, *, ascii_only: bool = False) -> CaseSequence:
        event = {
            key: (text if key in {EVENT_TYPE, EVENT_TEXT} else value) for key, value in builder.full_event(0).items()
        }
        body = builder.request(message=text, **{EVENTS: [event]})
        return _one(f"text-{name}", f"text with {label}", body, Priority.MEDIUM, ascii=ascii_only)

    everything = f" {' '.join(text for _, text in TEXTS)}"
    parts = tuple(saying(name, name.replace("-", " "), text) for name, text in TEXTS)
    events = [{**builder.full_event(0), EVENT_TYPE: text, EVENT_TEXT: text} for _, text in TEXTS]
    yield _one(
        "text-of-every-kind",
        "texts of every kind in one request",
        builder.request(message=everything, **{EVENTS: events}),
        Priority.ESSENTIAL,
        parts=parts,
    )
    yield saying(
        "json-escapes",
        "JSON escapes for accents, quotes, slashes and emoji",
        TEXTS[2][1][:20] + TEXTS[0][1][:20] + " a/b " + TEXTS[4][1],
        ascii_only=True,
    )


def _longest_texts(builder: RequestBuilder) -> dict[str, Any]:
    """Return an event whose texts have the maximum length of must-accept."""
    bounds = builder.narrowest["properties"][EVENTS]["items"]["properties"]
    return {
        name: "z" * bounds[name]["maxLength"] if name in {EVENT_TYPE, EVENT_TEXT} else value
        for name, value in builder.full_event(0).items()
    }


def _edges(builder: RequestBuilder) -> Iterator[CaseSequence]:
    """Texts and ids at the limits of must-accept; a character is a code point, whatever its encoding."""
    longest = {name: builder.narrowest["properties"][name]["maxLength"] for name in (MESSAGE, USER)}
    names = [name for name in builder.optional if name in {SESSION, USER}]

    def using(name: str, label: str, message: str, value: str, event: dict[str, Any]) -> CaseSequence:
        values: dict[str, Any] = {**dict.fromkeys(names, value), MESSAGE: message, EVENTS: [{**event, ITEM: value}]}
        return _one(name, label, builder.request(**values), Priority.MEDIUM)

    yield using(
        "longest-texts-and-ids",
        "texts and ids of the maximum length",
        "ä" * longest[MESSAGE],
        ("-_Az09" * longest[USER])[: longest[USER]],
        _longest_texts(builder),
    )
    yield using(
        "emoji-only-and-equal-ids",
        "a message of emoji, and the same numeric id in every id field",
        "🎁" * (longest[MESSAGE] * 3 // 5),
        "1234567890",
        builder.full_event(0),
    )


def _many_events(builder: RequestBuilder) -> Iterator[CaseSequence]:
    most = builder.most_events
    event = builder.full_event(0)
    later = {**event, EVENT_TIME: "2024-06-14T12:00:00+02:00"}
    unordered = [later, event, event, {**event, ITEM: "NO-SUCH-ITEM"}, dict(reversed(builder.event().items()))]
    others = [{**event, EVENT_TIME: time, ITEM: item} for time, item in zip(OTHER_TIMES, cycle(ITEM_IDS), strict=False)]
    events = [*unordered, *others[: most - len(unordered)]]
    events += [event] * (most - len(events))
    parts = tuple(
        _one(
            kebab("event-at", one[EVENT_TIME]),
            f"an event at {one[EVENT_TIME]} with item_id {one[ITEM]}",
            builder.request(**{EVENTS: [one]}),
        )
        for one in others
    )
    yield _one(
        "most-events",
        f"{most} events, unordered and with duplicates",
        builder.request(**{EVENTS: events}),
        Priority.ESSENTIAL,
        parts=parts,
    )


def _limits(builder: RequestBuilder) -> Iterator[CaseSequence]:
    schema = builder.contract.schemas[MUST_ACCEPT]["properties"][LIMIT]
    lowest, highest = schema["minimum"], schema["maximum"]
    events = [builder.full_event(0), builder.full_event(1)]
    few = builder.request(**{EVENTS: events, LIMIT: lowest})
    yield _one("highest-limit", f"limit {highest}", builder.request(**{LIMIT: highest}), Priority.ESSENTIAL)
    label = f"limit {lowest} with events"
    yield _one("lowest-limit-with-events", label, few, Priority.ESSENTIAL, freedom=Freedom.VALUES)


def _limit(builder: RequestBuilder, value: int) -> int:
    """Return the limit of must-accept that is closest to the value."""
    bounds = builder.narrowest["properties"][LIMIT]
    return int(min(max(value, bounds["minimum"]), bounds["maximum"]))


def _full_of_edges(builder: RequestBuilder, continued: dict[str, Any]) -> dict[str, Any]:
    """Return a later turn with every field, each at a limit of must-accept."""
    properties = builder.narrowest["properties"]
    session = ("b-_Y8" * 99)[: properties[SESSION]["maxLength"]]
    item = ("c-_X7" * 99)[: properties[EVENTS]["items"]["properties"][ITEM]["maxLength"]]
    event = {**_longest_texts(builder), EVENT_TIME: OTHER_TIMES[3], ITEM: item}
    values = {SESSION: session, EVENTS: [event], LIMIT: _limit(builder, 5)}
    return builder.request(*builder.optional, **continued, **values)


def later_turns(builder: RequestBuilder) -> list[Case]:
    """Return later turns that every server must accept, whatever came before in the conversation."""
    events = [builder.full_event(0), builder.full_event(1)]
    continued = {CONVERSATION: ISSUED}
    messages = builder.messages
    many = events * (builder.most_events // 2)
    last_first = builder.request(*builder.optional, **continued, **{LIMIT: _limit(builder, 9)})
    every_script = builder.request(message=" ".join(text for _, text in TEXTS), **continued)
    turns: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("message-only", "only a message", builder.request(message=messages[1 % len(messages)], **continued)),
        ("limit-1", "limit 1", builder.request(**continued, **{LIMIT: 1})),
        ("many-events", f"{len(many)} events", builder.request(**continued, **{EVENTS: many})),
        ("other-session", "another session_id", builder.request(**continued, **{SESSION: "contract-test-other"})),
        ("limit-2-with-events", "limit 2 with events", builder.request(**continued, **{EVENTS: events, LIMIT: 2})),
        ("every-field", "every field", _full_of_edges(builder, continued)),
        ("limit-3-no-events", "limit 3 and no events", builder.request(**continued, **{EVENTS: [], LIMIT: 3})),
        ("text-of-every-kind", "texts of every kind", every_script),
        ("reverse-key-order", "keys in reverse order", dict(reversed(last_first.items()))),
    )
    return [
        Case(f"later-turn-{name}", f"{label} in a later turn", body, freedom=Freedom.VALUES)
        for name, label, body in turns
    ]
