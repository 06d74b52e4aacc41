"""What the tests of the mock share: the snapshot, an application in process, and real servers."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mock_server import Options, Snapshot, create_app, read_snapshot
from mock_server.__main__ import run
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE


@pytest.fixture(scope="session")
def snapshot() -> Snapshot:
    return read_snapshot(Options(seed=7))


@pytest.fixture
def client(snapshot: Snapshot) -> FlaskClient:
    """A fresh mock in this process: no conversation is remembered from another test."""
    return create_app(snapshot).test_client()


@pytest.fixture
def say(client: FlaskClient) -> Callable[..., dict[str, Any]]:
    """Takes one turn and returns the reply; a refusal fails the test."""

    def take_turn(message: str, **fields: Any) -> dict[str, Any]:
        response = client.post("/v1/chat", json={"message": message, **fields})
        assert response.status_code == 200, response.text
        return response.json

    return take_turn


@dataclass
class Running:
    """A mock in a process of its own."""

    process: subprocess.Popen[str]
    ready_line: str

    @property
    def url(self) -> str:
        return re.search(r"https?://\S+", self.ready_line)[0]

    @property
    def port(self) -> int:
        return int(re.search(r":(\d+)/", self.ready_line)[1])

    def stop(self, sign: int = signal.SIGTERM) -> int:
        self.process.send_signal(sign)
        return self.process.wait(timeout=PATIENCE)


def start(*arguments: str, env: dict[str, str] | None = None, cwd: Path = ROOT) -> Running:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "mock_server", "--port", "0", *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    readable, _, _ = select.select([process.stdout], [], [], PATIENCE)
    line = process.stdout.readline() if readable else ""
    if not line.startswith("Mock ready: "):
        process.kill()
        rest, _ = process.communicate(timeout=PATIENCE)
        pytest.fail(f"the mock did not start: {line}{rest}")
    return Running(process, line)


@pytest.fixture
def run_mock() -> Iterator[Callable[..., Running]]:
    """Starts mocks on free ports; whatever still runs at the end is stopped."""
    started: list[Running] = []

    def run(*arguments: str, env: dict[str, str] | None = None) -> Running:
        started.append(start(*arguments, env=env))
        return started[-1]

    yield run
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait(timeout=PATIENCE)
        running.process.stdout.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """One mock for a whole module."""
    running = start("--seed", "7")
    yield running
    running.stop()
    running.process.stdout.close()


Fails = Callable[..., str]


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fails:
    """Runs a mock that cannot start, in this process, and returns its only line on standard error."""

    def start_here(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["mock_server", "--port", "0", *arguments])
        with pytest.raises(SystemExit) as ended:
            run()
        shown = capsys.readouterr()
        assert (ended.value.code, shown.out) == (2, "")
        [line] = shown.err.splitlines()
        assert "s3cr3t" not in line
        return line

    return start_here
