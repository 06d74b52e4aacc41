"""The journal as the control API shows it: filters, texts of verdicts, notes, durations, and the log of requests."""

from __future__ import annotations

import gc
import io
import json
import tracemalloc
import weakref
from typing import Any

import pytest
from flask.testing import FlaskClient

from mock_server import create_app, defaults, read_snapshot
from mock_server.control.background import judge_waiting
from mock_server.control.entries import encoded_entry
from mock_server.control.expected import expected_text
from mock_server.control.prepared import prepared
from mock_server.control.request_log import LogFormat, RequestLog
from mock_server.http.messages import Answer, Call
from mock_server.loading.options import Options
from mock_server.output import Output
from mock_server.overrides.prefer import misspelt_preferences
from mock_server.respond.intake import _kept_turn
from mock_server.respond.service import ChatService
from mock_server.store.journal import MAX_FOLLOWED_BYTES
from tests.support.deciding import decide, service_with
from tests.support.waiting import at_most_cpu_seconds

JSON = {"Content-Type": "application/json"}


def say(client: FlaskClient, headers: dict[str, str] | None = None, **body: Any) -> Any:
    return client.post("/v1/chat", json={"message": "hi", **body}, headers=headers)


def shown(service: ChatService) -> list[dict[str, Any]]:
    journal = service.space.state.journal
    return [json.loads(encoded_entry(journal, entry)) for entry in journal.entries()]


def journal_of(client: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    return client.get(f"/_mock/requests{query}").json["requests"]


@pytest.fixture
def filled(client: FlaskClient) -> FlaskClient:
    """Five requests, numbered from 1."""
    say(client, message="A desk", user_id="u", session_id="s")
    say(client, message="A lamp", user_id="v", limit="four")
    say(client, message="Another DESK", headers={"Prefer": "code=503"})
    client.get("/v1/chat")
    client.post("/v1/nowhere", json={"message": "desk"})
    return client


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("user=u", [1]),
        ("session=s", [1]),
        ("user=v&session=s", []),
        ("message=desk", [1, 3, 5]),
        ("body=lamp", [2]),
        ("body=%22limit%22", [2]),
        ("status=4xx", [2, 4, 5]),
        ("status=422", [2]),
        ("status=5xx", [3]),
        ("verdict=valid", [1, 3]),
        ("verdict=invalid", [2, 4, 5]),
        ("verdict=unknown", []),
        ("method=GET", [4]),
        ("path=/v1/nowhere", [5]),
        ("verdict=invalid&last=1", [5]),
    ],
)
def test_journal_is_filtered(filled: FlaskClient, query: str, numbers: list[int]) -> None:
    assert [entry["number"] for entry in journal_of(filled, f"?{query}")] == numbers


@pytest.mark.parametrize(
    ("query", "part"),
    [("verdict=bad", "Expected valid, invalid, unknown"), ("status=4x", "or 4xx"), ("status=0xx", "or 4xx")],
)
def test_invalid_filter_returns_400_with_the_valid_values(client: FlaskClient, query: str, part: str) -> None:
    response = client.get(f"/_mock/requests?{query}")
    assert (response.status_code, part in response.json["detail"]) == (400, True)


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ({"limit": "four"}, ['limit: integer expected, got "four"']),
        ({"events": [{"timestamp": "2024-06-14T10:00:00Z"}]}, ["events.0.type: required field is missing"]),
        ({"user_id": 5}, ["user_id: string expected, got 5"]),
        (
            {"events": [{"timestamp": "now", "type": "click"}]},
            ['events.0.timestamp: date-time expected, got "now"'],
        ),
    ],
)
def test_violation_says_what_was_expected(client: FlaskClient, body: dict[str, Any], texts: list[str]) -> None:
    say(client, **body)
    [entry] = journal_of(client)
    assert [fault["text"] for fault in entry["verdict"]["faults"]] == texts


