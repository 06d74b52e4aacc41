"""Validates whole bodies against both documents, and varies bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from spec_gate.differ.changes import Comparison, SchemaUse
from spec_gate.schemas.node import Side
from spec_gate.schemas.pair import SchemaPair
from spec_gate.schemas.validity import Judge
from spec_gate.source.documents import Place

_OTHERS: tuple[Any, ...] = (None, True, 5, 2.5, "", "x", [], {})
_DEEPEST = 5
_MOST = 4_000


class Bodies:
    """The request and response bodies whose schemas differ. A validator is built when it is first used."""

    def __init__(self, comparison: Comparison, schemas: Mapping[Side, SchemaPair]) -> None:
        bodies = (use for use in comparison.uses if use.is_body and not use.pairing.base.outgoing)
        self.uses = [use for use in bodies if not schemas[use.side].is_unchanged(use.base_schema, use.revision_schema)]
        self._documents = {True: comparison.base.document, False: comparison.revision.document}
        self._schemas = schemas
        self._judges: dict[tuple[Side, Place, bool], Judge] = {}

    def of(self, operation: str, status: str = "") -> list[SchemaUse]:
        """Return the bodies of an operation: those of requests, or those of responses with a status."""
        return [use for use in self.uses if use.label == operation and use.part.status == status]

    def accepts(self, use: SchemaUse, value: Any, *, base: bool) -> bool:
        """Return whether a body is valid in one of the documents; every body is valid without a schema."""
        judge = self._judge(use, base=base)
        return judge is None or judge.accepts(value)

    def invalidated(self, use: SchemaUse, value: Any) -> str:
        """Return why the revision rejects a body that the base accepts, or an empty string."""
        if not self.accepts(use, value, base=True) or self.accepts(use, value, base=False):
            return ""
        judge = self._judge(use, base=False)
        return "" if judge is None else judge.first_error(value)

    def examples(self, use: SchemaUse, *, base: bool) -> dict[str, tuple[Any, Place]]:
        """Return the named examples of a body in one of the documents, each with its place."""
        document = self._documents[base]
        here = (use.base_place if base else use.revision_place) / "examples"
        named = document.at(Place(here.file, here.pointer[:-1])).get("examples", {})
        found = {}
        for name in named if isinstance(named, dict) else ():
            value, place = document.follow(named[name], here / name)
            if isinstance(value, dict) and "value" in value:
                found[name] = (value["value"], place / "value")
        return found

    def default(self, use: SchemaUse, name: str, *, base: bool) -> Any:
        """Return the default of a property in the schema itself, or None."""
        document = self._documents[base]
        place = _schema(use, base=base)
        if place is None:
            return None
        schema, here = document.follow(document.at(place), place)
        if not isinstance(schema, dict) or name not in schema.get("properties", {}):
            return None
        child, _ = document.follow(schema["properties"][name], here / "properties" / name)
        return child.get("default") if isinstance(child, dict) else None

    def _judge(self, use: SchemaUse, *, base: bool) -> Judge | None:
        place = _schema(use, base=base)
        if place is None:
            return None
        key = (use.side, place, base)
        if key not in self._judges:
            pair = self._schemas[use.side]
            schema = pair.original(place, of_base=base)
            self._judges[key] = Judge(partial(pair.real, schema))
        return self._judges[key]


def _schema(use: SchemaUse, *, base: bool) -> Place | None:
    return use.base_schema if base else use.revision_schema


def variants(value: Any) -> Iterator[Any]:
    """Return the value, then every value with one part removed or replaced; at most a few thousand."""
    yield value
    for count, changed in enumerate(_changed(value, _DEEPEST)):
        if count >= _MOST:
            return
        yield changed


def _changed(value: Any, depth: int) -> Iterator[Any]:
    for other in _OTHERS:
        if json.dumps(other) != json.dumps(value):
            yield other
    if depth == 0:
        return
    if isinstance(value, dict):
        for key, child in value.items():
            yield {name: one for name, one in value.items() if name != key}
            yield from ({**value, key: changed} for changed in _changed(child, depth - 1))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from ([*value[:index], changed, *value[index + 1 :]] for changed in _changed(child, depth - 1))
