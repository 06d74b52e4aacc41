"""Servers that break on particular strings, numbers, dates, sizes and on what came before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from .base import Malformed, Style, Turn
from .correct import STRICT
from .fault import SHOULD, Group, When, crashes, wire
from .witness import FULL, MESSAGE, Client, Witness, broken, crashed, event, events, say

robust = Group("robustness")


def crash(
    name: str, about: str, shown: Any, when: When, *, turn: int = 1, level: str = "MUST", style: Any = None
) -> None:
    """An exception in the middle of a turn that was found right."""
    robust(name, about, crashed(shown, turn=turn), level=level, style=style, search=crashes(when))


def on_text(name: str, about: str, field: str, pattern: str, shown: str, **options: Any) -> None:
    """Breaks on strings of one top-level field in which a pattern is found."""
    crash(name, about, say(**{field: shown}), lambda turn: re.search(pattern, turn.text(field)), **options)


def in_event(name: str, about: str, field: str, pattern: str, shown: Any, **options: Any) -> None:
    """Breaks on strings of one field of an event in which a pattern is found."""
    shown = say(events=[event(**{field: shown})])
    crash(name, about, shown, lambda turn: any(re.search(pattern, one) for one in turn.each(field)), **options)


def on_stamps(name: str, about: str, shown: list[str], when: Callable[[list[str]], Any], **options: Any) -> None:
    """Breaks on the timestamps of a request, taken together."""
    body = say(events=[event(timestamp=one) for one in shown])
    crash(name, about, body, lambda turn: when(turn.each("timestamp")), **options)


# -- the words of the shopper

on_text("single-quote-crashes", "Words are pasted into SQL.", "message", "'", "It's for my dad")
on_text("double-quote-crashes", "Words are pasted into JSON.", "message", '"', 'A 24" desk')
on_text("percent-crashes", "Words are pasted into a % format.", "message", "%", "100% wool")
on_text("brace-crashes", "Words are pasted into a str.format.", "message", "[{}]", "a {desk}")
on_text("backslash-crashes", "Words are pasted into a pattern.", "message", r"\\", r"a\b")
on_text("bracket-crashes", "Words are compiled as a pattern.", "message", r"[\[(*+?]", "a desk (oak")
on_text("accent-crashes", "Words are encoded as ASCII.", "message", "[\u00c0-\u00ff]", "Une idée")
on_text("emoji-crashes", "The column knows three bytes a character.", "message", "[\U00010000-\U0010ffff]", "A gift 🎁")
on_text("right-to-left-crashes", "A layout routine chokes on right-to-left text.", "message", "[\u0590-\u06ff]", "هدية")
on_text("nul-crashes", "The database takes no NUL.", "message", "\0", "a\0b")
on_text("line-break-crashes", "A log line must be one line.", "message", "\n", "a\nb")
on_text("blank-message-crashes", "split()[0] of blanks.", "message", r"\A\s*\Z", "   ")
on_text(
    "thousand-alike-crash",
    "Backtracking gives up on a thousand equal characters.",
    "message",
    r"(?s)(.)\1{998}",
    "a" * 1000,
)
on_text("long-message-crashes", "A column of 64 KiB overflows.", "message", r"(?s)\A.{65536}", "desk " * 20_000)
on_text("long-word-crashes", "The index takes words of at most 255 characters.", "message", r"\S{256}", "d" * 600)
on_text("no-letters-crash", "A search without terms.", "message", r"\A[^\w]+\Z", "?!")
on_text("zero-width-crashes", "A tokenizer asserts that it moves on.", "message", "[\u200b-\u200d\ufeff]", "a\u200db")

# -- identifiers

on_text(
    "session-digits-crash",
    "An id of digits is looked up as a 32-bit number.",
    "session_id",
    r"\A\d{10,}\Z",
    "20240614100000",
)
on_text("user-quote-crashes", "user_id is pasted into SQL.", "user_id", "'", "o'hara")
on_text("user-hyphen-first-crashes", "A user_id is passed to a program as an argument.", "user_id", r"\A-", "-u1")
on_text("session-line-break-crashes", "session_id goes into a header.", "session_id", r"[\r\n]", "s\r\n1")
on_text("session-script-crashes", "session_id goes into a Latin-1 header.", "session_id", "[^\0-\xff]", "セッション")
on_text("session-empty-crashes", "session_id[0] shards.", "session_id", r"\A\Z", "")
on_text("user-percent-crashes", "user_id is decoded as a part of a URL.", "user_id", "%", "u%zz")
on_text("user-long-crashes", "user_id makes a file name.", "user_id", "(?s).{256}", "u" * 100_000)
on_text("conversation-empty-crashes", "An empty conversation_id.", "conversation_id", r"\A\Z", "")
on_text("conversation-digits-crash", "A number is no UUID.", "conversation_id", r"\A\d+\Z", "12345")
on_text("conversation-not-uuid-crashes", "UUID() of what is none.", "conversation_id",
        r"\A(?![0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\Z)", "elsewhere")  # fmt: skip
on_text(
    "conversation-long-crashes",
    "A key of more than 250 bytes, as memcached dislikes it.",
    "conversation_id",
    "(?s).{251}",
    "c" * 300,
)
on_text("conversation-slash-crashes", "conversation_id makes a path.", "conversation_id", "/", "a/b")
crash("foreign-id-crashes", "An unknown conversation_id: KeyError.", say(conversation_id="elsewhere"),
      lambda turn: turn.text("conversation_id") and turn.text("conversation_id") not in turn.app.issued)  # fmt: skip
crash("user-is-session-crashes", "A map by value loses one of two equal ids.", say(session_id="x1", user_id="x1"),
      lambda turn: turn.text("user_id") and turn.get("user_id") == turn.get("session_id"))  # fmt: skip
crash("conversation-is-session-crashes", "One table for both kinds of ids: UNIQUE constraint failed.",
      say(conversation_id="x1", session_id="x1"),
      lambda turn: turn.text("session_id") and turn.get("conversation_id") == turn.get("session_id"))  # fmt: skip

# -- events

in_event("type-unknown-crashes", "A dispatch table of event types: KeyError.", "type",
         r"\A(?!(browse|click|purchase|view|search)\Z)", "wishlist")  # fmt: skip
in_event("type-empty-crashes", "type[0] of an empty string.", "type", r"\A\Z", "")
in_event("type-private-crashes", "getattr finds what it should not.", "type", r"\A(__|constructor|hasOwn)", "__class__")
in_event("item-quote-crashes", "item_id is pasted into SQL.", "item_id", "['\"]", "ST'678")
in_event("item-unknown-crashes", "An item that is not in the catalogue: KeyError.", "item_id",
         r"\A(?![A-Z]{2}\d{3}[A-Z]{2}\Z)", "unheard-of")  # fmt: skip
in_event("description-percent-crashes", "A description is pasted into a % format.", "description", "%", "50% off")
in_event("description-emoji-crashes", "A description column knows three bytes a character.", "description",
         "[\U00010000-\U0010ffff]", "liked it 👍")  # fmt: skip
in_event(
    "description-long-crashes", "A description of 100 KB overflows.", "description", r"(?s).{65536}", "d" * 100_000
)
crash("three-of-a-type-crash", "Events are zipped into pairs a type.", say(events=events(3)),
      lambda turn: max(Counter(turn.each("type")).values(), default=0) > 2)  # fmt: skip
crash("purchase-and-click-crash", "A purchase after a click is counted twice.",
      say(events=[event(0, type="click"), event(1, type="purchase")]),
      lambda turn: {"click", "purchase"} <= set(turn.each("type")))  # fmt: skip
crash("equal-events-crash", "The rate of two events at the same time: division by zero.", say(events=[event(), event()]),
      lambda turn: any(one in turn.events[:i] for i, one in enumerate(turn.events)))  # fmt: skip
crash("same-time-crashes", "Events are sorted with their dictionaries, which cannot be compared.",
      say(events=[event(), event(type="click")]),
      lambda turn: len(set(turn.each("timestamp"))) < len(turn.each("timestamp")))  # fmt: skip
crash("same-item-crashes", "Two events of one item: duplicate key.",
      say(events=[event(0, item_id="ST678VG"), event(1, item_id="ST678VG")]),
      lambda turn: len(set(turn.each("item_id"))) < len(turn.each("item_id")))  # fmt: skip
crash("mixed-items-crash", "Some events with an item, some without: None cannot be sorted.",
      say(events=[event(0, item_id="ST678VG"), event(1)]),
      lambda turn: 0 < len(turn.each("item_id")) < len(turn.events))  # fmt: skip
crash("twenty-events-crash", "A buffer of nineteen.", say(events=events(20)), lambda turn: len(turn.events) > 19)
crash("hundred-events-crash", "The prompt gets too long for the model.", say(events=events(300)),
      lambda turn: len(turn.events) > 100)  # fmt: skip
crash("thousand-events-crash", "The recursion is as deep as there are events.", say(events=events(1000)),
      lambda turn: len(turn.events) > 990)  # fmt: skip
on_stamps("unordered-crash", "An assertion that time goes on.", ["2024-06-14T10:03:00Z", "2024-06-14T10:00:00Z"],
          lambda stamps: stamps != sorted(stamps))  # fmt: skip
on_stamps("naive-and-aware-crash", "Naive and aware times cannot be compared.",
          ["2024-06-14T10:00:00", "2024-06-14T10:03:00Z"],
          lambda stamps: len({bool(re.search(r"(Z|[+-]\d\d:\d\d)\Z", one)) for one in stamps}) > 1)  # fmt: skip
on_stamps("offsets-crash", "Two offsets in one request.", ["2024-06-14T10:00:00Z", "2024-06-14T10:03:00+02:00"],
          lambda stamps: len({re.sub(r".*(?=Z|[+-]\d\d:\d\d\Z)", "", one) for one in stamps}) > 1)  # fmt: skip
on_stamps("overflow-crashes", "The end of 9999 in UTC is past the end of time.", ["9999-12-31T23:59:59-01:00"],
          lambda stamps: any(re.match("9999-12-31T.*-", one) for one in stamps))  # fmt: skip
on_stamps("underflow-crashes", "Seconds before 1970 are negative.", ["1000-01-01T00:00:00Z"],
          lambda stamps: any(one[:4] < "1970" for one in stamps))  # fmt: skip
on_stamps("past-2038-crashes", "Seconds past January 2038.", ["9999-12-31T23:59:59Z"],
          lambda stamps: any(one[:4].isdigit() and one[:4] > "2038" for one in stamps))  # fmt: skip
on_stamps("leap-second-crashes", "A leap second.", ["2016-12-31T23:59:60Z"],
          lambda stamps: any(":60" in one for one in stamps))  # fmt: skip
on_stamps(
    "date-only-crashes",
    "A date without a time.",
    ["2024-06-14"],
    lambda stamps: any("T" not in one.upper() for one in stamps),
)
on_stamps("no-date-crashes", "A timestamp that is no date.", ["yesterday"],
          lambda stamps: any(not re.match(r"\d{4}-\d\d-\d\d", one) for one in stamps))  # fmt: skip
on_stamps("empty-timestamp-crashes", "An empty timestamp.", [""], lambda stamps: "" in stamps)
on_stamps("fraction-crashes", "strptime without %f.", ["2024-06-14T10:00:00.5Z"],
          lambda stamps: any("." in one for one in stamps))  # fmt: skip
robust(
    "timestamp-number-crashes",
    "A number as a timestamp has no replace.",
    crashed(say(events=[event(timestamp=1718359200)])),
    validate=crashes(lambda turn: any(type(one.get("timestamp")) in (int, float) for one in turn.events)),
)

# -- limit


def limits(name: str, about: str, shown: Any, when: Callable[[Any], Any], **options: Any) -> None:
    crash(name, about, say(limit=shown), lambda turn: turn.has("limit") and when(turn.get("limit")), **options)


def past(bits: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and not -(2**bits) <= value < 2**bits


limits("limit-31-bits", "A limit past 31 bits does not fit the column.", 2**31, past(31))
limits("limit-53-bits", "A limit past 53 bits is no safe integer.", 2**53 + 1, past(53), style=STRICT)
limits("limit-63-bits", "A limit past 63 bits: OverflowError of SQLite.", 2**63, past(63))
limits("limit-huge", "A limit of a hundred digits.", 10**100, past(300))
limits("limit-zero-crashes", "The number of pages: division by zero.", 0, lambda value: value == 0)
limits(
    "limit-negative-crashes",
    "LIMIT -1 is an error of the database.",
    -1,
    lambda value: type(value) is int and value < 0,
)
limits("limit-null-crashes", "min of None and 10.", None, lambda value: value is None)
limits("limit-true-crashes", "A boolean limit trips an assertion.", True, lambda value: isinstance(value, bool))
limits("limit-string-crashes", "A numeric string slices.", "5", lambda value: isinstance(value, str))
limits("limit-float-crashes", "items[:5.0] is a TypeError.", 5.0, lambda value: isinstance(value, float))

# -- null, and properties nobody knows

for name in ("conversation_id", "session_id", "events"):
    crash(f"null-{name.removesuffix('_id')}-crashes", f"A null {name}: None has no length.", say(**{name: None}),
          lambda turn, name=name: turn.has(name) and turn.get(name) is None)  # fmt: skip
crash("null-in-event-crashes", "A null description: None has no strip.", say(events=[event(description=None)]),
      lambda turn: any(one.get("description", "") is None for one in turn.events))  # fmt: skip
KNOWN = {"message", "conversation_id", "session_id", "user_id", "events", "limit"}
crash(
    "unknown-property-crashes",
    "chat(**body) has no such parameter.",
    say(channel="web"),
    lambda turn: set(turn.body) - KNOWN,
)
crash("unknown-in-event-crashes", "Event(**event) has no such parameter.", say(events=[event(page=3)]),
      lambda turn: any(set(one) - {"timestamp", "type", "item_id", "description"} for one in turn.events))  # fmt: skip


def depth(value: Any) -> int:
    """How deep arrays and objects are nested."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        one, level = waiting.pop()
        inner = list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else []
        deepest = max(deepest, level)
        waiting += [(part, level + 1) for part in inner]
    return deepest


