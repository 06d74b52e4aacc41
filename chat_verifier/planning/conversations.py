"""Conversations of several turns: long ones, interleaved ones, several at the same time, and ids from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, cycle
from typing import Any

from chat_contract.roles import CONVERSATION, EVENTS, LIMIT, SESSION, USER
from chat_verifier.planning.acceptances import later_turns
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, Freedom, Naming
from chat_verifier.planning.rejection_plan import Refused
from chat_verifier.planning.samples import RUN_SESSION, RUN_USER, Samples

GROUP = "conversation"

LONGEST = 20
"""How many turns a conversation has at most."""

_REFUSED_BETWEEN = 10
_SHOPPERS = 3
_TALKS = 2
_TURNS = 4


def sequences(samples: Samples, refused: Refused) -> list[CaseSequence]:
    """Return the conversations; the refused turns are spread over them, the telling ones in the first."""
    return [
        *_from_first_to_last(samples),
        _as_shoppers_have_it(samples, refused.telling),
        *_spread(samples, [*refused.alone, *refused.pairs], "conversation", "first"),
        *_spread(samples, [*refused.packs, *refused.pairs], "conversation with packs", "several"),
        *_in_company(samples),
        _documented_example(samples),
        *_interleaved(samples),
        *_at_the_same_time(samples),
    ]


def few(samples: Samples, refused: Sequence[Case]) -> list[CaseSequence]:
    """Return a few telling conversations: a long one with the refused turns in it, the example, two interleaved."""
    turns = later_turns(samples)
    opening = _opening(samples, **{SESSION: RUN_SESSION, USER: RUN_USER, LIMIT: samples.valid(LIMIT)})
    long = CaseSequence("conversation 1", GROUP, (opening, *turns[:6], *refused, turns[6]), rank=0)
    return [long, _documented_example(samples), *_interleaved(samples)]


def _opening(samples: Samples, free: Freedom = "nothing", **values: Any) -> Case:
    return Case("opens a conversation", samples.request(**values), free=free)


def _from_first_to_last(samples: Samples) -> Iterator[CaseSequence]:
    """Open two conversations before all others and go on with them after all others."""
    longest = samples.narrowest["properties"][USER]["maxLength"]
    edges = {SESSION: "s" * longest, USER: RUN_USER.ljust(longest, "u")}
    nothing: dict[str, str] = {}
    for number, ids in enumerate((nothing, edges), start=1):
        last = samples.request(**{CONVERSATION: ISSUED}, **ids)
        free: Freedom = "values" if ids else "anything"
        yield CaseSequence(
            f"conversation {number} that lasts the whole run",
            GROUP,
            (_opening(samples, free, **ids), Case("goes on at the end", last, free=free)),
            rank=number,
            paused=True,
        )


def _as_shoppers_have_it(samples: Samples, refused: Sequence[Case]) -> CaseSequence:
    """Go on with what may be asked for, get it wrong in between; the limit of one turn is none of the next one's."""
    *before, after = later_turns(samples)[:7]
    opening = _opening(samples, **{SESSION: RUN_SESSION, USER: RUN_USER, LIMIT: samples.valid(LIMIT)})
    return CaseSequence("conversation 1", GROUP, (opening, *before, *refused, after), rank=0)


def _spread(samples: Samples, refused: Sequence[Case], name: str, naming: Naming) -> Iterator[CaseSequence]:
    """Spread the refused turns over long conversations, accepted turns between them."""
    turns = cycle(later_turns(samples)[7:])
    waiting = list(refused)
    for number in count(2):
        if not waiting:
            return
        cases = [_opening(samples, "anything", **{SESSION: RUN_SESSION, USER: RUN_USER})]
        while waiting and len(cases) < LONGEST - 1:
            room = min(_REFUSED_BETWEEN, LONGEST - 1 - len(cases))
            cases += waiting[:room]
            del waiting[:room]
            cases.append(next(turns))
        yield CaseSequence(f"{name} {number}", GROUP, tuple(cases), rank=1, naming=naming)


def _in_company(samples: Samples) -> Iterator[CaseSequence]:
    """Let conversations be about anything at all: which fields are there, and with what in them, is left to chance."""
    turn = Case("goes on", samples.request(**{CONVERSATION: ISSUED}), free="anything")
    for number in range(1, _TALKS + 1):
        opening = _opening(samples, "anything")
        yield CaseSequence(
            f"conversation about anything {number}", GROUP, (opening, *[turn] * _TURNS), rank=2, naming="several"
        )


def _documented_example(samples: Samples) -> CaseSequence:
    """Send the fullest example with an id of this server's in the place of its own, and as it stands."""
    example = samples.example
    opening = {name: example[name] for name in (USER,) if name in example}
    mine = {**example, CONVERSATION: ISSUED} if CONVERSATION in example else example
    return CaseSequence(
        "the documented example",
        GROUP,
        (
            _opening(samples, **opening),
            Case("the documented example in a conversation of this server", mine),
            Case("the documented example as it stands", example),
        ),
        rank=0,
    )


def _interleaved(samples: Samples) -> Iterator[CaseSequence]:
    """One user twice in one session, after the same events, turn by turn: the runner plays the two in step."""
    events = [samples.full_event(0)]
    for name in ("one", "two"):
        values: dict[str, Any] = {SESSION: RUN_SESSION, USER: RUN_USER}
        turn = samples.request(**values, **{CONVERSATION: ISSUED})
        # No items at all is for the latitude to take or refuse; a later turn may forget that it was asked for.
        none = (Case("goes on with limit 0", samples.request(**{CONVERSATION: ISSUED, LIMIT: 0})),)
        yield CaseSequence(
            f"interleaved conversation {name}",
            GROUP,
            (_opening(samples, **{**values, EVENTS: events}), Case("goes on", turn), *(none if name == "two" else ())),
            rank=0,
            together="interleaved",
        )


def _at_the_same_time(samples: Samples) -> Iterator[CaseSequence]:
    for number in range(1, _SHOPPERS + 1):
        turn = Case("goes on", samples.request(**{CONVERSATION: ISSUED}), free="anything")
        cases = (_opening(samples, "anything"), turn)
        yield CaseSequence(f"concurrent conversation {number}", GROUP, cases, rank=2, together="concurrent")
