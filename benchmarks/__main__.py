"""``python -m benchmarks``: measure the mock next to other servers, in interleaved rounds.

Prints medians and writes every figure as JSON. CPU time counts the whole process tree. Other work on the machine
changes CPU time less than wall time, and ratios within a round least.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import requests

from benchmarks.loads import EXAMPLE_LOADS, LOADS, Load, write_fixtures, wrk_script
from benchmarks.processes import cpu_seconds, pss_megabytes
from benchmarks.servers import BARE, FASTAPI, Kind, Server, mock

_REQUESTS = re.compile(r"(\d+) requests in")
_NOT_2XX = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_LATENCY = re.compile(r"^ +(50|99)% +([0-9.]+)(us|ms|s) *$", re.MULTILINE)
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
_TARGET_RATIOS = {1: 0.6, 8: 0.55, 200: 0.55}
"""CPU time of the mock divided by that of FastAPI, at most, by number of connections."""
_MAX_SECONDS_TO_START = 0.25
_MAX_MEGABYTES = 50.0


@dataclass(frozen=True)
class Figure:
    """What one server needed for one load in one round."""

    load: str
    server: str
    cpu_microseconds: float
    p50_ms: float
    p99_ms: float
    per_second: float


@dataclass(frozen=True)
class Start:
    """Seconds from the start of a server to its first 200."""

    server: str
    seconds: float


def main() -> int:
    """Measure; exit 1 if a target is missed, 2 if nothing can be measured here."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=2, help="seconds for each load (default: %(default)s)")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), metavar="FILE")
    options = parser.parse_args()
    if shutil.which("wrk") is None or not Path("/proc/self/smaps_rollup").exists():
        print("benchmarks: needs Linux and wrk. On Debian and Ubuntu, run: apt-get install wrk", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.seconds)
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
            bench.play_round()
    lines, missed = report(bench)
    print("\n".join(lines))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(bench.document(), indent=2) + "\n", "utf-8")
    print(f"\nAll figures: {options.json}")
    return 1 if missed else 0


class Bench:
    """Starts servers, loads them and keeps the figures."""

    def __init__(self, folder: Path, seconds: int) -> None:
        self.figures: list[Figure] = []
        self.starts: list[Start] = []
        self.megabytes: list[float] = []
        """Memory of the mock after a round, with Flask loaded."""
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
            self.megabytes.append(pss_megabytes(servers[0].process.pid))
        finally:
            for server in servers:
                server.stop()
        for size, fixtures in self._fixtures.items():
            server = Server.start(mock(fixtures))
            try:
                for load in (load for load in LOADS if load.fixtures == size):
                    self._measure(server, load)
            finally:
                server.stop()

    def document(self) -> dict[str, object]:
        """Return every figure of every round."""
        return {
            "loads": [asdict(figure) for figure in self.figures],
            "starts": [asdict(start) for start in self.starts],
            "pss_megabytes": self.megabytes,
        }

    def _started(self, kind: Kind) -> Server:
        server = Server.start(kind)
        self.starts.append(Start(kind.name, server.started_in))
        self._wrk(server, EXAMPLE_LOADS[0], 1)
        return server

    def _measure(self, server: Server, load: Load) -> None:
        before = cpu_seconds(server.process.pid)
        output = self._wrk(server, load, self._seconds)
        used = cpu_seconds(server.process.pid) - before
        found, bad = _REQUESTS.search(output), _NOT_2XX.search(output)
        count = int(found[1]) if found else 0
        # The bare callable rejects nothing; the others must return the status that the load is about.
        expected = count if load.status >= 400 and server.kind is not BARE else 0
        if count == 0 or (int(bad[1]) if bad else 0) != expected:
            raise RuntimeError(f"{server.kind.name}, {load.name}: wrong statuses or no response:\n{output}")
        latency = {name: float(value) * _MILLISECONDS[unit] for name, value, unit in _LATENCY.findall(output)}
        if len(latency) != 2:
            raise RuntimeError(f"{server.kind.name}, {load.name}: no latencies:\n{output}")
        cpu, rate = used / count * 1e6, count / self._seconds
        self.figures.append(Figure(load.name, server.kind.name, cpu, latency["50"], latency["99"], rate))

    def _wrk(self, server: Server, load: Load, seconds: int) -> str:
        script = self._folder / "load.lua"
        script.write_text(wrk_script(load.bodies), "utf-8")
        options = ["-t1", f"-c{load.connections}", f"-d{seconds}", "--latency", "-s", str(script)]
        run = subprocess.run(["wrk", *options, server.url], capture_output=True, text=True, timeout=120, check=True)
        return run.stdout


def report(bench: Bench) -> tuple[list[str], bool]:
    """Return the lines to print, and whether a target was missed."""
    lines = [f"{'load':<32}{'server':<12}{'CPU µs':>8}{'p50 ms':>9}{'p99 ms':>9}{'req/s':>8}   (medians of the rounds)"]
    table: dict[tuple[str, str], list[Figure]] = defaultdict(list)
    for figure in bench.figures:
        table[figure.load, figure.server].append(figure)
    for (load, server), figures in table.items():
        cpu, p50, p99, rate = (
            median(values)
            for values in zip(*((f.cpu_microseconds, f.p50_ms, f.p99_ms, f.per_second) for f in figures), strict=True)
        )
        lines.append(f"{load:<32}{server:<12}{cpu:>8.0f}{p50:>9.2f}{p99:>9.2f}{rate:>8.0f}")
    targets = list(_targets(bench, table))
    lines += ["", *(f"{text}: {'met' if met else 'MISSED'}" for text, met in targets)]
    return lines, not all(met for _, met in targets)


def _targets(bench: Bench, table: dict[tuple[str, str], list[Figure]]) -> Iterator[tuple[str, bool]]:
    for load in EXAMPLE_LOADS:
        # Round by round, since the machine may be slower in one round than in another.
        pairs = zip(table[load.name, "mock"], table[load.name, FASTAPI.name], strict=True)
        ratio = median(ours.cpu_microseconds / theirs.cpu_microseconds for ours, theirs in pairs)
        wanted = _TARGET_RATIOS[load.connections]
        yield f"CPU of the mock / FastAPI, {load.connections} connections: {ratio:.2f} ≤ {wanted}", ratio <= wanted
    memory = median(bench.megabytes)
    yield (
        f"memory of the mock with Flask loaded (PSS): {memory:.0f} MB ≤ {_MAX_MEGABYTES:.0f}",
        memory <= _MAX_MEGABYTES,
    )
    starts = {name: median(s.seconds for s in bench.starts if s.server == name) for name in ("mock", FASTAPI.name)}
    shown = f"{starts['mock']:.2f} s ≤ {_MAX_SECONDS_TO_START} (FastAPI: {starts[FASTAPI.name]:.2f})"
    yield f"start of the mock to the first 200: {shown}", starts["mock"] <= _MAX_SECONDS_TO_START


if __name__ == "__main__":
    sys.exit(main())
