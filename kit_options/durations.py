"""Options whose value is a duration such as ``30s`` or ``5m``, or a range such as ``1s..3s``."""

from __future__ import annotations

import re
from typing import Any

import click

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h|)")


class Duration(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.4
    """A duration in seconds, at least ``shortest`` and at most ``longest``."""

    name = "duration"

    def __init__(self, *, shortest: float = 0.0, longest: float) -> None:
        self.shortest = shortest
        self.longest = longest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds; a value without unit is in seconds."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            self.fail(f"expected a number with a unit, for example 30s, 5m or 1h, got {value!r}", param, ctx)
        seconds = float(match[1]) * _UNITS[match[2]]
        if not self.shortest <= seconds <= self.longest:
            bounds = f"{self.shortest:g}s to {self.longest:g}s"
            self.fail(f"expected a duration from {bounds}, got {value!r}", param, ctx)
        return seconds


class DurationRange(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.4
    """A range of durations in seconds, written as one duration or as two with two dots between them."""

    name = "durations"

    def __init__(self, *, longest: float) -> None:
        self.longest = longest
        self._bound = Duration(longest=longest)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """Return the shortest and the longest duration."""
        if isinstance(value, tuple):
            return value
        first, dots, second = str(value).partition("..")
        low = self._bound.convert(first, param, ctx)
        high = self._bound.convert(second, param, ctx) if dots else low
        if high < low:
            self.fail(f"expected the shorter duration first, for example 1s..3s, got {value!r}", param, ctx)
        return low, high