@pytest.mark.parametrize(
    ("keyword", "expected", "text"),
    [
        ("type", ["integer", "null"], "integer expected"),
        ("minimum", 1, "at least 1 expected"),
        ("maxLength", 5, "at most 5 characters expected"),
        ("enum", ["a", "b"], "one of a, b expected"),
        ("not", {}, "violates the schema (not)"),
        ("minimum", None, "violates the schema (minimum)"),
    ],
)
def test_text_states_what_a_keyword_expects(keyword: str, expected: Any, text: str) -> None:
    assert expected_text(keyword, None if expected is None else (keyword, expected)) == text


def test_unknown_path_shows_the_body_that_was_sent(client: FlaskClient) -> None:
    client.post("/v1/cha", json={"message": "hi"})
    assert journal_of(client)[0]["request"]["body"] == {"message": "hi"}


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("cod=429", [("cod", "code")]),
        ("code=429, conversaton=x", [("conversaton", "conversation")]),
        ("delays=1s;x=1", [("delays", "delay")]),
        ("code=429", []),
        ("respond-async, return=minimal, wait=10, handling=lenient", []),
        ("colour=red", []),
        ("", []),
    ],
)
def test_misspelt_preference_is_recognized(header: str, found: list[tuple[str, str]]) -> None:
    assert misspelt_preferences(header) == found


def test_misspelt_preference_adds_a_note(client: FlaskClient) -> None:
    assert say(client, headers={"Prefer": "cod=429"}).status_code == 200
    [note] = journal_of(client)[0]["notes"]
    assert note == {"id": "unknown-preference", "text": 'Unknown preference "cod". Did you mean "code"?'}


def test_duration_includes_the_delay(client: FlaskClient) -> None:
    say(client, headers={"Prefer": "delay=30ms"})
    client.get("/v1/nowhere")
    delayed, elsewhere = journal_of(client)
    assert 0.03 <= delayed["seconds"] < 60
    assert elsewhere["seconds"] is None


def test_number_of_dropped_entries_is_shown_until_the_journal_is_cleared() -> None:
    client = create_app(service=service_with(max_requests_kept=2)).test_client()
    for _ in range(5):
        say(client)
    assert client.get("/_mock/requests").json["dropped"] == 3
    client.delete("/_mock/requests")
    assert client.get("/_mock/requests").json == {"requests": [], "dropped": 0}


# Limits ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"message": "desk"},
        {"message": "\U0001f600" * 15_000},
        {"message": "\U0001f600" * 300_000},
        {"message": "hi", "conversation_id": "c" * 300_000, "user_id": "u" * 300_000},
        {"message": "hi", "limit": "x" * 300_000},
    ],
)
def test_journal_keeps_no_more_bytes_than_its_limit(body: dict[str, Any]) -> None:
    limit = defaults.MAX_JOURNAL_BYTES // 8
    service = service_with(max_requests_kept=100_000, max_conversations=1, max_journal_bytes=limit)
    raw = json.dumps(body, ensure_ascii=False).encode()
    decide(service, raw)
    tracemalloc.start()
    try:
        for number in range(800 if len(raw) < 100 else 20):
            decide(service, raw, x_request=f"{number:0500}")
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert service.space.state.journal.entries()
    assert kept < 1.2 * limit


@pytest.mark.parametrize(
    "body",
    [
        {"message": "desk"},
        {"message": "hi", "events": [{"\u00e9" * 900: n} for n in range(25)]},
        {"message": "hi", "events": [{"type": n, "timestamp": "x" * 90} for n in range(25)]},
    ],
    ids=["valid", "long names", "many faults"],
)
def test_verdicts_count_towards_the_size_of_the_journal(body: dict[str, Any]) -> None:
    limit = 128 * 1024
    service = service_with(max_journal_bytes=limit)
    journal = service.space.state.journal
    raw = json.dumps(body, ensure_ascii=False).encode()
    decide(service, raw)
    prepared(journal, journal.entries()[0])
    tracemalloc.start()
    try:
        for _ in range(30):
            decide(service, raw)
        for entry in journal.entries():
            prepared(journal, entry)
        del entry
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(journal.entries()) + journal.dropped == 31
    assert all(entry.prepared is not None for entry in journal.entries())
    assert kept < 1.3 * limit


