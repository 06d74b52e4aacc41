"""Servers that fail on particular strings, numbers, dates, sizes and earlier requests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from .base import Style, Turn
from .correct import STRICT
from .fault import MUST, SHOULD, Group, When, crashes
from .witness import crashed, event, events, say

robust = Group("robustness")


def crash(
    name: str,
    about: str,
    shown: Any,
    when: When,
    *,
    turn: int = 1,
    level: str = MUST,
    style: Style | None = None,
    group: Group = robust,
) -> None:
    """Add a fault: an exception during a valid turn."""
    group(name, about, crashed(shown, turn=turn), level=level, style=style, search=crashes(when))


def on_text(name: str, about: str, field: str, pattern: str, shown: str, **options: Any) -> None:
    """Add a fault: strings of a top-level field that match a pattern crash."""
    crash(
        name,
        about,
        say(**{field: shown}),
        lambda turn: holds(turn, field) and re.search(pattern, turn.text(field)),
        **options,
    )


def holds(turn: Turn, field: str) -> bool:
    return isinstance(turn.get(field), str)


def in_event(name: str, about: str, field: str, pattern: str, shown: Any, **options: Any) -> None:
    """Add a fault: strings of a field of an event that match a pattern crash."""
    shown = say(events=[event(**{field: shown})])
    crash(name, about, shown, lambda turn: any(re.search(pattern, one) for one in turn.each(field)), **options)


def on_stamps(name: str, about: str, shown: list[str], when: Callable[[list[str]], Any], **options: Any) -> None:
    """Add a fault: a combination of timestamps crashes."""
    body = say(events=[event(timestamp=one) for one in shown])
    crash(name, about, body, lambda turn: when(turn.each("timestamp")), **options)


# -- the message

on_text("single-quote-crashes", "The message is inserted into SQL.", "message", "'", "It's for my dad")
on_text("double-quote-crashes", "The message is inserted into JSON.", "message", '"', 'A 24" desk')
on_text("percent-crashes", "The message is inserted into a % format.", "message", "%", "100% wool")
on_text("brace-crashes", "The message is inserted into a str.format.", "message", "[{}]", "a {desk}")
on_text("backslash-crashes", "The message is inserted into a pattern.", "message", r"\\", r"a\b")
on_text("bracket-crashes", "The message is compiled as a pattern.", "message", r"[\[(*]", "a desk (oak")
on_text("accent-crashes", "The message is encoded as ASCII.", "message", "[\u00c0-\u00ff]", "Une idée")
on_text(
    "emoji-crashes",
    "The column stores at most three bytes per character.",
    "message",
    "[\U00010000-\U0010ffff]",
    "A gift 🎁",
)
on_text("right-to-left-crashes", "Text layout fails on right-to-left text.", "message", "[\u0590-\u06ff]", "هدية")
on_text("nul-crashes", "The database accepts no NUL.", "message", "\0", "a\0b")
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
on_text("long-word-crashes", "The index accepts words of at most 255 characters.", "message", r"\S{256}", "d" * 600)
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
on_text("user-quote-crashes", "user_id is inserted into SQL.", "user_id", "'", "o'hara")
on_text("user-hyphen-first-crashes", "A user_id is passed to a program as an argument.", "user_id", r"\A-", "-u1")
on_text("session-line-break-crashes", "session_id goes into a header.", "session_id", r"[\r\n]", "s\r\n1")
on_text("session-script-crashes", "session_id goes into a Latin-1 header.", "session_id", "[^\0-\xff]", "セッション")
on_text("session-empty-crashes", "session_id[0] shards.", "session_id", r"\A\Z", "")
on_text("user-percent-crashes", "user_id is decoded as a part of a URL.", "user_id", "%", "u%zz")
on_text("user-long-crashes", "user_id makes a file name.", "user_id", "(?s).{256}", "u" * 100_000)
on_text("conversation-empty-crashes", "An empty conversation_id.", "conversation_id", r"\A\Z", "")
on_text("conversation-digits-crash", "An id of digits is not a UUID.", "conversation_id", r"\A\d+\Z", "12345")
on_text(
    "conversation-not-uuid-crashes",
    "UUID() of an id that is not a UUID.",
    "conversation_id",
    r"\A(?![0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\Z)",
    "elsewhere",
)
on_text(
    "conversation-long-crashes",
    "A key of more than 250 bytes, as memcached dislikes it.",
    "conversation_id",
    "(?s).{251}",
    "c" * 300,
)
on_text("conversation-slash-crashes", "conversation_id makes a path.", "conversation_id", "/", "a/b")
crash(
    "foreign-id-crashes",
    "An unknown conversation_id: KeyError.",
    say(conversation_id="elsewhere"),
    lambda turn: turn.text("conversation_id") and turn.text("conversation_id") not in turn.app.issued,
)
crash(
    "user-is-session-crashes",
    "A map by value loses one of two equal ids.",
    say(session_id="x1", user_id="x1"),
    lambda turn: turn.text("user_id") and turn.get("user_id") == turn.get("session_id"),
)
crash(
    "conversation-is-session-crashes",
    "One table for both kinds of ids: UNIQUE constraint failed.",
    say(conversation_id="x1", session_id="x1"),
    lambda turn: turn.text("session_id") and turn.get("conversation_id") == turn.get("session_id"),
)

# -- events

in_event(
    "type-unknown-crashes",
    "A dispatch table of event types: KeyError.",
    "type",
    r"\A(?!(browse|click|purchase|view|search)\Z)",
    "wishlist",
)
in_event("type-empty-crashes", "type[0] of an empty string.", "type", r"\A\Z", "")
in_event("type-private-crashes", "getattr finds what it should not.", "type", r"\A(__|constructor|hasOwn)", "__class__")
in_event("item-quote-crashes", "item_id is inserted into SQL.", "item_id", "['\"]", "ST'678")
in_event(
    "item-unknown-crashes",
    "An item that is not in the catalogue: KeyError.",
    "item_id",
    r"\A(?![A-Z]{2}\d{3}[A-Z]{2}\Z)",
    "unheard-of",
)
in_event("description-percent-crashes", "A description is inserted into a % format.", "description", "%", "50% off")
in_event(
    "description-emoji-crashes",
    "The description column stores at most three bytes per character.",
    "description",
    "[\U00010000-\U0010ffff]",
    "liked it 👍",
)
in_event(
    "description-long-crashes", "A description of 100 KB overflows.", "description", r"(?s).{65536}", "d" * 100_000
)
crash(
    "three-of-a-type-crash",
    "Events are zipped into pairs a type.",
    say(events=events(3)),
    lambda turn: max(Counter(turn.each("type")).values(), default=0) > 2,
)
crash(
    "purchase-and-click-crash",
    "A purchase after a click is counted twice.",
    say(events=[event(0, type="click"), event(1, type="purchase")]),
    lambda turn: {"click", "purchase"} <= set(turn.each("type")),
)
crash(
    "equal-events-crash",
    "The rate of two events at the same time: division by zero.",
    say(events=[event(), event()]),
    lambda turn: any(one in turn.events[:i] for i, one in enumerate(turn.events)),
)
crash(
    "same-time-crashes",
    "Events are sorted with their dictionaries, which cannot be compared.",
    say(events=[event(), event(type="click")]),
    lambda turn: len(set(turn.each("timestamp"))) < len(turn.each("timestamp")),
)
crash(
    "same-item-crashes",
    "Two events of one item: duplicate key.",
    say(events=[event(0, item_id="ST678VG"), event(1, item_id="ST678VG")]),
    lambda turn: len(set(turn.each("item_id"))) < len(turn.each("item_id")),
)
crash(
    "mixed-items-crash",
    "Some events with an item, some without: None cannot be sorted.",
    say(events=[event(0, item_id="ST678VG"), event(1)]),
    lambda turn: 0 < len(turn.each("item_id")) < len(turn.events),
)
crash("twenty-events-crash", "A buffer of nineteen.", say(events=events(20)), lambda turn: len(turn.events) > 19)
crash(
    "hundred-events-crash",
    "The prompt gets too long for the model.",
    say(events=events(300)),
    lambda turn: len(turn.events) > 100,
)
crash(
    "thousand-events-crash",
    "The recursion is as deep as there are events.",
    say(events=events(1000)),
    lambda turn: len(turn.events) > 990,
)
on_stamps(
    "unordered-crash",
    "An assertion that events are in order.",
    ["2024-06-14T10:03:00Z", "2024-06-14T10:00:00Z"],
    lambda stamps: stamps != sorted(stamps),
)
on_stamps(
    "naive-and-aware-crash",
    "Naive and aware times cannot be compared.",
    ["2024-06-14T10:00:00", "2024-06-14T10:03:00Z"],
    lambda stamps: len({bool(re.search(r"(Z|[+-]\d\d:\d\d)\Z", one)) for one in stamps}) > 1,
)
on_stamps(
    "offsets-crash",
    "Two offsets in one request.",
    ["2024-06-14T10:00:00Z", "2024-06-14T10:03:00+02:00"],
    lambda stamps: len({re.sub(r".*(?=Z|[+-]\d\d:\d\d\Z)", "", one) for one in stamps}) > 1,
)
on_stamps(
    "overflow-crashes",
    "The end of 9999 with this offset is after the last date in UTC.",
    ["9999-12-31T23:59:59-01:00"],
    lambda stamps: any(re.match("9999-12-31T.*-", one) for one in stamps),
)
on_stamps(
    "underflow-crashes",
    "Seconds before 1970 are negative.",
    ["1000-01-01T00:00:00Z"],
    lambda stamps: any(one[:4] < "1970" for one in stamps),
)
on_stamps(
    "past-2038-crashes",
    "Seconds past January 2038.",
    ["9999-12-31T23:59:59Z"],
    lambda stamps: any(one[:4].isdigit() and one[:4] > "2038" for one in stamps),
)
on_stamps(
    "leap-second-crashes",
    "A leap second.",
    ["2016-12-31T23:59:60Z"],
    lambda stamps: any(":60" in one for one in stamps),
)
on_stamps(
    "date-only-crashes",
    "A date without a time.",
    ["2024-06-14"],
    lambda stamps: any("T" not in one.upper() for one in stamps),
)
on_stamps(
    "no-date-crashes",
    "A timestamp that is not a date.",
    ["yesterday"],
    lambda stamps: any(not re.match(r"\d{4}-\d\d-\d\d", one) for one in stamps),
)
on_stamps("empty-timestamp-crashes", "An empty timestamp.", [""], lambda stamps: "" in stamps)
on_stamps(
    "fraction-crashes",
    "strptime without %f.",
    ["2024-06-14T10:00:00.5Z"],
    lambda stamps: any("." in one for one in stamps),
)
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
limits("limit-53-bits", "A limit past 53 bits is not a safe integer.", 2**53 + 1, past(53), style=STRICT)
limits("limit-63-bits", "A limit past 63 bits: OverflowError of SQLite.", 2**63, past(63))
limits("limit-96-bits", "A limit past 96 bits does not fit a decimal.", 10**30, past(96))
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

# -- null, and unknown properties

for name in ("conversation_id", "session_id", "events"):
    crash(
        f"null-{name.removesuffix('_id')}-crashes",
        f"A null {name}: None has no length.",
        say(**{name: None}),
        lambda turn, name=name: turn.has(name) and turn.get(name) is None,
    )
crash(
    "null-in-event-crashes",
    "A null description: None has no strip.",
    say(events=[event(description=None)]),
    lambda turn: any(one.get("description", "") is None for one in turn.events),
)
KNOWN = {"message", "conversation_id", "session_id", "user_id", "events", "limit"}
crash(
    "unknown-property-crashes",
    "chat(**body) has no such parameter.",
    say(channel="web"),
    lambda turn: set(turn.body) - KNOWN,
)
crash(
    "unknown-in-event-crashes",
    "Event(**event) has no such parameter.",
    say(events=[event(page=3)]),
    lambda turn: any(set(one) - {"timestamp", "type", "item_id", "description"} for one in turn.events),
)


def depth(value: Any) -> int:
    """Return the nesting depth of arrays and objects."""
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
crash(
    "nested-300-crashes",
    "A recursive walk with a bound of two hundred.",
    nested(300),
    lambda turn: depth(turn.body) > 200,
    level=SHOULD,
)
