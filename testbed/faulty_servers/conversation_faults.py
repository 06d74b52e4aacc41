"""Servers that lose, mix up or mangle conversations."""

from __future__ import annotations

import hashlib
import threading
import time
import unicodedata
import uuid
from typing import Any

from .base import Turn
from .fault import Group, When, always, answers, edits
from .witness import Client, Witness, alike, event, gets, ids, loses_thread, say, together

conversation = Group("conversation")


def new(turn: Turn) -> bool:
    return not turn.text("conversation_id")


def foreign(turn: Turn) -> bool:
    return bool(turn.text("conversation_id")) and turn.conversation is None


def digest(text: Any) -> str:
    return hashlib.md5(str(text).encode("utf-8", "replace")).hexdigest()


def issues(name: str, about: str, shown: Witness, make: Any, when: When = new) -> None:
    """Return a hook that gives new conversations ids made by the function."""
    conversation(name, about, shown, identify=lambda usual, turn: make(turn) if when(turn) else usual(turn))


def changes(name: str, about: str, shown: Witness, change: Any, when: When = lambda turn: turn.conversation) -> None:
    """Add a fault: replies have the id of a known conversation in another form."""
    conversation(name, about, shown, compose=edits(lambda turn, made: made.update(conversation_id=change(turn)), when))


def fresh(turn: Turn) -> str:
    return turn.app.issue()


# -- new conversations

SAME = [say(session_id="s1"), say(session_id="s1")]
issues("one-for-all", "The default of the parameter is made once, at import.", alike(say(), say()), lambda turn: "c-1")
issues(
    "id-of-the-session",
    "The id is a hash of the session_id.",
    alike(*SAME),
    lambda turn: digest(turn.get("session_id")),
    lambda turn: new(turn) and turn.has("session_id"),
)
issues(
    "id-of-the-user",
    "All requests of a user share one conversation.",
    alike(say(user_id="u1"), say(user_id="u1")),
    lambda turn: digest(turn.get("user_id")),
    lambda turn: new(turn) and turn.has("user_id"),
)
issues(
    "id-of-user-and-session",
    "The id is a hash of user_id and session_id.",
    alike(say(user_id="u1", session_id="s1"), say(user_id="u1", session_id="s1")),
    lambda turn: digest((turn.get("user_id"), turn.get("session_id"))),
    lambda turn: new(turn) and turn.has("user_id", "session_id"),
)
issues(
    "id-of-the-message",
    "The id is a hash of the message.",
    alike(say(), say()),
    lambda turn: digest(turn.get("message")),
)
issues(
    "id-of-nobody",
    "All requests without user_id and session_id share one conversation.",
    alike(say(), say()),
    lambda turn: "anonymous",
    lambda turn: new(turn) and not turn.has("user_id") and not turn.has("session_id"),
)
issues("id-of-the-second", "The id is the time in seconds.", alike(*[say()] * 4), lambda turn: f"c-{int(time.time())}")
issues("id-reissued", "A ring of eight ids.", alike(*[say()] * 9), lambda turn: f"c-{turn.app.count('new') % 8}")
issues(
    "id-reissued-past-fifteen",
    "Four bits of a counter make the id.",
    alike(*[say()] * 17),
    lambda turn: f"c-{turn.app.count('new') % 16:x}",
)
issues(
    "every-other-like-the-one-before",
    "Every second request gets the conversation_id of the previous one.",
    alike(say(), say(), say()),
    lambda turn: turn.app.issued[-1] if turn.app.count("new") % 2 == 0 and turn.app.issued else fresh(turn),
)
issues(
    "session-index",
    "A session's second conversation gets the first one's id, if a user is named too.",
    alike(say(user_id="u1", session_id="s1"), say(user_id="u2", session_id="s1")),
    lambda turn: turn.app.memory.setdefault(turn.get("session_id"), fresh(turn)),
    lambda turn: new(turn) and turn.has("user_id") and turn.text("session_id"),
)
issues(
    "events-make-the-id",
    "The id is a hash of the events.",
    alike(say(events=[event()]), say(events=[event()])),
    lambda turn: digest(turn.get("events")),
    lambda turn: new(turn) and turn.events,
)
issues(
    "cached-first-reply",
    "Replies to equal first requests come from a cache, id included.",
    alike(say(), say()),
    lambda turn: turn.app.memory.setdefault(digest(turn.raw), fresh(turn)),
)

