"""``chat-contract record`` between a client and a service, and the mock that replays the recording."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from chat_contract import load_contract
from kit_cli.commands.record import record
from mock_server.shop.fixture_files import read_fixtures
from tests.support.mock import Running, start
from tests.support.waiting import PATIENCE, wait_until

ASKED = "Which desk would you recommend for heavy tools?"
KEY = "rec0rder-key-1234"


@pytest.fixture
def upstream() -> Iterator[Running]:
    """A slow service that requires a key."""
    running = start("--seed", "3", "--delay", "150ms", "--require-key", KEY)
    yield running
    running.stop()
    running.process.stdout.close()


@pytest.fixture
def recorder(upstream: Running, tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], str]]]:
    """Return a function that starts a recorder and returns its process and the URL of its operation."""
    started: list[subprocess.Popen[str]] = []

    def run() -> tuple[subprocess.Popen[str], str]:
        out = ["--out", str(tmp_path / "recorded"), "--port", "0", "--key-env", "RECORDED_KEY"]
        process = subprocess.Popen(
            [sys.executable, "-m", "kit_cli", "record", upstream.url.removesuffix("/chat"), *out],
            env={**os.environ, "RECORDED_KEY": KEY},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        line = process.stdout.readline()
        return process, re.search(r"http://\S+", line)[0]

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=PATIENCE)
        process.stdout.close()


def ask(url: str, **body: Any) -> requests.Response:
    return requests.post(url, json=body, timeout=PATIENCE)


def recorded(tmp_path: Path) -> Any:
    return read_fixtures(tmp_path / "recorded", load_contract().response_schema(200))


def number_of_files(tmp_path: Path) -> int:
    return len(list((tmp_path / "recorded" / "conversations").glob("*.yaml")))


def test_mock_replays_recorded_conversations(recorder: Any, tmp_path: Path, run_mock: Callable[..., Running]) -> None:
    process, url = recorder()
    said = [ask(url, message=ASKED).json()]
    said.append(ask(url, message="And a lamp?", conversation_id=said[0]["conversation_id"]).json())
    assert ask(url, limit=5).status_code == 422
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 0
    printed = process.stdout.read()
    assert "saved in conversations/which-desk-would-you-recommend-for.yaml" in printed
    assert "422 after" in printed
    written = "".join(path.read_text() for path in (tmp_path / "recorded").rglob("*.yaml"))
    assert KEY not in printed + written

    replaying = run_mock("--fixtures", str(tmp_path / "recorded"))
    first = ask(replaying.url, message=ASKED).json()
    second = ask(replaying.url, message="And a lamp?", conversation_id=first["conversation_id"]).json()
    for before, after in zip(said, (first, second), strict=True):
        assert (after["message"], after["items"]) == (before["message"], before["items"])


def test_killed_recorder_leaves_complete_files_that_the_next_one_extends(recorder: Any, tmp_path: Path) -> None:
    process, url = recorder()
    ask(url, message=ASKED)
    wait_until(lambda: number_of_files(tmp_path) == 1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=PATIENCE)
    assert [len(scenario.stubs) for scenario in recorded(tmp_path).scenarios] == [1]
    _, url = recorder()
    ask(url, message="I want to go camping")
    wait_until(lambda: number_of_files(tmp_path) == 2)
    assert len(recorded(tmp_path).scenarios) == 2
    assert {path.suffix for path in (tmp_path / "recorded").rglob("*") if path.is_file()} == {".yaml"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ftp://x", "--out", "new"], 'Invalid upstream URL "ftp://x"'),
        (["http://x/v1?key=5", "--out", "new"], "Expected scheme, host and path"),
        (["http://x/v1", "--out", "file"], "--out file: not a folder"),
        (["http://x/v1", "--out", "."], "--out .: the folder contains other files"),
        (
            ["http://x/v1", "--out", "new", "--key-env", "NO_SUCH"],
            "--key-env NO_SUCH: the environment variable is not set",
        ),
        (["http://x/v1", "--out", "new", "--cors-origin", "x"], '--cors-origin: Invalid origin "x"'),
        (["http://x/v1", "--out", "new", "--spec", "none.yaml"], "none.yaml: cannot read the file"),
    ],
)
def test_invalid_arguments_exit_with_2_and_change_no_file(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x")
    result = CliRunner().invoke(record, [*arguments, "--port", "0"])
    assert (result.exit_code, result.output.startswith("chat-contract record: ")) == (2, True), result.output
    assert said in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
