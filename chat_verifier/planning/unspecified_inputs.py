"""Inputs for which the contract leaves the response open: each open question, and inputs that must not crash a server.

Inputs share requests, since most servers accept most of them. Inputs that a 422 names are dropped and the rest is sent
again, until the rest is accepted. Where the 422 names none of them, each input is sent alone.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat_contract.errors import shorten
from chat_contract.open_questions import Question
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
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, Group, Pack, PackKind, Part, Priority, kebab, single
from chat_verifier.planning.packs import combine
from chat_verifier.planning.request_builder import RequestBuilder

_UNUSUAL_MESSAGES = (
    ("digits", "digits", "12345"),
    ("a-json-keyword", "a JSON keyword", "null"),
    ("json", "JSON", '{"message": null}'),
    ("scripts-without-upper-case", "scripts without upper case", "机 책상 مكتب"),
)
"""Messages that every server must accept. Each is sent with a limit that most servers accept."""

_UNKNOWN_IDS = (
    ("in-upper-case", "in upper case", "C8A7D9F6-E4B1-42D3-8C2E-5A8D4F31B97A"),
    ("of-100-kb", "of 100 KB", "contract-test-" + "x" * 100_000),
    ("with-spaces-around-it", "with spaces around it", "  contract-test 42 "),
    ("in-another-script", "in another script", "Ünïcode-会話-42"),
)
"""Conversation ids that no server issued, in forms that a server may fold, truncate or trim by mistake."""

_LIMITS_BEYOND_QUESTIONS = (2**31, 2**63, 10**30)

_ALONE = ("limit-zero", "limit-negative", "events-null", "timestamp-leap-second", "property-case")
"""Questions with a request of their own, since the response to a pack would tell less about them."""

_REPEATED_FIRST = ("session-id-null", "limit-string", "unknown-property", "timestamp-naive")
"""Questions on which several servers behind one address disagree most often."""

_REPETITIONS = 3

_NOT_DATES: tuple[tuple[str, Any], ...] = (
    ("february-30", "2024-02-30T00:00:00Z"),
    ("hour-25", "2024-06-14T25:61:00Z"),
    ("empty", ""),
    ("words", "yesterday at noon '%s' {0}"),
    ("year-0", "0000-01-01T00:00:00Z"),
    ("integer-of-21-digits", 10**20),
    ("control-characters", "é\u0000\n"),
    ("basic-format", "20240614T100000Z"),
)
_DOCUMENTED_DATES: tuple[tuple[str, Any], ...] = (
    ("lower-case-t-and-z", "2024-06-14t10:00:00z"),
    ("nanoseconds", "2024-06-14T10:00:00.123456789Z"),
)
_UNUSUAL_DATES: tuple[tuple[str, Any], ...] = (
    ("year-10000-in-utc", "9999-12-31T23:59:59-01:00"),
    ("year-999-in-utc", "1000-01-01T00:00:00+14:00"),
    ("unix-time-2038", 2**31),
    ("minus-1", -1),
    ("one-half", 0.5),
)
_MIXED_DATES: tuple[tuple[str, Any], ...] = (
    ("utc", "2024-06-14T10:00:00Z"),
    ("no-offset", "2024-06-14T09:00:00"),
    ("offset", "2024-06-14T11:00:00+02:00"),
)

_SIGNS = 'it\'s "5" {0} 100% %s \\ a/b?c#d `ls` <b>& 🎁 👩‍👧 é ñ 会 \u202e מתנה هدية'
_CONTROLS = " a\u0000b\u0007\u001b[0m\r\nX-Header: b\t\u007f\u0085 "


@dataclass(frozen=True)
class Input:
    """Fields of a request whose values are unspecified or unusual."""

    id: str
    label: str
    changes: Mapping[str, Any]


def sequences(builder: RequestBuilder, rng: random.Random) -> list[CaseSequence]:
    """Return the inputs; ``rng`` chooses which questions are repeated."""
    return [
        *_questions(builder),
        *_limits(builder),
        *_texts(builder),
        *_sizes(builder),
        *_timestamps(builder),
        *_repeated(builder, rng),
    ]


def fewest_packs(builder: RequestBuilder) -> list[CaseSequence]:
    """Return the inputs in as few requests as possible: those for different fields share a request."""
    event = builder.full_event(0)
    spaces = {**event, EVENT_TYPE: "   ", EVENT_TEXT: "   "}
    ids = (SESSION, USER, CONVERSATION)
    unknown = {EVENTS: [{**event, "x_unknown": 1}]}
    controls = {EVENTS: [{**event, EVENT_TYPE: _CONTROLS, EVENT_TEXT: _CONTROLS, ITEM: _SIGNS}]}
    packs: list[tuple[str, str, list[Input]]] = [
        ("nulls", "null", _nulls(builder)),
        (
            "signs-and-control-characters",
            "punctuation in ids, control characters in texts",
            [
                *(_field(name, f"{_SIGNS}{number}") for number, name in enumerate(ids)),
                _field(MESSAGE, _CONTROLS),
                Input("event", "an event", controls),
            ],
        ),
        (
            "empty-texts-and-negative-limit",
            "empty texts, a negative limit",
            [
                _field(MESSAGE, ""),
                *(_field(name, "") for name in ids),
                Input("event", "an event", {EVENTS: [_empty_texts(event)]}),
                Input("limit-negative", "limit-negative", {LIMIT: -1}),
            ],
        ),
        (
            "digits-as-ids",
            "digits as ids, scripts without upper case, spaces",
            [
                *(_field(name, "42") for name in ids),
                _field(MESSAGE, _UNUSUAL_MESSAGES[-1][2]),
                Input("event", "an event", {EVENTS: [spaces]}),
                _limit(_LIMITS_BEYOND_QUESTIONS[1]),
            ],
        ),
        (
            "blank-message-and-unknown-properties",
            "a blank message, unknown properties, control characters in ids",
            [
                _field(MESSAGE, "   "),
                *(_field(name, f"{_CONTROLS}{number}") for number, name in enumerate(ids)),
                Input("unknown-property-50-deep", "an unknown property, 50 levels deep", {"x_unknown": _nested(50)}),
                Input("unknown-property-of-event", "an unknown property of an event", unknown),
                _limit(_LIMITS_BEYOND_QUESTIONS[2]),
            ],
        ),
        (
            "long-message-and-many-events",
            "a long message, many events",
            [
                _field(MESSAGE, "Desk " * 6_000),
                Input("1000-events", "1,000 events", {EVENTS: [builder.event()] * 1000}),
            ],
        ),
        ("timestamps", "timestamps", _dated(builder, (*_NOT_DATES, *_UNUSUAL_DATES, *_MIXED_DATES))),
    ]
    return [_pack(builder, f"few-{name}", label, inputs, priority=Priority.HIGH) for name, label, inputs in packs]


def _field(name: str, value: Any) -> Input:
    return Input(kebab(name), name, {name: value})


def _limit(value: int) -> Input:
    digits = len(str(abs(value)))
    name = kebab("limit", "minus" if value < 0 else "", abs(value) if digits < 20 else f"of-{digits}-digits")
    return Input(name, f"limit {value}", {LIMIT: value})


def _empty_texts(event: Mapping[str, Any]) -> dict[str, Any]:
    return {key: "" if key in {EVENT_TYPE, EVENT_TEXT, ITEM} else value for key, value in event.items()}


def _dated(builder: RequestBuilder, dates: Sequence[tuple[str, Any]]) -> list[Input]:
    event = builder.full_event(0)
    return [
        Input(f"timestamp-{name}", f"timestamp {shorten(value)}", {EVENTS: [{**event, EVENT_TIME: value}]})
        for name, value in dates
    ]


def request_of(builder: RequestBuilder, question: Question) -> dict[str, Any] | None:
    """Return the body that asks an open question; None if a body cannot ask it."""
    changes = _changes(question)
    if changes is None:
        return None
    return {name: value for name, value in builder.request(**changes).items() if name not in question.without}


def _changes(question: Question) -> dict[str, Any] | None:
    if question.ask is None:
        return None
    values = copy.deepcopy(dict(question.ask))
    if question.times > 1:
        name = str((question.place or (MESSAGE,))[0])
        values[name] = values[name] * question.times
    return values


def _pack(
    builder: RequestBuilder, name: str, label: str, inputs: Sequence[Input], *, priority: Priority
) -> CaseSequence:
    """Put inputs into one request; the events of several inputs are joined."""
    whole, pointers = combine([one.changes for one in inputs])
    parts = tuple(
        Part(
            single(
                Case(kebab(name, one.id), f"{label}: {one.label}", builder.request(**one.changes)),
                Group.ROBUSTNESS,
                priority=priority,
            ),
            where,
            one.label,
            one.changes,
        )
        for one, where in zip(inputs, pointers, strict=True)
    )
    if len(parts) == 1:
        return parts[0].sequence
    pack = Pack(PackKind.UNSPECIFIED, parts, label=label, template=builder.request())
    case = Case(name, f"{label}: {', '.join(one.label for one in inputs)}", builder.request(**whole), pack=pack)
    return single(case, Group.ROBUSTNESS, priority=priority)


def _questions(builder: RequestBuilder) -> Iterator[CaseSequence]:
    """Pack the questions: all about null together, the others so that no two of a pack are about the same field."""
    packs: list[list[Input]] = []
    for question in builder.contract.questions.values():
        changes = _changes(question)
        if changes is None or question.unissued or question.id in {*_ALONE, "limit-large", "limit-boolean"}:
            continue
        if question.id.endswith("-null"):
            continue
        for pack in packs:
            taken = {name for other in pack for name in other.changes}
            if not (taken - {EVENTS}) & set(changes) and (
                EVENTS not in taken or EVENTS not in changes or len(pack) < 4
            ):
                pack.append(Input(question.id, question.id, changes))
                break
        else:
            packs.append([Input(question.id, question.id, changes)])
    label = "open questions"
    yield _pack(builder, "open-questions-nulls", label, _nulls(builder), priority=Priority.ESSENTIAL)
    for number, pack in enumerate(packs):
        priority = Priority(min(Priority.MEDIUM + number // 2, Priority.EXPLORATION))
        yield _pack(builder, f"open-questions-{number + 1}", label, pack, priority=priority)
    for name in _ALONE:
        if name in builder.contract.questions:
            body = request_of(builder, builder.contract.questions[name])
            yield single(
                Case(f"open-question-{name}", f"open question: {name}", body),
                Group.ROBUSTNESS,
                priority=Priority.MEDIUM,
            )
    other = builder.request(**{CONVERSATION: ISSUED, USER: "contract-test-else"})
    yield CaseSequence(
        "open-question-other-user",
        Group.ROBUSTNESS,
        (
            Case("opening", "first turn of a conversation", builder.request(USER)),
            Case("other-user", "another user continues the conversation", other),
        ),
        priority=Priority.UNLIKELY,
    )


def _nulls(builder: RequestBuilder) -> list[Input]:
    return [
        Input(question.id, question.id, changes)
        for question in builder.contract.questions.values()
        if (changes := _changes(question)) is not None and question.id.endswith("-null") and question.id not in _ALONE
    ]


def _limits(builder: RequestBuilder) -> Iterator[CaseSequence]:
    large = builder.contract.questions["limit-large"].ask if "limit-large" in builder.contract.questions else None
    values = [*(large or {LIMIT: 50}).values(), *_LIMITS_BEYOND_QUESTIONS]
    rows = zip(values, _UNUSUAL_MESSAGES, _UNKNOWN_IDS, strict=True)
    for number, (value, (name, what, message), (form, in_form, unknown)) in enumerate(rows, 1):
        inputs = [
            _limit(value),
            Input(f"message-{name}", f"{what} as the message", {MESSAGE: message}),
            Input(f"unknown-conversation-{form}", f"an unknown conversation_id {in_form}", {CONVERSATION: unknown}),
        ]
        yield _pack(builder, f"large-limits-{number}", "large limits", inputs, priority=Priority.LOW)


def _texts(builder: RequestBuilder) -> Iterator[CaseSequence]:
    event = builder.full_event(0)

    def in_ids(text: str) -> list[Input]:
        """Put the text into every id, each with another end."""
        return [
            *(_field(name, f"{text}{number}") for number, name in enumerate((SESSION, USER, CONVERSATION), 1)),
            Input("event-item", f"{ITEM} of an event", {EVENTS: [{**event, ITEM: f"{text}4"}]}),
        ]

    def in_texts(text: str) -> list[Input]:
        return [
            _field(MESSAGE, text),
            Input("event-type", "type of an event", {EVENTS: [{**event, EVENT_TYPE: text}]}),
            Input("event-text", "description of an event", {EVENTS: [{**event, EVENT_TEXT: text}]}),
        ]

    yield _pack(
        builder,
        "signs-in-ids-and-blank-texts",
        "punctuation, emoji and other scripts in ids, blank texts",
        [*in_ids(_SIGNS), *in_texts("   ")],
        priority=Priority.ESSENTIAL,
    )
    controls = [*in_ids(_CONTROLS), *in_texts(_CONTROLS)]
    yield _pack(builder, "control-characters", "control characters", controls, priority=Priority.ESSENTIAL)
    empty = [
        *(_field(name, "") for name in (MESSAGE, CONVERSATION, SESSION, USER)),
        Input("event", "an event", {EVENTS: [_empty_texts(event)]}),
    ]
    yield _pack(builder, "empty-texts", "empty texts", empty, priority=Priority.LOW)
    same = dict.fromkeys((CONVERSATION, SESSION, USER), "42")
    beyond = builder.valid(LIMIT) + 1
    inputs = [
        Input("equal-ids-of-digits", "the same numeric id in every id field", same),
        Input("limit-one-too-large", f"limit {beyond}", {LIMIT: beyond}),
    ]
    yield _pack(builder, "equal-ids-and-limit", "open questions", inputs, priority=Priority.MEDIUM)


def _sizes(builder: RequestBuilder) -> Iterator[CaseSequence]:
    """Yield large values. No body is much larger than 100 KB, since servers may reject those for their size."""
    event = builder.full_event(0)

    def sized(name: str, label: str, body: dict[str, Any], priority: Priority) -> CaseSequence:
        return single(Case(name, label, body), Group.ROBUSTNESS, priority=priority)

    message = builder.request(message="Desk " * 20_000)
    yield sized("message-of-100-kb", "a message of 100 KB", message, Priority.ESSENTIAL)
    ids = [_field(name, name[0] * 50_000) for name in (SESSION, USER)]
    yield _pack(builder, "ids-of-50-kb", "50 KB", ids, priority=Priority.MEDIUM)
    lengths = {EVENT_TYPE: 3_000, EVENT_TEXT: 100_000, ITEM: 9_000}
    inputs = [
        Input(kebab(name), name, {EVENTS: [{**event, name: name[0] * length}]}) for name, length in lengths.items()
    ]
    yield _pack(builder, "long-texts-in-events", "long texts in an event", inputs, priority=Priority.MEDIUM)
    events = builder.request(**{EVENTS: [builder.event()] * 1000})
    yield sized("1000-events", "1,000 events", events, Priority.ESSENTIAL)
    deep = {**builder.request(), "x_unknown": _nested(400)}
    yield sized("unknown-property-400-deep", "an unknown property, 400 levels deep", deep, Priority.MEDIUM)
    boolean = builder.contract.questions.get("limit-boolean")
    unknown = [
        Input("proto", "an unknown property named __proto__", {"__proto__": {"x": 1}}),
        Input("50-deep", "an unknown property, 50 levels deep", {"x_unknown": _nested(50)}),
        Input(
            "of-event-50-deep",
            "an unknown property of an event, 50 levels deep",
            {EVENTS: [{**event, "x_unknown": _nested(50)}]},
        ),
        *([Input(boolean.id, boolean.id, _changes(boolean) or {})] if boolean is not None else []),
    ]
    yield _pack(builder, "unknown-properties", "open questions", unknown, priority=Priority.MEDIUM)


def _nested(depth: int) -> Any:
    """Return nested lists and objects, alternately."""
    nested: Any = 1
    for level in range(depth):
        nested = [nested] if level % 2 else {"x": nested}
    return nested


def _timestamps(builder: RequestBuilder) -> Iterator[CaseSequence]:
    event = builder.full_event(0)
    mixed = builder.request(**{EVENTS: [{**event, EVENT_TIME: time} for _, time in _MIXED_DATES]})
    yield single(
        Case("timestamps-with-and-without-offset", "timestamps with and without an offset", mixed),
        Group.ROBUSTNESS,
        priority=Priority.ESSENTIAL,
    )
    documented = _dated(builder, _DOCUMENTED_DATES)
    label = "timestamps that are documented but rare"
    yield _pack(builder, "documented-timestamps", label, documented, priority=Priority.LOW)
    # Not together with documented values: the response must show whether a server rejects those.
    unusual = [*_dated(builder, (*_NOT_DATES, *_UNUSUAL_DATES)), _limit(-(2**31) - 1)]
    label = "timestamps that are unusual or not dates"
    yield _pack(builder, "unusual-timestamps", label, unusual, priority=Priority.ESSENTIAL)


def _repeated(builder: RequestBuilder, rng: random.Random) -> Iterator[CaseSequence]:
    """Ask several questions with one request and send it several times, each time in a new conversation."""
    candidates = [
        question
        for question in builder.contract.questions.values()
        if question.ask is not None and not question.unissued and question.times == 1 and not question.without
    ]
    merged: dict[str, Any] = {}
    for question in sorted(candidates, key=lambda question: (question.id not in _REPEATED_FIRST, rng.random())):
        changes = _changes(question) or {}
        if not set(changes) & set(merged) and MESSAGE not in changes:
            merged.update(changes)
    body = builder.request(**merged)
    for number in range(1, _REPETITIONS + 1):
        label = f"the same open questions, time {number} of {_REPETITIONS}"
        case = Case(f"repeated-questions-{number}", label, body)
        yield single(case, Group.ROBUSTNESS, priority=Priority.MEDIUM)