# -- continued conversations

conversation(
    "id-always-new", "conversation_id is ignored.", loses_thread(say(), say()), identify=lambda usual, turn: fresh(turn)
)
conversation(
    "id-new-from-third",
    "From the third turn on the id is a new one.",
    loses_thread(say(), say(), say()),
    identify=lambda usual, turn: fresh(turn) if turn.number > 2 else usual(turn),
)
conversation(
    "id-new-from-fifth",
    "After four turns a conversation is rolled over.",
    loses_thread(*[say()] * 5),
    identify=lambda usual, turn: fresh(turn) if turn.number > 4 else usual(turn),
)
conversation(
    "id-new-with-events",
    "With events a new conversation begins.",
    loses_thread(say(), say(events=[event()])),
    identify=lambda usual, turn: fresh(turn) if turn.events else usual(turn),
)
conversation(
    "id-new-with-limit",
    "A limit begins a new search, and with it a conversation.",
    loses_thread(say(), say(limit=2)),
    identify=lambda usual, turn: fresh(turn) if turn.has("limit") else usual(turn),
)
conversation(
    "id-new-for-same-words",
    "The same message twice begins a new conversation.",
    loses_thread(say(), say()),
    identify=lambda usual, turn: (
        fresh(turn) if turn.conversation and turn.get("message") in turn.conversation.messages else usual(turn)
    ),
)


def keeps(name: str) -> Any:
    """Return a hook for `remember` that keeps the first value of the field in the conversation."""
    return edits(
        lambda turn, _: turn.app.conversations[turn.id].memory.setdefault(name, turn.get(name)), lambda t: t.has(name)
    )


def kept(turn: Turn, name: str) -> Any:
    return turn.conversation.memory.get(name) if turn.conversation else None


def other_session(turn: Turn) -> bool:
    return turn.has("session_id") and kept(turn, "session_id") not in (None, turn.get("session_id"))


conversation(
    "id-new-for-other-session",
    "A session_id that differs from the first one begins a new conversation.",
    loses_thread(say(session_id="s1"), say(session_id="s2")),
    remember=keeps("session_id"),
    identify=lambda usual, turn: fresh(turn) if other_session(turn) else usual(turn),
)


def session_wins(usual: Any, turn: Turn) -> str:
    """Continue the first conversation of a session, whatever the conversation_id."""
    sessions = turn.app.memory.setdefault("sessions", {})
    session = turn.text("session_id")
    if turn.conversation and session in sessions:
        return sessions[session]
    given: str = usual(turn)
    if session:
        sessions.setdefault(session, given)
    return given


def outweighed(client: Client) -> bool:
    client.send(say(session_id="s1"))
    given = client.send(say(session_id="s2")).id
    return client.send(say(session_id="s1", conversation_id=given)).id != given


conversation(
    "session-wins",
    "A session_id known from another conversation outweighs the conversation_id.",
    outweighed,
    identify=session_wins,
)
conversation(
    "user-needed-again",
    "Without the user_id of its first turn a conversation is not found: a new one begins.",
    loses_thread(say(user_id="u1"), say()),
    remember=keeps("user_id"),
    identify=lambda usual, turn: fresh(turn) if kept(turn, "user_id") and not turn.has("user_id") else usual(turn),
)


def evicted(client: Client) -> bool:
    first = client.send(say()).id
    ids(client, [say()] * 12)
    return client.send(say(conversation_id=first)).id != first


conversation(
    "forgets-after-ten",
    "A cache of ten conversations evicts the oldest.",
    evicted,
    identify=lambda usual, turn: fresh(turn) if turn.text("conversation_id") in turn.app.issued[:-10] else usual(turn),
)


def last_spoken_in(usual: Any, turn: Turn) -> str:
    given: str = usual(turn)
    before = turn.app.memory.get("last", given)
    turn.app.memory["last"] = given
    return before if turn.conversation and before in turn.app.conversations else given


