"""``python -m testbed.hostile``: attack a mock with hostile requests and slow clients; exit 1 if it fails."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.documents import replace_figures
from chat_mock.server import Server
from testbed.hostile.attack import Result, Target, attack
from testbed.hostile.recorder import start_recorder
from testbed.hostile.slow import ATTACKS, Clients, Outcome, attack_slowly, memory_of

_ONE_OF_FOR_THE_RECORDER = 5
_CLIENTS = 8
_TO_WARM_UP = 5000
"""Requests that fill the journal and the caches before the memory is measured."""
_MAX_GROWTH = 50.0
_MAX_MEGABYTES = 200.0
_MAX_HEALTH_MS = 100.0
_PATIENCE = 90.0
_MOST_SHOWN = 20


@dataclass(frozen=True)
class Attacked:
    """How a server withstood hostile requests. ``before``: its memory after the first ones, in MB."""

    name: str
    count: int
    result: Result
    before: float
    grown: float

    @property
    def failed(self) -> bool:
        """Whether a response was bad, or the memory grew too much."""
        return bool(self.result.complaints) or self.grown > _MAX_GROWTH

    @property
    def row(self) -> tuple[str, str]:
        """What was sent, and what was measured."""
        slowest = (
            f"slowest {self.result.slowest:.2f} s, {self.result.slowest_served:.2f} s without waits for a processor"
        )
        memory = f"memory {self.before:.0f} MB, then {self.grown:+.0f} MB"
        bad = len(self.result.complaints)
        return f"{self.count:,} requests to the {self.name}", f"{bad} bad responses; {slowest}; {memory}"


@dataclass(frozen=True)
class Slowed:
    """How a mock withstood slow clients."""

    clients: Clients
    outcome: Outcome

    @property
    def failed(self) -> bool:
        """Whether a limit was exceeded."""
        outcome = self.outcome
        return outcome.median_ms > _MAX_HEALTH_MS or outcome.megabytes > _MAX_MEGABYTES or outcome.left_open > 0

    @property
    def row(self) -> tuple[str, str]:
        """What was opened, and what was measured."""
        clients, outcome = self.clients, self.outcome
        kinds = (
            (clients.half_bodies, "incomplete bodies"),
            (clients.half_heads, "incomplete headers"),
            (clients.delayed, "delayed responses"),
            (clients.unread, "unread responses of 1 MiB"),
        )
        health = f"health check {outcome.median_ms:.1f} ms (median), {outcome.slowest_ms:.1f} ms (slowest)"
        left = f"{outcome.left_open:,} connections left after {_PATIENCE:.0f} s"
        return (
            ", ".join(f"{count:,} {kind}" for count, kind in kinds if count),
            f"{health}; {outcome.megabytes:.0f} MB; {left}",
        )


def main() -> int:
    """Attack, and print the results."""
    parser = argparse.ArgumentParser(prog="python -m testbed.hostile")
    parser.add_argument("--requests", type=int, default=200_000, help="number of requests (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the requests (default: %(default)s)")
    parser.add_argument("--write-docs", action="store_true", help="update the figures in docs/reference/limits.md")
    options = parser.parse_args()
    to_recorder = options.requests // _ONE_OF_FOR_THE_RECORDER
    parts: list[Attacked | Slowed] = []
    on_mock = _attacks_on_mock(options.requests - to_recorder, options.seed)
    for attacked in chain(on_mock, _attack_on_recorder(to_recorder, options.seed)):
        print(": ".join(attacked.row), flush=True)
        parts.append(attacked)
    if options.write_docs:
        rows = (" | ".join(("", *attacked.row, "")).strip() for attacked in parts)
        replace_figures("reference/limits.md", "make hostile", ["| what | measured |", "| --- | --- |", *rows])
    return int(any(attacked.failed for attacked in parts))


def _attacks_on_mock(count: int, seed: int) -> Iterator[Attacked | Slowed]:
    server = Server.start(["--seed", "0", "--max-connections", "20000", "--max-waiting", "20000"])
    try:
        pid = server.process.pid
        yield _hostile_requests("mock", Target(server.base_url, (pid,)), pid, count, seed)
        for clients in ATTACKS:
            yield Slowed(clients, attack_slowly(server, clients, _PATIENCE))
    finally:
        server.stop()


def _attack_on_recorder(count: int, seed: int) -> Iterator[Attacked]:
    upstream = Server.start(["--seed", "0"])
    with TemporaryDirectory() as folder:
        recorder = start_recorder(upstream, Path(folder))
        try:
            pids = recorder.process.pid, upstream.process.pid
            target = Target(recorder.base_url, pids)
            yield _hostile_requests("recorder", target, pids[0], count, seed)
        finally:
            recorder.stop()
            upstream.stop()


def _hostile_requests(name: str, target: Target, pid: int, count: int, seed: int) -> Attacked:
    attack(target, min(count, _TO_WARM_UP), seed + 1, clients=_CLIENTS)
    before = memory_of(pid)
    result = attack(target, count, seed, clients=_CLIENTS)
    grown = memory_of(pid) - before
    for complaint in result.complaints[:_MOST_SHOWN]:
        print(complaint)
    print(", ".join(f"{status}: {number}" for status, number in sorted(result.statuses.items())))
    return Attacked(name, count, result, before, grown)


if __name__ == "__main__":
    sys.exit(main())