def nested(levels: int) -> dict[str, Any]:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return say(tree=value)


crash("nested-fifty-crashes", "A recursive walk with a bound of forty.", nested(50), lambda turn: depth(turn.body) > 40)
crash("nested-300-crashes", "A recursive walk with a bound of two hundred.", nested(300),
      lambda turn: depth(turn.body) > 200, level=SHOULD)  # fmt: skip

# -- two conditions at once

crash("quote-beside-events-crashes", "Only the query with events is built by hand.", say("It's oak", events=[event()]),
      lambda turn: "'" in turn.text("message") and turn.events)  # fmt: skip
crash("emoji-later-crashes", "The history is kept in a narrow column.", say("A gift 🎁"),
      lambda turn: turn.later and re.search("[\U00010000-\U0010ffff]", turn.text("message")), turn=2)  # fmt: skip
crash("everything-at-once-crashes", "All optional fields together take an untested path.", FULL,
      lambda turn: turn.has("session_id", "user_id", "events", "limit"))  # fmt: skip
crash("nothing-found-with-events-crashes", "No items and an event: max of an empty list.", say("湯", events=[event()]),
      lambda turn: turn.events and not re.search("[A-Za-z]", turn.text("message")))  # fmt: skip
crash("limit-without-session-crashes", "With a limit but no session: None is a key.", say(limit=3),
      lambda turn: turn.has("limit") and not turn.has("session_id"), style=STRICT)  # fmt: skip
