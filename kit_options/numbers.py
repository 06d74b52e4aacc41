"""Numbers on the command line: an error says what the option expects, such as ``a port from 0 to 65535``."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import click


class WholeNumber(click.IntRange):
    """A whole number of at least ``least`` and at most ``most``."""

    def __init__(self, least: int, most: int | None = None, *, noun: str = "a whole number") -> None:
        super().__init__(least, most)
        self._noun = noun

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number. A number with a fraction, which a configuration file can contain, is an error."""
        text: Any = str(value)
        try:
            return int(super().convert(text, param, ctx))
        except click.BadParameter:
            _fail(self, self._noun, value, param, ctx)


class Number(click.FloatRange):
    """A finite number of at least ``least``, or above it, and at most ``most``."""

    def __init__(self, least: float, most: float, *, above: bool = False) -> None:
        super().__init__(least, most, min_open=above)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number. NaN, which is neither below nor above a bound, is an error."""
        text: Any = str(value)
        try:
            number = float(super().convert(text, param, ctx))
        except click.BadParameter:
            number = math.nan
        if math.isnan(number):
            _fail(self, "a number", value, param, ctx)
        return number


class Seed(click.types.IntParamType):
    """Any whole number."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        text: Any = str(value)
        try:
            return int(super().convert(text, param, ctx))
        except click.BadParameter:
            self.fail(f"expected a whole number, got {value!r}", param, ctx)


def _fail(
    kind: click.IntRange | click.FloatRange,
    noun: str,
    value: object,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> NoReturn:
    if kind.max is None:
        expected = f"{noun} of {kind.min} or more"
    elif kind.min_open:
        expected = f"{noun} above {kind.min} and at most {kind.max}"
    else:
        expected = f"{noun} from {kind.min} to {kind.max}"
    kind.fail(f"expected {expected}, got {value!r}", param, ctx)
