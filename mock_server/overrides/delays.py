"""How long an answer is held back: a fixed time, a range, or a lognormal spread, which is how language models feel."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

LONGEST = 600.0
"""Seconds after which every client has given up."""

_SHAPES = "800ms, 1.5s, 300ms..2s, or median=800ms p95=3s"
_TIME = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(ms|s)", re.ASCII)
_SPREAD = re.compile(r"median=(\S+?)[\s,;]+p95=(\S+)")
_P95 = 1.6448536269514722
"""How many standard deviations the 95th percentile lies above the median."""


class DelayError(ValueError):
    """Text that says no delay; the message shows what would."""


@dataclass(frozen=True)
class Delay:
    """Seconds between ``least`` and ``most``; if ``spread``, its median and its 95th percentile."""

    least: float
    most: float
    spread: bool = False

    def sample(self, chance: Random) -> float:
        """Draw one delay."""
        if not self.spread:
            return self.least if self.least == self.most else chance.uniform(self.least, self.most)
        sigma = math.log(self.most / self.least) / _P95
        return min(chance.lognormvariate(math.log(self.least), sigma), LONGEST)

    def __str__(self) -> str:
        if self.spread:
            return f"median={_written(self.least)} p95={_written(self.most)}"
        if self.least == self.most:
            return _written(self.least)
        return f"{_written(self.least)}..{_written(self.most)}"


def read_delay(value: Any) -> Delay:
    """Read a delay as a person writes it; raises :class:`DelayError`."""
    if isinstance(value, Mapping):
        value = _text_of(value)
    if not isinstance(value, str):
        raise DelayError(f"{value!r} is no delay; write {_SHAPES}")
    text = value.strip()
    if match := _SPREAD.fullmatch(text):
        return _ordered(value, *match.groups(), spread=True)
    least, dots, most = text.partition("..")
    return _ordered(value, least, most if dots else least, spread=False)


def _text_of(value: Mapping[str, Any]) -> Any:
    keys = set(value)
    if keys == {"min", "max"}:
        return f"{value['min']}..{value['max']}"
    if keys == {"median", "p95"}:
        return f"median={value['median']} p95={value['p95']}"
    return dict(value)


def _ordered(value: str, least: str, most: str, *, spread: bool) -> Delay:
    low, high = _seconds(value, least), _seconds(value, most)
    if low > high:
        raise DelayError(f"{value!r} is no delay: {least.strip()} is more than {most.strip()}")
    if spread and low == 0:
        raise DelayError(f"{value!r} is no delay: a median of nothing has no spread; write a fixed delay")
    return Delay(low, high, spread)


def _seconds(whole: str, text: str) -> float:
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise DelayError(f"{whole!r} is no delay; write {_SHAPES}")
    seconds = float(match.group(1)) / (1000 if match.group(2) == "ms" else 1)
    if seconds > LONGEST:
        raise DelayError(f"{whole!r} is too long a delay; the longest is {LONGEST:.0f}s")
    return seconds


def _written(seconds: float) -> str:
    return f"{seconds * 1000:.6g}ms" if seconds < 1 else f"{seconds:.6g}s"
