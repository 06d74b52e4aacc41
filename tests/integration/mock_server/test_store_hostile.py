"""A Redis that turns hostile, or holds what no mock wrote: requests get 503, and need no restart to work again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from testbed.hostile.slow import memory_of
from tests.conftest import RequireProgram
from tests.support.hostile_redis import ATTACKS, HostileRedis
from tests.support.mock import Running, start
from tests.support.redis_server import RedisServer, eventually, redis_server
from tests.support.waiting import PATIENCE

MEGABYTES = 300.0


@pytest.fixture(scope="module")
def redis(require_program: RequireProgram) -> Iterator[RedisServer]:
    with redis_server(require_program("redis-server", "redis-server")) as server:
        yield server


@pytest.fixture(scope="module")
def hostile(redis: RedisServer) -> Iterator[HostileRedis]:
    proxy = HostileRedis(redis.port)
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def mock(hostile: HostileRedis) -> Iterator[Running]:
    running = start("--store", f"redis://127.0.0.1:{hostile.port}/0")
    yield running
    running.stop()
    running.process.stdout.close()


def call(mock: Running, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(method, f"http://127.0.0.1:{mock.port}{path}", json=body, timeout=PATIENCE)


def talk(mock: Running, **fields: str) -> requests.Response:
    return call(mock, "POST", "/v1/chat", {"message": "hello", **fields})


def recovers(mock: Running) -> None:
    eventually(lambda: talk(mock).status_code == 200)


def is_refused(response: requests.Response) -> bool:
    kind, wait = response.headers["Content-Type"], response.headers.get("Retry-After")
    assert (response.status_code, kind, wait) == (503, "application/problem+json", "1"), response.text
    return True


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_answers_of_redis_give_503_until_they_end(mock: Running, hostile: HostileRedis, attack: str) -> None:
    recovers(mock)
    with hostile.attacking(ATTACKS[attack]):
        assert is_refused(talk(mock))
        assert is_refused(call(mock, "POST", "/_mock/spaces/other/v1/chat", {"message": "hello"}))
        assert is_refused(call(mock, "PUT", "/_mock/behaviour", {"code": 500}))
        assert is_refused(call(mock, "GET", "/_mock/requests"))
        assert call(mock, "GET", "/_mock/health").json()["store"]["status"] == "unavailable"
    recovers(mock)
    assert memory_of(mock.process.pid) < MEGABYTES


@pytest.mark.parametrize("kind", ["list", "garbage"])
@pytest.mark.parametrize("name", ["meta", "states", "journal"])
def test_values_that_no_mock_wrote_give_503_until_they_are_deleted(
    mock: Running, redis: RedisServer, name: str, kind: str
) -> None:
    recovers(mock)
    conversation = talk(mock).json()["conversation_id"]
    with redis.client as client:
        [key] = [key for key in client.keys("*:space::*") if key.endswith(f":{name}".encode())]
        _spoil(client, key, kind)
    answers = [talk(mock, conversation_id=conversation), call(mock, "GET", "/_mock/requests")]
    assert {answer.status_code for answer in answers} <= {200, 503}, [answer.text for answer in answers]
    assert all(is_refused(answer) for answer in answers if answer.status_code != 200)
    with redis.client as client:
        client.delete(key)
    recovers(mock)
    assert call(mock, "GET", "/_mock/requests").status_code == 200


def _spoil(client: Any, key: bytes, kind: str) -> None:
    """Replace a value with one of another type, or the values in it with texts that are not ours."""
    if kind == "list":
        client.delete(key)
        client.set(key, "text") if key.endswith(b"journal") else client.rpush(key, "text")
    elif client.type(key) == b"hash":
        for field in client.hkeys(key):
            client.hset(key, field, "garbage")
    else:
        client.lset(key, 0, "garbage")
