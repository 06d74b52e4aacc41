"""Servers that return more items than the limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .base import Turn
from .correct import STRICT
from .fault import Group, When, edits
from .shop import ITEMS
from .witness import Client, event, events, more_than, say

limit = Group("limit")
Count = Callable[[Turn, int], int]


def counts(
    name: str, about: str, asked: Any, change: Count, *, turn: int = 1, style: Any = None, when: When | None = None
) -> None:
    """Return a hook that changes the number of items."""
    count = asked.get("limit", 4)
    limit(
        name,
        about,
        more_than(count, asked, turn=turn),
        style=style,
        limit=edits(lambda one, made: change(one, made), when or (lambda _: True)),
    )


def everything(turn: Turn, count: int) -> int:
    return len(ITEMS)


def unless_given(count: int) -> Count:
    return lambda turn, usual: usual if turn.has("limit") else count


counts("limit-ignored", "limit is ignored.", say(limit=2), everything, style=STRICT)
counts("limit-always-four", "The default is used whatever limit is sent.", say(limit=2), lambda turn, count: 4)
counts("limit-off-by-one", "One item too many is returned.", say(limit=2), lambda turn, count: count + 1)
counts(
    "limit-one-more-past-five",
    "With a limit above five, one item too many is returned.",
    say(limit=7),
    lambda turn, count: count + (count > 5),
)
counts("limit-zero-is-absent", "limit 0 is treated as absent.", say(limit=0), lambda turn, count: count or 4)
counts("limit-zero-is-all", "limit 0 returns all items.", say(limit=0), lambda turn, count: count or len(ITEMS))
counts(
    "limit-one-is-a-flag", "limit 1 is treated as a flag.", say(limit=1), lambda turn, count: 4 if count == 1 else count
)
counts("limit-at-least-four", "At least four items are returned.", say(limit=3), lambda turn, count: max(count, 4))
counts(
    "limit-rounded-up",
    "The number of items is rounded up to an even number.",
    say(limit=3),
    lambda turn, count: count + count % 2,
)
counts(
    "limit-rounded-to-five",
    "The number of items is rounded up to a multiple of five.",
    say(limit=6),
    lambda turn, count: -(-count // 5) * 5,
)
counts(
    "limit-compared-as-text",
    "Limits are compared as strings, so '10' is less than '5'.",
    say(limit=10),
    lambda turn, count: len(ITEMS) if str(count) < "4" and count > 9 else count,
)
counts(
    "limit-doubled-by-ten",
    "A limit above nine is doubled.",
    say(limit=10),
    lambda turn, count: count * 2 if count >= 10 else count,
)
counts("default-five", "The default is 5.", say(), unless_given(5))
counts("default-ten", "The default is 10.", say(), unless_given(10), style=STRICT)
counts("default-all", "Without a limit everything is returned.", say(), unless_given(len(ITEMS)))
counts(
    "default-ten-later",
    "In later turns the default is 10.",
    say(),
    unless_given(10),
    turn=2,
    when=lambda turn: turn.later,
)
counts(
    "default-five-with-events",
    "With events the default is 5.",
    say(events=[event()]),
    unless_given(5),
    when=lambda turn: turn.events,
)
counts(
    "default-eight-for-users",
    "With a user_id the default is 8.",
    say(user_id="u8a7d9f6"),
    unless_given(8),
    when=lambda turn: turn.has("user_id"),
)
counts(
    "limit-ignored-later",
    "limit is ignored in later turns.",
    say(limit=2),
    everything,
    turn=2,
    when=lambda turn: turn.later,
)
counts(
    "limit-ignored-from-third",
    "From the third turn on limit is ignored.",
    say(limit=2),
    everything,
    turn=3,
    when=lambda turn: turn.number > 2,
)
counts(
    "limit-ignored-at-first",
    "A new conversation shows its default of four.",
    say(limit=2),
    lambda turn, count: 4,
    when=lambda turn: not turn.text("conversation_id"),
)
counts(
    "limit-ignored-with-events",
    "With events limit is ignored.",
    say(limit=2, events=[event()]),
    everything,
    when=lambda turn: turn.events,
)
counts(
    "limit-ignored-with-empty-events",
    "With an empty list of events limit is ignored.",
    say(limit=2, events=[]),
    everything,
    when=lambda turn: turn.get("events") == [],
)
counts(
    "limit-ignored-with-events-later",
    "With events in a later turn limit is ignored.",
    say(limit=2, events=[event()]),
    everything,
    turn=2,
    when=lambda turn: turn.later and turn.events,
)
counts(
    "limit-ignored-with-events-and-session",
    "Only with events and a session limit is ignored.",
    say(limit=2, events=[event()], session_id="s1"),
    everything,
    style=STRICT,
    when=lambda turn: turn.events and turn.has("session_id"),
)
counts(
    "limit-ignored-for-foreign-ids",
    "For an unknown conversation_id limit is ignored.",
    say(limit=2, conversation_id="elsewhere-1"),
    everything,
    when=lambda turn: turn.text("conversation_id") and not turn.conversation,
)
counts(
    "limit-ignored-for-purchases",
    "After a purchase all related items are returned.",
    say(limit=2, events=[event(type="purchase")]),
    everything,
    when=lambda turn: "purchase" in turn.each("type"),
)
counts(
    "limit-a-type",
    "limit counts for each type of event.",
    say(limit=2, events=[event(), event(type="click")]),
    lambda turn, count: count * max(1, len(set(turn.each("type")))),
)
counts(
    "limit-grows", "Each turn returns one item more.", say(limit=2), lambda turn, count: count + turn.number - 1, turn=2
)


limit(
    "viewed-item-appended",
    "An item like the one just viewed is appended after the cut.",
    more_than(2, say(limit=2, events=[event(item_id="ST678VG")])),
    search=edits(
        lambda turn, items: items + [item for item in ITEMS if item not in items][:1],
        lambda turn: turn.each("item_id"),
    ),
)
limit(
    "sponsored-item-on-top",
    "A sponsored item is added at the top once there are at least three.",
    more_than(3, say(limit=3)),
    search=edits(
        lambda turn, items: [item for item in ITEMS if item not in items][:1] + items if len(items) > 2 else items
    ),
)


def sticks(usual: Any, turn: Turn) -> Any:
    """Use the first limit of the conversation as its default."""
    wanted = usual(turn)
    memory = turn.app.conversations[turn.id].memory if turn.id in turn.app.conversations else {}
    return memory.setdefault("limit", wanted) if turn.has("limit") or "limit" in memory else wanted


def leaks(usual: Any, turn: Turn) -> Any:
    """Use the last limit of any request as the default."""
    wanted = usual(turn)
    if turn.has("limit"):
        turn.app.memory["limit"] = wanted
    return turn.app.memory.get("limit", wanted)


def after(first: Any, then: Any, count: int, *, same: bool) -> Any:
    def witness(client: Client) -> bool:
        given = client.send(first).id
        return len(client.send({**then, "conversation_id": given} if same else then).items) > count

    return witness


limit(
    "first-limit-stays",
    "The limit of the first turn stays for the whole conversation.",
    after(say(limit=9), say(), 4, same=True),
    limit=sticks,
)
limit(
    "last-limit-of-anybody",
    "Each request overwrites the default for all.",
    after(say(limit=9), say(), 4, same=False),
    limit=leaks,
)
limit(
    "few-events-limit",
    "Past four events limit is ignored.",
    more_than(2, say(limit=2, events=events(6))),
    limit=edits(everything, lambda turn: len(turn.events) > 4),
)
limit.should(
    "negative-limit-is-all",
    "-1 means all.",
    more_than(0, say(limit=-1)),
    limit=edits(lambda turn, count: len(ITEMS) if count < 0 else count),
)
limit.should(
    "negative-limit-slices",
    "items[:limit] counts a negative limit from the end.",
    more_than(0, say(limit=-2)),
    limit=edits(lambda turn, count: len(ITEMS) + count if count < 0 else count),
)
