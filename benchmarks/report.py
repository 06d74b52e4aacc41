"""The report of a benchmark: what is printed, and the section of the documentation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.loads import EXAMPLE_LOADS, LOADS, Load
from benchmarks.servers import FASTAPI

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs" / "mock.md"

_TARGET_RATIOS = {1: 0.6, 8: 0.55, 200: 0.55}
"""CPU time of the mock divided by that of FastAPI, at most, by number of connections."""
_MAX_SECONDS_TO_START = 0.25
_MAX_MEGABYTES = 50.0
_MAX_SECONDS_TO_STOP = 1.0
_FIRST_LINE, _LAST_LINE = "<!-- figures of make bench -->", "<!-- end of the figures -->"


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


Table = Mapping[tuple[str, str], list[Figure]]
"""Figures by load and server."""


@dataclass
class Measured:
    """Every figure of every round."""

    figures: list[Figure] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    stops: list[float] = field(default_factory=list)
    """Seconds from SIGTERM to the end of the mock, while requests wait."""
    megabytes: list[float] = field(default_factory=list)
    """Memory of the mock after a round, with Flask loaded."""

    def table(self) -> Table:
        """Return the figures by load and server."""
        table: dict[tuple[str, str], list[Figure]] = defaultdict(list)
        for figure in self.figures:
            table[figure.load, figure.server].append(figure)
        return table

    def start_of(self, server: str) -> float:
        """Return the median of the seconds from the start of a server to its first 200."""
        return median(start.seconds for start in self.starts if start.server == server)


def report(measured: Measured) -> tuple[list[str], bool]:
    """Return the lines to print, and whether a target was missed."""
    lines = [f"{'load':<32}{'server':<12}{'CPU µs':>8}{'p50 ms':>9}{'p99 ms':>9}{'req/s':>8}   (medians of the rounds)"]
    table = measured.table()
    for (load, server), figures in table.items():
        cpu, p50, p99, rate = (
            median(values)
            for values in zip(*((f.cpu_microseconds, f.p50_ms, f.p99_ms, f.per_second) for f in figures), strict=True)
        )
        lines.append(f"{load:<32}{server:<12}{cpu:>8.0f}{p50:>9.2f}{p99:>9.2f}{rate:>8.0f}")
    targets = list(_targets(measured, table))
    lines += ["", *(f"{text}: {'met' if met else 'MISSED'}" for text, met in targets)]
    return lines, not all(met for _, met in targets)


def _targets(measured: Measured, table: dict[tuple[str, str], list[Figure]]) -> Iterator[tuple[str, bool]]:
    for load in EXAMPLE_LOADS:
        ratio = _ratio(table, load)
        wanted = _TARGET_RATIOS[load.connections]
        yield f"CPU of the mock / FastAPI, {load.connections} connections: {ratio:.2f} ≤ {wanted}", ratio <= wanted
    stop = median(measured.stops)
    yield (
        f"SIGTERM to the end of the mock, with hanging requests: {stop:.2f} s ≤ {_MAX_SECONDS_TO_STOP:.0f}",
        stop <= _MAX_SECONDS_TO_STOP,
    )
    memory = median(measured.megabytes)
    yield (
        f"memory of the mock with Flask loaded (PSS): {memory:.0f} MB ≤ {_MAX_MEGABYTES:.0f}",
        memory <= _MAX_MEGABYTES,
    )
    ours, theirs = measured.start_of("mock"), measured.start_of(FASTAPI.name)
    shown = f"{ours:.2f} s ≤ {_MAX_SECONDS_TO_START} (FastAPI: {theirs:.2f})"
    yield f"start of the mock to the first 200: {shown}", ours <= _MAX_SECONDS_TO_START


def _ratio(table: Table, load: Load) -> float:
    """Return how much CPU time the mock takes for a load, divided by that of FastAPI.

    Compares round by round, since the machine may be slower in one round than in another.
    """
    pairs = zip(table[load.name, "mock"], table[load.name, FASTAPI.name], strict=True)
    return median(ours.cpu_microseconds / theirs.cpu_microseconds for ours, theirs in pairs)


def write_docs(measured: Measured, rounds: int) -> None:
    """Replace the figures in the documentation of the mock."""
    text = DOCS.read_text("utf-8")
    section = "\n".join([_FIRST_LINE, *_section(measured, rounds), _LAST_LINE])
    DOCS.write_text(re.sub(f"{_FIRST_LINE}.*{_LAST_LINE}", lambda _: section, text, flags=re.DOTALL), "utf-8")


def _section(measured: Measured, rounds: int) -> Iterator[str]:
    table = measured.table()
    yield f"CPU time of a request, median of {rounds} rounds on two cores:"
    yield ""
    yield "| load | mock | FastAPI on uvicorn | ratio |"
    yield "| --- | --- | --- | --- |"
    for load in (load for load in LOADS if load.everyone):
        ours, theirs = (
            median(figure.cpu_microseconds for figure in table[load.name, name]) for name in ("mock", FASTAPI.name)
        )
        yield f"| {load.name} | {ours:.0f} µs | {theirs:.0f} µs | {_ratio(table, load):.2f} |"
    yield ""
    ours, theirs = measured.start_of("mock"), measured.start_of(FASTAPI.name)
    memory = median(measured.megabytes)
    yield f"- Memory of the mock (PSS) after these loads and a request to the console: {memory:.0f} MB."
    yield f"- Start to the first 200: {ours:.2f} s; FastAPI: {theirs:.2f} s."
    yield f"- SIGTERM to the end, while 50 requests wait: {median(measured.stops):.2f} s."
