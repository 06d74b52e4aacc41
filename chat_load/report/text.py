"""Render the report as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from chat_load.report.model import ClauseReport, LoadReport
from chat_load.report.texts import MARKS, VERDICTS, figures, from_when, limit_line, milliseconds
from chat_load.settings import Latency
from kit_reports.counting import count_of
from kit_reports.visible import visible


def render_text(report: LoadReport) -> str:
    """Return the report as lines of text."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: LoadReport) -> Iterator[str]:
    yield f"{report.verdict.upper()}  {report.base_url} {VERDICTS[report.verdict]}"
    yield from figures(report)
    yield from map(limit_line, report.limits)
    violated = list(report.violated())
    if violated:
        yield ""
        yield "First violations:"
        yield from (f"  {from_when(clause)}" for clause in violated)
    yield ""
    yield from _table(report.latencies)
    for clause in violated:
        yield ""
        yield from _clause(clause)


def _table(latencies: tuple[Latency, ...]) -> Iterator[str]:
    head = ("response time", "requests", "p50", "p95", "p99", "highest")
    rows = [(each.name, str(each.requests), *map(milliseconds, _times(each))) for each in latencies]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for name, *values in (head, *rows):
        cells = [value.rjust(width) for value, width in zip(values, widths[1:], strict=True)]
        yield "  ".join([name.ljust(widths[0]), *cells])


def _times(latency: Latency) -> tuple[float, ...]:
    return latency.p50, latency.p95, latency.p99, latency.highest


def _clause(clause: ClauseReport) -> Iterator[str]:
    example = clause.example
    assert example is not None
    where = f" at {example.pointer}" if example.pointer else ""
    yield f"{MARKS[clause.level]} {clause.id} ({clause.level.upper()}): {clause.requirement}"
    yield f"    {count_of(clause.violations, 'violation')}; the first ({example.turn}):"
    yield f"      expected{where}: {visible(example.expected)}"
    yield f"      got: {visible(example.got)}"
    yield from (f"      {line}" for line in example.command.split("\n"))