crash("bare-event-beside-limit-crashes", "An event without a description, and a limit.", say(limit=3, events=[event()]),
      lambda turn: turn.has("limit") and any("description" not in one for one in turn.events))  # fmt: skip

# -- what came before


def after(*bodies: Any, linked: bool = True) -> Witness:
    """A 5xx to the last of several turns of one conversation, or of several conversations."""

    def witness(client: Client) -> bool:
        given = client.send(bodies[0]).id if linked else None
        last = [
            client.send({**body, "conversation_id": given} if given else body) for body in bodies[given is not None :]
        ]
        return last[-1].status >= 500

    return witness


def seen(turn: Turn, what: Any) -> bool:
    """Whether this server was told this before."""
    told = turn.app.memory.setdefault("told", set())
    before = what in told
    told.add(what)
    return before


robust("third-turn-crashes", "The third turn runs over a history of two.", after(say(), say(), say()),
       search=crashes(lambda turn: turn.number > 2))  # fmt: skip
robust("fifth-turn-crashes", "Past four turns the history is summarised, badly.", after(*[say()] * 5),
       search=crashes(lambda turn: turn.number > 4))  # fmt: skip
robust("second-turn-with-events-crashes", "Events are merged with those of the first turn.",
       after(say(events=[event()]), say(events=[event(3)])),
       search=crashes(lambda turn: turn.events and turn.talk and turn.talk.memory.get("events")),
       remember=lambda usual, turn: (usual(turn), turn.app.talks[turn.id].memory.update(events=turn.events)))  # fmt: skip
