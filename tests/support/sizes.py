"""Measures the modules and functions of the products: python -m tests.support.sizes."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator

from tests.support.texts import PRODUCTS, modules

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MEASURES = ("longest module", "median function", "95% of the functions", "longest function")


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
    """Return each measure, in lines."""
    lengths = function_lengths()
    lines = [len(path.read_text("utf-8").splitlines()) for package in PRODUCTS for path in modules(package)]
    values = (max(lines), statistics.median(lengths), lengths[int(0.95 * len(lengths))], lengths[-1])
    return dict(zip(MEASURES, values, strict=True))


if __name__ == "__main__":
    for name, lines in measured().items():
        print(f"{name}: {lines:g} lines")
