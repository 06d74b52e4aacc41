"""``python -m testbed.hostile.bodies``: CPU time and memory of the mock's service for bodies of 1 MiB (Linux)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

from mock_server import Options, read_snapshot
from mock_server.http.messages import Call
from mock_server.respond.service import ChatService

_MEGABYTE = 1024 * 1024
_MAX_SECONDS = 0.5
_MAX_MEGABYTES = 100.0
_JSON = {"content-type": "application/json"}
_START = b'{"message":"hi","events":['


def bodies() -> Iterator[tuple[str, bytes]]:
    """Yield names and bodies."""
    for item in (b"[]", b"1", b"{}", b"null", b'{"":0}', b"NaN", b"1e999", b'"\\ud83d"', b"[1,]"):
        yield f"events {item.decode()}", _filled(_START, item, b"]}")
    for name, start in (("lists", b"["), ("events", _START)):
        end = b"]" if start == b"[" else b"]}"
        yield f"{name} of 400 levels", _filled(start, b"[" * 400 + b"]" * 400, end)
    yield "brackets", b"[" * _MEGABYTE
    yield "spaces", b" " * _MEGABYTE
    yield "digits", _filled(b'{"message":"hi","limit":9', b"9", b"}", separator=b"")
    yield "text", _filled(b'{"message":"', b"a", b'"}', separator=b"")


def _filled(start: bytes, item: bytes, end: bytes, *, separator: bytes = b",") -> bytes:
    count = (_MEGABYTE - len(start) - len(end)) // (len(item) + len(separator))
    return start + separator.join([item] * count) + end


def measure(body: bytes) -> tuple[float, float, int]:
    """Return seconds of CPU time, megabytes above rest, and the status. Run it in a process of its own."""
    service = ChatService(read_snapshot(Options(seed=1)))
    service.answer(Call(_JSON, b'{"message":"hi"}'))
    # Sets the peak to what is in use now. The peak of getrusage would be the parent's.
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    rest, began = _peak(), time.process_time()
    answer = service.answer(Call(_JSON, body))
    return time.process_time() - began, _peak() - rest, answer.status


def _peak() -> float:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def main() -> int:
    """Print a line for each body; return 1 if one exceeds the limits."""
    failed = False
    for name, body in bodies():
        with get_context("spawn").Pool(1) as pool:
            seconds, megabytes, status = pool.apply(measure, (body,))
        over = seconds > _MAX_SECONDS or megabytes > _MAX_MEGABYTES
        failed |= over
        print(
            f"{name:<24}{seconds:6.2f} s{megabytes:6.0f} MB  {status}{'  over the limit' if over else ''}", flush=True
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
