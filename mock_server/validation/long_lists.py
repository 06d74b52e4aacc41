"""Validates the long lists of a body in pieces, so that millions of errors are counted without being kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails, SchemaValidator, ValidationError

LONGEST = 500
"""Items of a list that is validated at once."""


@dataclass(frozen=True)
class ListValidator:
    """Validates lists. ``of_objects``: an item that is not an object has exactly one error."""

    validator: SchemaValidator
    of_objects: bool

    def errors_of(self, items: list[Any]) -> list[ErrorDetails]:
        """Return the errors of the items."""
        try:
            self.validator.validate_python(items, from_attributes=True)
        except ValidationError as error:
            return error.errors(include_url=False)
        return []

    def count(self, items: list[Any]) -> int:
        """Return the number of errors. pydantic-core takes long to find out that a value is not an object."""
        if not self.of_objects:
            return self._count(items)
        objects = [item for item in items if isinstance(item, dict)]
        return len(items) - len(objects) + self._count(objects)

    def _count(self, items: list[Any]) -> int:
        # An exception that is returned, or kept in a variable, is garbage that only the collector finds.
        try:
            self.validator.validate_python(items, from_attributes=True)
        except ValidationError as error:
            return error.error_count()
        return 0


def without_long_lists(value: Any, names: Mapping[str, ListValidator]) -> tuple[Any, dict[str, list[Any]]]:
    """Return a body with its long lists emptied, and these lists. A body without one is returned itself."""
    if not isinstance(value, dict):
        return value, {}
    long = {name: field for name in names if isinstance(field := value.get(name), list) and len(field) > LONGEST}
    return ({**value, **{name: [] for name in long}} if long else value), long


def pieces_of(items: list[Any]) -> Iterator[tuple[int, list[Any]]]:
    """Yield the pieces of a list, each with its offset."""
    for offset in range(0, len(items), LONGEST):
        yield offset, items[offset : offset + LONGEST]
