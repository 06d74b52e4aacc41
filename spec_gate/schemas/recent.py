"""A cache of what was used last, so that memory does not grow with the number of cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Keeps the values that were used last, at most ``limit``."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._values: dict[Key, Value] = {}

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return the value of a key; make it if it is not kept."""
        value = self._values.pop(key) if key in self._values else make()
        self._values[key] = value
        if len(self._values) > self.limit:
            self._values.pop(next(iter(self._values)))
        return value

    def __len__(self) -> int:
        return len(self._values)
