"""Spaces: state of their own below a URL prefix, made at first use, limited in number and size."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient

from mock_server import Options, create_app, read_snapshot
from mock_server.defaults import MAX_FOLLOWERS
from mock_server.overrides.rules import OverrideError
from mock_server.respond.service import ChatService
from mock_server.respond.spaces import SECONDS_IN_USE
from mock_server.server.asgi import MockApp
from tests.support.asgi import call
from tests.support.deciding import service_with

A, B = "/_mock/spaces/a", "/_mock/spaces/b"


def say(client: FlaskClient, space: str = "", **more: Any) -> Any:
    return client.post(f"{space}/v1/chat", json={"message": "Which desk would you recommend?", **more})


def names(client: FlaskClient) -> list[str]:
    return [space["name"] for space in client.get("/_mock/spaces").json["spaces"]]


def test_rules_of_a_space_apply_to_that_space_only(client: FlaskClient) -> None:
    client.put(f"{A}/_mock/behaviour", json={"code": 503})
    assert [say(client, space).status_code for space in (A, B, "")] == [503, 200, 200]
    assert client.get("/_mock/behaviour").json == {"rules": []}
    assert client.get(f"{B}/_mock/behaviour").json == {"rules": []}


def test_journal_of_a_space_has_its_requests_with_the_paths_of_the_contract(client: FlaskClient) -> None:
    say(client, A)
    client.get(f"{A}/v1/nowhere")
    say(client)
    requests = client.get(f"{A}/_mock/requests").json["requests"]
    assert [(entry["number"], entry["path"]) for entry in requests] == [(1, "/v1/chat"), (2, "/v1/nowhere")]
    assert [entry["verdict"]["keeps_contract"] for entry in requests] == [True, False]
    assert len(client.get("/_mock/requests").json["requests"]) == 1
    curl = client.get(f"{A}/_mock/requests/1/curl").text
    assert "http://localhost/_mock/spaces/a/v1/chat" in curl


def test_conversations_of_a_space_are_unknown_to_the_others() -> None:
    client = create_app(read_snapshot(Options(latitude="documented", seed=7))).test_client()
    known = say(client, A).json["conversation_id"]
    say(client, A, conversation_id=known)
    say(client, B, conversation_id=known)
    sizes = {space["name"]: space["conversations"] for space in client.get("/_mock/spaces").json["spaces"]}
    assert sizes == {"a": 1, "b": 1}


def test_each_space_has_the_same_sequence_of_seeded_ids(client: FlaskClient) -> None:
    def ids(space: str) -> list[str]:
        return [say(client, space).json["conversation_id"] for _ in range(3)]

    assert ids("") == ids(A) == ids(B)


def test_reset_of_a_space_leaves_the_others_alone(client: FlaskClient) -> None:
    for space in (A, B, ""):
        say(client, space)
        client.post(f"{space}/_mock/behaviour", json={"code": 500})
    assert client.post(f"{A}/_mock/reset").status_code == 204
    kept = [len(client.get(f"{space}/_mock/requests").json["requests"]) for space in (A, B, "")]
    rules = [len(client.get(f"{space}/_mock/behaviour").json["rules"]) for space in (A, B, "")]
    assert (kept, rules) == ([0, 1, 1], [0, 1, 1])


def test_rate_limit_counts_the_requests_of_each_space() -> None:
    client = create_app(read_snapshot(Options(rate_limit=_rate(1)))).test_client()
    assert [say(client, space).status_code for space in (A, A, B, "")] == [200, 429, 200, 200]


def _rate(count: int) -> Any:
    from mock_server.loading.options import Rate

    return Rate(count, 3600)


def test_spaces_are_listed_and_deleted(client: FlaskClient) -> None:
    assert names(client) == []
    say(client, B)
    say(client, A)
    assert names(client) == ["a", "b"]
    assert client.delete(A).status_code == 204
    missing = client.delete(A)
    assert (missing.status_code, missing.json["detail"]) == (
        404,
        'Unknown space "a". GET /_mock/spaces lists the spaces.',
    )
    assert names(client) == ["b"]
    assert client.get(f"{A}/_mock/requests").json["requests"] == []


@pytest.mark.parametrize("name", ["a b", "ä", "a" * 65, "a:b", "%2e%2e", "%2e"])
def test_invalid_name_returns_400_and_makes_no_space(client: FlaskClient, name: str) -> None:
    response = say(client, f"/_mock/spaces/{name}")
    assert (response.status_code, response.json["title"]) == (400, "Invalid space name")
    assert names(client) == []


@pytest.mark.parametrize("name", ["a", "A-1_x.y", "7", "z" * 64])
def test_valid_name_makes_a_space(client: FlaskClient, name: str) -> None:
    assert say(client, f"/_mock/spaces/{name}").status_code == 200
    assert names(client) == [name]


def test_operation_of_a_space_is_open_and_its_control_api_is_guarded() -> None:
    service = service_with(control_token="t")
    client = create_app(service=service).test_client()
    foreign = {"Host": "elsewhere.test", "Origin": "http://elsewhere.test"}
    allowed = client.post(f"{A}/v1/chat", json={"message": "hi"}, headers=foreign)
    assert allowed.status_code == 200
    for method, path in (("GET", f"{B}/_mock/behaviour"), ("POST", f"{B}/_mock/reset"), ("GET", "/_mock/spaces")):
        assert client.open(path, method=method).status_code == 403
    assert client.delete(A).status_code == 403
    # A denied request makes no space.
    assert [space.name for space in service.spaces.all()] == ["a"]


def test_guard_without_token_denies_other_sites(client: FlaskClient) -> None:
    foreign = {"Host": "elsewhere.test", "Origin": "http://elsewhere.test"}
    assert client.get(f"{A}/_mock/requests", headers=foreign).status_code == 403
    assert client.delete(A, headers=foreign).status_code == 403


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def two_spaces(clock: Clock) -> FlaskClient:
    service = ChatService(read_snapshot(Options(max_spaces=2)), clock=clock)
    return create_app(service=service).test_client()


def test_further_space_takes_the_place_of_the_least_recently_used(two_spaces: FlaskClient, clock: Clock) -> None:
    say(two_spaces, A)
    say(two_spaces, B)
    clock.seconds = SECONDS_IN_USE - 1
    say(two_spaces, A)
    clock.seconds = SECONDS_IN_USE
    assert say(two_spaces, "/_mock/spaces/c").status_code == 200
    assert names(two_spaces) == ["a", "c"]


def test_spaces_in_use_are_never_dropped(two_spaces: FlaskClient, clock: Clock) -> None:
    say(two_spaces, A)
    say(two_spaces, B)
    clock.seconds = SECONDS_IN_USE - 1
    for path in ("v1/chat", "v1/nowhere", "_mock/requests"):
        refused = two_spaces.get(f"/_mock/spaces/c/{path}")
        if path == "_mock/requests":
            assert refused.status_code == 503
    refused = say(two_spaces, "/_mock/spaces/c")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "60")
    assert "--max-spaces" in refused.json["detail"]
    assert names(two_spaces) == ["a", "b"]
    two_spaces.delete(A)
    assert say(two_spaces, "/_mock/spaces/c").status_code == 200


def test_clients_without_access_to_the_control_api_cannot_take_all_places(clock: Clock) -> None:
    service = ChatService(read_snapshot(Options(max_spaces=4, control_token="t")), clock=clock)
    client = create_app(service=service).test_client()

    def status(name: str, **headers: str) -> int:
        response = client.post(f"/_mock/spaces/{name}/v1/chat", json={"message": "hi"}, headers=headers)
        return response.status_code

    token = {"X-Mock-Token": "t"}
    assert [status(f"guest-{number}") for number in range(3)] == [200, 200, 503]
    assert [status(f"own-{number}", **token) for number in range(3)] == [200, 200, 503]
    clock.seconds = SECONDS_IN_USE
    # A guest takes the place of a guest only; a client with access takes that of a guest first.
    assert [status(f"guest-{number}") for number in range(3, 6)] == [200, 200, 503]
    assert {space.name for space in service.spaces.all()} == {"own-0", "own-1", "guest-3", "guest-4"}
    # What a client with access has used is not a guest's any more.
    assert status("guest-3", **token) == 200
    clock.seconds = 2 * SECONDS_IN_USE
    assert status("own-3", **token) == 200
    assert "guest-4" not in {space.name for space in service.spaces.all()}


def test_journal_conversations_and_rules_of_a_space_are_limited() -> None:
    service = service_with(max_space_bytes=4096)
    client = create_app(service=service).test_client()
    for number in range(20):
        say(client, A, conversation_id=f"c{number}")
    [space] = service.spaces.all()
    assert sum(entry.size for entry in space.state.journal.entries()) <= 4096
    assert space.state.sizes().conversations == 4
    reply = {"reply": {"message": "x" * 3000}}
    assert client.post(f"{A}/_mock/behaviour", json=reply).status_code == 200
    refused = client.post(f"{A}/_mock/behaviour", json=reply)
    assert (refused.status_code, "The maximum is 4096." in refused.json["detail"]) == (400, True)
    assert len(space.rules.current) == 1


def test_rules_of_the_default_space_are_limited_in_size() -> None:
    service = service_with()
    with pytest.raises(OverrideError, match="too large"):
        service.space.rules.put([_long_rule()] * 10)


def _long_rule() -> Any:
    from mock_server.overrides.rules import Override, Rule

    return Rule(Override(reply={"message": "x" * 1_000_000}))


def test_all_spaces_share_the_places_for_followers(client: FlaskClient) -> None:
    streams = [
        client.get(f"/_mock/spaces/s{number}/_mock/requests/stream", buffered=False) for number in range(MAX_FOLLOWERS)
    ]
    assert client.get("/_mock/requests/stream", buffered=False).status_code == 429
    for stream in streams:
        stream.close()


def test_deleting_a_space_ends_its_followers(client: FlaskClient) -> None:
    stream = client.get(f"{A}/_mock/requests/stream", buffered=False)
    lines = iter(stream.iter_encoded())
    next(lines)
    client.delete(A)
    assert [line for line in lines if line.strip()] == []


def test_pages_and_documents_of_a_space_use_its_prefix(client: FlaskClient) -> None:
    assert client.get(f"{A}/_mock/").mimetype == "text/html"
    assert client.get(f"{A}/_mock/overview").json["operation"]["path"] == f"{A}/v1/chat"
    assert client.get(f"{A}/_mock/health").json["status"] == "ok"


def test_preflight_of_a_space_is_answered_for_the_operation(client: FlaskClient) -> None:
    headers = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}
    ready = client.options(f"{A}/v1/chat", headers=headers)
    assert (ready.status_code, ready.headers["Access-Control-Allow-Methods"]) == (204, "POST")
    assert client.get(f"{A}/_mock/requests").json["requests"] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", f"{A}/v1/chat", 200),
        ("GET", f"{A}/v1/chat", 405),
        ("POST", f"{A}/v1/nowhere", 404),
        ("POST", f"{A}/", 404),
        ("POST", "/_mock/spaces//v1/chat", 400),
        ("POST", "/_mock/spaces/a%2Fb/v1/chat", 404),
        ("POST", f"{A}/_mock/spaces/b/v1/chat", 404),
    ],
)
def test_both_adapters_route_paths_of_spaces_alike(
    service_of_test: Callable[[], ChatService], method: str, path: str, status: int
) -> None:
    body, headers = json.dumps({"message": "hi"}).encode(), {"content-type": "application/json"}
    flask = create_app(service=service_of_test()).test_client().open(path, method=method, data=body, headers=headers)
    asgi = call(MockApp(service_of_test()), method, path, headers, body)
    assert (flask.status_code, asgi.status) == (status, status)
    assert asgi.body == flask.data


@pytest.fixture
def service_of_test() -> Callable[[], ChatService]:
    return lambda: service_with(seed=7)


def test_contract_names_the_address_of_the_client_and_the_space_as_its_only_server(client: FlaskClient) -> None:
    headers = {"Host": "mock.localhost:8080"}
    for space, url in (("", "http://mock.localhost:8080/v1"), (A, f"http://mock.localhost:8080{A}/v1")):
        for name in ("openapi.json", "openapi.yaml"):
            document = yaml.safe_load(client.get(f"{space}/_mock/{name}", headers=headers).text)
            assert [server["url"] for server in document["servers"]] == [url]
            assert "servers" not in document["paths"]["/chat"]
    assert client.get(f"{A}/_mock/docs/openapi.json").json["servers"][0]["url"] == f"{A}/v1"
