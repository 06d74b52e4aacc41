"""Conversations of several turns: long, interleaved and concurrent ones, and ids that this server did not issue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, cycle
from typing import Any

from chat_contract.roles import CONVERSATION, EVENTS, LIMIT, SESSION, USER
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, FaultNaming, Freedom, Group, Priority, Together
from chat_verifier.planning.must_accept import later_turns
from chat_verifier.planning.rejections import Rejections
from chat_verifier.planning.request_builder import RUN_SESSION, RUN_USER, RequestBuilder

LONGEST = 20
"""The largest number of turns in a conversation."""

_REJECTED_IN_A_ROW = 10
_CONCURRENT = 3
_FREE_CONVERSATIONS = 2
_FREE_TURNS = 4


def sequences(builder: RequestBuilder, rejections: Rejections) -> list[CaseSequence]:
    """Return the conversations, with the rejected turns spread over them and the essential ones in the first."""
    return [
        *_spanning_the_run(builder),
        _first_conversation(builder, rejections.essential),
        *_with_rejected_turns(
            builder, [*rejections.alone, *rejections.pairs], "conversation-with-faults", FaultNaming.FIRST
        ),
        *_with_rejected_turns(
            builder, [*rejections.packs, *rejections.pairs], "conversation-with-packs", FaultNaming.SEVERAL
        ),
        *_free(builder),
        _documented_example(builder),
        *_interleaved(builder),
        *_concurrent(builder),
        _ids_alike(builder),
    ]


def fewest(builder: RequestBuilder, rejected: Sequence[Case]) -> list[CaseSequence]:
    """Return the conversations of a small plan: one with the rejected turns, the example, and two interleaved ones."""
    turns = later_turns(builder)
    opening = _opening(builder, **{SESSION: RUN_SESSION, USER: RUN_USER, LIMIT: builder.valid(LIMIT)})
    cases = (opening, *turns[:6], *rejected, turns[6])
    first = CaseSequence("first-conversation", Group.CONVERSATION, cases, priority=Priority.ESSENTIAL)
    return [first, _documented_example(builder), *_interleaved(builder), _ids_alike(builder)]


def _opening(builder: RequestBuilder, freedom: Freedom = Freedom.NONE, **values: Any) -> Case:
    return Case("opening", "first turn of a conversation", builder.request(**values), freedom=freedom)


def _spanning_the_run(builder: RequestBuilder) -> Iterator[CaseSequence]:
    """Open two conversations before all others and continue them after all others."""
    longest = builder.narrowest["properties"][USER]["maxLength"]
    edges = {SESSION: "s" * longest, USER: RUN_USER.ljust(longest, "u")}
    nothing: dict[str, str] = {}
    for number, (priority, ids) in enumerate(((Priority.HIGH, nothing), (Priority.MEDIUM, edges)), start=1):
        last = builder.request(**{CONVERSATION: ISSUED}, **ids)
        freedom = Freedom.VALUES if ids else Freedom.FIELDS
        yield CaseSequence(
            f"conversation-spanning-the-run-{number}",
            Group.CONVERSATION,
            (
                _opening(builder, freedom, **ids),
                Case("last-turn", "a later turn at the end of the run", last, freedom=freedom),
            ),
            priority=priority,
            spans_run=True,
        )


def _first_conversation(builder: RequestBuilder, rejected: Sequence[Case]) -> CaseSequence:
    """Alternate accepted and rejected turns; the limit of one turn must not apply to the next one."""
    *before, after = later_turns(builder)[:7]
    opening = _opening(builder, **{SESSION: RUN_SESSION, USER: RUN_USER, LIMIT: builder.valid(LIMIT)})
    cases = (opening, *before, *rejected, after)
    return CaseSequence("first-conversation", Group.CONVERSATION, cases, priority=Priority.ESSENTIAL)


def _with_rejected_turns(
    builder: RequestBuilder, rejected: Sequence[Case], name: str, naming: FaultNaming
) -> Iterator[CaseSequence]:
    """Spread the rejected turns over long conversations, with accepted turns between them."""
    turns = cycle(later_turns(builder)[7:])
    waiting = list(rejected)
    for number in count(1):
        if not waiting:
            return
        cases = [_opening(builder, Freedom.FIELDS, **{SESSION: RUN_SESSION, USER: RUN_USER})]
        while waiting and len(cases) < LONGEST - 1:
            room = min(_REJECTED_IN_A_ROW, LONGEST - 1 - len(cases))
            cases += waiting[:room]
            del waiting[:room]
            cases.append(next(turns))
        yield CaseSequence(f"{name}-{number}", Group.CONVERSATION, tuple(cases), priority=Priority.HIGH, naming=naming)


def _free(builder: RequestBuilder) -> Iterator[CaseSequence]:
    """Yield conversations whose fields and values are chosen by :mod:`value_variation`."""
    turn = Case("turn", "a later turn", builder.request(**{CONVERSATION: ISSUED}), freedom=Freedom.FIELDS)
    turns = [replace(turn, id=f"turn-{number}") for number in range(2, _FREE_TURNS + 2)]
    for number in range(1, _FREE_CONVERSATIONS + 1):
        yield CaseSequence(
            f"free-conversation-{number}",
            Group.CONVERSATION,
            (_opening(builder, Freedom.FIELDS), *turns),
            priority=Priority.MEDIUM,
            naming=FaultNaming.SEVERAL,
        )


def _documented_example(builder: RequestBuilder) -> CaseSequence:
    """Send the fullest example with a conversation id of this server, and unchanged."""
    example = builder.example
    opening = {name: example[name] for name in (USER,) if name in example}
    mine = {**example, CONVERSATION: ISSUED} if CONVERSATION in example else example
    return CaseSequence(
        "documented-example",
        Group.CONVERSATION,
        (
            _opening(builder, **opening),
            Case("example-with-issued-id", "the documented example with a conversation_id of this server", mine),
            Case("example-unchanged", "the documented example, unchanged", example),
        ),
        priority=Priority.ESSENTIAL,
    )


def _interleaved(builder: RequestBuilder) -> Iterator[CaseSequence]:
    """Yield two conversations of one user in one session, after the same events, for play turn by turn."""
    events = [builder.full_event(0)]
    for number in (1, 2):
        values: dict[str, Any] = {SESSION: RUN_SESSION, USER: RUN_USER}
        cases = [
            _opening(builder, **{**values, EVENTS: events}),
            Case("turn-2", "a later turn", builder.request(**values, **{CONVERSATION: ISSUED})),
        ]
        if number == 2:
            # Limit 0 is unspecified, also for a server that handles a later turn without its conversation.
            zero = builder.request(**{CONVERSATION: ISSUED, LIMIT: 0})
            cases.append(Case("limit-0", "limit 0 in a later turn", zero))
        yield CaseSequence(
            f"interleaved-conversation-{number}",
            Group.CONVERSATION,
            tuple(cases),
            priority=Priority.ESSENTIAL,
            together=Together.INTERLEAVED,
        )


def _ids_alike(builder: RequestBuilder) -> CaseSequence:
    """Send two ids of the client that differ only by case: they are two conversations."""
    first, second = (builder.request(**{CONVERSATION: f"contract-test-{twin}"}) for twin in ("Twin", "twin"))
    cases = (
        Case("first-id", "an unknown conversation_id", first),
        Case("id-in-another-case", "the same conversation_id in another case", second),
    )
    return CaseSequence("ids-alike", Group.CONVERSATION, cases, priority=Priority.HIGH)


def _concurrent(builder: RequestBuilder) -> Iterator[CaseSequence]:
    for number in range(1, _CONCURRENT + 1):
        body = builder.request(**{CONVERSATION: ISSUED})
        cases = (
            _opening(builder, Freedom.FIELDS),
            Case("turn-2", "a later turn", body, freedom=Freedom.FIELDS),
        )
        yield CaseSequence(
            f"concurrent-conversation-{number}",
            Group.CONVERSATION,
            cases,
            priority=Priority.MEDIUM,
            together=Together.CONCURRENT,
        )
