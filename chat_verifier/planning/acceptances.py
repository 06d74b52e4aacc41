"""Requests that everyone must accept: each field alone, all together, and every form of a value.

What one 200 clears at once is packed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

from chat_contract.contract import MUST_ACCEPT
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
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, Layout, single
from chat_verifier.planning.samples import Samples
from chat_verifier.planning.values import EVENT_TYPES, ITEM_IDS, OTHER_TIMES, TEXTS, TIMES

GROUP = "request"


def first_turns(samples: Samples) -> list[CaseSequence]:
    """Return the requests that begin a conversation."""
    return list(_first_turns(samples))


def _first_turns(samples: Samples) -> Iterator[CaseSequence]:
    say = samples.messages
    for number, message in enumerate(say[1:2]):
        yield single(Case(f"message alone ({number + 1})", samples.request(message=message)), GROUP, rank=0)
    for name in samples.optional:
        if name in {LIMIT, EVENTS}:
            # The limits and the events below are this already.
            continue
        layout: Layout = "spaced" if name == USER else "loose"
        yield single(Case(f"message and {name}", samples.request(name), layout=layout, free="values"), GROUP, rank=1)
    yield single(Case("every field", samples.request(*samples.optional), layout="pretty"), GROUP, rank=0)
    yield single(Case("no events", samples.request(**{EVENTS: []}), layout="compact", free="values"), GROUP, rank=0)
    bare = samples.request(**{EVENTS: [samples.event()]})
    yield single(Case("an event with only its required fields", bare, free="values"), GROUP, rank=0)
    yield from _optional_members(samples)
    yield from _key_order(samples)
    yield _packed(samples, "types of events", [{EVENT_TYPE: value} for value in _event_types(samples)])
    yield _packed(samples, "forms of timestamps", [{EVENT_TIME: value} for value in TIMES])
    yield from _texts(samples)
    yield from _edges(samples)
    yield from _many_events(samples)
    yield single(
        Case(
            "charset=utf-8",
            samples.request(),
            headers=(("Content-Type", "application/json; charset=utf-8"),),
        ),
        GROUP,
        rank=2,
    )
    yield single(Case("a body in chunks", samples.request(USER), chunked=True), GROUP, rank=2)
    yield from _limits(samples)


def _optional_members(samples: Samples) -> Iterator[CaseSequence]:
    """Give each optional field of an event one to stand in alone."""
    names = [name for name in samples.event_fields if name not in samples.event_required]
    if not names:
        return
    events = {name: samples.event(name) for name in names}
    parts = tuple(
        single(Case(f"an event with only {name} besides", samples.request(**{EVENTS: [event]})), GROUP)
        for name, event in events.items()
    )
    label = "events with one optional field each"
    yield single(Case(label, samples.request(**{EVENTS: [*events.values()]})), GROUP, rank=1, parts=parts)


def _event_types(samples: Samples) -> list[str]:
    longest = samples.narrowest["properties"][EVENTS]["items"]["properties"][EVENT_TYPE].get("maxLength", 100)
    return [*EVENT_TYPES, "y" * longest]


def _key_order(samples: Samples) -> Iterator[CaseSequence]:
    full = samples.request(*samples.optional, **{LIMIT: _limit(samples, 7)})
    full[EVENTS] = [dict(reversed(event.items())) for event in full[EVENTS]]
    turned = dict(reversed(full.items()))
    yield single(Case("every field, keys from the last to the first", turned, free="values"), GROUP, rank=0)


def _packed(samples: Samples, what: str, changes: list[dict[str, Any]]) -> CaseSequence:
    """Put each variation into an event of its own; taken apart, each into a request of its own."""
    events = [{**samples.full_event(0), **change} for change in changes]
    parts = tuple(
        single(
            Case(f"{what}: {next(iter(change.values()))}", samples.request(**{EVENTS: [event]})),
            GROUP,
        )
        for change, event in zip(changes, events, strict=True)
    )
    return single(
        Case(f"{what}, {len(events)} at once", samples.request(**{EVENTS: events})), GROUP, rank=0, parts=parts
    )


def _texts(samples: Samples) -> Iterator[CaseSequence]:
    def saying(name: str, text: str, *, ascii_only: bool = False) -> CaseSequence:
        event = {
            key: (text if key in {EVENT_TYPE, EVENT_TEXT} else value) for key, value in samples.full_event(0).items()
        }
        body = samples.request(message=text, **{EVENTS: [event]})
        return single(Case(f"text: {name}", body, ascii=ascii_only), GROUP, rank=2)

    everything = f" {' '.join(text for _, text in TEXTS)}"
    parts = tuple(saying(name, text) for name, text in TEXTS)
    events = [{**samples.full_event(0), EVENT_TYPE: text, EVENT_TEXT: text} for _, text in TEXTS]
    yield single(
        Case("text: every kind at once", samples.request(message=everything, **{EVENTS: events})),
        GROUP,
        rank=0,
        parts=parts,
    )
    yield saying(
        "accents, quotes, slashes and emoji as escapes",
        TEXTS[2][1][:20] + TEXTS[0][1][:20] + " a/b " + TEXTS[4][1],
        ascii_only=True,
    )


def _longest_texts(samples: Samples) -> dict[str, Any]:
    """Return an event whose texts are as long as everyone takes."""
    bounds = samples.narrowest["properties"][EVENTS]["items"]["properties"]
    return {
        name: "z" * bounds[name]["maxLength"] if name in {EVENT_TYPE, EVENT_TEXT} else value
        for name, value in samples.full_event(0).items()
    }


def _edges(samples: Samples) -> Iterator[CaseSequence]:
    """Texts and ids at the edges of what everyone takes; a character is a code point, however it is stored."""
    longest = {name: samples.narrowest["properties"][name]["maxLength"] for name in (MESSAGE, USER)}
    names = [name for name in samples.optional if name in {SESSION, USER}]

    def using(label: str, message: str, value: str, event: dict[str, Any]) -> CaseSequence:
        values: dict[str, Any] = {**dict.fromkeys(names, value), MESSAGE: message, EVENTS: [{**event, ITEM: value}]}
        return single(Case(label, samples.request(**values)), GROUP, rank=2)

    yield using(
        "texts and ids as long as everyone takes",
        "ä" * longest[MESSAGE],
        ("-_Az09" * longest[USER])[: longest[USER]],
        _longest_texts(samples),
    )
    yield using(
        "only emoji, and ids of digits only, equal in all fields",
        "🎁" * (longest[MESSAGE] * 3 // 5),
        "1234567890",
        samples.full_event(0),
    )


def _many_events(samples: Samples) -> Iterator[CaseSequence]:
    most = samples.narrowest["properties"][EVENTS]["maxItems"]
    event = samples.full_event(0)
    later = {**event, EVENT_TIME: "2024-06-14T12:00:00+02:00"}
    unordered = [later, event, event, {**event, ITEM: "NO-SUCH-ITEM"}, dict(reversed(samples.event().items()))]
    others = [{**event, EVENT_TIME: time, ITEM: item} for time, item in zip(OTHER_TIMES, cycle(ITEM_IDS), strict=False)]
    events = [*unordered, *others[: most - len(unordered)]]
    events += [event] * (most - len(events))
    parts = tuple(
        single(Case(f"an event at {one[EVENT_TIME]} with {one[ITEM]}", samples.request(**{EVENTS: [one]})), GROUP)
        for one in others
    )
    label = f"{most} events, unordered and doubled"
    yield single(Case(label, samples.request(**{EVENTS: events})), GROUP, rank=0, parts=parts)


def _limits(samples: Samples) -> Iterator[CaseSequence]:
    schema = samples.contract.schemas[MUST_ACCEPT]["properties"][LIMIT]
    lowest, highest = schema["minimum"], schema["maximum"]
    events = [samples.full_event(0), samples.full_event(1)]
    few = samples.request(**{EVENTS: events, LIMIT: lowest})
    yield single(Case(f"limit {highest}", samples.request(**{LIMIT: highest})), GROUP, rank=0)
    yield single(Case(f"limit {lowest} with events", few, free="values"), GROUP, rank=0)


def _limit(samples: Samples, value: int) -> int:
    """Return a limit that everyone takes, this one if it may be."""
    bounds = samples.narrowest["properties"][LIMIT]
    return int(min(max(value, bounds["minimum"]), bounds["maximum"]))


def _full_of_edges(samples: Samples, continued: dict[str, Any]) -> dict[str, Any]:
    """Return a later turn with every field, each at the edge of what everyone takes."""
    properties = samples.narrowest["properties"]
    session = ("b-_Y8" * 99)[: properties[SESSION]["maxLength"]]
    item = ("c-_X7" * 99)[: properties[EVENTS]["items"]["properties"][ITEM]["maxLength"]]
    event = {**_longest_texts(samples), EVENT_TIME: OTHER_TIMES[3], ITEM: item}
    values = {SESSION: session, EVENTS: [event], LIMIT: _limit(samples, 5)}
    return samples.request(*samples.optional, **continued, **values)


def later_turns(samples: Samples) -> list[Case]:
    """Return turns that go on with a conversation; everyone accepts them, whatever came before."""
    events = [samples.full_event(0), samples.full_event(1)]
    continued = {CONVERSATION: ISSUED}
    say = samples.messages
    most = samples.narrowest["properties"][EVENTS]["maxItems"]
    last_first = samples.request(*samples.optional, **continued, **{LIMIT: _limit(samples, 9)})
    turns: tuple[tuple[str, dict[str, Any]], ...] = (
        ("goes on with a message alone", samples.request(message=say[1 % len(say)], **continued)),
        ("goes on with limit 1", samples.request(**continued, **{LIMIT: 1})),
        ("goes on with events", samples.request(**continued, **{EVENTS: events * (most // 2)})),
        ("goes on in another session", samples.request(**continued, **{SESSION: "contract-test-other"})),
        ("goes on with limit 2 and events", samples.request(**continued, **{EVENTS: events, LIMIT: 2})),
        ("goes on with every field", _full_of_edges(samples, continued)),
        ("goes on with no events and limit 3", samples.request(**continued, **{EVENTS: [], LIMIT: 3})),
        ("goes on in other scripts", samples.request(message=" ".join(text for _, text in TEXTS), **continued)),
        ("goes on, keys from the last to the first", dict(reversed(last_first.items()))),
    )
    return [Case(label, body, free="values") for label, body in turns]
