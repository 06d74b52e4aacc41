"""Draws line charts as points of inline SVG: a page loads nothing, and the template holds all text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chat_load.report.model import LoadReport

WIDTH, HEIGHT = 640, 150
"""The area of the lines, in the units of the drawing."""

_MOST_POINTS = 320


@dataclass(frozen=True)
class Line:
    """One line: its name, its points as an SVG attribute, and its highest value as text."""

    name: str
    points: str
    highest: str


@dataclass(frozen=True)
class Chart:
    """A chart over the time of the load; its lines share one scale."""

    title: str
    lines: tuple[Line, ...]
    seconds: float


def charts(report: LoadReport) -> list[Chart]:
    """Return the charts of the report."""
    moments = report.timeline
    if len(moments) < 2:
        return []
    times = [moment.at for moment in moments]
    rates = _rates(times, [moment.requests for moment in moments])
    drawn = [
        _chart("Users", times, {"users": [float(moment.users) for moment in moments]}, "{:.0f}"),
        _chart("Responses per second", times, {"responses per second": rates}, "{:.1f}"),
        _chart("95th percentile", times, {"milliseconds": [moment.p95 * 1000 for moment in moments]}, "{:.0f}"),
    ]
    violations = {
        clause.id: [float(moment.violations.get(clause.id, 0)) for moment in moments] for clause in report.violated()
    }
    if violations:
        drawn.append(_chart("Violations so far", times, violations, "{:.0f}"))
    return drawn


def _rates(times: Sequence[float], counts: Sequence[int]) -> list[float]:
    """Return the increase a second between each moment and the one before it."""
    pairs = zip(times, counts, times[1:], counts[1:], strict=False)
    return [0.0, *((after - before) / max(end - start, 0.001) for start, before, end, after in pairs)]


def _chart(title: str, times: Sequence[float], series: dict[str, list[float]], form: str) -> Chart:
    highest = max((max(values) for values in series.values()), default=0.0) or 1.0
    lines = tuple(
        Line(name, _points(times, values, highest), form.format(max(values))) for name, values in series.items()
    )
    return Chart(title, lines, times[-1])


def _points(times: Sequence[float], values: Sequence[float], highest: float) -> str:
    step = math.ceil(len(times) / _MOST_POINTS)
    chosen = [*zip(times, values, strict=True)][::step]
    last = times[-1] or 1.0
    return " ".join(f"{time / last * WIDTH:.1f},{HEIGHT - value / highest * HEIGHT:.1f}" for time, value in chosen)