@pytest.mark.parametrize(
    ("sent", "shown_as"),
    [
        (b'{"message": "hi",\r\n "limit": 2.0}', {"message": "hi", "limit": 2.0}),
        (b'{"a": 1e999}', '{"a": 1e999}'),
        (b'{"a": NaN}', '{"a": NaN}'),
        (rb'{"a": "\ud83d"}', {"a": "\ud83d"}),
        (b"\xff", "\ufffd"),
        (b"", None),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"a" * 70_000, "a" * 65_536 + "\u2026"),
    ],
)
def test_body_is_shown_as_json_on_one_line_or_as_text(sent: bytes, shown_as: Any) -> None:
    service = service_with()
    decide(service, sent)
    journal = service.space.state.journal
    line = encoded_entry(journal, journal.entries()[0])
    assert b"\n" not in line
    assert json.loads(line)["request"]["body"] == shown_as


@pytest.mark.parametrize("levels", [150, 300, 900, 5_000])
def test_body_of_any_depth_is_shown(levels: int) -> None:
    service = service_with()
    decide(service, b"[" * levels + b"]" * levels)
    assert shown(service)[0]["status"] == 422


def test_keys_that_a_verdict_quotes_are_redacted() -> None:
    service = service_with(require_key="the-secret-key")
    decide(service, b'{"message":"hi","limit":"the-secret-key"}', authorization="Bearer the-secret-key")
    [entry] = shown(service)
    assert entry["verdict"]["faults"][0]["value"] == '"[redacted]"'
    assert "the-secret-key" not in json.dumps(entry)


def test_401_for_a_missing_key_violates_no_clause() -> None:
    service = service_with(require_key="the-secret-key")
    decide(service, b'{"message":"hi"}')
    [entry] = shown(service)
    assert (entry["status"], entry["verdict"]["keeps_contract"], entry["verdict"]["violations"]) == (401, True, [])


def test_journal_lets_go_of_the_fixtures_before_a_reload() -> None:
    service = service_with()
    decide(service, b'{"message":"hi"}')
    old = weakref.ref(service.snapshot)
    service.serve(read_snapshot(Options()))
    _kept_turn.cache_clear()
    gc.collect()
    assert old() is None
    assert shown(service)[0]["verdict"]["keeps_contract"] is True


# The log --------------------------------------------------------------------------------------------------------------


def logged(form: LogFormat) -> list[str]:
    out = io.StringIO()
    output = Output(out)
    log = RequestLog(form, output)
    service = ChatService(read_snapshot(Options(seed=1)), log=log.add, now=lambda: 1_700_000_000.0, clock=lambda: 5.0)
    client = create_app(service=service).test_client()
    say(client, message="Which desk would you recommend for heavy tools?")
    client.post("/_mock/spaces/w1/v1/chat", json={"message": "zzz"}, headers={"Prefer": "delay=5ms, fault=truncate"})
    client.post("/v1/a%0Ab", json={})
    client.options("/v1/chat", headers={"Origin": "http://localhost", "Access-Control-Request-Method": "POST"})
    client.get("/_mock/requests")
    output.end()
    return out.getvalue().splitlines()


def test_log_has_a_line_for_each_request_but_those_of_the_control_api() -> None:
    lines = [line.partition(" ")[2] for line in logged(LogFormat.TEXT)]
    assert lines == [
        "POST /v1/chat 200 0.0ms Fixture conversation: desk-for-heavy-tools, turn 1",
        "POST /_mock/spaces/w1/v1/chat 200/truncate 5.0ms Catalogue search (fault: truncate)",
        r"POST /v1/a\nb 404 No such operation",
        "OPTIONS /v1/chat 204 CORS preflight",
    ]


