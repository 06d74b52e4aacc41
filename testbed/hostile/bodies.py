"""``python -m testbed.hostile.bodies``: CPU time and memory of the mock's service for large bodies (Linux)."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

from mock_server import Options, read_snapshot
from mock_server.http.messages import Call
from mock_server.respond.service import ChatService

_MEGABYTE = 1024 * 1024
_LIMITS = {1: (0.5, 100.0), 10: (3.0, 600.0)}
"""Seconds of CPU time and megabytes for bodies of so many MiB."""
_JSON = {"content-type": "application/json"}
_START = b'{"message":"hi","events":['
_ITEMS = (
    *(b"[]", b"1", b"{}", b"null", b'{"":0}', b"NaN", b"1e999", b"1.5", b'"\\ud83d"', b"[1,]", b"true", b'"\\u0041"'),
    *(b'{"timestamp":"2024-06-14T10:00:00Z","type":"x"}', b'{"a":1,"a":2}', "\u00e9".join('""').encode()),
)


def bodies(size: int) -> Iterator[tuple[str, bytes]]:
    """Yield names and bodies of at most ``size`` bytes."""
    for item in _ITEMS:
        yield f"events {item.decode()[:16]}", _filled(size, _START, item, b"]}")
    for levels in (90, 400):
        for name, opening, closing in (("lists", b"[", b"]"), ("objects", b'{"a":', b"}")):
            deep = opening * levels + b"1" + closing * levels
            yield f"{name} of {levels} levels", _filled(size, b"[", deep, b"]")
            yield f"events, {name} of {levels}", _filled(size, _START, deep, b"]}")
    yield "properties", b'{"message":"hi",' + b",".join(b'"k%d":0' % number for number in range(size // 11)) + b"}"
    yield "same property", _filled(size, b'{"message":"hi",', b'"k":0', b"}")
    yield "brackets", b"[" * size
    yield "spaces", b" " * size
    yield "digits", _filled(size, b'{"message":"hi","limit":9', b"9", b"}", separator=b"")
    yield "text", _filled(size, b'{"message":"', b"a", b'"}', separator=b"")
    yield "text, not ASCII", _filled(size, b'{"message":"', "\u00e9".encode(), b'"}', separator=b"")
    yield "escapes", _filled(size, b'{"message":"', b'\\"', b'"}', separator=b"")
    yield "UTF-16", ('{"message":"' + "a" * (size // 2 - 20) + '"}').encode("utf-16")


def _filled(size: int, start: bytes, item: bytes, end: bytes, *, separator: bytes = b",") -> bytes:
    count = (size - len(start) - len(end)) // (len(item) + len(separator))
    return start + separator.join([item] * count) + end


def measure(body: bytes, latitude: str) -> tuple[float, float, int]:
    """Return seconds of CPU time, megabytes above rest, and the status. Run it in a process of its own."""
    service = ChatService(read_snapshot(Options(seed=1, latitude=latitude, max_body=len(body))))
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
    parser = argparse.ArgumentParser(prog="python -m testbed.hostile.bodies")
    parser.add_argument("--size", type=int, choices=[*_LIMITS], default=1, help="MiB of each body")
    parser.add_argument("--latitude", default="documented", help="profile of the mock")
    options = parser.parse_args()
    max_seconds, max_megabytes = _LIMITS[options.size]
    failed = False
    for name, body in bodies(options.size * _MEGABYTE):
        with get_context("spawn").Pool(1) as pool:
            seconds, megabytes, status = pool.apply(measure, (body, options.latitude))
        over = seconds > max_seconds or megabytes > max_megabytes
        failed |= over
        print(
            f"{name:<24}{seconds:6.2f} s{megabytes:6.0f} MB  {status}{'  over the limit' if over else ''}", flush=True
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
