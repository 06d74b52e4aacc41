"""``python -m benchmarks.store``: the CPU time that the shared state of ``--store`` adds to a request.

Measures the mock and Redis together, next to the mock without a store, in interleaved rounds. For comparison, it does
the same with a bare callable, with and without one call of Redis by the client of redis-py.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.documents import compile_packages, replace_figures
from benchmarks.loads import EXAMPLE, NUMBER, Load
from benchmarks.processes import cpu_seconds
from benchmarks.servers import BARE, Kind, Server, mock
from benchmarks.wrk import run_wrk
from testbed.ports import free_port

WANTED = {1: 180.0, 8: 100.0}
"""Microseconds of CPU time that a request with a store may take more, by the number of connections."""
_LOADS = tuple(Load(f"{count}", (EXAMPLE | {"conversation_id": f"c-{NUMBER}"},), count) for count in WANTED)
"""Each request begins a conversation."""


@dataclass(frozen=True)
class StoreCost:
    """Microseconds of CPU time that a request took in one round, without and with a store."""

    connections: int
    alone: float
    shared: float
    bare: float
    bare_with_call: float
    """Of the bare callable, without and with one call of Redis."""


def main() -> int:
    """Measure; exit 1 if a target is missed, 2 if nothing can be measured here."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=2, help="seconds for each load (default: %(default)s)")
    parser.add_argument("--write-docs", action="store_true", help="update the figures in docs/how-to/scale.md")
    options = parser.parse_args()
    if shutil.which("wrk") is None or not has_redis():
        print("benchmarks.store: needs wrk and redis-server (apt-get install wrk redis-server)", file=sys.stderr)
        return 2
    compile_packages()
    costs = [cost for _ in range(options.rounds) for cost in store_costs(options.seconds)]
    lines = list(_table(costs))
    print("\n".join(lines))
    if options.write_docs:
        replace_figures("how-to/scale.md", "python -m benchmarks.store", lines)
    return int(any(more_of(costs, connections) > wanted for connections, wanted in WANTED.items()))


def has_redis() -> bool:
    """Return whether Redis is installed."""
    return shutil.which("redis-server") is not None


def store_costs(seconds: int) -> list[StoreCost]:
    """Measure each load once, with new servers."""
    port = str(free_port())
    redis = subprocess.Popen(["redis-server", "--port", port, "--save", ""], stdout=subprocess.DEVNULL)
    servers: list[Server] = []
    try:
        plain = mock()
        more = ("--store", f"redis://127.0.0.1:{port}/0", "--store-timeout", "30")
        bare_with_call = Kind("bare with call", (*BARE.command, port))
        kinds = (plain, Kind("shared", (*plain.command, *more)), BARE, bare_with_call)
        servers += [Server.start(kind) for kind in kinds]
        with tempfile.TemporaryDirectory() as folder:
            for server in servers:
                # The first requests fill caches, and the mock may still be starting its threads.
                run_wrk(server.url, _LOADS[-1], Path(folder), 1)
            return [
                StoreCost(
                    load.connections, *(_cost(server, redis.pid, load, Path(folder), seconds) for server in servers)
                )
                for load in _LOADS
            ]
    finally:
        for server in servers:
            server.stop()
        redis.terminate()
        redis.wait()


def _cost(server: Server, redis: int, load: Load, folder: Path, seconds: int) -> float:
    """Return the microseconds of CPU time that the mock and Redis take for a request."""
    before = cpu_seconds(server.process.pid) + cpu_seconds(redis)
    count = run_wrk(server.url, load, folder, seconds)
    return (cpu_seconds(server.process.pid) + cpu_seconds(redis) - before) / count * 1e6


def more_of(costs: Sequence[StoreCost], connections: int) -> float:
    """Return the median of what a request takes more with a store."""
    return statistics.median(cost.shared - cost.alone for cost in costs if cost.connections == connections)


def floor_of(costs: Sequence[StoreCost], connections: int) -> float:
    """Return the median of what one call of Redis adds to a request of the bare callable."""
    return statistics.median(cost.bare_with_call - cost.bare for cost in costs if cost.connections == connections)


def _table(costs: Sequence[StoreCost]) -> Iterator[str]:
    yield "| connections | without a store | with the store | difference | target | one call of redis-py |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for connections, wanted in WANTED.items():
        found = [(cost.alone, cost.shared) for cost in costs if cost.connections == connections]
        alone, shared = (statistics.median(values) for values in zip(*found, strict=True))
        more, floor = more_of(costs, connections), floor_of(costs, connections)
        yield (
            f"| {connections} | {alone:.0f} µs | {shared:.0f} µs | {more:.0f} µs | ≤ {wanted:.0f} µs | {floor:.0f} µs |"
        )


if __name__ == "__main__":
    sys.exit(main())