def alternating(client: Client) -> bool:
    one, two = client.send(say()).id, client.send(say()).id
    return client.send(say(conversation_id=one)).id == two


conversation(
    "alternation-lost",
    "A turn is added to the conversation that was used last.",
    alternating,
    identify=last_spoken_in,
)


def mangles(name: str, about: str, make: Any, change: Any) -> None:
    """Add a fault: ids are issued in one form and returned in another."""

    def identify(usual: Any, turn: Turn) -> str:
        if not new(turn):
            given: str = usual(turn)
            return given
        made: str = make(turn)
        turn.app.issued.append(made)
        return made

    conversation(
        name,
        about,
        loses_thread(say(), say()),
        identify=identify,
        compose=edits(
            lambda turn, made: made.update(conversation_id=change(turn.id)),
            lambda turn: turn.text("conversation_id") in turn.app.issued,
        ),
    )


mangles(
    "id-lower-cased",
    "An id is issued in upper case and returned in lower case.",
    lambda turn: f"C-{uuid.uuid4()}".upper(),
    str.lower,
)
mangles(
    "id-upper-cased",
    "An id is issued in lower case and returned in upper case.",
    lambda turn: f"c-{uuid.uuid4()}",
    str.upper,
)
mangles(
    "id-cut-at-36",
    "An id of forty characters is cut to 36 by its column.",
    lambda turn: f"conv{uuid.uuid4()}",
    lambda given: given[:36],
)
mangles("id-cut-at-32", "An id is cut to 32 by its column.", lambda turn: str(uuid.uuid4()), lambda given: given[:32])
mangles(
    "id-without-hyphens",
    "The reply has the UUID without its hyphens.",
    lambda turn: str(uuid.uuid4()),
    lambda given: given.replace("-", ""),
)
mangles(
    "id-becomes-number",
    "The reply has an id of digits as a number.",
    lambda turn: f"9{uuid.uuid4().int % 10**12:012}",
    int,
)
mangles(
    "id-loses-zeros",
    "An id of digits loses its leading zeros.",
    lambda turn: f"00{uuid.uuid4().int % 10**14:014}",
    lambda given: given.lstrip("0"),
)
changes(
    "id-with-turn",
    "From the second turn on the turn is appended.",
    loses_thread(say(), say()),
    lambda turn: f"{turn.id}#{turn.number}",
)
changes(
    "id-null-from-third",
    "From the third turn on the id is null.",
    lambda client: client.turn(3, say()).data["conversation_id"] is None,
    lambda turn: None,
    lambda turn: turn.number > 2,
)

# -- the end of a conversation

conversation(
    "five-turns-at-most",
    "The fifth turn gets 410.",
    gets(410, say(), turn=5),
    identify=answers(410, lambda turn: turn.number > 4),
)
conversation(
    "once-only",
    "A conversation can be continued once, then it is gone.",
    gets(404, say(), turn=3),
    identify=answers(404, lambda turn: turn.number > 2),
)
conversation(
    "session-conflict",
    "Another session_id in a conversation gets 409.",
    lambda client: (
        client.send(say(session_id="s2", conversation_id=client.send(say(session_id="s1")).id)).status == 409
    ),
    identify=answers(409, other_session),
    remember=keeps("session_id"),
)

# -- ids that the server did not issue

ELSEWHERE = ("elsewhere-1", "elsewhere-2")


def from_elsewhere(name: str, about: str, make: Any, shown: Witness) -> None:
    conversation(name, about, shown, identify=lambda usual, turn: make(turn) if foreign(turn) else usual(turn))


from_elsewhere(
    "foreign-ids-share-one",
    "All unknown ids are put into one conversation.",
    lambda turn: "unknown",
    alike(*(say(conversation_id=one) for one in ELSEWHERE)),
)
from_elsewhere(
    "foreign-id-gets-latest",
    "An unknown id is replaced by the latest conversation's.",
    lambda turn: turn.app.issued[-1] if turn.app.issued else fresh(turn),
    alike(say(), say(conversation_id="elsewhere-1")),
)
from_elsewhere(
    "foreign-id-gets-null",
    "The reply to an unknown id has the string null.",
    lambda turn: "null",
    alike(*(say(conversation_id=one) for one in ELSEWHERE)),
)


