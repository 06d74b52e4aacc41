"""The control API: rules, reset, journal and access. Keys, rate limit and CORS of the operation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from chat_contract import UsageError
from mock_server import create_app, defaults, read_snapshot
from mock_server.defaults import MAX_FOLLOWERS
from mock_server.http.access import Access, Denied, DeniedReason
from mock_server.loading.options import Rate, read_options
from mock_server.respond.gate import RateLimit
from mock_server.respond.service import ChatService
from mock_server.store.journal import (
    MAX_BODY_BYTES,
    Journal,
    TooManyFollowersError,
    places_for_followers,
)
from tests.support.deciding import decide, service_with

HI = b'{"message":"hi","conversation_id":"c"}'
PAGE = "http://localhost:5173"


def client_with(**options: Any) -> FlaskClient:
    return create_app(service=service_with(**options)).test_client()


def say(client: FlaskClient, **more: Any) -> Any:
    return client.post("/v1/chat", json={"message": "hi", **more})


def journal_of(client: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    return client.get(f"/_mock/requests{query}").json["requests"]


# Rules and reset ------------------------------------------------------------------------------------------------------


def test_rules_are_replaced_added_shown_and_removed(client: FlaskClient) -> None:
    assert client.get("/_mock/behaviour").json == {"rules": []}
    assert client.put("/_mock/behaviour", json={"code": 429, "times": 1}).json == {"rules": [{"code": 429, "times": 1}]}
    assert len(client.post("/_mock/behaviour", json={"code": 500, "times": 1}).json["rules"]) == 2
    assert [say(client).status_code for _ in range(3)] == [429, 500, 200]
    client.put("/_mock/behaviour", json={"code": 503})
    assert client.delete("/_mock/behaviour").json == {"rules": []}
    assert say(client).status_code == 200


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'{"cod":1}', b"\xff", b"NaN", b"[" * 600, b'{"code":429}x', b"{}" + b" " * 2**20]
)
def test_invalid_rule_returns_400_and_changes_nothing(client: FlaskClient, raw: bytes) -> None:
    client.put("/_mock/behaviour", json={"code": 503})
    for method in (client.put, client.post):
        response = method("/_mock/behaviour", data=raw)
        assert (response.status_code, response.mimetype) == (400, "application/problem+json")
        assert response.json["detail"]
    assert client.get("/_mock/behaviour").json == {"rules": [{"code": 503}]}


def test_reset_clears_rules_and_journal(client: FlaskClient) -> None:
    say(client)
    client.put("/_mock/behaviour", json={"code": 503})
    assert client.post("/_mock/reset").status_code == 204
    assert say(client).status_code == 200
    assert len(journal_of(client)) == 1


@pytest.mark.parametrize("depth", [101, 300, 480])
@pytest.mark.parametrize("key", ["reply", "body"])
def test_rule_nested_too_deeply_returns_400(client: FlaskClient, key: str, depth: int) -> None:
    raw = b'{"rules":[{"%b":{"a":%b%b},"invalid":true}]}' % (key.encode(), b"[" * depth, b"]" * depth)
    response = client.put("/_mock/behaviour", data=raw)
    assert (response.status_code, "levels deep" in response.json["detail"]) == (400, True)
    assert say(client).status_code == 200


@pytest.mark.parametrize("key", ["reply", "body"])
def test_rule_nested_deeply_is_served_and_shown(client: FlaskClient, key: str) -> None:
    raw = b'{"%b":{"a":%b%b},"invalid":true}' % (key.encode(), b"[" * 90, b"]" * 90)
    assert client.put("/_mock/behaviour", data=raw).status_code == 200
    assert say(client).status_code == 200
    for path in ("behaviour", "requests", "requests/1/fixture", "requests/1/curl"):
        assert client.get(f"/_mock/{path}").status_code == 200


@pytest.mark.parametrize("path", ["/_mock", "/_mock/docs"])
def test_redirect_of_a_page_has_neither_body_nor_media_type(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.data, response.content_type) == (308, b"", None)


# The journal ----------------------------------------------------------------------------------------------------------


def test_journal_entry_has_verdict_and_source(client: FlaskClient) -> None:
    say(client, message="Which desk would you recommend for heavy tools?", conversation_id="c")
    say(client, message="Is it delivered assembled?", conversation_id="c")
    first, second = journal_of(client)
    assert (first["status"], first["conversation_id"], first["path"]) == (200, "c", "/v1/chat")
    verdict = first["verdict"]
    assert (verdict["keeps_contract"], verdict["request_class"]) == (True, "documented")
    assert (verdict["faults"], verdict["violations"], verdict["reason"]) == ([], [], None)
    assert (first["why"]["source"], first["why"]["override"]) == ("conversation", None)
    assert (first["why"]["conversation"], first["why"]["turn"]) == ("desk-for-heavy-tools", 0)
    assert first["request"]["body"]["message"].startswith("Which desk")
    assert first["reply"]["body"]["conversation_id"] == "c"
    assert second["verdict"]["request_class"] == "must-accept"
    assert {"conversation", "turn", "cue", "missing"} <= set(second["why"]["not_matched"][0])


@pytest.mark.parametrize(
    ("body", "request_class", "text"),
    [
        (b'{"message":5}', "must-reject", "message: string expected, got 5"),
        (b'{"limit":2}', "must-reject", "message: required field is missing"),
        (b'{"message":"hi","limit":"5"}', "may-accept", 'limit: integer expected, got "5"'),
        (b"{", "must-reject", "body: JSON expected"),
        (b"", "must-reject", "body: JSON expected"),
        (b'{"message":"hi","events":[{"type":"x"}]}', "must-reject", "events.0.timestamp: required field is missing"),
    ],
)
def test_violations_of_the_request_are_listed(client: FlaskClient, body: bytes, request_class: str, text: str) -> None:
    client.post("/v1/chat", data=body, content_type="application/json")
    [entry] = journal_of(client)
    assert entry["verdict"]["keeps_contract"] is False
    assert entry["verdict"]["request_class"] == request_class
    assert any(text in fault["text"] for fault in entry["verdict"]["faults"])
    assert entry["verdict"]["violations"] == []


def test_other_media_type_violates_the_contract(client: FlaskClient) -> None:
    client.post("/v1/chat", data=HI, content_type="text/plain")
    assert journal_of(client)[0]["verdict"]["reason"] == "media-type"


def test_other_paths_and_methods_are_in_the_journal(client: FlaskClient) -> None:
    client.post("/chat", json={"message": "hi"})
    client.get("/v1/chat")
    first, second = journal_of(client)
    assert (first["path"], first["status"], second["method"], second["status"]) == ("/chat", 404, "GET", 405)
    assert first["verdict"]["reason"] == "not-in-contract"
    assert "POST /v1/chat" in first["verdict"]["text"]
    assert not second["verdict"]["keeps_contract"]


def test_damaged_response_is_judged_as_it_was_sent(client: FlaskClient) -> None:
    client.post("/v1/chat", json={"message": "hi"}, headers={"Prefer": "fault=malformed"})
    [entry] = journal_of(client)
    assert entry["verdict"]["keeps_contract"] is True
    assert entry["verdict"]["violations"]
    assert entry["reply"]["fault"] == "malformed"


def test_journal_is_filtered_and_cleared(client: FlaskClient) -> None:
    say(client, conversation_id="a")
    say(client, conversation_id="b")
    client.post("/v1/chat", data=b"{", content_type="application/json")
    client.get("/elsewhere")
    assert [entry["conversation_id"] for entry in journal_of(client, "?conversation=b")] == ["b"]
    assert [entry["status"] for entry in journal_of(client, "?status=422")] == [422]
    assert [entry["path"] for entry in journal_of(client, "?path=/elsewhere")] == ["/elsewhere"]
    assert client.delete("/_mock/requests").status_code == 204
    assert journal_of(client) == []


@pytest.mark.parametrize("query", ["?stauts=422", "?status=x", "?status=٤٢٢"])
def test_invalid_filter_returns_400(client: FlaskClient, query: str) -> None:
    for path in ("requests", "requests/stream"):
        response = client.get(f"/_mock/{path}{query}")
        assert (response.status_code, response.mimetype) == (400, "application/problem+json")


@pytest.mark.parametrize(
    "body", [b'{"message":"\\ud800"}', b'{"x":1e400}', b'{"x":NaN}', b"\xff\xfe", b"[" * 5000, b"9" * 5000]
)
def test_any_body_can_be_shown(client: FlaskClient, body: bytes) -> None:
    client.post("/v1/chat", data=body, content_type="application/json")
    [entry] = journal_of(client)
    assert entry["status"] == 422
    assert entry["request"]["body"] is not None


def test_faults_beyond_the_maximum_are_counted_and_a_truncated_response_is_not_judged(client: FlaskClient) -> None:
    client.post("/v1/chat", json={"message": "hi", "events": [{"timestamp": 1, "type": 2}] * 1000})
    [entry] = journal_of(client)
    assert len(entry["verdict"]["faults"]) == 20
    assert entry["verdict"]["more_faults"] > 1000
    assert entry["verdict"]["violations"] == []
    assert entry["reply"]["truncated"] is True


def test_verdict_is_computed_once(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    say(client)
    first = journal_of(client)
    monkeypatch.setattr("mock_server.control.prepared.judge_entry", lambda *_: 1 / 0)
    assert journal_of(client) == first


def test_keys_are_redacted() -> None:
    client = client_with(require_key="the-secret-key")
    client.post("/v1/chat", json={"message": "my key is the-secret-key"}, headers={"X-API-Key": "the-secret-key"})
    client.post("/v1/chat", json={"message": "x"}, headers={"Authorization": "Bearer other-secret", "Cookie": "s=1"})
    text = client.get("/_mock/requests").text
    assert "secret" not in text.replace("[redacted]", "")
    assert "s=1" not in text
    assert [entry["status"] for entry in json.loads(text)["requests"]] == [200, 401]


def test_key_of_the_upstream_is_redacted_in_every_text_of_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "Sk-live-9f3K-Qw7zLmB2x"
    monkeypatch.setenv("REAL_KEY", key)
    client = client_with(upstream="http://127.0.0.1:9/v1", upstream_key_env="REAL_KEY")
    for shown in (key, key.upper(), key[:14], key.encode().hex()):
        client.post("/v1/chat", json={"message": 5, "conversation_id": shown, shown: [shown]})
    text = client.get("/_mock/requests").text.lower()
    assert text.count("[redacted]") >= 4
    assert [shown for shown in (key[:14].lower(), key.encode().hex()) if shown in text] == []


def test_key_from_a_browser_adds_a_note(client: FlaskClient) -> None:
    client.post("/v1/chat", json={"message": "x"}, headers={"Authorization": "Bearer k", "Origin": PAGE})
    [note] = journal_of(client)[0]["notes"]
    assert note["id"] == "key-in-browser"
    assert "Keep keys on a server" in note["text"]


def test_journal_is_limited_in_number_and_bytes() -> None:
    service = service_with(max_requests_kept=3)
    for _ in range(5):
        decide(service, HI)
    assert [entry.number for entry in service.space.state.journal.entries()] == [3, 4, 5]
    large = service_with()
    for _ in range(200):
        decide(large, b'{"message":"%s"}' % (b"a" * 100_000))
    entries = large.space.state.journal.entries()
    assert sum(entry.size for entry in entries) <= defaults.MAX_JOURNAL_BYTES
    assert all(len(entry.body) <= MAX_BODY_BYTES for entry in entries)
    assert 10 < len(entries) < 200


def test_journal_of_size_0_keeps_nothing() -> None:
    service = service_with(max_requests_kept=0)
    decide(service, HI)
    assert service.space.state.journal.entries() == []


def test_journal_can_be_followed(client: FlaskClient) -> None:
    stream = client.get("/_mock/requests/stream?status=422", buffered=False)
    lines = stream.iter_encoded()
    assert (stream.mimetype, next(lines)) == ("application/x-ndjson", b"\n")
    say(client)
    client.post("/v1/chat", data=b"{", content_type="application/json")
    seen = [line for line in (next(lines) for _ in range(2)) if line.strip()]
    assert [json.loads(line)["status"] for line in seen] == [422]
    stream.close()


def test_followers_are_limited_and_end_with_the_journal() -> None:
    journal = Journal(10, 1000, places_for_followers())
    following = [journal.follow() for _ in range(MAX_FOLLOWERS)]
    with pytest.raises(TooManyFollowersError):
        journal.follow()
    following[0].close()
    again = journal.follow()
    journal.end()
    assert list(again) == []


def test_too_many_followers_return_429(client: FlaskClient) -> None:
    streams = [client.get("/_mock/requests/stream", buffered=False) for _ in range(MAX_FOLLOWERS + 1)]
    assert [stream.status_code for stream in streams] == [200] * MAX_FOLLOWERS + [429]
    for stream in streams:
        stream.close()
    stream = client.get("/_mock/requests/stream", buffered=False)
    assert stream.status_code == 200
    stream.close()


# Access ------------------------------------------------------------------------------------------------------

CONTROL = ["/_mock/behaviour", "/_mock/requests", "/_mock/requests/stream"]


@pytest.mark.parametrize("path", CONTROL)
@pytest.mark.parametrize(
    ("headers", "client_address"),
    [
        ({"Host": "evil.test"}, "127.0.0.1"),
        ({"Host": "evil.test:4010"}, "127.0.0.1"),
        ({"Host": "localhost.evil.test"}, "127.0.0.1"),
        ({"Host": "localhost@evil.test"}, "127.0.0.1"),
        ({"Host": "192.168.0.5"}, "127.0.0.1"),
        ({"Origin": "https://evil.test"}, "127.0.0.1"),
        ({"Origin": "http://localhost.evil.test"}, "127.0.0.1"),
        ({"Origin": "null"}, "127.0.0.1"),
        ({"Sec-Fetch-Site": "cross-site"}, "127.0.0.1"),
        ({}, "192.168.0.9"),
        ({}, "::ffff:10.0.0.1"),
        ({}, "2001:db8::1"),
    ],
    ids=str,
)
def test_other_sites_and_machines_have_no_access(
    client: FlaskClient, path: str, headers: dict[str, str], client_address: str
) -> None:
    response = client.get(path, headers=headers, environ_overrides={"REMOTE_ADDR": client_address})
    assert (response.status_code, response.mimetype) == (403, "application/problem+json")
    posted = client.post("/_mock/reset", headers=headers, environ_overrides={"REMOTE_ADDR": client_address})
    assert posted.status_code == 403


@pytest.mark.parametrize(
    ("headers", "client_address"),
    [
        ({"Host": "localhost:4010"}, "127.0.0.1"),
        ({"Host": "[::1]:4010"}, "::1"),
        ({"Host": "127.0.0.1"}, "127.0.0.5"),
        ({"Host": "shop.localhost:4010"}, "::ffff:127.0.0.1"),
        ({"Origin": PAGE, "Host": "LOCALHOST"}, "127.0.0.1"),
        ({"Origin": "http://[::1]:3000"}, "127.0.0.1"),
        ({"Sec-Fetch-Site": "same-origin"}, "127.0.0.1"),
        ({"Sec-Fetch-Site": "none"}, "127.0.0.1"),
    ],
    ids=str,
)
def test_this_machine_has_access(client: FlaskClient, headers: dict[str, str], client_address: str) -> None:
    response = client.get("/_mock/behaviour", headers=headers, environ_overrides={"REMOTE_ADDR": client_address})
    assert response.status_code == 200


def test_with_a_token_only_the_token_gives_access() -> None:
    client = client_with(control_token="let-me-in")
    far = {"REMOTE_ADDR": "192.168.0.9"}
    right, wrong = {"X-Mock-Token": "let-me-in"}, {"X-Mock-Token": "let-me-out"}
    for host in ("localhost:4010", "192.168.0.5:4010"):
        answer = client.get("/_mock/requests", headers={**right, "Host": host}, environ_overrides=far)
        assert answer.status_code == 200
    for headers in (wrong, {}, {"X-Mock-Token": ""}, {"X-Mock-Token": "lét"}):
        assert client.get("/_mock/requests", headers=headers).status_code == 403
    assert client.get("/_mock/health", environ_overrides=far).status_code == 200


def test_token_gives_no_access_under_an_unknown_host_name() -> None:
    sent = {"X-Mock-Token": "let-me-in", "Host": "mock.test"}
    denied = client_with(control_token="let-me-in").get("/_mock/requests", headers=sent)
    assert (denied.status_code, denied.json["reason"]) == (403, "unknown-host")
    named = client_with(control_token="let-me-in", allowed_hosts=["mock.test"])
    assert named.get("/_mock/requests", headers=sent).status_code == 200


@pytest.mark.parametrize(
    "path", ["health", "openapi.json", "openapi.yaml", "control.json", "", "docs/", "docs/openapi.json"]
)
def test_documents_and_pages_answer_local_and_allowed_names_only(path: str) -> None:
    far = {"REMOTE_ADDR": "192.168.0.9"}
    client = client_with(allowed_hosts=["mock"])
    for host, status in (("localhost", 200), ("mock:4010", 200), ("10.0.0.7:4010", 200), ("evil.test", 403), ("", 403)):
        assert client.get(f"/_mock/{path}", headers={"Host": host}, environ_overrides=far).status_code == status


def test_operation_answers_under_any_host_name() -> None:
    sent = {"Host": "shop.test"}
    assert client_with().post("/v1/chat", json={"message": "a desk"}, headers=sent).status_code == 200
    space = client_with().post("/_mock/spaces/w1/v1/chat", json={"message": "a desk"}, headers=sent)
    assert space.status_code == 200


@pytest.mark.parametrize("name", ["", "*", "*.test", "http://mock", "mock:4010", "a b", "-mock", "mock."])
def test_allowed_host_that_never_matches_is_rejected(name: str) -> None:
    with pytest.raises(UsageError, match="--allowed-host"):
        read_options({"allowed_host": [name]})


def test_host_that_the_mock_listens_on_is_this_machine() -> None:
    headers = {"host": "devbox:4010"}
    assert Access(("devbox",)).check_control(headers, "127.0.0.1") is None
    denied = Access(("0.0.0.0",)).check_control(headers, "127.0.0.1")
    assert denied == Denied(DeniedReason.UNKNOWN_HOST, "devbox:4010")


def test_allowed_origin_has_access_but_wildcard_gives_none() -> None:
    headers = {"host": "localhost", "origin": "http://shop.test"}
    assert Access(origins=("http://shop.test",)).check_control(headers, "127.0.0.1") is None
    assert Access(origins=("*",)).check_control(headers, "127.0.0.1") is not None


def test_allowed_host_gives_no_access_to_the_control_api_from_other_machines() -> None:
    access = read_options({"allowed_host": ["mock"]}).access
    assert access.check_control({"host": "mock"}, "127.0.0.1") is None
    assert access.check_control({"host": "mock"}, "192.168.0.9") == Denied(DeniedReason.OTHER_MACHINE)


# Keys and rate limit --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer k-1"}, 200),
        ({"Authorization": "bearer k-1"}, 200),
        ({"X-API-Key": "k-1"}, 200),
        ({"X-API-Key": "k-1", "Authorization": "Bearer wrong"}, 200),
        ({}, 401),
        ({"Authorization": "Bearer k-2"}, 401),
        ({"Authorization": "k-1"}, 401),
        ({"Authorization": "Basic k-1"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"X-API-Key": "Bearer k-1"}, 401),
        ({"X-API-Key": "K-1"}, 401),
        ({"Prefer": "code=200"}, 401),
    ],
    ids=str,
)
def test_key_is_required_in_one_of_two_headers(headers: dict[str, str], status: int) -> None:
    response = client_with(require_key="k-1").post("/v1/chat", json={"message": "hi"}, headers=headers)
    assert response.status_code == status
    if status == 401:
        assert response.json == {"detail": "Not authenticated"}
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_rate_limit_returns_the_seconds_to_wait() -> None:
    now = [100.0]
    limit = RateLimit(Rate(2, 10), lambda: now[0])
    assert [limit.seconds_to_wait() for _ in range(4)] == [0, 0, 5, 5]
    now[0] += 4.9
    assert limit.seconds_to_wait() == 1
    now[0] += 0.2
    assert [limit.seconds_to_wait() for _ in range(2)] == [0, 5]
    now[0] += 1000
    assert [limit.seconds_to_wait() for _ in range(3)] == [0, 0, 5]
    limit.reset()
    assert limit.seconds_to_wait() == 0


def test_requests_above_the_rate_return_429() -> None:
    client = client_with(rate_limit=Rate(1, 3600))
    assert say(client).status_code == 200
    response = say(client)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "3600")
    client.post("/_mock/reset")
    assert say(client).status_code == 200


# CORS --------------------------------------------------------------------------------------------------------


def preflight(client: FlaskClient, path: str, origin: str, **more: str) -> Any:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", **more}
    return client.options(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    "origin", [PAGE, "https://localhost", "http://127.0.0.1:3000", "http://[::1]:8080", "http://app.localhost:1"]
)
def test_local_pages_may_read_responses_with_credentials(client: FlaskClient, origin: str) -> None:
    ready = preflight(client, "/v1/chat", origin, Access_Control_Request_Headers="content-type, authorization, prefer")
    assert ready.status_code == 204
    assert ready.headers["Access-Control-Allow-Origin"] == origin
    assert ready.headers["Access-Control-Allow-Methods"] == "POST"
    assert ready.headers["Access-Control-Allow-Headers"] == "content-type, authorization, prefer"
    for response in (
        client.post("/v1/chat", json={"message": "hi"}, headers={"Origin": origin}),
        client.post("/v1/chat", json={}, headers={"Origin": origin}),
        client.post("/nowhere", headers={"Origin": origin}),
        client.get("/_mock/behaviour", headers={"Origin": origin}),
    ):
        assert response.headers.getlist("Access-Control-Allow-Origin") == [origin]
        assert response.headers["Access-Control-Allow-Credentials"] == "true"
        assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]
        assert response.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "http://localhost.evil.test", "http://localhost:1@evil.test", "file://"]
)
def test_other_pages_may_not_read_responses(client: FlaskClient, origin: str) -> None:
    response = client.post("/v1/chat", json={"message": "hi"}, headers={"Origin": origin})
    assert (response.status_code, response.headers["Vary"]) == (200, "Origin")
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Access-Control-Allow-Methods" not in preflight(client, "/v1/chat", origin).headers


@pytest.mark.parametrize("allowed", ["https://shop.test", "*"])
def test_allowed_pages_may_read_responses(allowed: str) -> None:
    client = client_with(cors_origins=(allowed,))
    response = say_from(client, "https://shop.test")
    assert response.headers["Access-Control-Allow-Origin"] == "https://shop.test"


def say_from(client: FlaskClient, origin: str) -> Any:
    return client.post("/v1/chat", json={"message": "hi"}, headers={"Origin": origin})


def test_preflight_is_never_a_violation_and_is_listed_only_on_request(client: FlaskClient) -> None:
    preflight(client, "/v1/chat", PAGE)
    say_from(client, PAGE)
    assert [entry["method"] for entry in journal_of(client)] == ["POST"]
    shown, _ = journal_of(client, "?preflights=true")
    assert (shown["method"], shown["preflight"], shown["verdict"]["keeps_contract"]) == ("OPTIONS", True, None)
    assert shown["verdict"]["reason"] == "preflight"
    assert client.get("/_mock/requests?preflights=yes").status_code == 400


def test_options_request_that_is_not_a_preflight_violates_the_contract(client: FlaskClient) -> None:
    client.options("/v1/chat", headers={"Origin": PAGE})
    [entry] = journal_of(client)
    assert (entry["preflight"], entry["verdict"]["keeps_contract"]) == (False, False)


def test_refused_origin_is_named_with_the_fix_in_journal_and_log() -> None:
    lines: list[str] = []
    service = ChatService(read_snapshot(), warn=lines.append)
    client = create_app(service=service).test_client()
    for _ in range(2):
        preflight(client, "/v1/chat", "http://shop.test:5173")
        say_from(client, "http://shop.test:5173")
        say_from(client, PAGE)
    text = (
        'A page of the origin "http://shop.test:5173" cannot read the responses. '
        "Allow it with --cors-origin http://shop.test:5173"
    )
    assert lines == [text]
    notes = [entry["notes"] for entry in journal_of(client, "?preflights=true")]
    assert notes == [[{"id": "origin-refused", "text": text}], [{"id": "origin-refused", "text": text}], []] * 2


def test_page_of_the_mock_itself_is_an_allowed_origin(client: FlaskClient) -> None:
    client.post("/v1/chat", json={"message": "hi"}, headers={"Origin": "http://mock.test:80", "Host": "mock.test:80"})
    assert journal_of(client)[0]["notes"] == []


@pytest.mark.parametrize("origin", ["null", "capacitor://localhost", "tauri://localhost", "http://shop.test:5173"])
def test_origin_of_an_app_or_a_file_can_be_allowed(origin: str) -> None:
    client = client_with(cors_origins=read_options({"cors_origin": [origin]}).cors_origins)
    assert say_from(client, origin).headers["Access-Control-Allow-Origin"] == origin
    assert "Access-Control-Allow-Methods" in preflight(client, "/v1/chat", origin).headers


def test_null_origin_never_gives_access_to_the_control_api() -> None:
    headers = {"host": "localhost", "origin": "null"}
    assert Access(origins=("null",)).check_control(headers, "127.0.0.1") is not None


def test_preflight_needs_no_key_and_works_for_the_control_api() -> None:
    client = client_with(require_key="k", control_token="t")
    assert preflight(client, "/v1/chat", PAGE).headers["Access-Control-Allow-Origin"] == PAGE
    own = preflight(client, "/_mock/behaviour", PAGE, Access_Control_Request_Headers="x-mock-token")
    assert "PUT" in own.headers["Access-Control-Allow-Methods"]
    assert preflight(client, "/v1/chat", PAGE, Access_Control_Request_Private_Network="true").headers[
        "Access-Control-Allow-Private-Network"
    ]


def test_page_may_read_a_401() -> None:
    response = say_from(client_with(require_key="k"), PAGE)
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (401, PAGE)


def test_options_request_without_preflight_headers_returns_405(client: FlaskClient) -> None:
    assert client.options("/v1/chat", headers={"Origin": PAGE}).status_code == 405
