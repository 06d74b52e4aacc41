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

_INTERNAL = re.compile(r"#/\$defs/((?:base|revision)\.[^\"'\s,\]}]+)")


class Names:
    """Knows where each definition of a comparison is written."""

    def __init__(self, verdict: Verdict) -> None:
        self._references: dict[str, str] = {}
        for pair in verdict.schemas.values():
            for one in (pair.base, pair.revision):
                self._references.update(_references(one.schemas))

    def text(self, text: str) -> str:
        """Return a text with the references of the documents."""
        return _INTERNAL.sub(partial(_reference, self._references), text)

    def value(self, value: Any) -> Any:
        """Return a value with the references of the documents, at any depth."""
        if isinstance(value, str):
            return self.text(value) if "#/$defs/" in value else value
        if isinstance(value, dict):
            return {key: self.value(one) for key, one in value.items()}
        return [self.value(one) for one in value] if isinstance(value, list | tuple) else value


def _references(schemas: Schemas) -> Iterable[tuple[str, str]]:
    for name, definition in schemas.definitions.items():
        place = definition.origin if isinstance(definition, SchemaNode) else None
        if place is not None:
            file = "" if place.file == schemas.document.name else place.file
            yield name, f"{file}#{render_pointer(place.pointer)}"


def _reference(references: dict[str, str], found: re.Match[str]) -> str:
    name = found[1]
    return references.get(name) or name.removeprefix(BASE).removeprefix(REVISION)
