"""Measures in interleaved rounds, prints a table and writes JSON: CPU time a request, start, memory.

Rates swing with whatever else a machine does; CPU time a request swings less, and ratios within a round least.
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
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.loads import LOADS, Load, write_fixtures, wrk_script
from benchmarks.processes import cpu_seconds, pss_megabytes
from benchmarks.servers import BARE, FASTAPI, FASTAPI_FAST, Kind, Server, mock, prism

_REQUESTS = re.compile(r"(\d+) requests in")
_NOT_2XX = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_TARGETS = {
    "valid example, 16 connections": 150.0,
    "invalid body": 250.0,
    "search of the shipped 60 items": 500.0,
    "search of 10,000 items": 5000.0,
}
_MOST_SECONDS_TO_START = 0.6
_MOST_MEGABYTES = 90.0


@dataclass
class Figures:
    """All that was measured, by load and server, one figure a round."""

    cpu: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    rate: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    memory: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    start: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    soak: list[tuple[int, float]] = field(default_factory=list)


def main() -> int:
    """Measure; exit 1 if a target is missed, 2 if nothing can be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="of each load (default: %(default)s)")
    parser.add_argument("--soak", type=int, default=1_000_000, help="requests for the memory's sake; 0 for none")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), metavar="FILE")
    options = parser.parse_args()
    if shutil.which("wrk") is None or not Path("/proc/self/smaps_rollup").exists():
        print("needs Linux and wrk: install the package wrk", file=sys.stderr)
        return 2
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), figures, options.seconds)
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
            bench.play_round()
        if options.soak:
            bench.soak(options.soak)
    lines, missed = report(figures)
    print("\n".join(lines))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(as_json(figures), indent=2) + "\n")
    print(f"\nwritten to {options.json}")
    return 1 if missed else 0


class Bench:
    """Starts servers and loads them."""

    def __init__(self, folder: Path, figures: Figures, seconds: float) -> None:
        self._folder = folder
        self._figures = figures
        self._seconds = seconds
        self._prism = prism()
        if self._prism is None:
            print("Prism is left out: npm could not bring it", file=sys.stderr)
        self._fixtures = {
            size: write_fixtures(folder / f"shop-{size[0]}-{size[1]}", *size)
            for size in {load.fixtures for load in LOADS if load.fixtures is not None}
        }

    def play_round(self) -> None:
        """Measure each load once, all servers one after the other before the next load."""
        others = [kind for kind in (BARE, FASTAPI, FASTAPI_FAST, self._prism) if kind is not None]
        shipped = [load for load in LOADS if load.fixtures is None]
        servers = {kind.name: self._started(kind) for kind in (mock(), *others)}
        try:
            for load in shipped:
                for name, server in servers.items():
                    if name == "mock" or load.everyone:
                        self._measure(server, load)
        finally:
            for server in servers.values():
                server.stop()
        for size, fixtures in self._fixtures.items():
            server = Server.start(mock(fixtures))
            try:
                for load in LOADS:
                    if load.fixtures == size:
                        self._measure(server, load)
            finally:
                server.stop()

    def soak(self, requests: int) -> None:
        """Send very many requests to one mock, and look at its memory on the way."""
        server = Server.start(mock())
        try:
            sent = 0
            while sent < requests:
                sent += self._wrk(server, LOADS[0], 10)[0]
                self._figures.soak.append((sent, pss_megabytes(server.process.pid)))
        finally:
            server.stop()

    def _started(self, kind: Kind) -> Server:
        server = Server.start(kind)
        self._figures.start[kind.name].append(server.started_in)
        self._wrk(server, LOADS[0], 1)
        return server

    def _measure(self, server: Server, load: Load) -> None:
        before = cpu_seconds(server.process.pid)
        requests, bad = self._wrk(server, load, self._seconds)
        used = cpu_seconds(server.process.pid) - before
        # The bare callable refuses nothing; all others must give the status that the load is about.
        expected = requests if load.status >= 400 and server.kind is not BARE else 0
        if bad != expected:
            raise RuntimeError(f"{server.kind.name}, {load.name}: {bad} of {requests} answers have a wrong status")
        name = server.kind.name
        self._figures.cpu[load.name][name].append(used / requests * 1e6)
        self._figures.rate[load.name][name].append(requests / self._seconds)
        self._figures.memory[load.name][name].append(pss_megabytes(server.process.pid))

    def _wrk(self, server: Server, load: Load, seconds: float) -> tuple[int, int]:
        script = self._folder / "load.lua"
        text = wrk_script(load.bodies)
        if server.kind is self._prism:
            text = text.replace('"application/json"}', '"application/json", ["Authorization"] = "Bearer k"}')
        script.write_text(text)
        command = ["wrk", "-t1", f"-c{load.connections}", f"-d{max(1, round(seconds))}", "-s", str(script), server.url]
        said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
        found, bad = _REQUESTS.search(said), _NOT_2XX.search(said)
        if found is None or int(found[1]) == 0:
            raise RuntimeError(f"{server.kind.name}, {load.name}: wrk got no answer:\n{said}")
        return int(found[1]), int(bad[1]) if bad else 0


