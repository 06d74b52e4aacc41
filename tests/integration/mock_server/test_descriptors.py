"""A mock whose file descriptors are exhausted for a while works afterwards as before."""

from __future__ import annotations

import json
import resource
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from chat_contract.resources import fixtures_dir
from chat_mock.server import Server
from tests.support.waiting import PATIENCE, wait_until

EXHAUSTED = 3.0
"""Seconds for which no descriptor is free."""
NEW = "turns:\n  - shopper: {phrases: [a word that no fixture has]}\n    reply: The new fixture replies.\n"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prlimit sets the limit of another process")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(fixtures_dir(), tmp_path / "shop")


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    started = Server.start(["--fixtures", str(folder)])
    yield started
    started.stop()


def write(folder: Path, text: str) -> None:
    (folder / "conversations" / "new.yaml").write_text(text)


def health(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{server.base_url.removesuffix('/v1')}/_mock/health", timeout=PATIENCE).json()
    return found


def reply(server: Server) -> str:
    body = {"message": "a word that no fixture has"}
    try:
        response = requests.post(f"{server.base_url.removesuffix('/v1')}/v1/chat", json=body, timeout=PATIENCE)
    except requests.ConnectionError:
        # The mock has not yet closed the connections of the exhaustion.
        return ""
    return str(response.json().get("message"))


@contextmanager
def connections(server: Server, count: int) -> Iterator[list[socket.socket]]:
    """Hold connections open."""
    address = ("127.0.0.1", int(server.base_url.removesuffix("/v1").rpartition(":")[2]))
    opened = []
    with ExitStack() as stack:
        for _ in range(count):
            with suppress(OSError):
                opened.append(stack.enter_context(socket.create_connection(address, timeout=1)))
        yield opened


@pytest.mark.parametrize("used_before", [True, False], ids=["after a health check", "before the first page"])
def test_mock_without_a_free_descriptor_serves_and_reloads_afterwards(
    server: Server, folder: Path, used_before: bool
) -> None:
    pid = server.process.pid
    if used_before:
        assert health(server)["status"] == "ok"
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(list(Path(f"/proc/{pid}/fd").iterdir())), limits[1]))
    try:
        with connections(server, 50):
            write(folder, NEW)
            time.sleep(EXHAUSTED)
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    wait_until(lambda: reply(server) == "The new fixture replies.")
    wait_until(lambda: health(server)["status"] == "ok")
    assert health(server)["errors"] == []
    write(folder, NEW.replace("new fixture", "newer fixture"))
    wait_until(lambda: reply(server) == "The newer fixture replies.")


@pytest.fixture
def small(folder: Path) -> Iterator[Server]:
    """A mock that may open 120 files."""
    mock = f"{sys.executable} -P -m mock_server --exit-with-parent --port 0 --ready-json --fixtures {folder}"
    process = subprocess.Popen(["sh", "-c", f"ulimit -n 120; exec {mock}"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    server = Server(json.loads(process.stdout.readline())["url"], process)
    yield server
    server.stop()


def test_connections_leave_descriptors_for_files(small: Server, folder: Path) -> None:
    with connections(small, 300) as opened:
        write(folder, NEW)
        wait_until(lambda: len(select.select(opened, [], [], 0)[0]) > 100)
    wait_until(lambda: reply(small) == "The new fixture replies.")
    assert health(small)["errors"] == []
