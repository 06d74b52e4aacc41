"""``python -m benchmarks``: measure the mock next to other servers, in interleaved rounds.

Prints medians and writes every figure as JSON. CPU time counts the whole process tree. Other work on the machine
changes CPU time less than wall time, and ratios within a round least.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import requests

from benchmarks.documents import compile_packages
from benchmarks.loads import EXAMPLE_LOADS, LOADS, Load, write_fixtures, wrk_script
from benchmarks.processes import cpu_seconds, pss_megabytes
from benchmarks.report import Figure, Measured, Start, Verification, report, write_docs
from benchmarks.servers import BARE, FASTAPI, Kind, Server, mock
from benchmarks.store import has_redis, store_costs

_REQUESTS = re.compile(r"(\d+) requests in")
_NOT_2XX = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_LATENCY = re.compile(r"^ +(50|99)% +([0-9.]+)(us|ms|s) *$", re.MULTILINE)
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
_HANGING = 50
"""Requests without a response while the mock stops."""
_SECONDS_TO_ARRIVE = 0.5


def main() -> int:
    """Measure; exit 1 if a target is missed, 2 if nothing can be measured here."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=2, help="seconds for each load (default: %(default)s)")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), metavar="FILE")
    parser.add_argument("--write-docs", action="store_true", help="update the figures in docs/reference/performance.md")
    options = parser.parse_args()
    if shutil.which("wrk") is None or not Path("/proc/self/smaps_rollup").exists():
        print("benchmarks: needs Linux and wrk. On Debian and Ubuntu, run: apt-get install wrk", file=sys.stderr)
        return 2
    compile_packages()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.seconds)
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
            bench.play_round()
    lines, missed = report(bench.measured)
    print("\n".join(lines))
    if options.write_docs:
        write_docs(bench.measured, options.rounds)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(asdict(bench.measured), indent=2) + "\n", "utf-8")
    print(f"\nAll figures: {options.json}")
    return 1 if missed else 0


class Bench:
    """Starts servers, loads them and keeps the figures."""

    def __init__(self, folder: Path, seconds: int) -> None:
        self.measured = Measured()
        self._folder = folder
        self._seconds = seconds
        self._fixtures = {
            size: write_fixtures(folder / f"shop-{size[0]}-{size[1]}", *size)
            for size in {load.fixtures for load in LOADS if load.fixtures is not None}
        }

    def play_round(self) -> None:
        """Measure each load once: for each load, one server after the other."""
        servers = [self._started(kind) for kind in (mock(), FASTAPI, BARE)]
        try:
            for load in (load for load in LOADS if load.fixtures is None):
                for server in servers if load.everyone else servers[:1]:
                    self._measure(server, load)
            requests.get(servers[0].url.replace("/v1/chat", "/_mock/overview"), timeout=30).raise_for_status()
            self.measured.megabytes_at_end.append(pss_megabytes(servers[0].process.pid))
            self._measure_verify(servers[0])
            self._measure_stop(servers[0])
        finally:
            for server in servers:
                server.stop()
        self._measure_memory()
        for size, fixtures in self._fixtures.items():
            server = Server.start(mock(fixtures))
            try:
                for load in (load for load in LOADS if load.fixtures == size):
                    self._measure(server, load)
            finally:
                server.stop()
        if has_redis():
            self.measured.store += store_costs(self._seconds)

    def _started(self, kind: Kind) -> Server:
        server = Server.start(kind)
        self.measured.starts.append(Start(kind.name, server.started_in))
        self._wrk(server, EXAMPLE_LOADS[0], 1)
        return server

    def _measure_verify(self, server: Server) -> None:
        base = server.url.removesuffix("/chat")
        command = [sys.executable, "-P", "-m", "kit_cli", "verify", base, "--patience", "0", "--quiet"]
        before, began = os.times(), time.monotonic()
        subprocess.run(command, check=True, timeout=120)
        seconds, after = time.monotonic() - began, os.times()
        used = after.children_user + after.children_system - before.children_user - before.children_system
        self.measured.verifications.append(Verification(seconds, used))

    def _measure_memory(self) -> None:
        """Measure a new mock and a new bare callable, while no other server shares their memory."""
        server = Server.start(mock())
        try:
            requests.get(server.url.replace("/v1/chat", "/_mock/overview"), timeout=30).raise_for_status()
            self.measured.megabytes.append(self._memory_under_load(server))
        finally:
            server.stop()
        bare = Server.start(BARE)
        try:
            self.measured.megabytes_of_bare.append(self._memory_under_load(bare))
        finally:
            bare.stop()

    def _memory_under_load(self, server: Server) -> float:
        self._wrk(server, EXAMPLE_LOADS[-1], self._seconds)
        return pss_megabytes(server.process.pid)

    def _measure_stop(self, server: Server) -> None:
        connections = server.hang(_HANGING)
        time.sleep(_SECONDS_TO_ARRIVE)
        began = time.monotonic()
        server.stop()
        self.measured.stops.append(time.monotonic() - began)
        for connection in connections:
            connection.close()

    def _measure(self, server: Server, load: Load) -> None:
        before = cpu_seconds(server.process.pid)
        output = self._wrk(server, load, self._seconds)
        used = cpu_seconds(server.process.pid) - before
        found, bad = _REQUESTS.search(output), _NOT_2XX.search(output)
        count = int(found[1]) if found else 0
        expected = count if load.status >= 400 else 0
        if count == 0 or (int(bad[1]) if bad else 0) != expected:
            raise RuntimeError(f"{server.kind.name}, {load.name}: wrong statuses or no response:\n{output}")
        latency = {name: float(value) * _MILLISECONDS[unit] for name, value, unit in _LATENCY.findall(output)}
        if len(latency) != 2:
            raise RuntimeError(f"{server.kind.name}, {load.name}: no latencies:\n{output}")
        cpu, rate = used / count * 1e6, count / self._seconds
        self.measured.figures.append(Figure(load.name, server.kind.name, cpu, latency["50"], latency["99"], rate))

    def _wrk(self, server: Server, load: Load, seconds: int) -> str:
        script = self._folder / "load.lua"
        script.write_text(wrk_script(load.bodies), "utf-8")
        options = ["-t1", f"-c{load.connections}", f"-d{seconds}", "--latency", "-s", str(script)]
        run = subprocess.run(["wrk", *options, server.url], capture_output=True, text=True, timeout=120, check=True)
        return run.stdout


if __name__ == "__main__":
    sys.exit(main())
