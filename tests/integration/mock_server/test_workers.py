"""Several workers serve one port like one process, and end together."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.conftest import RequireProgram
from tests.support.mock import Fails, Running, start
from tests.support.redis_server import RedisServer, eventually, redis_server
from tests.support.waiting import PATIENCE


@pytest.fixture(scope="module")
def redis(require_program: RequireProgram) -> Iterator[RedisServer]:
    with redis_server(require_program("redis-server", "redis-server")) as server:
        yield server


@pytest.fixture
def workers(redis: RedisServer) -> Iterator[Running]:
    running = start("--store", redis.url, "--store-timeout", "60", "--workers", "2")
    yield running
    running.process.kill()
    running.process.wait(PATIENCE)
    running.process.stdout.close()


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def turn(port: int, message: str = "hello") -> int:
    body = {"message": message, "conversation_id": "one"}
    return requests.post(f"http://127.0.0.1:{port}/v1/chat", json=body, timeout=PATIENCE).status_code


def test_workers_share_the_port_and_an_ended_one_is_replaced(workers: Running) -> None:
    first = children_of(workers.process.pid)
    assert len(first) == 2
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: turn(workers.port), range(20))) == {200}
    journal = requests.get(f"http://127.0.0.1:{workers.port}/_mock/requests", timeout=PATIENCE).json()["requests"]
    assert len(journal) == 20
    os.kill(first[0], signal.SIGKILL)
    eventually(lambda: len(children_of(workers.process.pid)) == 2 and first[0] not in children_of(workers.process.pid))
    assert turn(workers.port) == 200


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_all_workers(workers: Running, sign: signal.Signals) -> None:
    children = children_of(workers.process.pid)
    workers.process.send_signal(sign)
    assert workers.process.wait(PATIENCE) == 0
    assert [child for child in children if is_running(child)] == []


def test_workers_end_with_a_supervisor_that_was_killed(workers: Running) -> None:
    children = children_of(workers.process.pid)
    workers.process.kill()
    workers.process.wait(PATIENCE)
    eventually(lambda: not any(map(is_running, children)))


def test_several_workers_without_a_store_are_refused_with_the_reason(fails: Fails) -> None:
    line = fails("--workers", "3")
    assert "--workers 3 needs --store: without it, each worker keeps conversations of its own" in line


def test_port_that_is_taken_is_named_once(fails: Fails, workers: Running, redis: RedisServer) -> None:
    line = fails("--store", redis.url, "--workers", "2", "--port", str(workers.port))
    assert f"Cannot listen on 127.0.0.1:{workers.port}: address already in use." in line
