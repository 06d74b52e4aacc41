"""Modules and functions stay as short as CONTRIBUTING.md states."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator

import pytest

from tests.support.paths import ROOT
from tests.support.texts import PRODUCTS, modules

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SECTION = re.compile(r"^## Sizes\n(.*?)^## ", re.DOTALL | re.MULTILINE)
_MEASURES = ("longest module", "median function", "95% of the functions", "longest function")


def function_lengths() -> list[int]:
    """Return the lines of each function, from its signature to its end, without its docstring."""
    return sorted(
        length for package in PRODUCTS for path in modules(package) for length in _lengths(path.read_text("utf-8"))
    )


def _lengths(text: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _FUNCTIONS):
            first = node.body[0]
            docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            spoken = (first.end_lineno or 0) - first.lineno + 1 if docstring else 0
            yield (node.end_lineno or 0) - node.lineno + 1 - spoken


def measured() -> dict[str, float]:
    lengths = function_lengths()
    lines = [len(path.read_text("utf-8").splitlines()) for package in PRODUCTS for path in modules(package)]
    values = (max(lines), statistics.median(lengths), lengths[int(0.95 * len(lengths))], lengths[-1])
    return dict(zip(_MEASURES, values, strict=True))


def stated() -> dict[str, int]:
    """Return the upper limits in the table of CONTRIBUTING.md."""
    section = _SECTION.search((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert section is not None
    return {name: int(limit) for name, limit in re.findall(r"^\| ([^|]+?) \| (\d+) lines \|", section[1], re.MULTILINE)}


@pytest.mark.parametrize("measure", _MEASURES)
def test_sizes_stay_below_the_limits_of_contributing(measure: str) -> None:
    assert measured()[measure] <= stated()[measure]


def test_table_has_exactly_these_measures() -> None:
    assert set(stated()) == set(_MEASURES)
