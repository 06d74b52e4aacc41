"""Starts an entry in a process of its own and stops it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from testbed.correct_servers.entries import ENTRIES, NODE, Entry
from testbed.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120


def missing(entry: Entry) -> list[str]:
    """Return the programs and the Python or Node packages that the entry needs and this machine lacks."""
    if entry.toolchain is not None:
        return entry.toolchain.lacking()
    lacking = []
    if entry.on_node:
        lacking += [] if shutil.which("node") else ["node"]
        lacking += [need for need in entry.needs if not (NODE / "node_modules" / need).is_dir()]
    else:
        lacking += [need for need in entry.needs if find_spec(need) is None]
    return lacking


def end(process: subprocess.Popen[bytes]) -> None:
    """Terminate the process, then kill its group, since some servers have workers."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(3)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def serving(name: str, port: int | None = None) -> Iterator[str]:
    """Start an entry and yield its base URL when it accepts requests."""
    entry, port = ENTRIES[name], port or free_port()
    command = entry.command(sys.executable, port)
    variables = None if entry.toolchain is None else entry.toolchain.variables()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True, env=variables
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                if process.poll() is not None or time.monotonic() > deadline:
                    output.seek(0)
                    raise RuntimeError(f"{name} did not start:\n{output.read().decode(errors='replace')}")
                time.sleep(0.03)
            yield f"http://127.0.0.1:{port}{entry.prefix}"
        finally:
            end(process)
