"""Replaces the gate's own names of definitions with the references that a reader finds in the documents."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from chat_contract.errors import render_pointer
from spec_gate.findings import Verdict
from spec_gate.schemas.node import SchemaNode
from spec_gate.schemas.read import BASE, REVISION, Schemas

_MOST_LEVELS = 4
"""How many references are followed to show what differs behind them."""

_INTERNAL = re.compile(r"#/\$defs/((?:base|revision)\.[^\"'\s,\]}]+)")


class Names:
    """Knows where each definition of a comparison is written."""

    def __init__(self, verdict: Verdict) -> None:
        self._references: dict[str, str] = {}
        self._definitions: dict[str, Any] = {}
        for pair in verdict.schemas.values():
            for one in (pair.base, pair.revision):
                self._references.update(_references(one.schemas))
                self._definitions.update(one.schemas.definitions)
            self._scale = pair.scale

    def text(self, text: str) -> str:
        """Return a text with the references of the documents."""
        return _INTERNAL.sub(partial(_reference, self._references), text)

    def change(self, before: Any, after: Any) -> tuple[Any, Any]:
        """Return both values of a change; if they only refer to schemas that differ, what differs in these schemas."""
        for _ in range(_MOST_LEVELS):
            if not _refers(before) or self.value(before) != self.value(after):
                break
            before, after = self._expanded(before), self._expanded(after)
            if self.value(before) != self.value(after):
                return _differing(self.value(before), self.value(after))
        return self.value(before), self.value(after)

    def _expanded(self, value: Any) -> Any:
        """Return a value with the schemas that it refers to instead of the references."""
        if isinstance(value, dict):
            found = _INTERNAL.fullmatch(str(value.get("$ref", "")))
            definition = self._definitions.get(found[1]) if found else None
            if isinstance(definition, dict):
                return {
                    **self._scale.schema_as_written(definition),
                    **{key: one for key, one in value.items() if key != "$ref"},
                }
            return {key: self._expanded(one) for key, one in value.items()}
        return [self._expanded(one) for one in value] if isinstance(value, list | tuple) else value

    def value(self, value: Any) -> Any:
        """Return a value with the references of the documents, at any depth."""
        if isinstance(value, str):
            return self.text(value) if "#/$defs/" in value else value
        if isinstance(value, dict):
            return {key: self.value(one) for key, one in value.items()}
        return [self.value(one) for one in value] if isinstance(value, list | tuple) else value


def _refers(value: Any) -> bool:
    return "#/$defs/" in repr(value)


def _differing(one: Any, other: Any) -> tuple[Any, Any]:
    """Return two values without what is the same in both; lists of the same length keep entries that differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        both = {key: _differing(one[key], other[key]) for key in one if key in other and one[key] != other[key]}
        alone = [{key: value for key, value in some.items() if key not in more}
                 for some, more in ((one, other), (other, one))]  # fmt: skip
        return {**{key: first for key, (first, _) in both.items()}, **alone[0]}, {
            **{key: second for key, (_, second) in both.items()}, **alone[1]}  # fmt: skip
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [_differing(first, second) for first, second in zip(one, other, strict=True) if first != second]
        return [first for first, _ in pairs], [second for _, second in pairs]
    return one, other


def _references(schemas: Schemas) -> Iterable[tuple[str, str]]:
    for name, definition in schemas.definitions.items():
        place = definition.origin if isinstance(definition, SchemaNode) else None
        if place is not None:
            file = "" if place.file == schemas.document.name else place.file
            yield name, f"{file}#{render_pointer(place.pointer)}"


def _reference(references: dict[str, str], found: re.Match[str]) -> str:
    name = found[1]
    return references.get(name) or name.removeprefix(BASE).removeprefix(REVISION)
