"""Requests that everyone must accept: each field alone, all together, and every form of a value.

What one 200 clears at once is packed.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from contract_tests.engine.planning.samples import Samples
from contract_tests.engine.script import ISSUED, JSON_HEADERS, Script, Step, single

GROUP = "request"

TEXTS: tuple[tuple[str, str], ...] = (
    ("quotes", "Is there a 7\" shelf, a 'real' one, for my wife's books?"),
    ("signs", "100% oak {0} [steel] \\ brass / <b>glass</b> & $5 #1 @home; -- ${y} {{z}} %s %d"),
    ("accents", "Où est la façade déjà vue? Ein größerer Schreibtisch, señor, łódź, cafe\u0301 x\u0308"),
    ("scripts", "机を探しています مكتب للأدوات стол γραφείο שולחן डेस्क โต๊ะ 책상"),
    ("emoji", "👩‍👩‍👧‍👦🛠️🎁 für 🇯🇵"),
    ("mirrored", "\u202eabc\u202c אבג 123"),
)
"""One text a kind of character; all of them stand in must-accept."""

EVENT_TYPES = (
    "browse",
    "click",
    "purchase",
    "add_to_cart",
    "search",
    "View",
    "wish list",
    "x",
    "Überblick",
    "購入",
    "__class__",
    "constructor",
)

TIMES = (
    "2024-06-14T10:00:00Z",
    "2024-06-14T10:00:00+00:00",
    "2024-06-14T10:00:00-00:00",
    "2024-06-14T10:00:00+02:00",
    "2024-06-14T10:00:00-05:30",
    "2024-06-14T10:00:00+14:00",
    "2024-06-14T10:00:00-14:00",
    "2024-06-14T10:00:00.1Z",
    "2024-06-14T10:00:00.123Z",
    "2024-06-14T10:00:00.123456Z",
    "2024-06-14T10:00:00.500+05:45",
    "2024-02-29T23:59:59Z",
    "2024-12-31T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "1000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "1969-12-31T23:59:59Z",
    "2038-01-19T03:14:08Z",
)


def first_turns(samples: Samples) -> list[Script]:
    """Return the requests that begin a conversation."""
    return list(_first_turns(samples))


def _first_turns(samples: Samples) -> Iterator[Script]:
    say = samples.messages
    for number, message in enumerate(say[1:2]):
        yield single(Step(f"message alone ({number + 1})", samples.request(message=message)), GROUP, rank=0)
    for name in samples.optional:
        if name == LIMIT:
            # The limits below are this already.
            continue
        yield single(Step(f"message and {name}", samples.request(name)), GROUP, rank=1)
    yield single(Step("every field", samples.request(*samples.optional), layout="pretty"), GROUP, rank=0)
    yield single(Step("no events", samples.request(**{EVENTS: []}), layout="compact"), GROUP, rank=0)
    yield single(
        Step("an event with only its required fields", samples.request(**{EVENTS: [samples.event()]})), GROUP, rank=0
    )
    for name in samples.event_fields:
        if name not in samples.event_required:
            events = [samples.event(name)]
            yield single(Step(f"an event with only {name} besides", samples.request(**{EVENTS: events})), GROUP, rank=2)
    yield from _key_order(samples)
    yield _packed(samples, "types of events", [{EVENT_TYPE: value} for value in _event_types(samples)])
    yield _packed(samples, "forms of timestamps", [{EVENT_TIME: value} for value in TIMES])
    yield from _texts(samples)
    yield from _ids(samples)
    yield from _many_events(samples)
    yield single(
        Step(
            "charset=utf-8",
            samples.request(),
            headers=(("Content-Type", "application/json; charset=utf-8"),),
        ),
        GROUP,
        rank=2,
    )
    yield single(Step("a body in chunks", samples.request(USER), chunked=True), GROUP, rank=2)
    yield from _limits(samples)


def _event_types(samples: Samples) -> list[str]:
    longest = samples.narrowest["properties"][EVENTS]["items"]["properties"][EVENT_TYPE].get("maxLength", 100)
    return [*EVENT_TYPES, "y" * longest]


def _key_order(samples: Samples) -> Iterator[Script]:
    full = samples.request(*samples.optional)
    full[EVENTS] = [dict(reversed(event.items())) for event in full[EVENTS]]
    yield single(Step("every field, keys from the last to the first", dict(reversed(full.items()))), GROUP, rank=0)


def _packed(samples: Samples, what: str, changes: list[dict[str, Any]]) -> Script:
    """Put each variation into an event of its own; taken apart, each into a request of its own."""
    events = [{**samples.full_event(0), **change} for change in changes]
    parts = tuple(
        single(
            Step(f"{what}: {next(iter(change.values()))}", samples.request(**{EVENTS: [event]})),
            GROUP,
        )
        for change, event in zip(changes, events, strict=True)
    )
    return single(
        Step(f"{what}, {len(events)} at once", samples.request(**{EVENTS: events})), GROUP, rank=0, parts=parts
    )


def _texts(samples: Samples) -> Iterator[Script]:
    def saying(name: str, text: str, *, ascii_only: bool = False) -> Script:
        event = {
            key: (text if key in {EVENT_TYPE, EVENT_TEXT} else value) for key, value in samples.full_event(0).items()
        }
        body = samples.request(message=text, **{EVENTS: [event]})
        return single(Step(f"text: {name}", body, ascii=ascii_only), GROUP, rank=2)

    longest = samples.narrowest["properties"][MESSAGE]["maxLength"]
    everything = "\n".join(text for _, text in TEXTS).replace("\n", " ")
    parts = tuple(saying(name, text) for name, text in TEXTS)
    events = [{**samples.full_event(0), EVENT_TYPE: text, EVENT_TEXT: text} for _, text in TEXTS]
    yield single(
        Step("text: every kind at once", samples.request(message=everything, **{EVENTS: events})),
        GROUP,
        rank=0,
        parts=parts,
    )
    yield saying(
        "accents, quotes and emoji as escapes", TEXTS[2][1][:20] + TEXTS[0][1][:20] + TEXTS[4][1], ascii_only=True
    )
    yield saying("only emoji", "🎁")
    yield single(
        Step(
            f"text: {longest} equal characters",
            samples.request(message="ä" * longest, **{EVENTS: [_longest_texts(samples)]}),
        ),
        GROUP,
        rank=2,
    )


def _longest_texts(samples: Samples) -> dict[str, Any]:
    """Return an event whose texts are as long as everyone takes."""
    bounds = samples.narrowest["properties"][EVENTS]["items"]["properties"]
    return {
        name: "z" * bounds[name]["maxLength"] if name in {EVENT_TYPE, EVENT_TEXT} else value
        for name, value in samples.full_event(0).items()
    }


def _ids(samples: Samples) -> Iterator[Script]:
    """Ids at the edges of what everyone takes, and equal ones in several fields."""
    longest = samples.narrowest["properties"][USER]["maxLength"]
    names = [name for name in samples.optional if name in {SESSION, USER}]

    def using(label: str, value: str, rank: int) -> Script:
        values: dict[str, Any] = dict.fromkeys(names, value)
        values[EVENTS] = [{**samples.full_event(0), ITEM: value}]
        return single(Step(f"ids: {label}", samples.request(**values)), GROUP, rank=rank)

    yield using("as long as everyone takes", ("-_Az09" * longest)[:longest], 2)
    yield using("of digits only, equal in all fields", "1234567890", 2)


def _many_events(samples: Samples) -> Iterator[Script]:
    most = samples.narrowest["properties"][EVENTS]["maxItems"]
    event = samples.full_event(0)
    later = {**event, EVENT_TIME: "2024-06-14T12:00:00+02:00"}
    unordered = [later, event, event, {**event, ITEM: "NO-SUCH-ITEM"}, samples.event()]
    same = [event] * (most - len(unordered))
    yield single(
        Step(f"{most} events, unordered and doubled", samples.request(**{EVENTS: [*unordered, *same]})), GROUP, rank=0
    )


def _limits(samples: Samples) -> Iterator[Script]:
    schema = samples.contract.schemas[MUST_ACCEPT]["properties"][LIMIT]
    lowest, highest = schema["minimum"], schema["maximum"]
    events = [samples.full_event(0), samples.full_event(1)]
    for value in (lowest, highest):
        yield single(Step(f"limit {value}", samples.request(**{LIMIT: value})), GROUP, rank=0)
    yield single(Step(f"limit {lowest} with events", samples.request(**{EVENTS: events, LIMIT: lowest})), GROUP, rank=0)


def later_turns(samples: Samples) -> list[Step]:
    """Return turns that go on with a conversation; everyone accepts them, whatever came before."""
    events = [samples.full_event(0), samples.full_event(1)]
    continued = {CONVERSATION: ISSUED}
    say = samples.messages
    return [
        Step("goes on with a message alone", samples.request(message=say[1 % len(say)], **continued)),
        Step("goes on with limit 1", samples.request(**continued, **{LIMIT: 1})),
        Step(
            "goes on with events",
            samples.request(
                **continued, **{EVENTS: events * (samples.narrowest["properties"][EVENTS]["maxItems"] // 2)}
            ),
        ),
        Step("goes on in another session", samples.request(**continued, **{SESSION: "contract-test-other"})),
        Step("goes on with limit 2 and events", samples.request(**continued, **{EVENTS: events, LIMIT: 2})),
        Step("goes on with every field", samples.request(*samples.optional, **continued)),
        Step("goes on with no events and limit 3", samples.request(**continued, **{EVENTS: [], LIMIT: 3})),
        Step("goes on in other scripts", samples.request(message=TEXTS[3][1] + TEXTS[4][1], **continued)),
        Step(
            "goes on, keys from the last to the first",
            dict(reversed(samples.request(*samples.optional, **continued).items())),
            headers=JSON_HEADERS,
        ),
    ]