robust("same-words-crash", "The same message twice in one conversation: duplicate key.", after(say(), say()),
       search=crashes(lambda turn: turn.talk and turn.get("message") in turn.talk.said))  # fmt: skip
robust("same-session-crashes", "A session's second conversation: duplicate key.",
       after(say(session_id="s1"), say(session_id="s1"), linked=False),
       search=crashes(lambda turn: not turn.later and turn.text("session_id") and seen(turn, turn.get("session_id"))))  # fmt: skip
robust("same-user-crashes", "A user's second conversation: one to one was declared.",
       after(say(user_id="u1"), say(user_id="u1"), linked=False),
       search=crashes(lambda turn: not turn.later and turn.text("user_id") and seen(turn, turn.get("user_id"))))  # fmt: skip
robust("session-appears-crashes", "A session_id that comes in the second turn only: KeyError.",
       after(say(), say(session_id="s1")),
       search=crashes(lambda turn: turn.later and turn.has("session_id") and not turn.talk.memory.get("session")),
       remember=lambda usual, turn: (
           usual(turn), turn.app.talks[turn.id].memory.setdefault("session", turn.get("session_id"))))  # fmt: skip

# -- worse than a 500


def badly(name: str, about: str, flaw: str, shown: Any, when: When, **how: Any) -> None:
    robust(name, about, broken(flaw, shown), send=wire(lambda turn: turn.status == 200 and when(turn), **how))


