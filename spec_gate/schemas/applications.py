"""Counts how often schemas apply to a value and its parts, before a validator applies them.

If two schemas apply to the same value and both lead to the next level, the number doubles with each level. A validator
would take hours for a deep value, and its list of errors would fill the memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from spec_gate.schemas.keywords import LISTS, MAPS, ONE, REFERENCE

_ITEMS = frozenset({"items", "prefixItems", "contains", "unevaluatedItems"})
_OTHER_NAMES = frozenset({"patternProperties", "additionalProperties", "unevaluatedProperties"})


@dataclass
class _Node:
    """One schema: the numbers of the schemas below it, by what they apply to."""

    same: list[int] = field(default_factory=list)
    named: dict[str, int] = field(default_factory=dict)
    other_names: list[int] = field(default_factory=list)
    items: list[int] = field(default_factory=list)


class Applications:
    """The schemas of one validator, numbered."""

    def __init__(self, schema: Any) -> None:
        self._nodes: list[_Node] = []
        self._waiting: list[tuple[int, dict[str, Any]]] = []
        definitions = schema.get("$defs", {}) if isinstance(schema, dict) else {}
        self._definitions = {REFERENCE + name: self._numbered(one) for name, one in definitions.items()}
        self._root = self._numbered(schema)
        while self._waiting:
            self._read(*self._waiting.pop())

    def are_more_than(self, limit: int, value: Any) -> bool:
        """Return whether schemas may apply more often than a limit while a value is validated."""
        total = 0
        values = [(value, Counter({self._root: 1}))]
        while values:
            here, applied = values.pop()
            below: dict[Any, Counter[int]] = {}
            waiting = list(applied.items())
            while waiting:
                number, times = waiting.pop()
                total += times
                if total > limit:
                    return True
                node = self._nodes[number]
                waiting += [(one, times) for one in node.same]
                for key, one in _parts(node, here):
                    below.setdefault(key, Counter())[one] += times
            values += [(here[key], counted) for key, counted in below.items()]
        return False

    def _numbered(self, schema: Any) -> int:
        self._nodes.append(_Node())
        if isinstance(schema, dict):
            self._waiting.append((len(self._nodes) - 1, schema))
        return len(self._nodes) - 1

    def _read(self, number: int, schema: dict[str, Any]) -> None:
        node = self._nodes[number]
        for key, value in schema.items():
            if key == "$ref":
                node.same.append(self._definitions[value])
            elif key == "properties":
                node.named = {name: self._numbered(one) for name, one in value.items()}
            elif key in ONE | LISTS | MAPS and key != "propertyNames":
                below = value.values() if key in MAPS else value if key in LISTS else (value,)
                numbers = [self._numbered(one) for one in below]
                kind = node.items if key in _ITEMS else node.other_names if key in _OTHER_NAMES else node.same
                kind += numbers


def _parts(node: _Node, value: Any) -> Iterator[tuple[Any, int]]:
    """Return the keys of the members of a value that schemas of a node apply to, each with the schema."""
    if isinstance(value, dict):
        for name in value:
            if name in node.named:
                yield name, node.named[name]
            yield from ((name, one) for one in node.other_names)
    elif isinstance(value, list):
        yield from ((index, one) for index in range(len(value)) for one in node.items)
