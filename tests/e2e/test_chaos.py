"""Replicas that are killed under load: a sample of ``make chaos``, and what that program would find."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests
import yaml

from testbed.chaos import REPLICAS, ChaosError, Load, check, nginx
from testbed.ports import free_port
from tests.conftest import RequireProgram
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE


def test_killed_replicas_lose_no_request_and_no_turn(require_program: RequireProgram) -> None:
    require_program("redis-server", "redis-server")
    require_program("nginx", "nginx")
    run = subprocess.run(
        [sys.executable, "-m", "testbed.chaos", "--seconds", "0", "--kills", "2", "--users", "3", "--stop", "0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "2 times a replica was killed and started again" in run.stdout
    assert "no conversation lost its turn; every answered request is in the journal once" in run.stdout


class Handler(BaseHTTPRequestHandler):
    """Answers every request."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(*ports: int) -> Iterator[None]:
    """Serve on these ports."""
    with ExitStack() as stack:
        for port in ports:
            server = stack.enter_context(HTTPServer(("127.0.0.1", port), Handler))
            thread = Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        yield


def test_replica_that_is_back_gets_requests_at_once(require_program: RequireProgram, tmp_path: Path) -> None:
    require_program("nginx", "nginx")
    first, second, third = ports = [free_port() for _ in range(REPLICAS)]
    with nginx(ports, tmp_path) as url:
        for alive in (third, first, second):
            with serving(alive):
                statuses = {requests.get(url, timeout=PATIENCE).status_code for _ in range(20)}
            assert statuses == {200}


class Journal:
    """Stands for a Redis with these request ids in the journal."""

    def __init__(self, *names: str) -> None:
        self._entries = [json.dumps([0, "POST", "/v1/chat", {"x-request-id": name}]) for name in names]

    def lrange(self, _key: str, _first: int, _last: int) -> list[str]:
        return self._entries


@pytest.mark.parametrize(
    ("load", "recorded", "problem"),
    [
        (Load(["a", "b"]), ("a",), "1 answered requests are not in the journal, for example b"),
        (Load(["a"]), ("a", "a"), "1 requests are in the journal more than once, for example a"),
        (Load(["a"], [(1.0, 2.0, "status 502")], [3.0]), ("a",), "although no replica was killed meanwhile"),
    ],
)
def test_what_was_lost_or_done_twice_is_found(load: Load, recorded: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ChaosError, match=problem):
        check(load, Journal(*recorded))


def test_failure_of_a_request_in_progress_at_a_kill_is_accepted() -> None:
    check(Load(["a"], [(1.0, 2.0, "status 502")], [1.5]), Journal("a", "b"))


def test_compose_file_starts_the_replicas_that_nginx_knows() -> None:
    services = yaml.safe_load((ROOT / "compose.scale.yaml").read_text("utf-8"))["services"]
    nginx = (ROOT / "deploy/nginx.conf").read_text("utf-8")
    replicas = [name for name in services if name.startswith("mock-")]
    assert len(replicas) == REPLICAS
    assert [name for name in replicas if f"server {name}:4010" not in nginx] == []
    assert services["mock-1"]["command"][-2:] == ["--store", "redis://redis:6379/0"]
    assert "proxy_next_upstream error timeout non_idempotent;" in nginx
