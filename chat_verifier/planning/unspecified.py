"""What the documents leave open: each question asked, and inputs that no server may fall over.

Variations are packed, since most servers take them all. What a 422 blames is left out of the pack, which is sent again,
until what is left is taken; where that does not help, each variation is sent alone.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

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
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, Locs, blames, single
from chat_verifier.planning.samples import Samples

GROUP = "robustness"

_CAREFULLY_TAKEN = (
    ("digits for a message", "12345"),
    ("a word that JSON knows for a message", "null"),
    ("JSON for a message", '{"message": null}'),
    ("scripts without case for a message", "机 책상 مكتب"),
)
"""Messages that everyone accepts; each rides along with a limit that most accept."""

_FOREIGN_IDS = (
    ("in capitals", "C8A7D9F6-E4B1-42D3-8C2E-5A8D4F31B97A"),
    ("of 100 KB", "contract-test-" + "x" * 100_000),
    ("with blanks around it", "  contract-test 42 "),
    ("in another script", "Ünïcode-会話-42"),
)
"""Ids that no server issued, in forms that a careless one folds, cuts or trims; each rides along as well."""

_NOT_IN_QUESTIONS = (2**31, 2**63, 10**30)

_ALONE = ("limit-zero", "limit-negative", "events-null", "timestamp-leap-second")
"""Questions that are asked alone: beside others the answer would tell less."""

_ASKED_AGAIN = ("session-id-null", "limit-string", "unknown-property", "timestamp-naive")
"""Questions on which servers behind one address disagree most often."""

_SENDINGS = 3

_NO_DATES: tuple[Any, ...] = (
    "2024-02-30T00:00:00Z",
    "2024-06-14T25:61:00Z",
    "",
    "yesterday at noon '%s' {0}",
    "0000-01-01T00:00:00Z",
    10**20,
    "é\u0000\n",
    "20240614T100000Z",
)
_DOCUMENTED_DATES: tuple[Any, ...] = ("2024-06-14t10:00:00z", "2024-06-14T10:00:00.123456789Z")
_ODD_DATES: tuple[Any, ...] = ("9999-12-31T23:59:59-01:00", "1000-01-01T00:00:00+14:00", 2**31, -1, 0.5)

_MIXED_TIMES = ("2024-06-14T10:00:00Z", "2024-06-14T09:00:00", "2024-06-14T11:00:00+02:00")

_SIGNS = 'it\'s "5" {0} 100% %s \\ a/b?c#d `ls` <b>& 🎁 👩‍👧 é ñ 会 \u202e מתנה هدية'
_CONTROLS = " a\u0000b\u0007\u001b[0m\r\nX-Header: b\t\u007f\u0085 "


def sequences(samples: Samples, rng: random.Random) -> list[CaseSequence]:
    """Return the inputs of the latitude; the seed chooses which questions are asked again."""
    questions = list(_questions(samples))
    return [
        *questions,
        *_limits(samples),
        *_texts(samples),
        *_sizes(samples),
        *_times(samples),
        *_again(samples, rng),
    ]


def packed(samples: Samples) -> list[CaseSequence]:
    """Return the inputs of the latitude in as few requests as can be: those that touch different fields together."""
    event = samples.full_event(0)
    blanks = {**event, EVENT_TYPE: "   ", EVENT_TEXT: "   "}
    empty = {key: "" if key in {EVENT_TYPE, EVENT_TEXT, ITEM} else value for key, value in event.items()}
    ids = (SESSION, USER, CONVERSATION)
    times = (*_NO_DATES, *_ODD_DATES, *_MIXED_TIMES)
    packs: list[tuple[str, dict[str, Mapping[str, Any]]]] = [
        ("null", dict(_nulls(samples))),
        (
            "signs in ids, control characters in texts",
            {
                **{name: {name: f"{_SIGNS}{number}"} for number, name in enumerate(ids)},
                MESSAGE: {MESSAGE: _CONTROLS},
                "an event": {EVENTS: [{**event, EVENT_TYPE: _CONTROLS, EVENT_TEXT: _CONTROLS, ITEM: _SIGNS}]},
            },
        ),
        (
            "empty texts, a negative limit",
            {
                MESSAGE: {MESSAGE: ""},
                **{name: {name: ""} for name in ids},
                "an event": {EVENTS: [empty]},
                "limit-negative": {LIMIT: -1},
            },
        ),
        (
            "digits for ids, scripts without case, blanks",
            {
                **{name: {name: "42"} for name in ids},
                MESSAGE: {MESSAGE: _CAREFULLY_TAKEN[-1][1]},
                "an event": {EVENTS: [blanks]},
                f"limit {_NOT_IN_QUESTIONS[1]}": {LIMIT: _NOT_IN_QUESTIONS[1]},
            },
        ),
        (
            "a blank message, unknown properties, control characters in ids",
            {
                MESSAGE: {MESSAGE: "   "},
                **{name: {name: f"{_CONTROLS}{number}"} for number, name in enumerate(ids)},
                "an unknown property 50 deep": {"x_unknown": _nested(50)},
                "an unknown property of an event": {EVENTS: [{**event, "x_unknown": 1}]},
                f"limit {_NOT_IN_QUESTIONS[2]}": {LIMIT: _NOT_IN_QUESTIONS[2]},
            },
        ),
        (
            "long texts, many events",
            {
                MESSAGE: {MESSAGE: "Desk " * 6_000},
                "1,000 events": {EVENTS: [samples.event()] * 1000},
            },
        ),
        ("timestamps", {repr(time): {EVENTS: [{**event, EVENT_TIME: time}]} for time in times}),
    ]
    return [_pack(samples, label, parts, rank=1) for label, parts in packs]


def asked(samples: Samples, question: Question) -> dict[str, Any] | None:
    """Return the request that asks a question; None where it is not asked by a body."""
    changes = _changes(question)
    return None if changes is None else samples.request(**changes)


def _changes(question: Question) -> dict[str, Any] | None:
    if question.ask is None:
        return None
    values = copy.deepcopy(dict(question.ask))
    if question.times > 1:
        name = str((question.place or (MESSAGE,))[0])
        values[name] = values[name] * question.times
    return values


def _pack(samples: Samples, label: str, parts: Mapping[str, Mapping[str, Any]], *, rank: int) -> CaseSequence:
    """Put changes of different fields into one request; events add up."""
    whole: dict[str, Any] = {}
    places: dict[str, list[tuple[str | int, ...]]] = {}
    for part, changes in parts.items():
        for name, value in changes.items():
            before = whole.get(name)
            if name == EVENTS and isinstance(before, list):
                places.setdefault(part, []).extend((EVENTS, len(before) + index) for index in range(len(value)))
                whole[name] = [*before, *value]
            else:
                places.setdefault(part, []).append((EVENTS, 0) if name == EVENTS and len(value or ()) == 1 else (name,))
                whole[name] = value
    alone = tuple(
        single(Case(f"{label}: {part}", samples.request(**changes)), GROUP, rank=rank)
        for part, changes in parts.items()
    )
    if len(alone) == 1:
        return alone[0]

    def without(blamed: Locs) -> tuple[CaseSequence, ...]:
        left = {
            part: changes
            for part, changes in parts.items()
            if not any(blames(loc, place) for loc in blamed for place in places[part])
        }
        if len(left) == len(parts):
            return alone
        return (_pack(samples, label, left, rank=rank),) if left else ()

    case = Case(f"{label}: {', '.join(parts)}", samples.request(**whole))
    return replace(single(case, GROUP, rank=rank, parts=alone), without=without)


def _questions(samples: Samples) -> Iterator[CaseSequence]:
    """Pack the questions: all about null together, the others so that no two of a pack are about the same field."""
    packs: list[dict[str, Mapping[str, Any]]] = []
    for question in samples.contract.questions.values():
        changes = _changes(question)
        if changes is None or question.unissued or question.id in {*_ALONE, "limit-large", "limit-boolean"}:
            continue
        if question.id.endswith("-null"):
            continue
        for pack in packs:
            taken = {name for other in pack.values() for name in other}
            if not (taken - {EVENTS}) & set(changes) and (
                EVENTS not in taken or EVENTS not in changes or len(pack) < 4
            ):
                pack[question.id] = changes
                break
        else:
            packs.append({question.id: changes})
    yield _pack(samples, "latitude", dict(_nulls(samples)), rank=0)
    for number, pack in enumerate(packs):
        yield _pack(samples, "latitude", pack, rank=2 + number // 2)
    for name in _ALONE:
        if name in samples.contract.questions:
            body = asked(samples, samples.contract.questions[name])
            yield single(Case(f"latitude: {name}", body), GROUP, rank=2)
    yield CaseSequence(
        "latitude: other-user",
        GROUP,
        (
            Case("opens a conversation", samples.request(USER)),
            Case("another user goes on with it", samples.request(**{CONVERSATION: ISSUED, USER: "contract-test-else"})),
        ),
        rank=6,
    )


def _nulls(samples: Samples) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for question in samples.contract.questions.values():
        changes = _changes(question)
        if changes is not None and question.id.endswith("-null") and question.id not in _ALONE:
            yield question.id, changes


def _limits(samples: Samples) -> Iterator[CaseSequence]:
    large = samples.contract.questions["limit-large"].ask if "limit-large" in samples.contract.questions else None
    values = [*(large or {LIMIT: 50}).values(), *_NOT_IN_QUESTIONS]
    for value, (label, message), (form, foreign) in zip(values, _CAREFULLY_TAKEN, _FOREIGN_IDS, strict=True):
        parts: dict[str, Mapping[str, Any]] = {
            f"limit {value}": {LIMIT: value},
            label: {MESSAGE: message},
            f"a conversation_id from elsewhere, {form}": {CONVERSATION: foreign},
        }
        yield _pack(samples, "robustness", parts, rank=3)


def _texts(samples: Samples) -> Iterator[CaseSequence]:
    event = samples.full_event(0)

    def in_ids(text: str) -> dict[str, Mapping[str, Any]]:
        """Put the text into every id, each with another end."""
        return {
            SESSION: {SESSION: f"{text}1"},
            USER: {USER: f"{text}2"},
            CONVERSATION: {CONVERSATION: f"{text}3"},
            "item_id of an event": {EVENTS: [{**event, ITEM: f"{text}4"}]},
        }

    def in_texts(text: str) -> dict[str, Mapping[str, Any]]:
        return {
            MESSAGE: {MESSAGE: text},
            "type of an event": {EVENTS: [{**event, EVENT_TYPE: text}]},
            "description of an event": {EVENTS: [{**event, EVENT_TEXT: text}]},
        }

    yield _pack(
        samples, "signs, emoji and other scripts in ids, blank texts", {**in_ids(_SIGNS), **in_texts("   ")}, rank=0
    )
    yield _pack(samples, "control characters", {**in_ids(_CONTROLS), **in_texts(_CONTROLS)}, rank=0)
    empty = {key: "" if key in {EVENT_TYPE, EVENT_TEXT, ITEM} else value for key, value in event.items()}
    yield _pack(
        samples,
        "empty texts",
        {
            MESSAGE: {MESSAGE: ""},
            CONVERSATION: {CONVERSATION: ""},
            SESSION: {SESSION: ""},
            USER: {USER: ""},
            "an event": {EVENTS: [empty]},
        },
        rank=3,
    )
    same = dict.fromkeys((CONVERSATION, SESSION, USER), "42")
    limit = {LIMIT: samples.valid(LIMIT) + 1}
    yield _pack(samples, "latitude", {"ids of digits, equal in all fields": same, "one more than 10": limit}, rank=2)


def _sizes(samples: Samples) -> Iterator[CaseSequence]:
    """Large values, but no body much above 100 KB: beyond that, servers have limits of their own."""
    event = samples.full_event(0)
    yield single(Case("100 KB of message", samples.request(message="Desk " * 20_000)), GROUP, rank=0)
    ids = {name: {name: name[0] * 50_000} for name in (SESSION, USER)}
    yield _pack(samples, "50 KB", ids, rank=2)
    lengths = {EVENT_TYPE: 3_000, EVENT_TEXT: 100_000, ITEM: 9_000}
    parts = {name: {EVENTS: [{**event, name: name[0] * length}]} for name, length in lengths.items()}
    yield _pack(samples, "long texts in an event", parts, rank=2)
    yield single(Case("1,000 events", samples.request(**{EVENTS: [samples.event()] * 1000})), GROUP, rank=0)
    deep = {**samples.request(), "x_unknown": _nested(400)}
    yield single(Case("an unknown property 400 deep", deep), GROUP, rank=2)
    boolean = samples.contract.questions.get("limit-boolean")
    yield _pack(
        samples,
        "latitude",
        {
            "an unknown property named __proto__": {"__proto__": {"x": 1}},
            "an unknown property 50 deep": {"x_unknown": _nested(50)},
            "an unknown property of an event, 50 deep": {EVENTS: [{**event, "x_unknown": _nested(50)}]},
            **({"limit-boolean": _changes(boolean) or {}} if boolean is not None else {}),
        },
        rank=2,
    )


def _nested(depth: int) -> Any:
    """Nest lists and objects in turn."""
    nested: Any = 1
    for level in range(depth):
        nested = [nested] if level % 2 else {"x": nested}
    return nested


def _times(samples: Samples) -> Iterator[CaseSequence]:
    event = samples.full_event(0)

    def at(*times: Any) -> dict[str, Any]:
        return {EVENTS: [{**event, EVENT_TIME: time} for time in times]}

    mixed = samples.request(**at(*_MIXED_TIMES))
    yield single(Case("timestamps with and without an offset", mixed), GROUP, rank=0)
    documented = {repr(time): at(time) for time in _DOCUMENTED_DATES}
    yield _pack(samples, "timestamps that are documented, but seldom", documented, rank=3)
    # Only beside what is not documented either: a refusal of what is documented must stand for itself.
    below = -(2**31) - 1
    odd = {repr(time): at(time) for time in (*_NO_DATES, *_ODD_DATES)} | {f"limit {below}": {LIMIT: below}}
    yield _pack(samples, "timestamps that are odd or no dates", odd, rank=0)


def _again(samples: Samples, rng: random.Random) -> Iterator[CaseSequence]:
    """Touch several questions with one request and send it again and again, each time in a fresh conversation."""
    candidates = [
        question
        for question in samples.contract.questions.values()
        if question.ask is not None and not question.unissued and question.times == 1
    ]
    merged: dict[str, Any] = {}
    for question in sorted(candidates, key=lambda question: (question.id not in _ASKED_AGAIN, rng.random())):
        changes = _changes(question) or {}
        if not set(changes) & set(merged) and MESSAGE not in changes:
            merged.update(changes)
    body = samples.request(**merged)
    for number in range(_SENDINGS):
        yield single(Case(f"the same open questions again ({number + 1})", body), GROUP, rank=2)
