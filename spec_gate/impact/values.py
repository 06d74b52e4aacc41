"""What both sides say of a whole body, and bodies that differ a little from a given one."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
    """The bodies of a comparison, each with a judge a side; judges are made when they are asked."""

    def __init__(self, comparison: Comparison, both: dict[Side, SchemaPair]) -> None:
        self._comparison = comparison
        self.exchanges = [one for one in comparison.uses if one.is_body and not one.pairing.base.outgoing]
        self._worlds = both
        self._judges: dict[tuple[SchemaUse, bool], Judge | None] = {}

    def of(self, operation: str, status: str = "") -> list[SchemaUse]:
        """Return what an operation exchanges: its request bodies, or its replies with that status."""
        return [one for one in self.exchanges if one.label == operation and one.part.status == status]

    def accepts(self, exchange: SchemaUse, value: Any, *, base: bool) -> bool:
        judge = self._judge(exchange, base=base)
        return judge is None or judge.accepts(value)

    def invalidated(self, exchange: SchemaUse, value: Any) -> str:
        """Return why the revision refuses what the base accepts; empty where it does not."""
        if not self.accepts(exchange, value, base=True) or self.accepts(exchange, value, base=False):
            return ""
        judge = self._judge(exchange, base=False)
        return "" if judge is None else judge.first_error(value)

    def examples(self, exchange: SchemaUse, *, base: bool) -> dict[str, tuple[Any, Place]]:
        """Return the named examples that one side gives of a body, each with its place."""
        document = (self._comparison.base if base else self._comparison.revision).document
        here = (exchange.base_place if base else exchange.revision_place) / "examples"
        named = document.at(Place(here.file, here.pointer[:-1])).get("examples", {})
        found = {}
        for name in named if isinstance(named, dict) else ():
            value, place = document.follow(named[name], here / name)
            if isinstance(value, dict) and "value" in value:
                found[name] = (value["value"], place / "value")
        return found

    def default(self, exchange: SchemaUse, name: str, *, base: bool) -> Any:
        """Return the default that the schema itself gives a property; None where it gives none."""
        place = exchange.base_schema if base else exchange.revision_schema
        document = (self._comparison.base if base else self._comparison.revision).document
        if place is None:
            return None
        schema, here = document.follow(document.at(place), place)
        if not isinstance(schema, dict) or name not in schema.get("properties", {}):
            return None
        said, _ = document.follow(schema["properties"][name], here / "properties" / name)
        return said.get("default") if isinstance(said, dict) else None

    def _judge(self, exchange: SchemaUse, *, base: bool) -> Judge | None:
        key = (exchange, base)
        if key not in self._judges:
            place = exchange.base_schema if base else exchange.revision_schema
            world = self._worlds[exchange.side]
            self._judges[key] = (
                None if place is None else Judge(world.whole(world.original(place, of_base=base), simple=False))
            )
        return self._judges[key]


def variants(value: Any) -> Iterator[Any]:
    """Return the value, and every value that comes of taking one part away or putting something else in its place."""
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
