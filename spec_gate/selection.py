"""Selects the operations to compare by patterns of their paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TypeVar

from chat_contract.errors import UsageError
from spec_gate.differ.surface import Operation, Surface

_Key = TypeVar("_Key")


def matches_path(pattern: str, label: str, path: str) -> bool:
    """Return whether a pattern such as ``/orders*`` or ``GET /orders*`` matches an operation."""
    return fnmatchcase(path, pattern) or fnmatchcase(label, pattern)


@dataclass(frozen=True)
class Selection:
    """Patterns of operations: those to compare (all if there is none), and those to leave out."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def of(self, *surfaces: Surface) -> tuple[Surface, ...]:
        """Return the surfaces with the selected operations.

        Raises :class:`chat_contract.errors.UsageError` for a pattern that matches no operation.
        """
        every = [one for surface in surfaces for one in (*surface.operations.values(), *surface.webhooks.values())]
        for option, patterns in (("--include", self.include), ("--exclude", self.exclude)):
            for pattern in patterns:
                if not any(matches_path(pattern, one.label, one.path) for one in every):
                    raise UsageError(
                        f'{option} "{pattern}" matches no operation. Write a path, for example "/orders*".'
                    )
        return tuple(
            replace(one, operations=self._selected(one.operations), webhooks=self._selected(one.webhooks))
            for one in surfaces
        )

    def _selected(self, operations: Mapping[_Key, Operation]) -> dict[_Key, Operation]:
        return {key: one for key, one in operations.items() if self._has(one)}

    def _has(self, operation: Operation) -> bool:
        def among(patterns: tuple[str, ...]) -> bool:
            return any(matches_path(pattern, operation.label, operation.path) for pattern in patterns)

        return (not self.include or among(self.include)) and not among(self.exclude)


EVERYTHING = Selection()
