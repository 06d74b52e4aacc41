"""A sample of the hostile requests and slow clients of ``python -m testbed.hostile``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_mock.server import Server
from testbed.hostile.attack import Target, attack
from testbed.hostile.recorder import start_recorder
from testbed.hostile.slow import Clients, attack_slowly
from testbed.hostile.starvation import Starvation, grown_between
from testbed.load_servers import serve_loaded
from tests.support.waiting import PATIENCE, wait_until

SAMPLE_SIZE = 2000


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server.start(["--seed", "0"])
    yield started
    started.stop()


def test_hostile_requests_get_neither_5xx_nor_html_nor_a_hang(server: Server) -> None:
    """A sample; ``make hostile`` sends 200,000."""
    result = attack(Target(server.base_url, (server.process.pid,)), SAMPLE_SIZE, seed=5)
    assert result.complaints == []
    assert {200, 400, 404, 405, 422} <= set(result.statuses)


def test_hostile_requests_to_the_recorder_get_neither_5xx_nor_html_nor_a_hang(server: Server, tmp_path: Path) -> None:
    recorder = start_recorder(server, tmp_path)
    try:
        processes = recorder.process.pid, server.process.pid
        result = attack(Target(recorder.base_url, processes), SAMPLE_SIZE // 2, seed=6)
    finally:
        recorder.stop()
    assert result.complaints == []
    assert {200, 400, 404, 405, 422} <= set(result.statuses)


def test_slow_response_is_reported() -> None:
    with serve_loaded("slow") as url:
        result = attack(Target(url, slow=0.1), 4, seed=5)
    assert any(" s: " in complaint for complaint in result.complaints)


def test_waits_for_a_processor_are_counted_between_the_samples_around_a_request() -> None:
    times, totals = [0.0, 1.0, 2.0, 3.0], [0.0, 0.5, 0.5, 1.25]
    assert grown_between(times, totals, 1.5, 2.5) == 0.75
    assert grown_between(times, totals, 0.2, 0.8) == 0.5
    assert grown_between(times, totals, 1.2, 1.8) == 0.0
    assert grown_between(times, totals, -1.0, 9.0) == 1.25


def test_processes_that_share_a_processor_are_starved() -> None:
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); os.fork()\nwhile True: pass"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    starvation = Starvation((process.pid,))
    try:
        wait_until(lambda: starvation.between(0, time.monotonic()) > 0.01)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_slow_clients_are_closed_and_health_checks_are_answered_meanwhile() -> None:
    """A sample; ``make hostile`` opens 11,800 connections and limits the time of a health check."""
    server = Server.start(["--seed", "0", "--request-timeout", "8", "--write-timeout", "8"])
    try:
        clients = Clients(half_bodies=200, half_heads=50, delayed=200, unread=60, seconds=8)
        outcome = attack_slowly(server, clients, PATIENCE)
    finally:
        server.stop()
    assert outcome.megabytes < 200
    assert outcome.left_open == 0
