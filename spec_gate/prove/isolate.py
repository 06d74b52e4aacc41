"""Isolates a witness: repairs everything that the receiver rejects besides the change that the witness shows.

Without this, the witness of one change would also lack the property that another change requires.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from chat_contract.errors import Pointer
from spec_gate.schemas.names import child, element
from spec_gate.schemas.node import Schema
from spec_gate.schemas.validity import Fault, Judge
from spec_gate.search.sampler import Sampler

_MAX_REPAIRS = 40
_VALUES = 6
_FEW = 4
"""Up to so many faults are repaired one by one."""

_MANY = 250
"""A witness with more faults stays as it is: nobody would read all that a repair adds to it."""

_DEPTH = 3

Holds = Callable[[Any], bool]


class Isolation:
    """Repairs the witnesses of one root: ``schemas`` are those of sender and receiver, ``receiving`` judges."""

    def __init__(self, sampler: Sampler, schemas: Sequence[Schema], receiving: Judge) -> None:
        self.sampler = sampler
        self.schemas = schemas
        self.receiving = receiving

    def repaired(self, value: Any, path: Pointer, needed: set[str], shows: Holds, is_witness: Holds) -> Any:
        """Return the value with as few faults as possible; its part at the path still shows the change.

        ``needed`` are properties that the part must lack, as far as this is known.
        """

        def holds(one: Any) -> bool:
            return shows(at(one, path)) and is_witness(one)

        faults = self.receiving.faults(value)
        if len(faults) > _MANY:
            return value
        if len(faults) > _FEW:
            value = self._completed(value, faults, needed, holds)
            faults = self.receiving.faults(value)
        for _ in range(_MAX_REPAIRS):
            better = next(self._better(value, faults, holds), None)
            if better is None:
                break
            value, faults = better
        return value

    def _completed(self, value: Any, faults: list[Fault], needed: set[str], holds: Holds) -> Any:
        """Add the missing properties; find those that must stay missing by halving the list, and leave them out."""
        missing: dict[Pointer, list[str]] = {}
        for fault in faults:
            missing.setdefault(fault.path, []).extend(fault.names)
        waiting = [(path, [name for name in names if name not in needed]) for path, names in missing.items()]
        while waiting:
            path, names = waiting.pop()
            here = at(value, path)
            if not names or not isinstance(here, dict):
                continue
            fuller = replaced(value, path, {**self._made(path, names), **here})
            if holds(fuller):
                value = fuller
            elif len(names) > 1:
                waiting += [(path, names[: len(names) // 2]), (path, names[len(names) // 2 :])]
        return value

    def _made(self, path: Pointer, names: list[str]) -> dict[str, Any]:
        """Return valid values for properties."""
        applied = self.sampler.schemas.applied(self._schemas_at(path))
        return {name: self._value(child(applied, name)) for name in names}

    def _value(self, schemas: Sequence[Schema]) -> Any:
        try:
            return self.sampler.some(schemas, _DEPTH)
        except LookupError:
            return None

    def _better(self, value: Any, faults: list[Fault], holds: Holds) -> Iterator[tuple[Any, list[Fault]]]:
        if len(faults) < 2:
            return
        for candidate in itertools.chain.from_iterable(self._repairs(value, fault) for fault in faults):
            left = self.receiving.faults(candidate)
            if len(left) < len(faults) and holds(candidate):
                yield candidate, left

    def _repairs(self, value: Any, fault: Fault) -> Iterator[Any]:
        """Return values in which one fault may be gone."""
        here = at(value, fault.path)
        schemas = self._schemas_at(fault.path)
        if isinstance(here, dict):
            missing = [name for name in fault.names if name not in here]
            for name in missing:
                below = self.sampler.valid(child(self.sampler.schemas.applied(schemas), name), _DEPTH)
                yield from (
                    replaced(value, fault.path, {**here, name: one}) for one in itertools.islice(below, _VALUES)
                )
            for name in here:
                yield replaced(value, fault.path, {key: one for key, one in here.items() if key != name})
        for one in itertools.islice(self.sampler.valid(schemas, _DEPTH), _VALUES):
            yield replaced(value, fault.path, one)

    def _schemas_at(self, path: Pointer) -> Sequence[Schema]:
        schemas: Sequence[Schema] = self.schemas
        for step in path:
            applied = self.sampler.schemas.applied(schemas)
            schemas = element(applied, step) if isinstance(step, int) else child(applied, step)
        return schemas


def path_to(value: Any, part: Any, place: Pointer) -> Pointer | None:
    """Return the way to the first value that equals the part, at a place in which ``*`` is any index or name."""
    found = ((path, at(value, path)) for path in paths_at(value, place))
    return next((path for path, here in found if type(here) is type(part) and here == part), None)


def paths_at(value: Any, place: Pointer) -> list[Pointer]:
    """Return the ways to all values at a place in which ``*`` is any index or name."""
    waiting: list[tuple[Any, Pointer]] = [(value, ())]
    for step in place:
        waiting = [(one, (*path, key)) for here, path in waiting for key, one in _members(here) if step in ("*", key)]
    return [path for _, path in waiting]


def _members(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def at(value: Any, path: Pointer) -> Any:
    """Return the value at a path; None if a repair removed it."""
    for step in path:
        known = step in value if isinstance(value, dict) else isinstance(value, list) and int(step) < len(value)
        if not known:
            return None
        value = value[step]
    return value


def replaced(value: Any, path: Pointer, new: Any) -> Any:
    """Return a value with a new one at a path."""
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy
