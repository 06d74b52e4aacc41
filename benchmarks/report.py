"""The report of a benchmark: what is printed, and the section of the documentation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median

from benchmarks.documents import replace_figures
from benchmarks.loads import EXAMPLE_LOADS, LOADS, SEARCH_LOAD, Load
from benchmarks.servers import BARE, FASTAPI
from benchmarks.store import WANTED, StoreCost, floor_of, more_of

_MAX_RATIOS = {1: 0.42, 8: 0.35, 200: 0.38}
"""CPU time of the mock divided by that of FastAPI, at most, by number of connections."""
_MAX_RATIO_TO_BARE = 1.5
"""The same for the bare callable, with one connection."""
_MAX_SEARCH_MICROSECONDS = 1000.0
_MAX_SECONDS_TO_START = 0.2
_MAX_SECONDS_TO_STOP = 1.0
_MAX_SECONDS_TO_VERIFY = 1.5
_MAX_MEGABYTES = 45.0
_MAX_MEGABYTES_AT_END = 50.0


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


@dataclass(frozen=True)
class Verification:
    """What one run of ``verify --patience 0`` against the mock needed, in seconds."""

    seconds: float
    cpu_seconds: float


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
    """Memory of the mock after the load with 200 connections, with Flask loaded."""
    megabytes_of_bare: list[float] = field(default_factory=list)
    """Memory of the bare callable after the same load."""
    megabytes_at_end: list[float] = field(default_factory=list)
    """Memory of the mock after all loads, with Flask loaded and a full journal."""
    verifications: list[Verification] = field(default_factory=list)
    store: list[StoreCost] = field(default_factory=list)
    """Nothing where Redis is not installed."""

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
    targets = [*_load_targets(table), *_run_targets(measured)]
    lines += ["", *(_line(*target) for target in targets)]
    return lines, not all(value <= limit for _, value, limit, _ in targets)


_Target = tuple[str, float, float, str]
"""What is measured, its value, the maximum that is wanted, and the unit."""


def _line(what: str, value: float, limit: float, unit: str) -> str:
    return f"{what}: {value:.2f}{unit} ≤ {limit:.4g}{unit}: {'met' if value <= limit else 'MISSED'}"


def _load_targets(table: Table) -> Iterator[_Target]:
    for load in EXAMPLE_LOADS:
        ratio = _ratio(table, load, FASTAPI.name)
        yield f"CPU of the mock / FastAPI, {load.name}", ratio, _MAX_RATIOS[load.connections], ""
    first, *_, last = EXAMPLE_LOADS
    yield f"CPU of the mock / bare callable, {first.name}", _ratio(table, first, BARE.name), _MAX_RATIO_TO_BARE, ""
    ours, theirs = (median(figure.p99_ms for figure in table[last.name, name]) for name in ("mock", FASTAPI.name))
    yield f"p99 of the mock, {last.name}, at most that of FastAPI", ours, theirs, " ms"
    search = median(figure.cpu_microseconds for figure in table[SEARCH_LOAD.name, "mock"])
    yield f"CPU of a {SEARCH_LOAD.name}", search, _MAX_SEARCH_MICROSECONDS, " µs"


def _run_targets(measured: Measured) -> Iterator[_Target]:
    floor = measured.start_of(BARE.name)
    what = f"start of the mock to the first 200 (bare callable: {floor:.2f} s)"
    yield what, measured.start_of("mock"), _MAX_SECONDS_TO_START, " s"
    stop = median(measured.stops)
    yield "SIGTERM to the end of the mock, with hanging requests", stop, _MAX_SECONDS_TO_STOP, " s"
    bare = median(measured.megabytes_of_bare)
    what = f"memory of the mock (PSS), 200 connections, Flask loaded (bare callable: {bare:.0f} MB)"
    yield what, median(measured.megabytes), _MAX_MEGABYTES, " MB"
    at_end = median(measured.megabytes_at_end)
    yield "memory of the mock (PSS) after all loads, with a full journal", at_end, _MAX_MEGABYTES_AT_END, " MB"
    verify = median(run.seconds for run in measured.verifications)
    cpu = median(run.cpu_seconds for run in measured.verifications)
    what = f"verify --patience 0 against the mock, whole run ({cpu:.2f} s of CPU time)"
    yield what, verify, _MAX_SECONDS_TO_VERIFY, " s"
    for connections, wanted in WANTED.items() if measured.store else ():
        call = floor_of(measured.store, connections)
        what = (
            f"CPU of the store for a new conversation, connections: {connections} (a call of redis-py: {call:.0f} µs)"
        )
        yield what, more_of(measured.store, connections), wanted, " µs"


def _ratio(table: Table, load: Load, other: str) -> float:
    """Return how much CPU time the mock takes for a load, divided by that of another server.

    Compares round by round, since the machine may be slower in one round than in another.
    """
    pairs = zip(table[load.name, "mock"], table[load.name, other], strict=True)
    return median(ours.cpu_microseconds / theirs.cpu_microseconds for ours, theirs in pairs)


def write_docs(measured: Measured, rounds: int) -> None:
    """Replace the figures in the documentation of the mock."""
    replace_figures("reference/performance.md", "make bench", _section(measured, rounds))


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
        yield f"| {load.name} | {ours:.0f} µs | {theirs:.0f} µs | {_ratio(table, load, FASTAPI.name):.2f} |"
    yield ""
    ours, theirs, floor = (measured.start_of(name) for name in ("mock", FASTAPI.name, BARE.name))
    memory, at_end = median(measured.megabytes), median(measured.megabytes_at_end)
    bare = median(measured.megabytes_of_bare)
    search = median(figure.cpu_microseconds for figure in table[SEARCH_LOAD.name, "mock"])
    verify = median(run.seconds for run in measured.verifications)
    yield f"- Search of a catalogue of 10,000 items: {search / 1000:.2f} ms of CPU time for a request."
    yield f"- Memory of the mock (PSS) with the console loaded: {memory:.0f} MB after the load with 200 connections,"
    yield f"  {at_end:.0f} MB after all loads, with a full journal; a bare callable on uvicorn: {bare:.0f} MB."
    yield f"- Start to the first 200: {ours:.2f} s; FastAPI: {theirs:.2f} s; a bare callable on uvicorn: {floor:.2f} s."
    yield f"- SIGTERM to the end, while 50 requests wait: {median(measured.stops):.2f} s."
    yield f"- `chat-contract verify --patience 0` against the mock, whole run: {verify:.1f} s."
