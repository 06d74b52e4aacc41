"""Ctrl-C and SIGTERM end a run at once; the reports hold what was judged, and say that the run was interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_contract import load_contract
from chat_contract.exchange import Request, Response
from chat_verifier.run.reference_server import ReferenceServer
from tests.support.small_servers import Seen, Small, answering
from tests.support.waiting import PATIENCE

COMMAND = Path(sys.executable).with_name("chat-contract")

Answer = tuple[int, dict[str, str], bytes]


class Hanging:
    """A correct server that responds to some requests and then to none.

    ``hanging`` is set when each of the client's workers waits, so that the client has judged every response.
    """

    def __init__(self, responses: int) -> None:
        self.responses = responses
        self.workers = 1
        self.reference = ReferenceServer(load_contract())
        self.hanging = threading.Event()
        self.closed = threading.Event()
        self._seen = 0
        self._lock = threading.Lock()

    def respond(self, seen: Seen) -> Answer:
        method, path, headers, body = seen
        with self._lock:
            self._seen += 1
            hangs = self._seen > self.responses
            if self._seen == self.responses + self.workers:
                self.hanging.set()
        if hangs:
            self.closed.wait(PATIENCE)
        with self._lock:
            response = self.reference.send(Request(method, path.removeprefix("/v1"), tuple(headers.items()), body))
        assert isinstance(response, Response)
        return response.status, dict(response.headers), response.body


@pytest.fixture
def hanging() -> Iterator[tuple[Small, Hanging]]:
    server = Hanging(responses=12)
    with answering(server.respond) as small:
        yield small, server
        server.closed.set()


def interrupted(server: Hanging, number: signal.Signals, *arguments: str) -> tuple[int, str, str]:
    """Run the command until the server hangs, then send the signal."""
    process = subprocess.Popen([str(COMMAND), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert server.hanging.wait(PATIENCE)
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, output, errors


@pytest.mark.parametrize(
    ("number", "code", "name"),
    [(signal.SIGINT, 130, "sigint"), (signal.SIGTERM, 143, "sigterm")],
)
@pytest.mark.parametrize("workers", ["1", "4"])
def test_interrupted_verification_writes_its_reports(
    hanging: tuple[Small, Hanging], number: signal.Signals, code: int, name: str, workers: str, tmp_path: Path
) -> None:
    small, server = hanging
    server.workers = int(workers)
    files = [tmp_path / f"report.{kind}" for kind in ("json", "html", "junit", "text", "markdown")]
    reports = [f"--report={file.suffix[1:]}={file}" for file in files]
    options = ("--timeout", "600", "--workers", workers)
    ended, _, errors = interrupted(server, number, "verify", small.url, *options, *reports)
    assert ended == code, errors
    report = json.loads(files[0].read_text("utf-8"))
    assert (report["interrupted"], report["verdict"], report["reason"]["id"]) == (name, "inconclusive", "interrupted")
    # Each of the workers' threads may judge a response, and three concurrent conversations have threads of their own.
    assert 12 - (server.workers + 2) < len(report["exchanges"]) <= 12
    assert report["not_sent"]
    assert all("Interrupted" in file.read_text("utf-8") or file.suffix == ".junit" for file in files[1:])
    assert f'value="{name}"' in files[2].read_text("utf-8")


def test_interruption_of_the_probe_ends_with_the_code_of_the_signal(tmp_path: Path) -> None:
    server = Hanging(responses=0)
    with answering(server.respond) as small:
        code, output, errors = interrupted(server, signal.SIGTERM, "verify", small.url, "--timeout", "600")
        server.closed.set()
    assert (code, output) == (143, "")
    assert "ended before the server responded" in errors


def test_interrupted_comparison_shows_what_was_compared(hanging: tuple[Small, Hanging], tmp_path: Path) -> None:
    small, server = hanging
    reference = ReferenceServer(load_contract())

    def respond(seen: Seen) -> Answer:
        method, path, headers, body = seen
        response = reference.send(Request(method, path.removeprefix("/v1"), tuple(headers.items()), body))
        return response.status, dict(response.headers), response.body

    with answering(respond) as other:
        arguments = ("parity", other.url, small.url, "--max-requests", "30", "--json", "--timeout", "600")
        code, output, errors = interrupted(server, signal.SIGINT, *arguments)
    assert code == 130, errors
    report = json.loads(output)
    assert report["interrupted"] == "sigint"
    assert 0 < report["requests"] <= 12
