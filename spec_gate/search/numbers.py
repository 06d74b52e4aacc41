"""Numbers at the limits that schemas set: bounds, multiples, listed values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from spec_gate.schemas.values import is_number

_PLAIN = (0, 1, -1, 2, 3, 5, 10, 0.5, -0.5, 1.5, 100, -100, 1000000, 0.1, 0.01, 2**31, 2**53)


def numbers(hints: Sequence[Mapping[str, Any]]) -> Iterator[int | float]:
    """Return numbers at the limits of schemas, valid and invalid ones."""
    bounds: list[Any] = []
    factors: list[Any] = []
    for schema in hints:
        yield from (value for value in schema.get("enum", ()) if is_number(value))
        bounds += [
            schema[key] for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum") if key in schema
        ]
        if "multipleOf" in schema:
            factors.append(schema["multipleOf"])
    bounds = list(dict.fromkeys(bounds))
    for bound in bounds:
        yield from (bound, bound + 1, bound - 1, bound + 0.5, bound - 0.5)
        if isinstance(bound, float) and abs(bound) < 2**53:
            yield from (math.floor(bound), math.ceil(bound))
    for one, other in zip(sorted(bounds), sorted(bounds)[1:], strict=False):
        yield (one + other) // 2 if isinstance(one, int) and isinstance(other, int) else (one + other) / 2
    yield from _PLAIN
    for factor in _with_common(factors):
        for times in (0, 1, -1, 2, 3, 5, 7, Fraction(1, 2), Fraction(3, 2)):
            yield _times(factor, times)
        for bound in bounds:
            nearest = int(Fraction(str(bound)) / Fraction(str(factor)))
            yield from (_times(factor, nearest + step) for step in (-1, 0, 1, 2))


def _with_common(factors: Sequence[float]) -> list[float]:
    """Return the factors and their least common multiple."""
    if len(factors) < 2:
        return list(factors)
    common = Fraction(str(factors[0]))
    for factor in factors[1:]:
        other = Fraction(str(factor))
        common = Fraction(
            math.lcm(common.numerator * other.denominator, other.numerator * common.denominator),
            common.denominator * other.denominator,
        )
    return [*factors, _plain(common)]


def _times(factor: float, times: int | Fraction) -> int | float:
    return _plain(Fraction(str(factor)) * times)


def _plain(number: Fraction) -> int | float:
    return number.numerator if number.denominator == 1 else float(number)
