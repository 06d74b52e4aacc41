"""Starts a recorder in a process of its own, in front of a mock."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from chat_mock.server import Server

_READY = re.compile(r"Recorder ready: \S+ (http://[^/\s]+)/")


def start_recorder(upstream: Server, folder: Path) -> Server:
    """Start a recorder that writes into a new folder below this one."""
    command = [sys.executable, "-P", "-m", "kit_cli", "record", upstream.base_url, "--port", "0"]
    process = subprocess.Popen(
        [*command, "--out", str(folder / "recorded")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    match = _READY.search(process.stdout.readline().decode())
    if match is None:
        process.kill()
        process.wait()
        raise RuntimeError("the recorder did not start")
    # Nobody reads its output from now on: that must not hold it up.
    return Server(match[1], process)
