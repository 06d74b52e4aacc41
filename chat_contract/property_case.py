"""Reads a body like a server that ignores the case of property names: ``Message`` stands for ``message``.

The documents do not rule such a server out, so either reading is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chat_contract.errors import Pointer


@dataclass(frozen=True)
class CaseVariant:
    """A property whose name differs from a documented one only by case. ``place`` is that of the documented one."""

    place: Pointer
    value: Any


def case_variants(schema: Any, value: Any, place: Pointer = ()) -> Iterator[CaseVariant]:
    """Yield every such property of a value, in the objects that the schema describes."""
    if not isinstance(schema, Mapping):
        return
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield from case_variants(schema.get("items"), element, (*place, index))
    elif isinstance(value, dict):
        properties = schema.get("properties", {})
        for written, inner in value.items():
            name = _documented(properties, written)
            if name != written and name in properties:
                yield CaseVariant((*place, name), inner)
            yield from case_variants(properties.get(name), inner, (*place, name))


def read_without_case(schema: Any, value: Any, *, last_wins: bool) -> Any:
    """Return the value with documented names; of several properties with the same name, one wins."""
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, list):
        return [read_without_case(schema.get("items"), element, last_wins=last_wins) for element in value]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties", {})
    read: dict[str, Any] = {}
    for written, inner in value.items():
        name = _documented(properties, written)
        if last_wins or name not in read:
            read[name] = read_without_case(properties.get(name), inner, last_wins=last_wins)
    return read


def _documented(properties: Mapping[str, Any], written: str) -> str:
    """Return the documented name that a name stands for, or the name itself."""
    if written in properties:
        return written
    folded = written.casefold()
    return next((name for name in properties if name.casefold() == folded), written)
