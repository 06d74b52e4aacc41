"""Shrinks a witness to the simplest value that is still a witness."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

_MAX_TRIES = 600
_LARGEST = 2**63

Holds = Callable[[Any], bool]


def shrink(value: Any, holds: Holds) -> Any:
    """Return a smaller value for which ``holds`` is still true; the value itself if there is none."""
    tries = _MAX_TRIES
    found = True
    while found and tries > 0:
        found = False
        for smaller in _smaller(value):
            tries -= 1
            if tries <= 0:
                break
            if holds(smaller):
                value, found = smaller, True
                break
    return value


def _smaller(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in value:
            yield {key: one for key, one in value.items() if key != name}
        for name, one in value.items():
            yield from ({**value, name: smaller} for smaller in _smaller(one))
    elif isinstance(value, list):
        if len(value) > 3:
            yield value[: len(value) // 2]
        for index in range(min(len(value), 40)):
            yield value[:index] + value[index + 1 :]
        for index, one in enumerate(value[:40]):
            yield from ([*value[:index], smaller, *value[index + 1 :]] for smaller in _smaller(one))
    elif isinstance(value, str):
        yield from _shorter(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _nearer(value)


def _shorter(value: str) -> Iterator[str]:
    if not value:
        return
    for smaller in ("", "a", value[: len(value) // 2], value[:-1], value[1:]):
        if len(smaller) < len(value):
            yield smaller
    plain = "a" * len(value)
    if len(value) < 200 and value != plain and set(value) != {"a"}:
        yield plain


def _nearer(value: Any) -> Iterator[int]:
    if abs(value) >= _LARGEST:
        yield 0
        return
    for smaller in (0, 1, -1, int(value), int(value) // 2):
        if abs(smaller) < abs(value):
            yield smaller
