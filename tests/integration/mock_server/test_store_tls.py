"""A store with TLS, client certificates and a user of its own; what cannot be used is named with the fix."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
import requests

from chat_contract import KitError
from mock_server.loading.store_location import read_location
from mock_server.store.redis import check_store
from testbed.ports import free_port
from tests.conftest import RequireProgram
from tests.support.certificates import certificate
from tests.support.mock import Running, start
from tests.support.redis_server import RedisServer, redis_server
from tests.support.waiting import PATIENCE

PASSWORD = "s3cr3t-of-redis"
PERMISSIONS = ("@read", "@write", "@scripting", "@connection", "info", "time")
"""As in docs/how-to/scale.md."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The certificate of the server and its clients, and its key."""
    return certificate(tmp_path_factory.mktemp("certificates"), "redis")


@pytest.fixture(scope="module")
def redis(require_program: RequireProgram, files: tuple[Path, Path]) -> Iterator[RedisServer]:
    with redis_server(require_program("redis-server", "redis-server"), tls=files) as server:
        with server.client as client:
            client.acl_setuser(
                "mock",
                enabled=True,
                passwords=[f"+{PASSWORD}"],
                keys=["chat-contract:*"],
                **permissions(),
            )
        yield server


def permissions() -> dict[str, list[str]]:
    return {
        "categories": [f"+{name}" for name in PERMISSIONS if name.startswith("@")],
        "commands": [f"+{name}" for name in PERMISSIONS if not name.startswith("@")],
    }


def problem(url: str) -> str:
    with pytest.raises(KitError) as caught:
        check_store(read_location(url), 60)
    return str(caught.value)


def test_mock_uses_tls_a_client_certificate_and_a_user(redis: RedisServer, files: tuple[Path, Path]) -> None:
    cert, key = files
    query = f"ca-bundle={cert}&cert={cert}&key={key}"
    mock = start("--store", f"rediss://mock:{PASSWORD}@127.0.0.1:{redis.port}/0?{query}", "--store-timeout", "60")
    url = f"http://127.0.0.1:{mock.port}"
    assert requests.post(f"{url}/v1/chat", json={"message": "hello"}, timeout=PATIENCE).status_code == 200
    assert len(requests.get(f"{url}/_mock/requests", timeout=PATIENCE).json()["requests"]) == 1
    assert requests.post(f"{url}/_mock/reset", timeout=PATIENCE).status_code == 204
    command = Path(f"/proc/{mock.process.pid}/cmdline").read_text("utf-8")
    assert (PASSWORD in command, f"rediss://mock@127.0.0.1:{redis.port}/0?ca-bundle=" in command) == (False, True)
    assert mock.stop() == 0
    mock.process.stdout.close()


def test_unknown_certificate_is_named_with_the_fix(redis: RedisServer) -> None:
    found = problem(f"rediss://127.0.0.1:{redis.port}")
    assert "its certificate is not trusted. Use the host name in the certificate, and name its CA: rediss://" in found


def test_missing_client_certificate_is_named_with_the_fix(redis: RedisServer, files: tuple[Path, Path]) -> None:
    found = problem(f"rediss://127.0.0.1:{redis.port}?ca-bundle={files[0]}")
    # Redis may close the connection before its reason is read.
    assert re.search(r"requires (one|a client certificate).*cert=FILE and key=FILE to --store\.$", found)


def test_url_without_tls_for_a_server_with_tls_is_named_with_the_fix(redis: RedisServer) -> None:
    assert "If Redis expects TLS on this port, use rediss://" in problem(f"redis://127.0.0.1:{redis.port}")


def test_url_with_tls_for_a_server_without_is_named_with_the_fix(server: Running) -> None:
    found = problem(f"rediss://127.0.0.1:{server.port}")
    assert "the TLS handshake failed. If Redis expects no TLS on this port, use redis://." in found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ca-bundle=none.pem", "--store: ca-bundle none.pem: cannot read the file (No such file or directory)."),
        (f"cert={__file__}", f"--store: cert {__file__}: invalid PEM data"),
    ],
)
def test_file_that_cannot_be_used_is_named(query: str, expected: str) -> None:
    assert problem(f"rediss://127.0.0.1:1?{query}").startswith(expected)


def test_cluster_is_named_with_the_fix(require_program: RequireProgram, tmp_path: Path) -> None:
    options = ("--cluster-enabled", "yes", "--dir", str(tmp_path))
    with redis_server(require_program("redis-server", "redis-server"), *options) as cluster:
        assert problem(cluster.url).endswith("it runs in cluster mode. Use a single Redis or Valkey.")


def test_cluster_whose_second_port_is_taken_starts_on_another(
    require_program: RequireProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        second = taken.getsockname()[1]
        first = second - 10_000
        ports = chain([first], iter(free_port, None))
        monkeypatch.setattr("tests.support.redis_server.free_port", ports.__next__)
        options = ("--cluster-enabled", "yes", "--dir", str(tmp_path))
        with redis_server(require_program("redis-server", "redis-server"), *options) as cluster:
            assert cluster.port != first
