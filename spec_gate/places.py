"""Finds where a difference of two schemas is written: the schema in a file that holds the changed keyword.

Schemas are compared in their simplest form, which joins what ``allOf`` and references hold together. A change is shown,
and told from others, by the place where it was made, so a shared schema that changes once is one edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spec_gate.differ.pairs import NodePair
from spec_gate.schemas.dispatch import without_texts
from spec_gate.schemas.keywords import MAPS, ONE
from spec_gate.schemas.node import Schema, SchemaNode
from spec_gate.schemas.pair import SchemaPair
from spec_gate.source.documents import Place

_BRANCHES = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True)
class Located:
    """Where a difference is in both files; ``holders`` are the schemas that hold the keyword, where they do."""

    base: Place
    revision: Place
    holders: tuple[Place | None, Place | None]
    is_written: bool
    """Whether a document has the keyword, which may also follow from another one."""


class Places:
    """Finds places in the files of one pair of documents."""

    def __init__(self, schemas: SchemaPair) -> None:
        self.schemas = schemas

    def located(self, pair: NodePair, keywords: Sequence[str], name: str = "") -> Located:
        """Return the places of a keyword, and of ``name`` in its list or mapping."""
        base, revision = (self._schema(pair, of_base=of_base) for of_base in (True, False))
        ours, theirs = self._holder(base, keywords, name, of_base=True), self._holder(revision, keywords, name)
        if ours is None and theirs is None:
            return Located(base, revision, (base, revision), is_written=False)
        return Located(
            self._shown(ours, theirs, keywords, name, base, of_base=True),
            self._shown(theirs, ours, keywords, name, revision, of_base=False),
            (ours, theirs),
            is_written=True,
        )

    def format_of(self, schema: Place | None, *, of_base: bool) -> str | None:
        """Return the format that a schema writes."""
        value = None if schema is None else self._document(of_base=of_base).at(schema)
        return value.get("format") if isinstance(value, dict) else None

    def properties_as_written(self, located: Located, name: str, before: Any, after: Any) -> tuple[Any, Any]:
        """Return both schemas of a property as the documents write them, without texts, instead of simplified ones."""
        found = []
        for place, simplified, of_base in ((located.base, before, True), (located.revision, after, False)):
            is_written = simplified is not None and place.pointer[-2:] == ("properties", name)
            found.append(without_texts(self._document(of_base=of_base).at(place)) if is_written else simplified)
        return found[0], found[1]

    def _shown(
        self, holder: Place | None, other: Place | None, keywords: Sequence[str], name: str, schema: Place, *,
        of_base: bool,
    ) -> Place:  # fmt: skip
        """Return the keyword; without it the schema that should hold it, as the other document does."""
        if holder is None:
            assert other is not None
            counterpart = self._counterpart(other, of_base=of_base) or schema
            holder = self._holder(counterpart, keywords, "", of_base=of_base)
            return counterpart if holder is None else self._keyword(holder, keywords, name, of_base=of_base)
        return self._keyword(holder, keywords, name, of_base=of_base)

    def _keyword(self, holder: Place, keywords: Sequence[str], name: str, *, of_base: bool) -> Place:
        value = self._document(of_base=of_base).at(holder)
        keyword = next(one for one in keywords if one in value)
        named = isinstance(value[keyword], dict) and name in value[keyword]
        return holder / keyword / name if named else holder / keyword

    def _document(self, *, of_base: bool) -> Any:
        return self.schemas.document(of_base=of_base)

    def _counterpart(self, place: Place, *, of_base: bool) -> Place | None:
        """Return the same pointer in the other document, if it has one."""
        document, other = self._document(of_base=of_base), self._document(of_base=not of_base)
        if place.file != other.name:
            return None
        found = Place(document.name, place.pointer)
        try:
            value = document.at(found)
        except (KeyError, IndexError, TypeError):
            return None
        return found if isinstance(value, dict) else None

    def _schema(self, pair: NodePair, *, of_base: bool) -> Place:
        """Return the place of a schema; one that joins several is the one at its step of the path."""
        path = pair.path()
        pairs = [*(one for one, _ in path[1:]), pair] if path else []
        first = path[0][0] if path else pair
        use = first.own_roots[0].use
        root = (use.base_schema or use.base_place) if of_base else (use.revision_schema or use.revision_place)
        place = _origin(first, of_base=of_base) or root
        for (_, (keyword, name)), below in zip(path, pairs, strict=True):
            place = _origin(below, of_base=of_base) or self._below(place, keyword, name, of_base=of_base)
        return place

    def _below(self, place: Place, keyword: str, name: str | int, *, of_base: bool) -> Place:
        if keyword not in MAPS | ONE:
            return place
        holder = self._holder(place, (keyword,), str(name) if keyword in MAPS else "", of_base=of_base)
        if holder is None:
            return place
        return holder / keyword / name if keyword in MAPS else holder / keyword

    def _holder(self, place: Place, keywords: Sequence[str], name: str, *, of_base: bool = False) -> Place | None:
        """Return the nearest schema for the same value that has one of the keywords, with ``name`` in it."""
        document = self._document(of_base=of_base)
        waiting, seen = [place], set[Place]()
        for here in waiting:
            value = document.at(here)
            if here in seen or not isinstance(value, dict):
                continue
            seen.add(here)
            if isinstance(value.get("$ref"), str):
                waiting.append(document.goal(here / "$ref"))
                if document.version == "3.0":
                    continue
            if any(_has(value, keyword, name) for keyword in keywords):
                return here
            for branches in filter(lambda key: isinstance(value.get(key), list), _BRANCHES):
                waiting += [here / branches / index for index in range(len(value[branches]))]
        return None


def _has(value: dict[str, Any], keyword: str, name: str) -> bool:
    return keyword in value and (not name or (isinstance(value[keyword], dict | list) and name in value[keyword]))


def _origin(pair: NodePair, *, of_base: bool) -> Place | None:
    schema: Schema = pair.base if of_base else pair.revision
    return schema.origin if isinstance(schema, SchemaNode) else None
