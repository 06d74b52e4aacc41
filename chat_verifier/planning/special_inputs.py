"""Inputs that do not fit into rows: the documented example, large and deep bodies, ids alike, repetitions."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from chat_contract.roles import CONVERSATION, EVENT_TEXT, EVENTS, LIMIT, MESSAGE, SESSION, USER
from chat_verifier.planning.array import Row
from chat_verifier.planning.case import Case, CaseSequence, Group, Priority, of_recipe, single
from chat_verifier.planning.conditions import Condition
from chat_verifier.planning.dimensions import AFTER, CONTENT_TYPE, EVENT_KEYS, ORDER, TURN, Dimension, Level
from chat_verifier.planning.encoding import ISSUED, ISSUED_IN_OTHER_CASE, ISSUED_WITH_BLANK
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.rows import Rows

_REPEATED = ("session-id-null", "limit-string", "unknown-property", "timestamp-naive")
"""Questions on which several servers behind one address disagree most often."""

_REPETITIONS = 3

_IN_USE = "Contract-Kit-\u00e9-42"
_LONG = "contract-kit-" + "x" * 287
_ALIKE: tuple[tuple[str, str, str], ...] = (
    ("other-case", "in another case", _IN_USE.swapcase()),
    ("trailing-blank", "with a trailing blank", f"{_IN_USE} "),
    ("without-accents", "without accents", _IN_USE.replace("\u00e9", "e")),
    ("decomposed", "with a decomposed accent", unicodedata.normalize("NFD", _IN_USE)),
    ("nul", "with a NUL and more after it", f"{_IN_USE}\u0000b"),
    ("long", "of 300 characters", _LONG),
    ("longer", "of 300 characters, the last one different", f"{_LONG[:-1]}y"),
)
"""Conversation ids that a database or a C string may take for the one in use, by id and label."""

_FEWEST_ALIKE = 1


def _alike(kind: str) -> str:
    """Return the id of this kind that is nearly equal to the one in use."""
    return next(value for name, _, value in _ALIKE if name == kind)


def sequences(rows: Rows) -> list[CaseSequence]:
    """Return the inputs, most of them as parts of further rows."""
    return [
        documented_example(rows),
        _empty_event(rows.builder),
        *_sizes(rows),
        *_deep(rows),
        ids_alike(rows),
        *_foreign_ids(rows),
        *_repeated(rows),
    ]


def fewest(rows: Rows) -> list[CaseSequence]:
    """Return the inputs of a small plan."""
    builder = rows.builder
    longest = {MESSAGE: "a" * builder.narrowest["properties"][MESSAGE]["maxLength"]}
    shortest = {MESSAGE: "?", **({USER: "A"} if USER in builder.optional else {})}
    alike = replace(_ids_nearly_equal(rows, _FEWEST_ALIKE, **shortest), priority=Priority.ESSENTIAL)
    large = _many_events(rows, {CONVERSATION: _alike("without-accents")})
    # The example that follows has a session, which a server may take for granted in later turns.
    return [
        documented_example(rows, {SESSION: "absent", EVENTS: "several"}, **longest),
        large,
        alike,
        _empty_event(builder),
        *_all_unspecified(rows),
    ]


def _opening(rows: Rows, levels: Row | None = None, **values: Any) -> Case:
    """Return a row with the levels that opens a conversation, with the given values."""
    fixed = {TURN: "first", **(levels or {})}
    recipe = rows.row([fixed], may_be_open=False, without=lambda name: _is_replaced(name, values))
    return of_recipe(replace(recipe, extra=values), "opening")


def documented_example(rows: Rows, levels: Row | None = None, **opening: Any) -> CaseSequence:
    """Send the fullest example with a conversation id of this server, and unchanged.

    ``levels`` and ``opening``: levels and values of the request that opens the conversation.
    """
    builder = rows.builder
    example = builder.example
    first = {name: example[name] for name in (USER,) if name in example}
    mine = {**example, CONVERSATION: ISSUED} if CONVERSATION in example else example
    return CaseSequence(
        "documented-example",
        Group.CONVERSATION,
        (
            _opening(rows, levels, **first, **opening),
            Case("example-with-issued-id", "the documented example with a conversation_id of this server", mine),
            Case("example-unchanged", "the documented example, unchanged", example),
        ),
        priority=Priority.ESSENTIAL,
    )


def _with(rows: Rows, name: str, label: str, extra: dict[str, Any]) -> Case:
    """Return a row with further fields instead of those of its dimensions.

    A conversation id of another run may belong to another user, so it comes without one.
    """
    is_foreign = CONVERSATION in extra
    fixed = {AFTER: "no"} if is_foreign else {TURN: "first"}
    recipe = rows.row([fixed], may_be_open=is_foreign, without=lambda name: _is_replaced(name, extra))
    return of_recipe(replace(recipe, extra=extra, extra_label=label), name)


def _is_replaced(name: str, extra: dict[str, Any]) -> bool:
    in_events = "-event-" in name or name in {EVENT_KEYS, ORDER}
    # A conversation_id that the server did not issue makes the turn neither a first nor a later one.
    of_foreign = CONVERSATION in extra and name in {TURN, USER}
    return name in extra or (EVENTS in extra and in_events) or of_foreign


def _empty_event(builder: RequestBuilder) -> CaseSequence:
    """Send an event without any field, which a server may overlook."""
    case = Case("empty-event", "an event without fields", builder.request(**{EVENTS: [{}]}))
    return single(case, Group.REJECTION, priority=Priority.HIGH)


def _sizes(rows: Rows) -> Iterator[CaseSequence]:
    """Yield large values. No body is much larger than 100 KB, since servers may reject those for their size."""
    message = _with(rows, "message-of-100-kb", "a message of 100 KB", {MESSAGE: "Desk " * 20_000})
    yield single(message, Group.ROBUSTNESS, priority=Priority.MEDIUM)
    large = {**rows.builder.full_event(0), EVENT_TEXT: "d" * 100_000}
    description = _with(rows, "description-of-100-kb", "a description of 100 KB", {EVENTS: [large]})
    yield single(description, Group.ROBUSTNESS, priority=Priority.MEDIUM)
    yield _many_events(rows, {})


def _many_events(rows: Rows, more: dict[str, Any]) -> CaseSequence:
    """Send a thousand events. ``more``: further fields of the request."""
    events = _with(rows, "1000-events", "1,000 events", {EVENTS: [rows.builder.event()] * 1000, **more})
    return single(events, Group.ROBUSTNESS, priority=Priority.HIGH)


def _deep(rows: Rows) -> Iterator[CaseSequence]:
    """Yield unknown properties that nest deep or have names that parsers treat specially."""
    event = {**rows.builder.full_event(0), "x_unknown": _nested(40)}
    for name, label, extra, priority in (
        (
            "unknown-properties-50-deep",
            "unknown properties, nested 50 deep",
            {EVENTS: [event], "x_unknown": _nested(50)},
            Priority.MEDIUM,
        ),
        (
            "unknown-property-400-deep",
            "an unknown property, nested 400 deep",
            {"x_unknown": _nested(400)},
            Priority.HIGH,
        ),
        (
            "unknown-properties-of-objects",
            "unknown properties with names of JavaScript objects",
            {"__proto__": {"x": 1}, "constructor": {"prototype": {"limit": 1}}},
            Priority.MEDIUM,
        ),
    ):
        yield single(_with(rows, name, label, extra), Group.ROBUSTNESS, priority=priority)


def _nested(depth: int) -> Any:
    """Return nested lists and objects, alternately."""
    nested: Any = 1
    for level in range(depth):
        nested = [nested] if level % 2 else {"x": nested}
    return nested


def _ids_nearly_equal(rows: Rows, kinds: int, **opening: Any) -> CaseSequence:
    """Send an issued id with a blank, then an id of the run's own and ids that are nearly equal to it.

    ``opening``: values of the request that opens the conversation.
    """
    label = "an issued conversation_id with a trailing blank"
    blank = _with(rows, "issued-id-with-blank", label, {CONVERSATION: ISSUED_WITH_BLANK})
    first = _with(rows, "id-in-use", "a conversation_id of this run", {CONVERSATION: _IN_USE})
    alike = [
        _with(rows, f"id-alike-{name}", f"a conversation_id {label}", {CONVERSATION: value})
        for name, label, value in _ALIKE[:kinds]
    ]
    # Some servers accept a user only together with a session, or a limit only together with events.
    alone = {SESSION: "absent", EVENTS: "absent", LIMIT: "low"}
    levels = {name: level for name, level in alone.items() if name in rows.builder.optional}
    user = {USER: rows.builder.valid(USER)} if USER in rows.builder.optional else {}
    start = _opening(rows, levels, **{**user, **opening})
    return CaseSequence(
        "conversation-ids-alike", Group.CONVERSATION, (start, blank, first, *alike), priority=Priority.HIGH
    )


def ids_alike(rows: Rows) -> CaseSequence:
    """Send ids that are nearly equal to one in use, or to an issued one; let another user continue a conversation."""
    alike = _ids_nearly_equal(rows, len(_ALIKE))
    label = "an issued conversation_id in another case"
    issued = _with(rows, "issued-id-in-other-case", label, {CONVERSATION: ISSUED_IN_OTHER_CASE})
    other = rows.builder.request(**{CONVERSATION: ISSUED, USER: "contract-test-else"})
    user = Case("other-user", "another user continues the conversation", other)
    return replace(alike, cases=(*alike.cases, issued, user))


def _foreign_ids(rows: Rows) -> Iterator[CaseSequence]:
    for name, label, extra, priority in _unknown_ids(rows):
        case = _with(rows, f"conversation-id-{name}", f"a conversation_id {label}", extra)
        yield single(case, Group.ROBUSTNESS, priority=priority)


_VERY_LONG_ID = "contract-test-" + "x" * 100_000


def _unknown_ids(rows: Rows) -> Iterator[tuple[str, str, dict[str, Any], Priority]]:
    """Yield the id, the label, the fields and the priority of each kind of unknown conversation id."""
    yield "null", "that is null", {CONVERSATION: None}, Priority.MEDIUM
    yield "empty", "that is empty", {CONVERSATION: ""}, Priority.MEDIUM
    yield "of-100-kb", "of 100 KB", {CONVERSATION: _VERY_LONG_ID}, Priority.LOW
    controls = "a/../\u0007\r\nb\t'%s\"" + "k" * 250
    yield "with-controls", "with control characters", {CONVERSATION: controls}, Priority.LOW
    same = {SESSION: "42"} if SESSION in rows.builder.optional else {}
    yield "of-digits", "of digits, equal to the session_id", {CONVERSATION: "42", **same}, Priority.LOW


def _all_unspecified(rows: Rows) -> Iterator[CaseSequence]:
    """Yield requests in which every field has an unspecified value; together they hold the most telling values."""
    short = [extra for _, _, extra, _ in _unknown_ids(rows) if extra[CONVERSATION] != _VERY_LONG_ID]
    short[0] = {**short[0], "x_unknown": _nested(50)}
    # An id with control characters may as well begin like the one in use, up to a NUL.
    short[2] = {**short[2], CONVERSATION: _alike("nul") + short[2][CONVERSATION]}
    for number, extra in enumerate(short, 1):
        recipe = rows.all_unspecified(number - 1)
        conditions = {name: one for name, one in recipe.conditions.items() if name not in extra}
        recipe = replace(recipe, conditions=conditions, extra=extra)
        yield single(of_recipe(recipe, f"all-unspecified-{number}"), Group.ROBUSTNESS, priority=Priority.HIGH)


_ON_ROWS = frozenset({"charset-utf-8", "media-type-other-json", "media-type-unknown-charset"})
"""The cases about media types that further rows may take the place of."""


def on_rows(rows: Rows, sequences: Iterable[CaseSequence]) -> Iterator[CaseSequence]:
    """Yield the sequences with further rows in place of some plain requests, which have the same media types."""
    for sequence in sequences:
        cases = tuple(_on_row(rows, case) if case.id in _ON_ROWS else case for case in sequence.cases)
        yield replace(sequence, cases=cases)


def _on_row(rows: Rows, case: Case) -> Case:
    media = dict(case.headers)["Content-Type"]
    recipe = rows.row([{TURN: "first"}], may_be_open=False, without=lambda name: name == CONTENT_TYPE)
    levels = (Level("plain", ("",)), Level("other", (media,), unspecified=True))
    condition = Condition(Dimension(CONTENT_TYPE, levels), "other", media, unspecified=True)
    recipe = replace(recipe, conditions={**recipe.conditions, CONTENT_TYPE: condition})
    return replace(of_recipe(recipe, case.id), as_is=True)


def _repeated(rows: Rows) -> Iterator[CaseSequence]:
    """Ask several questions with one request and send it several times, each time in a new conversation."""
    questions = [one for one in rows.builder.contract.questions.values() if one.id in _REPEATED]
    merged = {name: value for question in questions for name, value in dict(question.ask or {}).items()}
    case = _with(rows, "repeated-questions", "the same open questions again", merged)
    for number in range(1, _REPETITIONS + 1):
        again = replace(case, id=f"repeated-questions-{number}")
        yield single(again, Group.ROBUSTNESS, priority=Priority.HIGH)