def report(figures: Figures) -> tuple[list[str], bool]:
    """Return the tables, and whether a target was missed."""
    lines = [
        "CPU time a request, µs, of the whole process tree",
        f"{'load':<32}{'server':<16}{'median':>8}{'min':>8}{'max':>8}{'ratio':>8}{'req/s':>8}{'MB':>6}  target",
    ]
    missed = False
    for load, servers in figures.cpu.items():
        ours = median(servers["mock"])
        for name, times in servers.items():
            target = _TARGETS.get(load) if name == "mock" else None
            ok = target is None or median(times) <= target
            missed |= not ok
            verdict = "" if target is None else f"≤ {target:.0f}: {'met' if ok else 'MISSED'}"
            lines.append(
                f"{load:<32}{name:<16}{median(times):>8.0f}{min(times):>8.0f}{max(times):>8.0f}"
                f"{median(times) / ours:>8.2f}{median(figures.rate[load][name]):>8.0f}"
                f"{median(figures.memory[load][name]):>6.0f}  {verdict}"
            )
    for text, ok in _other_targets(figures):
        missed |= not ok
        lines.append(f"{text}: {'met' if ok else 'MISSED'}")
    return lines, missed


def _other_targets(figures: Figures) -> list[tuple[str, bool]]:
    example = figures.cpu["valid example, 16 connections"]

    # Round by round, since a machine may be slower in one round than in another.
    def beside(name: str) -> float:
        return median(ours / theirs for ours, theirs in zip(example["mock"], example[name], strict=True))

    share = beside("FastAPI")
    start = median(figures.start["mock"])
    most = max(max(figures.memory[load]["mock"]) for load in figures.memory if load.startswith("valid example"))
    starts = ", ".join(f"{name} {median(times):.2f}" for name, times in figures.start.items())
    found = [
        (
            f"mock beside FastAPI on the example: {share:.2f} ≤ 0.50 (with uvloop: {beside('FastAPI, uvloop'):.2f})",
            share <= 0.5,
        ),
        (f"start to first 200, s: {starts}; mock ≤ {_MOST_SECONDS_TO_START}", start <= _MOST_SECONDS_TO_START),
        (
            f"memory of the mock at 16 and 200 connections, MB: {most:.0f} ≤ {_MOST_MEGABYTES:.0f}",
            most <= _MOST_MEGABYTES,
        ),
    ]
    if figures.soak:
        (_, first), (sent, last) = figures.soak[0], figures.soak[-1]
        found.append((f"memory over {sent:,} requests, MB: {first:.0f} to {last:.0f}", last <= first + 3))
    return found


def as_json(figures: Figures) -> dict[str, Any]:
    """Return every figure of every round."""
    return {
        "cpu_microseconds": figures.cpu,
        "requests_a_second": figures.rate,
        "pss_megabytes": figures.memory,
        "seconds_to_first_200": figures.start,
        "soak": [{"requests": sent, "pss_megabytes": memory} for sent, memory in figures.soak],
    }


if __name__ == "__main__":
    sys.exit(main())
