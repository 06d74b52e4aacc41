"""Validates the long lists of a body in pieces, so that millions of errors are counted without being kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import SchemaValidator, ValidationError

LONGEST = 500
"""Items of a list that is validated at once."""


def without_long_lists(value: Any, names: Mapping[str, SchemaValidator]) -> tuple[Any, dict[str, list[Any]]]:
    """Return a body with its long lists emptied, and these lists. A body without one is returned itself."""
    if not isinstance(value, dict):
        return value, {}
    long = {name: field for name in names if isinstance(field := value.get(name), list) and len(field) > LONGEST}
    return ({**value, **{name: [] for name in long}} if long else value), long


def count_errors(validator: SchemaValidator, items: list[Any]) -> Iterator[tuple[int, int, ValidationError]]:
    """Yield the offset, the number of errors and the errors of each piece of a list that has errors."""
    for offset in range(0, len(items), LONGEST):
        try:
            validator.validate_python(items[offset : offset + LONGEST], from_attributes=True)
        except ValidationError as error:
            yield offset, error.error_count(), error
