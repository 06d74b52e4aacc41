"""Delays of responses: a fixed time, a range, or a lognormal distribution, which resembles language models."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

MAX_SECONDS = 600.0

_EXPECTED = "Expected a time such as 800ms or 1.5s, a range such as 300ms..2s, or median=800ms p95=3s."
TIME_PATTERN = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(ms|s)"
_TIME = re.compile(TIME_PATTERN, re.ASCII)
_LOGNORMAL = re.compile(r"median=(\S+?)[\s,;]+p95=(\S+)")
_MAX_TEXT = 200
"""Characters of a text. Searching a much longer one for a median takes minutes."""
_P95 = 1.6448536269514722
"""Standard deviations between the median and the 95th percentile of a normal distribution."""


class DelayError(ValueError):
    """A delay is invalid. ``expected`` is a sentence that says what is valid."""

    def __init__(self, value: Any, expected: str = _EXPECTED) -> None:
        super().__init__(f'Invalid delay "{value}". {expected}')
        self.expected = expected


@dataclass(frozen=True)
class Delay:
    """Seconds between ``low`` and ``high``, or the median and the 95th percentile of a lognormal distribution."""

    low: float
    high: float
    lognormal: bool = False

    def sample(self, chance: Random) -> float:
        """Draw a delay in seconds."""
        if not self.lognormal:
            return self.low if self.low == self.high else chance.uniform(self.low, self.high)
        sigma = math.log(self.high / self.low) / _P95
        return min(chance.lognormvariate(math.log(self.low), sigma), MAX_SECONDS)

    def __str__(self) -> str:
        """Return the delay as :func:`read_delay` reads it."""
        if self.lognormal:
            return f"median={_format(self.low)} p95={_format(self.high)}"
        if self.low == self.high:
            return _format(self.low)
        return f"{_format(self.low)}..{_format(self.high)}"


def read_delay(value: Any) -> Delay:
    """Read a delay from text or from an object. Raise :class:`DelayError` if it is invalid.

    Objects have the keys ``min`` and ``max``, or ``median`` and ``p95``.
    """
    text = _from_object(value) if isinstance(value, Mapping) else value
    if not isinstance(text, str):
        raise DelayError(value)
    text = text.strip()
    if len(text) > _MAX_TEXT:
        raise DelayError(f"{text[:_MAX_TEXT]}…")
    if match := _LOGNORMAL.fullmatch(text):
        return _checked(text, *match.groups(), lognormal=True)
    low, dots, high = text.partition("..")
    return _checked(text, low, high if dots else low, lognormal=False)


def _from_object(value: Mapping[str, Any]) -> str | None:
    keys = set(value)
    if keys == {"min", "max"}:
        return f"{value['min']}..{value['max']}"
    if keys == {"median", "p95"}:
        return f"median={value['median']} p95={value['p95']}"
    return None


def _checked(text: str, low: str, high: str, *, lognormal: bool) -> Delay:
    first, second = _seconds(text, low), _seconds(text, high)
    if first > second:
        raise DelayError(text, f"{low.strip()} is greater than {high.strip()}.")
    if lognormal and first == 0:
        raise DelayError(text, "The median must be greater than 0; for no delay, write 0s.")
    return Delay(first, second, lognormal)


def _seconds(whole: str, text: str) -> float:
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise DelayError(whole)
    seconds = float(match.group(1)) / (1000 if match.group(2) == "ms" else 1)
    if seconds > MAX_SECONDS:
        raise DelayError(whole, f"The maximum is {MAX_SECONDS:.0f}s.")
    return seconds


def _format(seconds: float) -> str:
    return f"{seconds * 1000:.6g}ms" if seconds < 1 else f"{seconds:.6g}s"
