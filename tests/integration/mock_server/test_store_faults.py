"""A Redis that goes away, is slow, full or read-only costs requests, but no restart; a wrong one is named at start."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import requests

from chat_contract import KitError
from mock_server.loading.options import read_options
from mock_server.loading.store_location import read_location
from mock_server.store.redis import check_store
from testbed.ports import free_port
from tests.conftest import RequireProgram
from tests.support.mock import Fails, Running, start
from tests.support.redis_server import RedisServer, eventually, redis_server
from tests.support.waiting import PATIENCE

SECONDS = PATIENCE
PASSWORD = "s3cr3t-of-redis"


@pytest.fixture(scope="module")
def redis(require_program: RequireProgram) -> Iterator[RedisServer]:
    with redis_server(require_program("redis-server", "redis-server"), "--requirepass", PASSWORD) as server:
        yield server


@pytest.fixture(scope="module")
def mock(redis: RedisServer) -> Iterator[Running]:
    """A mock with the password in its URL and the default time limit."""
    running = start("--store", with_password(redis))
    yield running
    running.stop()
    running.process.stdout.close()


def with_password(redis: RedisServer, password: str = PASSWORD) -> str:
    return f"redis://:{password}@127.0.0.1:{redis.port}/0"


def post(mock: Running) -> requests.Response:
    return requests.post(f"http://127.0.0.1:{mock.port}/v1/chat", json={"message": "hello"}, timeout=SECONDS)


def health(mock: Running) -> Any:
    return requests.get(f"http://127.0.0.1:{mock.port}/_mock/health", timeout=SECONDS).json()["store"]


def until_refused(mock: Running) -> requests.Response:
    # A response with an error counts as false.
    [refused] = eventually(lambda: [response for response in (post(mock),) if response.status_code == 503])
    return refused


def recovers(mock: Running) -> None:
    eventually(lambda: post(mock).status_code == 200)
    eventually(lambda: health(mock)["status"] == "ok")


@contextmanager
def killed(redis: RedisServer) -> Iterator[None]:
    redis.kill()
    try:
        yield
    finally:
        redis.start()


@contextmanager
def frozen(redis: RedisServer) -> Iterator[None]:
    redis.freeze()
    try:
        yield
    finally:
        redis.thaw()


@contextmanager
def full(redis: RedisServer) -> Iterator[None]:
    with redis.client as client:
        client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)


@contextmanager
def read_only(redis: RedisServer) -> Iterator[None]:
    with redis.client as client:
        client.config_set("replica-serve-stale-data", "yes")
        client.replicaof("127.0.0.1", 1)
        try:
            yield
        finally:
            client.replicaof("NO", "ONE")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (killed, "it refused the connection"),
        (frozen, "it did not respond within 0.25 s"),
        (full, "its memory is full"),
        (read_only, "it is a read-only replica"),
    ],
    ids=["killed", "frozen", "full", "read-only"],
)
def test_requests_get_503_with_the_reason_until_redis_is_back(
    mock: Running, redis: RedisServer, fault: Callable[[RedisServer], Any], reason: str
) -> None:
    recovers(mock)
    with fault(redis):
        eventually(lambda: reason in until_refused(mock).json()["detail"])
        refused = until_refused(mock)
        assert (refused.headers["Content-Type"], refused.headers["Retry-After"]) == ("application/problem+json", "1")
        assert refused.json()["title"] == "Store unavailable"
        eventually(lambda: (found := health(mock)) and (found["status"], found["reason"]) == ("unavailable", reason))
        control = requests.put(f"http://127.0.0.1:{mock.port}/_mock/behaviour", json={"code": 500}, timeout=SECONDS)
        assert (control.status_code, control.headers["Retry-After"]) == (503, "1")
        elsewhere = requests.get(f"http://127.0.0.1:{mock.port}/elsewhere", timeout=SECONDS)
        assert elsewhere.status_code == 404
    recovers(mock)


def test_scripts_that_were_removed_are_loaded_again(mock: Running, redis: RedisServer) -> None:
    recovers(mock)
    with redis.client as client:
        client.script_flush()
    recovers(mock)


def test_password_appears_in_no_log_health_or_process_list(redis: RedisServer) -> None:
    running = start("--store", with_password(redis), "--log", "text")
    with frozen(redis):
        refused = until_refused(running)
    recovers(running)
    shown = [refused.text, requests.get(f"http://127.0.0.1:{running.port}/_mock/health", timeout=SECONDS).text]
    shown.append(Path(f"/proc/{running.process.pid}/cmdline").read_text("utf-8"))
    assert running.stop() == 0
    log = running.process.stdout.read()
    running.process.stdout.close()
    assert f"Redis at 127.0.0.1:{redis.port} is not available: it did not respond within 0.25 s." in log
    assert f"Redis at 127.0.0.1:{redis.port} is available again." in log
    assert [text for text in (*shown, log) if PASSWORD in text] == []
    assert f"--store\0redis://127.0.0.1:{redis.port}/0\0" in shown[-1]


# At the start ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("127.0.0.1", "it refused the connection"),
        ("localhost", "it refused the connection"),
        ("nowhere.invalid", "the host is unknown"),
    ],
)
def test_unreachable_redis_is_named_with_the_fix(fails: Fails, host: str, reason: str) -> None:
    port = free_port()
    line = fails("--store", f"redis://{host}:{port}")
    assert line.endswith(
        f"Cannot use Redis at {host}:{port}: {reason}. Start Redis there, or correct host and port in --store."
    )


def test_missing_and_wrong_passwords_are_named_with_the_fix(fails: Fails, redis: RedisServer) -> None:
    hint = (
        "Set it in the environment variable CHAT_CONTRACT_STORE_PASSWORD, "
        "or write :PASSWORD@ before the host in --store."
    )
    assert fails("--store", redis.url).endswith(f"it requires a password. {hint}")
    assert fails("--store", with_password(redis, "wrong")).endswith(f"it rejected the password. {hint}")


def test_password_of_the_environment_completes_the_url(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_CONTRACT_STORE_PASSWORD", PASSWORD)
    store = read_options({"store": redis.url}).store
    assert store is not None
    check_store(store, 60)


def test_keys_of_another_format_are_named_with_the_fix(fails: Fails, redis: RedisServer) -> None:
    with redis.client as client:
        client.set("older:format", "0", ex=60)
    line = fails("--store", f"{with_password(redis)}?prefix=older")
    assert 'The keys with the prefix "older"' in line
    assert "have format 0; this version of the mock uses format 1. Choose another prefix" in line


@pytest.mark.parametrize(
    ("info", "problem"),
    [
        (b"redis_version:5.0.14", "its version is 5.0. Use Redis 6.2 or later, or Valkey."),
        (b"server:dragon", "its version is unknown. Use Redis 6.2 or later, or Valkey."),
        (b"redis_version:7.2.4\r\nredis_mode:sentinel", "it runs in sentinel mode. Use a single Redis or Valkey."),
        (b"redis_version:7.2.4\r\nserver_name:valkey\r\nserver_mode:cluster", "it runs in cluster mode."),
    ],
)
def test_unsupported_server_is_named_with_the_fix(info: bytes, problem: str) -> None:
    with small_redis(info) as url, pytest.raises(KitError, match=re.escape(problem)):
        check_store(read_location(url), 60)


@pytest.mark.parametrize(
    "info",
    [
        b"redis_version:255.255.255-unstable",
        b"redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.3\r\nserver_mode:standalone",
    ],
)
def test_supported_server_is_accepted(info: bytes) -> None:
    with small_redis(info) as url:
        check_store(read_location(url), 60)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"INFO", b":1\r\n"),
        (b"INFO", b"$-1\r\n"),
        (b"SCRIPT", b"*1000000000\r\n"),
        (b"EVALSHA", b":1\r\n"),
        (b"EVALSHA", b"*1\r\n$2\r\nok\r\n"),
        (b"EVALSHA", b"*2\r\n$6\r\nformat\r\n:1\r\n"),
    ],
)
def test_server_with_invalid_answers_at_the_start_is_named(command: bytes, answer: bytes) -> None:
    with small_redis(b"redis_version:7.2.4", {command: answer}) as url, pytest.raises(KitError) as refused:
        check_store(read_location(url), 60)
    assert "it sent an invalid answer" in str(refused.value)


def test_format_that_is_not_text_is_named() -> None:
    answer = b"*2\r\n$6\r\nformat\r\n$2\r\n\xff\xfe\r\n"
    with small_redis(b"redis_version:7.2.4", {b"EVALSHA": answer}) as url, pytest.raises(KitError, match="have format"):
        check_store(read_location(url), 60)


@contextmanager
def small_redis(info: bytes, hostile: Mapping[bytes, bytes] = MappingProxyType({})) -> Iterator[str]:
    """A server that knows what the mock sends at its start; ``hostile`` replaces its answers, by command."""
    found = b"*2\r\n$2\r\nok\r\n*0\r\n"
    answers = {b"SCRIPT": b"+OK\r\n", b"INFO": b"$%d\r\n%b\r\n" % (len(info), info), b"EVALSHA": found, **hostile}

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                words = []
                for _ in range(int(line[1:])):
                    length = int(self.rfile.readline()[1:])
                    words.append(self.rfile.read(length + 2)[:-2])
                self.wfile.write(answers.get(words[0], b"+OK\r\n"))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"redis://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_server_that_is_not_redis_is_named(fails: Fails, server: Running) -> None:
    line = fails("--store", f"redis://127.0.0.1:{server.port}")
    assert f"Cannot use Redis at 127.0.0.1:{server.port}: " in line


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--store", "http://127.0.0.1:6379"), "it must begin with redis:// or rediss:// and a host"),
        (("--store", f"redis://:{PASSWORD}@host:port/0"), "its host or port is invalid"),
        (("--store", "redis://localhost/first"), "its path must be the number of a database"),
        (("--store", "redis://localhost?prefix=a%20b"), "its prefix must have 1 to 64 letters"),
        (("--store", "redis://localhost?timeout=3"), '"timeout" is not a parameter'),
        (("--conversation-ttl", "1 week"), 'Invalid duration "1 week" for --conversation-ttl.'),
        (("--conversation-ttl", "31d"), 'Invalid duration "31d" for --conversation-ttl.'),
    ],
)
def test_invalid_option_is_named_with_an_example(fails: Fails, arguments: tuple[str, ...], problem: str) -> None:
    line = fails(*arguments)
    assert problem in line
    assert "for example " in line


def test_store_and_upstream_cannot_be_combined(fails: Fails) -> None:
    line = fails("--store", "redis://localhost", "--upstream", "http://127.0.0.1:1/v1")
    assert line.endswith(
        "--store and --upstream cannot be combined: ids of the upstream service are not shared. Remove one."
    )
