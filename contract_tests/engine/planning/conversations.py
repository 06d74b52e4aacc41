"""Conversations of several turns: long ones, interleaved ones, several at the same time, and ids from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chat_contract.roles import CONVERSATION, EVENTS, LIMIT, SESSION, USER
from contract_tests.engine.planning.acceptances import later_turns
from contract_tests.engine.planning.samples import RUN_SESSION, RUN_USER, Samples
from contract_tests.engine.script import ISSUED, Script, Step

GROUP = "conversation"

LONGEST = 20
"""How many turns a conversation has at most."""

_REFUSED_BETWEEN = 10
_SHOPPERS = 3


def scripts(samples: Samples, telling: Sequence[Step], refused: Sequence[Step]) -> list[Script]:
    """Return the conversations; the refused turns are spread over them, the telling ones in the first."""
    return [
        *_from_first_to_last(samples),
        *_long(samples, telling, refused),
        _documented_example(samples),
        *_interleaved(samples),
        *_at_the_same_time(samples),
    ]


def few(samples: Samples, refused: Sequence[Step]) -> list[Script]:
    """Return a few telling conversations: a long one with the refused turns in it, the example, two interleaved."""
    turns = later_turns(samples)
    opening = _opening(samples, **{SESSION: RUN_SESSION, USER: RUN_USER, LIMIT: samples.valid(LIMIT)})
    long = Script("conversation 1", GROUP, (opening, *turns[:6], *refused, turns[6]), rank=0)
    return [long, _documented_example(samples), *_interleaved(samples)]


def _opening(samples: Samples, **values: object) -> Step:
    return Step("opens a conversation", samples.request(**values))


def _from_first_to_last(samples: Samples) -> Iterator[Script]:
    """Open two conversations before all others and go on with them after all others."""
    longest = samples.narrowest["properties"][USER]["maxLength"]
    for number, ids in enumerate(({}, {SESSION: "s" * longest, USER: RUN_USER.ljust(longest, "u")}), start=1):
        yield Script(
            f"conversation {number} that lasts the whole run",
            GROUP,
            (_opening(samples, **ids), Step("goes on at the end", samples.request(**{CONVERSATION: ISSUED}, **ids))),
            rank=number,
            paused=True,
        )


def _long(samples: Samples, telling: Sequence[Step], refused: Sequence[Step]) -> Iterator[Script]:
    """Spread the refused turns over long conversations, accepted turns between them."""
    turns = later_turns(samples)
    # The first is a conversation as shoppers have it; the limit of one turn is none of the next one's.
    opening = _opening(samples, **{SESSION: RUN_SESSION, USER: RUN_USER, LIMIT: samples.valid(LIMIT)})
    yield Script("conversation 1", GROUP, (opening, *turns[:6], *telling[:_REFUSED_BETWEEN], turns[6]), rank=0)
    waiting = [*telling[_REFUSED_BETWEEN:], *refused]
    number = 1
    while waiting:
        number += 1
        steps = [_opening(samples, **{SESSION: RUN_SESSION, USER: RUN_USER})]
        following = number
        while waiting and len(steps) < LONGEST - 1:
            room = min(_REFUSED_BETWEEN, LONGEST - 1 - len(steps))
            steps += waiting[:room]
            del waiting[:room]
            steps.append(turns[(5 + following) % len(turns)])
            following += 1
        yield Script(f"conversation {number}", GROUP, tuple(steps), rank=1)


def _documented_example(samples: Samples) -> Script:
    """Send the fullest example with an id of this server's in the place of its own, and as it stands."""
    example = samples.example
    opening = {name: example[name] for name in (USER,) if name in example}
    mine = {**example, CONVERSATION: ISSUED} if CONVERSATION in example else example
    return Script(
        "the documented example",
        GROUP,
        (
            _opening(samples, **opening),
            Step("the documented example in a conversation of this server", mine),
            Step("the documented example as it stands", example),
        ),
        rank=0,
    )


def _interleaved(samples: Samples) -> Iterator[Script]:
    """One user twice in one session, after the same events, turn by turn: the runner plays the two in step."""
    events = [samples.full_event(0)]
    for name, user in (("one", RUN_USER), ("two", RUN_USER)):
        values = {SESSION: RUN_SESSION, USER: user}
        turn = samples.request(**values, **{CONVERSATION: ISSUED})
        # No items at all is for the latitude to take or refuse; a later turn may forget that it was asked for.
        none = (Step("goes on with limit 0", samples.request(**{CONVERSATION: ISSUED, LIMIT: 0})),)
        yield Script(
            f"interleaved conversation {name}",
            GROUP,
            (_opening(samples, **values, **{EVENTS: events}), Step("goes on", turn), *(none if name == "two" else ())),
            rank=0,
            together="interleaved",
        )


def _at_the_same_time(samples: Samples) -> Iterator[Script]:
    events = [samples.full_event(0)]
    for number in range(_SHOPPERS):
        user = f"contract-test-user-{number}"
        yield Script(
            f"concurrent conversation {number + 1}",
            GROUP,
            (
                _opening(samples, **{USER: user}),
                Step("goes on", samples.request(**{CONVERSATION: ISSUED, USER: user, EVENTS: events})),
            ),
            rank=2,
            together="concurrent",
        )