def test_log_as_json_has_the_same_facts_in_fields() -> None:
    first, second, third, fourth = map(json.loads, logged(LogFormat.JSON))
    assert first == {
        "time": "2023-11-14T22:13:20.000+00:00",
        "method": "POST",
        "path": "/v1/chat",
        "status": 200,
        "seconds": 0.0,
        "source": "conversation",
        "override": None,
        "fault": None,
        "conversation": "desk-for-heavy-tools",
        "turn": 0,
        "reason": "Fixture conversation: desk-for-heavy-tools, turn 1",
    }
    assert (second["path"], second["fault"], second["seconds"]) == ("/_mock/spaces/w1/v1/chat", "truncate", 0.005)
    assert (third["source"], fourth["source"]) == ("routing", "preflight")


def test_log_shows_no_key() -> None:
    out = io.StringIO()
    output = Output(out)
    log = RequestLog(LogFormat.JSON, output)
    service = ChatService(read_snapshot(Options(require_key="secret-key")), log=log.add)
    say(create_app(service=service).test_client(), headers={"Authorization": "Bearer secret-key"}, message="secret-key")
    output.end()
    assert "secret-key" not in out.getvalue()
    assert '"status":200' in out.getvalue()


def test_names_cannot_write_further_lines_or_change_direction_in_the_log() -> None:
    out = io.StringIO()
    output = Output(out)
    log = RequestLog(LogFormat.TEXT, output)
    service = ChatService(read_snapshot(Options(seed=1)), log=log.add)
    path = "/v1/a\nFAKE\u202e\u2066\x1b[2J"
    service.note_elsewhere(service.space, "GE\nT\x1b", path, Call({}, b""), Answer(404, b""))
    output.end()
    assert len(out.getvalue().splitlines()) == 1
    assert not set(out.getvalue()) & set("\x1b\u202e\u2066")


def test_entries_are_judged_in_the_background_until_a_request_arrives() -> None:
    service = service_with()
    for number in range(3):
        decide(service, b'{"message":"hi %d"}' % number)
    idle = iter([True, True, False])
    judge_waiting(service, lambda: next(idle), lambda _: None)
    assert [entry.prepared is None for entry in service.space.state.journal.entries()] == [True, False, False]
    judge_waiting(service, lambda: True, lambda _: None)
    assert all(entry.prepared is not None for entry in service.space.state.journal.entries())


def test_entry_is_judged_once_and_again_after_a_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    service = service_with()
    decide(service, b'{"message":"hi"}')
    journal = service.space.state.journal
    entry = journal.entries()[0]
    first = prepared(journal, entry)
    assert prepared(journal, entry) is first
    service.serve(read_snapshot(Options(seed=1)))
    assert entry.prepared is None
    assert prepared(journal, entry) is not first


def test_422_with_500_errors_is_judged_in_bounded_time() -> None:
    service = service_with()
    decide(service, b'{"message":"hi","events":[%b]}' % b",".join([b"{}"] * 240))
    journal = service.space.state.journal
    with at_most_cpu_seconds(20):
        assert prepared(journal, journal.entries()[0]).verdict.violations == ()


def test_entries_for_a_slow_follower_are_limited_in_bytes_and_later_ones_arrive() -> None:
    service = service_with()
    following = service.space.state.journal.follow()
    for _ in range(100):
        decide(service, b'{"message":"%b"}' % (b"a" * 60_000))
    waiting = 0
    while next(following) is not None:
        waiting += 1
    assert 1 <= waiting <= 1 + MAX_FOLLOWED_BYTES // 60_000
    decide(service, b'{"message":"hi"}')
    entry = next(following)
    assert entry is not None
    assert entry.number == 101
