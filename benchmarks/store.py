"""``python -m benchmarks.store``: the CPU time that the shared state of ``--store`` adds to a request.

Measures the mock and Redis together, next to the mock without a store, in interleaved rounds.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.loads import EXAMPLE, NUMBER, Load
from benchmarks.processes import cpu_seconds
from benchmarks.servers import Kind, Server, mock
from benchmarks.wrk import run_wrk
from testbed.ports import free_port

WANTED = {1: 180.0, 8: 100.0}
"""Microseconds of CPU time that a request with a store may take more, by the number of connections."""
"""Each request is the first turn of a conversation, or each is the next turn of one of its connection."""


def loads() -> list[Load]:
    """Return the loads: new conversations, at one connection and at eight."""
    body = EXAMPLE | {"conversation_id": f"c-{NUMBER}"}
    return [Load(f"{connections}", (body,), connections) for connections in WANTED]


def main() -> int:
    """Measure; exit 1 if a target is missed, 2 if nothing can be measured here."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=2, help="seconds for each load (default: %(default)s)")
    options = parser.parse_args()
    if shutil.which("wrk") is None or shutil.which("redis-server") is None:
        print("benchmarks.store: needs wrk and redis-server (apt-get install wrk redis-server)", file=sys.stderr)
        return 2
    port = str(free_port())
    redis = subprocess.Popen(["redis-server", "--port", port, "--save", ""], stdout=subprocess.DEVNULL)
    try:
        plain = mock()
        more = ("--store", f"redis://127.0.0.1:{port}/0", "--store-timeout", "30")
        servers = [Server.start(plain), Server.start(Kind("shared", (*plain.command, *more)))]
        try:
            return measure(servers, redis.pid, options.rounds, options.seconds)
        finally:
            for server in servers:
                server.stop()
    finally:
        redis.terminate()
        redis.wait()


def measure(servers: list[Server], redis: int, rounds: int, seconds: int) -> int:
    """Print the medians of the rounds; return 1 if a target is missed."""
    missed = False
    print("| connections | in process | with the store | more | target |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for load in loads():
            pairs = [[_cost(server, redis, load, Path(folder), seconds) for server in servers] for _ in range(rounds)]
            alone, shared = (statistics.median(costs) for costs in zip(*pairs, strict=True))
            more, wanted = statistics.median(pair[1] - pair[0] for pair in pairs), WANTED[load.connections]
            missed |= more > wanted
            print(f"| {load.connections} | {alone:.0f} µs | {shared:.0f} µs | {more:.0f} µs | ≤ {wanted:.0f} µs |")
    return int(missed)


def _cost(server: Server, redis: int, load: Load, folder: Path, seconds: int) -> float:
    """Return the microseconds of CPU time that the mock and Redis take for a request."""
    before = cpu_seconds(server.process.pid) + cpu_seconds(redis)
    count = run_wrk(server.url, load, folder, seconds)
    return (cpu_seconds(server.process.pid) + cpu_seconds(redis) - before) / count * 1e6


if __name__ == "__main__":
    sys.exit(main())
