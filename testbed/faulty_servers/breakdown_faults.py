"""Servers that fail on two conditions together, on earlier requests, on raw bytes, or worse than with a 500."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from .base import Turn
from .correct import STRICT
from .fault import Group, When, crashes, edits, wire
from .robustness_faults import crash as crash_in
from .witness import FULL, Client, Reply, Witness, broken, crashed, event, events, say

breakdown = Group("robustness")
crash = partial(crash_in, group=breakdown)

# -- two conditions at once

crash(
    "quote-beside-events-crashes",
    "Only the query with events is built by hand.",
    say("It's oak", events=[event()]),
    lambda turn: "'" in turn.text("message") and turn.events,
)
crash(
    "emoji-later-crashes",
    "The history is stored in a column without emoji support.",
    say("A gift 🎁"),
    lambda turn: turn.later and re.search("[\U00010000-\U0010ffff]", turn.text("message")),
    turn=2,
)
crash(
    "everything-at-once-crashes",
    "All optional fields together take an untested path.",
    FULL,
    lambda turn: turn.has("session_id", "user_id", "events", "limit"),
)
crash(
    "nothing-found-with-events-crashes",
    "No items and an event: max of an empty list.",
    say("湯", events=[event()]),
    lambda turn: turn.events and not re.search("[A-Za-z]", turn.text("message")),
)
crash(
    "limit-without-session-crashes",
    "With a limit but no session: None is a key.",
    say(limit=3),
    lambda turn: turn.has("limit") and not turn.has("session_id"),
    style=STRICT,
)
crash(
    "bare-event-beside-limit-crashes",
    "An event without a description, and a limit.",
    say(limit=3, events=[event()]),
    lambda turn: turn.has("limit") and any("description" not in one for one in turn.events),
)

# -- earlier requests


def after(*bodies: Any, linked: bool = True) -> Witness:
    """Return a witness: a 5xx to the last of several turns of one or more conversations."""

    return lambda client: last_of(client, *bodies, linked=linked).status >= 500


def last_of(client: Client, *bodies: Any, linked: bool = True) -> Reply:
    """Send the turns of one or more conversations and return the last reply."""
    given = client.send(bodies[0]).id if linked else None
    sent = [client.send({**body, "conversation_id": given} if given else body) for body in bodies[given is not None :]]
    return sent[-1]


def seen(turn: Turn, what: Any) -> bool:
    """Return whether this server received the message before."""
    told = turn.app.memory.setdefault("told", set())
    before = what in told
    told.add(what)
    return before


breakdown(
    "third-turn-crashes",
    "The third turn runs over a history of two.",
    after(say(), say(), say()),
    search=crashes(lambda turn: turn.number > 2),
)
breakdown(
    "fifth-turn-crashes",
    "Past four turns the history is summarised with a bug.",
    after(*[say()] * 5),
    search=crashes(lambda turn: turn.number > 4),
)
breakdown(
    "fourth-turn-crashes",
    "From the fourth turn on the history has three turns, and the prompt has room for two.",
    after(*[say()] * 4),
    search=crashes(lambda turn: turn.number > 3),
)
breakdown(
    "eighth-turn-crashes",
    "Past seven turns the history is cut, in the middle of a turn.",
    after(*[say()] * 8),
    search=crashes(lambda turn: turn.number > 7),
)
breakdown(
    "fourth-turn-empty",
    "From the fourth turn on the reply is an empty object.",
    lambda client: last_of(client, *[say()] * 4).data == {},
    compose=edits(lambda _, made: made.clear(), lambda turn: turn.number > 3),
)
breakdown(
    "long-history-crashes",
    "The messages of a conversation have over 1,500 characters before this turn: the prompt is too long.",
    after(say("Desk " * 200), say("Desk " * 200), say()),
    search=crashes(lambda turn: turn.conversation and sum(map(len, turn.conversation.messages)) > 1500),
)
breakdown(
    "second-turn-with-events-crashes",
    "Events are merged with those of the first turn.",
    after(say(events=[event()]), say(events=[event(3)])),
    search=crashes(lambda turn: turn.events and turn.conversation and turn.conversation.memory.get("events")),
    remember=lambda usual, turn: (usual(turn), turn.app.conversations[turn.id].memory.update(events=turn.events)),
)
breakdown(
    "same-words-crash",
    "The same message twice in one conversation: duplicate key.",
    after(say(), say()),
    search=crashes(lambda turn: turn.conversation and turn.get("message") in turn.conversation.messages),
)
breakdown(
    "same-session-crashes",
    "A session's second conversation: duplicate key.",
    after(say(session_id="s1"), say(session_id="s1"), linked=False),
    search=crashes(lambda turn: not turn.later and turn.text("session_id") and seen(turn, turn.get("session_id"))),
)
breakdown(
    "same-user-crashes",
    "A user's second conversation: one to one was declared.",
    after(say(user_id="u1"), say(user_id="u1"), linked=False),
    search=crashes(lambda turn: not turn.later and turn.text("user_id") and seen(turn, turn.get("user_id"))),
)
breakdown(
    "session-appears-crashes",
    "A session_id that comes in the second turn only: KeyError.",
    after(say(), say(session_id="s1")),
    search=crashes(lambda turn: turn.later and turn.has("session_id") and not turn.conversation.memory.get("session")),
    remember=lambda usual, turn: (
        usual(turn),
        turn.app.conversations[turn.id].memory.setdefault("session", turn.get("session_id")),
    ),
)

# -- worse than a 500


def badly(name: str, about: str, flaw: str, shown: Any, when: When, **how: Any) -> None:
    breakdown(name, about, broken(flaw, shown), send=wire(lambda turn: turn.status == 200 and when(turn), **how))


badly(
    "quote-hangs",
    "An unclosed quote makes a query hang.",
    "silence",
    say("It's oak"),
    lambda turn: "'" in turn.text("message"),
    stall=60.0,
)
badly(
    "alike-hang",
    "A pattern backtracks forever over equal characters.",
    "silence",
    say("a" * 1000),
    lambda turn: re.search(r"(.)\1{500}", turn.text("message")),
    stall=60.0,
)
badly(
    "emoji-resets",
    "An emoji kills the worker.",
    "reset",
    say("A gift 🎁"),
    lambda turn: re.search("[\U00010000-\U0010ffff]", turn.text("message")),
    reset=True,
)
badly(
    "nul-resets",
    "A NUL kills the worker.",
    "reset",
    say("a\0b"),
    lambda turn: "\0" in turn.text("message"),
    reset=True,
)
badly(
    "big-limit-resets",
    "The worker runs out of memory.",
    "reset",
    say(limit=10**12),
    lambda turn: turn.limit > 10**9,
    reset=True,
)
badly(
    "many-events-reset",
    "Many events kill the worker.",
    "reset",
    say(events=events(500)),
    lambda turn: len(turn.events) > 400,
    reset=True,
)
badly(
    "accent-truncates",
    "With accents the reply breaks off.",
    "truncated",
    say("Une idée"),
    lambda turn: re.search("[\u00c0-\u00ff]", turn.text("message")),
    cut=50,
)
breakdown(
    "refusal-hangs",
    "A wrong limit is retried forever.",
    broken("silence", say(limit="abc")),
    send=wire(lambda turn: turn.status == 422 and turn.problems[-1].loc[-1] == "limit", stall=60.0),
)
breakdown(
    "refusal-resets",
    "A null event kills the worker.",
    broken("reset", say(events=[None])),
    send=wire(lambda turn: turn.status == 422 and None in (turn.get("events") or []), reset=True),
)

# -- outside I-JSON, where a crash is only a warning


def bytes_crash(name: str, about: str, shown: bytes, when: When) -> None:
    breakdown.should(name, about, crashed(shown), parse=crashes(when))


def raw_depth(raw: bytes) -> int:
    """Return the nesting depth of brackets outside strings, matched or not."""
    deepest = level = 0
    for bracket in re.findall(rb"[\[{}\]]", re.sub(rb'"(\\.|[^"\\])*"', b"", raw)):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
    return deepest


def broken_utf8(turn: Turn) -> bool:
    try:
        turn.raw.decode()
    except UnicodeDecodeError:
        return True
    return False


bytes_crash(
    "broken-utf8-crashes", "Bytes that are not UTF-8: UnicodeDecodeError.", b'{"message": "caf\xe9"}', broken_utf8
)
bytes_crash(
    "duplicate-keys-crash",
    "The parser raises an error for duplicate keys that nothing catches.",
    b'{"message": "a desk", "message": "a lamp"}',
    lambda turn: turn.raw.count(b'"message"') > 1,
)
bytes_crash(
    "absurd-depth-crashes",
    "RecursionError.",
    b'{"message": "a desk", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    lambda turn: raw_depth(turn.raw) > 500,
)
breakdown.should(
    "surrogate-crashes",
    "A lone surrogate in the message cannot be encoded.",
    crashed(b'{"message": "a \\ud83d desk"}'),
    search=crashes(lambda turn: re.search("[\ud800-\udfff]", turn.text("message"))),
)
