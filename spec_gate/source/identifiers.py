"""Finds ``$id``, ``$anchor`` and ``$dynamicAnchor`` in a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from chat_contract.errors import Pointer


def identifiers(value: Any) -> dict[str, Pointer]:
    """Return the absolute URI of each ``$id``, with the pointer of its schema."""
    found: dict[str, Pointer] = {}
    waiting: list[tuple[Any, Pointer, str]] = [(value, (), "")]
    while waiting:
        here, pointer, base = waiting.pop()
        if isinstance(here, list):
            waiting.extend((child, (*pointer, index), base) for index, child in enumerate(here))
        elif isinstance(here, dict):
            if isinstance(here.get("$id"), str):
                base = urljoin(base, here["$id"])
                found.setdefault(base.rstrip("#"), pointer)
            waiting.extend((child, (*pointer, key), base) for key, child in here.items())
    return found


def dynamic(value: Any, name: str) -> Iterator[Any]:
    """Return the schemas with a ``$dynamicAnchor`` of this name."""
    waiting: list[Any] = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            if here.get("$dynamicAnchor") == name:
                yield here
            waiting += here.values()


def anchors(value: Any) -> Iterator[tuple[Pointer, set[str]]]:
    """Return the pointer of each schema with anchors, and their names."""
    waiting: list[tuple[Any, Pointer]] = [(value, ())]
    while waiting:
        here, pointer = waiting.pop()
        if isinstance(here, list):
            waiting.extend((child, (*pointer, index)) for index, child in enumerate(here))
        elif isinstance(here, dict):
            names = {name for key in ("$anchor", "$dynamicAnchor") if isinstance(name := here.get(key), str)}
            if names:
                yield pointer, names
            waiting.extend((child, (*pointer, key)) for key, child in here.items() if not (pointer and key == "$id"))