def copies(name: str, about: str, given: str, change: Any) -> None:
    conversation.should(
        name,
        about,
        lambda client: client.send(say(conversation_id=given)).id == change(given) != given,
        identify=lambda usual, turn: change(usual(turn)) or fresh(turn) if foreign(turn) else usual(turn),
    )


copies("foreign-id-trimmed", "Blanks around an unknown id are cut off.", " elsewhere-1 ", str.strip)
copies("foreign-id-lower-cased", "An unknown id is lower-cased.", "Elsewhere-A", str.lower)
copies("foreign-id-cut-at-64", "An unknown id is cut to 64 characters.", "e" * 100, lambda one: one[:64])
copies("foreign-id-cut-at-255", "An unknown id is cut to 255 characters.", "e" * 300, lambda one: one[:255])


def twins(name: str, about: str, one: str, other: str, key: Any) -> None:
    """Add a fault: ids with the same key lead to one conversation, as in a database with such a collation."""

    def identify(usual: Any, turn: Turn) -> str:
        given: str = usual(turn)
        found: str = turn.app.memory.setdefault("rows", {}).setdefault(key(given), given) if foreign(turn) else given
        return found

    conversation(
        name,
        about,
        lambda client: (
            client.send(say(conversation_id=one)).id == one and client.send(say(conversation_id=other)).id == one
        ),
        identify=identify,
    )


def without_accents(given: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", given) if not unicodedata.combining(each))


twins("ids-in-any-case", "A collation ignores the case of ids.", "Elsewhere-7", "elsewhere-7", str.lower)
twins("ids-padded", "A CHAR column ignores blanks at the end of ids.", "elsewhere-8", "elsewhere-8 ", str.rstrip)
twins("ids-without-accents", "A collation ignores accents in ids.", "élsewhere", "elsewhere", without_accents)
twins("ids-until-nul", "A C string ends at a NUL.", "elsewhere-9", "elsewhere-9\0b", lambda one: one.partition("\0")[0])
twins("ids-cut-in-lookup", "A lookup compares 64 characters.", "e" * 64, "e" * 64 + "f", lambda one: one[:64])

# -- at the same time


def with_a_delay(usual: Any, turn: Turn) -> Any:
    """Use a global current conversation, which a concurrent turn overwrites."""
    turn.app.memory["current"] = turn.id
    time.sleep(0.02)
    return usual(turn)


def mixed(client: Client) -> bool:
    given = ids(client, [say()] * 4)
    return any(
        one.ok and one.id != mine
        for replies in together(client, [say(conversation_id=one) for one in given])
        for one, mine in zip(replies, given, strict=True)
    )


conversation(
    "global-current",
    "The current conversation is a global variable.",
    mixed,
    search=with_a_delay,
    compose=edits(lambda turn, made: made.update(conversation_id=turn.app.memory["current"])),
)


def same_new(client: Client) -> bool:
    issued = ([one.id for one in replies if one.ok] for replies in together(client, [say()] * 6))
    return any(len(set(given)) < len(given) for given in issued)


def slow_counter(turn: Turn) -> str:
    """Read a counter, wait, and write it, without a lock."""
    value = turn.app.memory.get("counter", 0)
    time.sleep(0.02)
    turn.app.memory["counter"] = value + 1
    return f"c-{value}"


issues(
    "racing-counter",
    "Ids come from a counter without a lock: two concurrent requests get the same id.",
    same_new,
    slow_counter,
)


def busy(usual: Any, turn: Turn) -> Any:
    """Respond 503 while another request holds the lock."""
    lock = turn.app.memory.setdefault("busy", threading.Lock())
    if not lock.acquire(blocking=False):
        return answers(503, always)(usual, turn)
    try:
        time.sleep(0.02)
        return usual(turn)
    finally:
        lock.release()


conversation(
    "one-at-a-time-only",
    "While one request is processed, all others get 503.",
    lambda client: any(one.status == 503 for replies in together(client, [say()] * 6) for one in replies),
    search=busy,
)
