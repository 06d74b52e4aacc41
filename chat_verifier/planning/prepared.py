"""The rows of the usual plans, which were improved beforehand (`python -m chat_verifier.planning.prepare`).

The file holds the levels of each factor, and each row as one character per factor: the index of its level, or a dot.
It counts only for arrays with the same factors, so a changed contract gets rows of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypedDict

from chat_verifier.planning.array import CoveringArray, Follow, Row, nothing

FILE = Path(__file__).with_name("prepared.json")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LEFT_OUT = "."

Factors = Mapping[str, Sequence[str]]


class Prepared(TypedDict):
    """The rows of one array."""

    factors: dict[str, list[str]]
    rows: list[str]


@cache
def _file() -> dict[str, dict[str, Prepared]]:
    found: dict[str, dict[str, Prepared]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def prepared(name: str) -> Follow:
    """Return a function that gives the arrays of a plan the rows that are prepared under a name."""
    if not name:
        return nothing

    def follow(kind: str, array: CoveringArray) -> None:
        of_kind = _file().get(name, {}).get(kind)
        if of_kind is not None and of_kind["factors"] == array.factors:
            array.follow(decoded(row, array.factors) for row in of_kind["rows"])

    return follow


def encoded(rows: Iterable[Row], factors: Factors) -> list[str]:
    return [
        "".join(_DIGITS[levels.index(row[name])] if name in row else _LEFT_OUT for name, levels in factors.items())
        for row in rows
    ]


def decoded(row: str, factors: Factors) -> Row:
    return {
        name: levels[_DIGITS.index(digit)]
        for digit, (name, levels) in zip(row, factors.items(), strict=True)
        if digit != _LEFT_OUT
    }
