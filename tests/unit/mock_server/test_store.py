"""The formats of the shared store, and the interface that its two implementations have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat_contract import UsageError
from mock_server import Options, Snapshot
from mock_server.http.messages import Answer, Call
from mock_server.http.source import Fault, ReplySource, Source
from mock_server.loading.store_location import Location, Tls, read_location
from mock_server.overrides.reading import read_rule
from mock_server.overrides.rules import Rules
from mock_server.respond.service import ChatService
from mock_server.server.arguments import hide_password
from mock_server.shop.scenarios import Position
from mock_server.store.codec import (
    pack_answer,
    pack_entry,
    pack_id,
    pack_rules,
    pack_state,
    request_key,
    unpack_answer,
    unpack_entry,
    unpack_rules,
    unpack_state,
)
from mock_server.store.draft import Draft, Known, NotLoadedError, NumberedIds, Turns
from mock_server.store.journal import make_entry
from mock_server.store.sessions import ConversationIds, SessionState
from mock_server.store.trace import Trace

LONE = "\ud83d"
"""Half of a character, which JSON may contain and UTF-8 may not."""


@pytest.mark.parametrize(
    "state",
    [
        SessionState(),
        SessionState(Position("desk", 2), "u-1", 3),
        SessionState(None, b"\x00\xff" * 8, 1),
        SessionState(Position(LONE, 0), LONE, 1),
    ],
)
def test_state_of_a_conversation_is_read_as_it_was_written(state: SessionState) -> None:
    assert unpack_state(pack_state(state)) == state


def test_names_of_conversations_differ_as_their_ids_do() -> None:
    ids = ["", "a", "A", LONE, "\ud83e", "x" * 64, "x" * 65, "x" * 66]
    assert len({pack_id(each) for each in ids}) == len(ids)
    assert max(len(pack_id("x" * length)) for length in (65, 100_000)) == 18


@pytest.mark.parametrize(
    "value",
    [
        {"code": 429, "times": 2},
        {"body": None, "code": 500, "headers": {"X-A": "1"}, "invalid": True},
        {"reply": {"message": LONE, "items": []}, "share": 0.5, "name": "n", "optional": True},
        {"delay": "300ms..2s", "fault": "slow", "turn": 2, "message": "desk", "pattern": "a+", "user_id": "u"},
        {"example": "limited", "request_headers": {"X-B": "2"}, "conversation_id": "c", "session_id": "s"},
        {"dynamic": True},
    ],
)
def test_rule_is_read_as_it_was_written(snapshot: Snapshot, value: dict[str, Any]) -> None:
    if "example" in value:
        value = {**value, "example": next(iter(snapshot.example_names))}
    rules = (read_rule(value, snapshot).after_use(), read_rule({"code": 503}, snapshot))
    assert unpack_rules(pack_rules(rules)) == rules
    assert unpack_rules(b"") == ()


def test_entry_is_read_as_it_was_written_but_for_credentials(snapshot: Snapshot) -> None:
    source = Source(ReplySource.RULE, ("code", "429"), Fault.SLOW)
    answer = Answer(429, b'{"a":"\xff"}', (("Retry-After", "1"),), "text/plain", 0.5, Fault.SLOW, source)
    headers = {"host": "h", "authorization": "Bearer k", "x-odd": "\xe9"}
    trace = Trace(LONE, "u", known=True, before=None, position=Position("desk", 1))
    entry = make_entry(snapshot, 12.5, Call(headers, b"\x00\xff{"), answer, trace, seconds=0.25)
    read = unpack_entry(pack_entry(entry), snapshot)
    assert read.headers == {"host": "h", "authorization": "[redacted]", "x-odd": "\xe9"}
    read.headers = entry.headers
    for name in ("at", "method", "path", "headers", "body", "answer", "trace", "seconds", "is_preflight"):
        assert getattr(read, name) == getattr(entry, name), name
    assert unpack_answer(pack_entry(entry)) == unpack_answer(pack_answer(answer)) == answer


def test_key_of_a_request_depends_on_its_id_its_body_and_its_credentials() -> None:
    keys = {request_key({"x-request-id": name}, body) for name, body in (("a", b"b"), ("a", b"c"), ("b", b"b"))}
    keys |= {request_key({"x-request-id": name}, body) for name, body in (("ab", b""), ("b", b"ab"))}
    of_somebody_else = ("authorization", "x-api-key", "cookie", "prefer", "content-type")
    keys |= {request_key({"x-request-id": "a", name: "s"}, b"b") for name in of_somebody_else}
    assert len(keys) == 10
    # A proxy may note the number of its attempts.
    again = request_key({"x-request-id": "a", "x-envoy-attempt-count": "2"}, b"b")
    assert again in keys
    assert request_key({"authorization": "s"}, b"b") == request_key({"x-request-id": ""}, b"b") == b""


def test_numbered_ids_are_those_of_the_sequence() -> None:
    sequence, numbered = ConversationIds(7), NumberedIds(7)
    ids = [sequence.next() for _ in range(6)]
    assert [numbered.at(number) for number in (0, 1, 4, 2, 5, 0)] == [ids[number] for number in (0, 1, 4, 2, 5, 0)]


# The address ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis://localhost", Location("localhost")),
        ("redis://[::1]:7000/3?prefix=team:a", Location("::1", 7000, 3, "team:a")),
        ("redis://u:p%40ss@h/1", Location("h", 6379, 1, username="u", password="p@ss")),
        ("rediss://h:6380", Location("h", 6380, tls=Tls())),
        (
            "rediss://h?ca-bundle=ca.pem&prefix=a&cert=my%20own.pem&key=/k",
            Location("h", prefix="a", tls=Tls(Path("ca.pem"), Path("my own.pem"), Path("/k"))),
        ),
    ],
)
def test_url_of_a_store_is_read(text: str, expected: Location) -> None:
    assert read_location(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "localhost:6379", "rediss://", "redis://", "redis://:secret@/0", "redis://:secret@h:99999/0"),
        *("redis://:secret@h/0#x", "redis://:secret@h/0/1", "redis://:secret@h?prefix=", "redis://:secret@h?db=1"),
        *("unix:///run/redis.sock", "redis+sentinel://:secret@h/0", "redis://:secret@h?ca-bundle=ca.pem"),
        *("rediss://:secret@h?ca-bundle=", "rediss://:secret@h?key=k.pem", "rediss://:secret@h?cert=a&cert=b"),
    ],
)
def test_invalid_url_is_rejected_without_its_password(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_location(text)
    assert "secret" not in str(caught.value)
    assert "for example redis://127.0.0.1:6379/0" in str(caught.value)


def test_password_is_not_part_of_what_a_location_shows() -> None:
    location = read_location("redis://user:secret@h:1/0")
    assert "secret" not in f"{location} {location!r}"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["mock", "--store", "redis://:secret@h:1/0?prefix=a"], ["mock", "--store", "redis://h:1/0?prefix=a"]),
        (["mock", "--store=redis://me:secret@h/0"], ["mock", "--store=redis://me@h/0"]),
        (["mock", "--store", "rediss://:secret@h/0?cert=c"], ["mock", "--store", "rediss://h/0?cert=c"]),
        (["mock", "--store", "redis://h/0"], None),
    ],
)
def test_password_moves_from_the_arguments_to_a_variable(
    monkeypatch: pytest.MonkeyPatch, given: list[str], shown: list[str] | None
) -> None:
    monkeypatch.setattr("sys.orig_argv", given)
    calls: list[tuple[list[str], str]] = []
    hide_password(
        Location("h", password="secret"),
        lambda _, arguments, variables: calls.append((arguments, variables["CHAT_CONTRACT_STORE_PASSWORD"])),
    )
    assert calls == ([] if shown is None else [(shown, "secret")])


# In process -----------------------------------------------------------------------------------------------------------


def test_without_a_store_a_request_id_changes_nothing(snapshot: Snapshot) -> None:
    service = ChatService(snapshot)
    call = Call({"content-type": "application/json", "x-request-id": "same"}, b'{"message":"hello"}')
    assert service.answer(call) != service.answer(call)
    assert service.store_health() is None


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30min", 1800), ("12h", 43200), ("1d", 86400)])
def test_time_to_live_is_read(text: str, seconds: int) -> None:
    from mock_server.loading.options import read_options

    assert read_options({"conversation_ttl": text}) == Options(conversation_ttl=seconds)


def draft_of(known: Known) -> Draft:
    return Draft(known, Rules((), seed=1, max_bytes=1000), seeded=True)


def test_decision_uses_what_the_replica_remembers_without_asking_the_store() -> None:
    state = SessionState(None, "u-1", 1)
    known = Known({pack_id("c"): pack_state(state)}, Turns())
    assert draft_of(known).sessions.get("c") == state
    assert draft_of(Known({}, Turns())).sessions.get("c") is None


@pytest.mark.parametrize("count", [Draft.fresh_id, lambda draft: draft.next_opening(["a", "b"])])
def test_nothing_is_counted_before_the_state_of_the_conversation_is_loaded(count: Callable[[Draft], str]) -> None:
    known = Known({}, Turns())
    draft = draft_of(known)
    draft.sessions.get("c")
    with pytest.raises(NotLoadedError) as missing:
        count(draft)
    assert missing.value.conversation == pack_id("c")
    known.states[pack_id("c")] = b""
    with pytest.raises(NotLoadedError) as missing:
        count(draft)
    assert missing.value.conversation == b""
    assert missing.value.fresh_id or missing.value.opening == "a"
