"""Replicas that are killed under load: a sample of ``make chaos``, and what that program would find."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

from testbed.chaos import REPLICAS, ChaosError, Load, check
from tests.conftest import RequireProgram
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE


def test_nobody_notices_that_replicas_are_killed(require_program: RequireProgram) -> None:
    require_program("redis-server", "redis-server")
    require_program("nginx", "nginx")
    run = subprocess.run(
        [sys.executable, "-m", "testbed.chaos", "--seconds", "0", "--kills", "2", "--users", "3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "2 times a replica was killed and started again" in run.stdout
    assert "no conversation lost its turn; every answered request is in the journal once" in run.stdout


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


def test_failure_of_a_request_that_was_under_way_at_a_kill_is_accepted() -> None:
    check(Load(["a"], [(1.0, 2.0, "status 502")], [1.5]), Journal("a", "b"))


def test_compose_file_starts_the_replicas_that_nginx_knows() -> None:
    services = yaml.safe_load((ROOT / "compose.scale.yaml").read_text("utf-8"))["services"]
    nginx = (ROOT / "deploy/nginx.conf").read_text("utf-8")
    replicas = [name for name in services if name.startswith("mock-")]
    assert len(replicas) == REPLICAS
    assert [name for name in replicas if f"server {name}:4010" not in nginx] == []
    assert services["mock-1"]["command"][-2:] == ["--store", "redis://redis:6379/0"]
    assert "proxy_next_upstream error timeout non_idempotent;" in nginx