badly("quote-hangs", "A query that never ends: a quote left open.", "silence", say("It's oak"),
      lambda turn: "'" in turn.text("message"), stall=60.0)  # fmt: skip
badly("alike-hang", "A pattern backtracks for ever over equal characters.", "silence", say("a" * 1000),
      lambda turn: re.search(r"(.)\1{500}", turn.text("message")), stall=60.0)  # fmt: skip
badly("emoji-resets", "The worker dies of an emoji.", "reset", say("A gift 🎁"),
      lambda turn: re.search("[\U00010000-\U0010ffff]", turn.text("message")), reset=True)  # fmt: skip
badly(
    "nul-resets",
    "The worker dies of a NUL.",
    "reset",
    say("a\0b"),
    lambda turn: "\0" in turn.text("message"),
    reset=True,
)
badly("big-limit-resets", "The worker runs out of memory.", "reset", say(limit=10**12),
      lambda turn: turn.limit > 10**9, reset=True)  # fmt: skip
badly("many-events-reset", "The worker dies of many events.", "reset", say(events=events(500)),
      lambda turn: len(turn.events) > 400, reset=True)  # fmt: skip
badly("accent-truncates", "With accents the reply breaks off.", "truncated", say("Une idée"),
      lambda turn: re.search("[\u00c0-\u00ff]", turn.text("message")), cut=50)  # fmt: skip
robust("refusal-hangs", "A wrong limit is retried for ever.", broken("silence", say(limit="abc")),
       send=wire(lambda turn: turn.status == 422 and turn.problems[-1].loc[-1] == "limit", stall=60.0))  # fmt: skip
robust("refusal-resets", "A null event kills the worker.", broken("reset", say(events=[None])),
       send=wire(lambda turn: turn.status == 422 and None in (turn.get("events") or []), reset=True))  # fmt: skip

# -- outside I-JSON, where a crash is only a warning


def bytes_crash(name: str, about: str, shown: bytes, when: When) -> None:
    robust.should(name, about, crashed(shown), parse=crashes(when))


def broken_utf8(turn: Turn) -> bool:
    try:
        turn.raw.decode()
    except UnicodeDecodeError:
        return True
    return False


bytes_crash(
    "broken-utf8-crashes", "Bytes that are no UTF-8: UnicodeDecodeError.", b'{"message": "caf\xe9"}', broken_utf8
)
bytes_crash("duplicate-keys-crash", "A reader that forbids duplicate keys, and nobody catches it.",
            b'{"message": "a desk", "message": "a lamp"}', lambda turn: turn.raw.count(b'"message"') > 1)  # fmt: skip
bytes_crash("absurd-depth-crashes", "RecursionError.", b'{"message": "a desk", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
            lambda turn: turn.raw.count(b"[") > 4000)  # fmt: skip
robust.should("surrogate-crashes", "A lone surrogate in the message cannot be encoded.",
              crashed(b'{"message": "a \\ud83d desk"}'),
              search=crashes(lambda turn: re.search("[\ud800-\udfff]", turn.text("message"))))  # fmt: skip
assert MESSAGE
assert Malformed
assert Style
