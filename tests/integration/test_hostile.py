"""A sample of the hostile requests and slow clients of ``python -m testbed.hostile``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_mock.server import Server
from testbed.hostile.attack import attack
from testbed.hostile.recorder import start_recorder
from testbed.hostile.slow import Clients, attack_slowly

SAMPLE_SIZE = 2000


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server.start(["--seed", "0"])
    yield started
    started.stop()


def test_hostile_requests_get_neither_5xx_nor_html_nor_a_hang(server: Server) -> None:
    """A sample; ``make hostile`` sends 200,000."""
    result = attack(server.base_url, SAMPLE_SIZE, seed=5)
    assert result.complaints == []
    assert {200, 400, 404, 405, 422} <= set(result.statuses)


def test_hostile_requests_to_the_recorder_get_neither_5xx_nor_html_nor_a_hang(server: Server, tmp_path: Path) -> None:
    recorder = start_recorder(server, tmp_path)
    try:
        result = attack(recorder.base_url, SAMPLE_SIZE // 2, seed=6, expected=frozenset({502}))
    finally:
        recorder.stop()
    assert result.complaints == []
    assert {200, 400, 404, 405, 422} <= set(result.statuses)


def test_slow_clients_are_closed_and_do_not_slow_a_health_check() -> None:
    """A sample; ``make hostile`` opens 11,800 connections. The time limits are far above what is measured."""
    server = Server.start(["--seed", "0", "--request-timeout", "8", "--write-timeout", "8"])
    try:
        outcome = attack_slowly(server, Clients(half_bodies=200, half_heads=50, delayed=200, unread=60), patience=120)
    finally:
        server.stop()
    assert outcome.median_ms < 10_000
    assert outcome.megabytes < 200
    assert outcome.left_open == 0
