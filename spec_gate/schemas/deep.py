"""Runs recursive walks without the call stack, so that the depth of a document does not matter."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, TypeVar

Result = TypeVar("Result")

Steps = Generator["Steps[Any]", Any, Result]
"""A walk that yields other walks and is resumed with the result of each."""


def gather(walks: Iterable[Steps[Result]]) -> Steps[list[Result]]:
    """Run walks one after the other and return their results."""
    results: list[Result] = []
    for walk in walks:
        result: Result = yield walk
        results += [result]
    return results


def run_steps(walk: Steps[Result]) -> Result:
    """Run a walk and all walks that it yields; return its result."""
    stack: list[Steps[Any]] = [walk]
    result: Any = None
    while stack:
        try:
            child = stack[-1].send(result)
        except StopIteration as finished:
            stack.pop()
            result = finished.value
        else:
            stack.append(child)
            result = None
    return result  # type: ignore[no-any-return]  # the last walk to finish is the first one
