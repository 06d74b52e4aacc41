"""Two replicas of the mock that share their state in Redis respond like one."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import requests

from tests.conftest import RequireProgram
from tests.support.mock import Running, start
from tests.support.paths import ROOT
from tests.support.redis_server import RedisServer, eventually, redis_server
from tests.support.waiting import PATIENCE

SECONDS = PATIENCE
OPTIONS = ("--seed", "7", "--store-timeout", "60")


@pytest.fixture(scope="module")
def redis(require_program: RequireProgram) -> Iterator[RedisServer]:
    with redis_server(require_program("redis-server", "redis-server")) as server:
        yield server


@pytest.fixture(scope="module")
def pair(redis: RedisServer) -> Iterator[tuple[Running, Running]]:
    replicas = start("--store", redis.url, *OPTIONS), start("--store", redis.url, *OPTIONS)
    yield replicas
    for replica in replicas:
        replica.stop()
        replica.process.stdout.close()


@pytest.fixture
def replicas(pair: tuple[Running, Running]) -> tuple[str, str]:
    """The URLs of the two, with nothing in their default space and no other space."""
    urls = tuple(f"http://127.0.0.1:{replica.port}" for replica in pair)
    assert requests.post(f"{urls[0]}/_mock/reset", timeout=SECONDS).status_code == 204
    for space in get(urls[0], "spaces")["spaces"]:
        assert requests.delete(f"{urls[0]}/_mock/spaces/{space['name']}", timeout=SECONDS).status_code == 204
    return urls


def post(base: str, message: str, request_id: str | None = None, **fields: Any) -> requests.Response:
    headers = {} if request_id is None else {"X-Request-ID": request_id}
    body = {"message": message, **fields}
    return requests.post(f"{base}/v1/chat", json=body, headers=headers, timeout=SECONDS)


def get(base: str, path: str) -> Any:
    response = requests.get(f"{base}/_mock/{path}", timeout=SECONDS)
    assert response.status_code == 200, response.text
    return response.json()


def in_turn(replicas: tuple[str, str], number: int) -> str:
    return replicas[number % 2]


# Conversations --------------------------------------------------------------------------------------------------------


def opening_with_turns(base: str) -> list[str]:
    """The messages of a fixture conversation with several turns."""
    overview = get(base, "overview")
    conversation = next(each for each in overview["conversations"] if len(each["turns"]) > 2 and each["opening"])
    return [conversation["opening"], *(turn["shopper"] for turn in conversation["turns"][1:])]


def test_conversation_that_changes_replicas_continues_as_on_one_server(
    replicas: tuple[str, str], server: Running
) -> None:
    alone = f"http://127.0.0.1:{server.port}"
    assert requests.post(f"{alone}/_mock/reset", timeout=SECONDS).status_code == 204
    expected, found, fields = [], [], {}
    for number, message in enumerate(opening_with_turns(alone)):
        expected.append(post(alone, message, **fields).json())
        found.append(post(in_turn(replicas, number), message, **fields).json())
        fields = {"conversation_id": found[0]["conversation_id"]}
    assert found == expected


def test_seeded_ids_are_those_of_one_server_and_unique(replicas: tuple[str, str], server: Running) -> None:
    alone = f"http://127.0.0.1:{server.port}"
    assert requests.post(f"{alone}/_mock/reset", timeout=SECONDS).status_code == 204
    expected = [post(alone, "hello").json()["conversation_id"] for _ in range(4)]
    found = [post(in_turn(replicas, number), "hello").json()["conversation_id"] for number in range(4)]
    assert found == expected
    with ThreadPoolExecutor(8) as pool:
        more = list(pool.map(lambda number: post(in_turn(replicas, number), "hello"), range(24)))
    ids = [each.json()["conversation_id"] for each in more]
    assert len({*found, *ids}) == 28


def test_no_turn_is_answered_twice(replicas: tuple[str, str], redis: RedisServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda number: post(in_turn(replicas, number), "hello", conversation_id="c"), range(30))
        )
    assert [answer.status_code for answer in answers] == [200] * 30
    with redis.client as client:
        [state] = client.hvals("chat-contract:1:space::states")
    assert json.loads(state)[2] == 30


def test_large_body_is_rejected_as_by_one_server(replicas: tuple[str, str], server: Running) -> None:
    body = {"message": "x" * 100_000, "limit": "many"}
    alone = requests.post(f"http://127.0.0.1:{server.port}/v1/chat", json=body, timeout=SECONDS)
    shared = requests.post(f"{replicas[0]}/v1/chat", json=body, timeout=SECONDS)
    assert (shared.status_code, shared.json()) == (alone.status_code, alone.json())
    assert shared.status_code == 422


# Requests that are sent again -----------------------------------------------------------------------------------------


def test_request_sent_again_gets_the_same_response_from_another_replica(replicas: tuple[str, str]) -> None:
    opening = [post(in_turn(replicas, number), "hello", "again-1") for number in range(4)]
    assert len({answer.content for answer in opening}) == 1
    conversation = opening[0].json()["conversation_id"]
    following = [
        post(in_turn(replicas, number), "more", "again-2", conversation_id=conversation) for number in range(4)
    ]
    assert len({answer.content for answer in following}) == 1
    assert len(get(replicas[0], "requests")["requests"]) == 2


def test_same_request_id_with_another_body_is_another_request(replicas: tuple[str, str]) -> None:
    first, second = post(replicas[0], "hello", "shared-id"), post(replicas[1], "good day", "shared-id")
    assert first.json()["conversation_id"] != second.json()["conversation_id"]


def test_request_sent_again_does_not_use_a_rule_again(replicas: tuple[str, str]) -> None:
    rule = {"code": 429, "times": 1}
    assert requests.post(f"{replicas[0]}/_mock/behaviour", json=rule, timeout=SECONDS).status_code == 200
    answers = [post(in_turn(replicas, number), "hello", "limited") for number in range(3)]
    assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in answers] == [(429, "1")] * 3
    assert post(replicas[0], "hello", "another").status_code == 200


def test_request_that_reaches_both_replicas_at_once_gets_one_response(replicas: tuple[str, str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        for number in range(5):
            send = partial(post, message="hello", request_id=f"at-once-{number}", conversation_id="at-once")
            assert len({answer.content for answer in pool.map(send, replicas * 2)}) == 1
    assert len(get(replicas[0], "requests")["requests"]) == 5


def test_replica_that_was_stopped_does_not_repeat_a_turn_that_another_one_has_taken(
    pair: tuple[Running, Running], replicas: tuple[str, str]
) -> None:
    post(replicas[0], "hello", "first", conversation_id="c")
    with ThreadPoolExecutor(1) as pool, stopped(pair[0]):
        late = pool.submit(post, replicas[0], "more", "second", conversation_id="c")
        again = post(replicas[1], "more", "second", conversation_id="c")
        last = post(replicas[1], "thanks", "third", conversation_id="c")
        pair[0].process.send_signal(signal.SIGCONT)
        assert late.result(SECONDS).content == again.content
    assert last.status_code == 200
    recorded = [entry["request"]["body"]["message"] for entry in get(replicas[0], "requests")["requests"]]
    assert recorded == ["hello", "more", "thanks"]


@contextmanager
def stopped(replica: Running) -> Iterator[None]:
    replica.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        replica.process.send_signal(signal.SIGCONT)


# The control API ------------------------------------------------------------------------------------------------------


def test_rule_counts_the_requests_of_all_replicas(replicas: tuple[str, str]) -> None:
    rule = {"code": 503, "times": 5, "name": "maintenance"}
    assert requests.put(f"{replicas[0]}/_mock/behaviour", json=rule, timeout=SECONDS).status_code == 200
    assert get(replicas[1], "behaviour/unused")["rules"] == [rule]
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda number: post(in_turn(replicas, number), "hello").status_code, range(16)))
    assert sorted(codes) == [200] * 11 + [503] * 5
    assert get(replicas[1], "behaviour")["rules"] == []


@pytest.mark.parametrize(
    "rule",
    [
        {"code": 422, "body": None, "invalid": True, "headers": {"X-A": "1"}},
        {"reply": {"message": "fixed"}, "message": "hello", "share": 1.0, "optional": True},
        {"delay": "median=100ms p95=2s", "pattern": "never.+matches", "turn": 3, "request_headers": {"X-B": "2"}},
        {"fault": "drop", "conversation_id": "elsewhere", "times": 4},
    ],
)
def test_rule_keeps_all_its_parts(replicas: tuple[str, str], rule: dict[str, Any]) -> None:
    stored = requests.put(f"{replicas[0]}/_mock/behaviour", json=rule, timeout=SECONDS).json()
    assert get(replicas[1], "behaviour") == stored
    assert len(stored["rules"]) == 1


def test_rules_that_are_too_many_are_rejected(replicas: tuple[str, str]) -> None:
    rules = {"rules": [{"code": 500}] * 1001}
    refused = requests.put(f"{replicas[0]}/_mock/behaviour", json=rules, timeout=SECONDS)
    assert (refused.status_code, "The maximum is 1000." in refused.json()["detail"]) == (400, True)


def test_journal_shows_the_requests_of_all_replicas(replicas: tuple[str, str]) -> None:
    for number in range(4):
        post(in_turn(replicas, number), f"hello {number}", user_id="u-1")
    requests.get(f"{replicas[1]}/elsewhere", timeout=SECONDS)
    shown = get(replicas[0], "requests")
    assert shown == get(replicas[1], "requests")
    messages = [entry["request"]["body"] and entry["request"]["body"]["message"] for entry in shown["requests"]]
    assert messages == ["hello 0", "hello 1", "hello 2", "hello 3", None]
    assert [entry["verdict"]["keeps_contract"] for entry in shown["requests"]] == [True] * 4 + [False]
    number = shown["requests"][1]["number"]
    curl = requests.get(f"{replicas[0]}/_mock/requests/{number}/curl", timeout=SECONDS)
    assert "hello 1" in curl.text
    assert requests.delete(f"{replicas[1]}/_mock/requests", timeout=SECONDS).status_code == 204
    assert get(replicas[0], "requests") == {"requests": [], "dropped": 0}


def test_follower_receives_the_requests_of_all_replicas(replicas: tuple[str, str]) -> None:
    with requests.get(f"{replicas[0]}/_mock/requests/stream", stream=True, timeout=SECONDS) as stream:
        lines = stream.iter_lines()
        assert next(lines) == b""
        sent = [post(in_turn(replicas, number), "hello").json() for number in range(3)]
        received = [json.loads(line) for line in (next(filter(None, lines)) for _ in sent)]
    assert [entry["reply"]["body"] for entry in received] == sent


def test_spaces_are_those_of_all_replicas(replicas: tuple[str, str]) -> None:
    space = f"{replicas[0]}/_mock/spaces/team-a"
    assert post(space, "hello").status_code == 200
    assert get(replicas[1], "spaces")["spaces"] == [{"name": "team-a", "conversations": 1, "requests": 1, "rules": 0}]
    assert get(replicas[1], "requests")["requests"] == []
    assert requests.delete(f"{replicas[1]}/_mock/spaces/team-a", timeout=SECONDS).status_code == 204
    assert requests.delete(f"{replicas[1]}/_mock/spaces/team-a", timeout=SECONDS).status_code == 404
    assert get(replicas[0], "spaces") == {"spaces": []}


def test_client_that_leaves_is_noted_in_the_shared_journal(replicas: tuple[str, str]) -> None:
    body = b'{"message":"hello"}'
    head = f"POST /v1/chat HTTP/1.1\r\nHost: localhost\r\nPrefer: delay=30s\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", int(replicas[0].rpartition(":")[2])), SECONDS) as connection:
        connection.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + body)
        eventually(lambda: get(replicas[1], "requests")["requests"])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    eventually(lambda: any(entry["client_left"] for entry in get(replicas[1], "requests")["requests"]))


# Limits ---------------------------------------------------------------------------------------------------------------


def test_everything_has_a_time_to_live_and_holds_no_credentials(replicas: tuple[str, str], redis: RedisServer) -> None:
    post(f"{replicas[0]}/_mock/spaces/b", "hello", "r-1")
    rule = {"code": 429, "message": "never"}
    assert requests.put(f"{replicas[0]}/_mock/behaviour", json=rule, timeout=SECONDS).status_code == 200
    headers = {"Authorization": "Bearer very-secret-key", "Cookie": "id=very-secret-cookie"}
    sent = requests.post(f"{replicas[0]}/v1/chat", json={"message": "hello"}, headers=headers, timeout=SECONDS)
    assert sent.status_code == 200
    assert len(get(replicas[0], "requests")["requests"]) == 1
    with redis.client as client:
        keys = client.keys("*")
        assert {key.rpartition(b":")[2].decode() for key in keys} >= {"meta", "states", "used", "journal", "answers"}
        assert all(key.startswith((b"chat-contract:1:", b"chat-contract:format")) for key in keys)
        assert [key for key in keys if not 0 < client.ttl(key) <= 86400] == []
        stored = b"".join(client.dump(key) for key in keys)
    assert b"very-secret" not in stored


def test_request_that_was_refused_may_be_sent_again_with_its_id(redis: RedisServer) -> None:
    running = start("--store", f"{redis.url}?prefix=refused", *OPTIONS, "--require-key", "k", "--rate-limit", "1/s")
    try:
        sent = {"json": {"message": "hello"}, "timeout": SECONDS}
        headers = {"X-Request-ID": "r-1"}
        assert requests.post(running.url, headers=headers, **sent).status_code == 401
        headers["Authorization"] = "Bearer k"
        eventually(lambda: requests.post(running.url, headers=headers, **sent).status_code == 200)
        eventually(
            lambda: requests.post(running.url, headers={**headers, "X-Request-ID": "2"}, **sent).status_code == 429
        )
        eventually(
            lambda: requests.post(running.url, headers={**headers, "X-Request-ID": "3"}, **sent).status_code == 200
        )
    finally:
        running.stop()
        running.process.stdout.close()


def test_conversations_requests_and_spaces_are_limited(redis: RedisServer) -> None:
    limits = ("--max-conversations", "3", "--max-requests-kept", "2", "--max-spaces", "1")
    running = start("--store", f"{redis.url}?prefix=small", *OPTIONS, *limits, "--conversation-ttl", "1h")
    try:
        base = f"http://127.0.0.1:{running.port}"
        for number in range(6):
            assert post(base, "hello", f"id-{number}", conversation_id=f"c{number}").status_code == 200
        shown = get(base, "requests")
        assert ([entry["number"] for entry in shown["requests"]], shown["dropped"]) == ([5, 6], 4)
        with redis.client as client:
            assert sorted(client.hkeys("small:1:space::states")) == [b"t:c3", b"t:c4", b"t:c5"]
            assert client.hlen("small:1:space::answers") == client.llen("small:1:space::order") == 3
            assert 0 < client.ttl("small:1:space::states") <= 3600
        assert post(f"{base}/_mock/spaces/a", "hello").status_code == 200
        refused = post(f"{base}/_mock/spaces/b", "hello")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "60")
        assert requests.get(f"{base}/_mock/spaces/b/_mock/requests", timeout=SECONDS).status_code == 503
    finally:
        running.stop()
        running.process.stdout.close()
        with redis.client as client:
            client.delete(*client.keys("small:*"))


# Replicas -------------------------------------------------------------------------------------------------------------


def test_health_names_the_replicas_and_files_that_differ(
    replicas: tuple[str, str], redis: RedisServer, tmp_path: Any
) -> None:
    names = eventually(lambda: (found := get(replicas[0], "health")["store"]["replicas"])[1:] and found)
    assert get(replicas[0], "health")["store"]["differing"] == []
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    catalogue = tmp_path / "fixtures" / "catalogue.yaml"
    catalogue.write_text(catalogue.read_text("utf-8") + "\n# changed\n", "utf-8")
    other = start("--store", redis.url, *OPTIONS, "--fixtures", str(tmp_path / "fixtures"))
    try:
        [differing] = eventually(lambda: get(replicas[0], "health")["store"]["differing"])
        assert differing["replica"] not in names
        assert differing["files"] == ["catalogue.yaml"]
        assert other.stop() == 0
        eventually(lambda: get(replicas[0], "health")["store"]["differing"] == [])
    finally:
        other.process.kill()
        other.process.stdout.close()


def test_rules_that_redis_has_lost_are_not_mistaken_for_later_ones(
    replicas: tuple[str, str], redis: RedisServer
) -> None:
    def put(base: str, code: int) -> None:
        assert requests.put(f"{base}/_mock/behaviour", json={"code": code}, timeout=SECONDS).status_code == 200

    put(replicas[0], 429)
    assert {post(base, "hello").status_code for base in replicas} == {429}
    with redis.client as client:
        client.flushall()
    put(replicas[1], 500)
    assert {post(base, "hello").status_code for base in replicas} == {500}
