"""Corrects values of a document in memory, and keeps notes and problems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chat_contract.errors import DocumentError
from spec_gate.source.documents import Document
from spec_gate.source.kinds import UNJUDGED
from spec_gate.source.notes import Oddity
from spec_gate.source.place import Place

Holder = dict[str, Any] | list[Any]


class Corrections:
    """The corrections of one document. While ``in_use`` is false, problems are notes."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[DocumentError] = []
        self.in_use = True
        self._open: set[Place] = set()

    def note(self, oddity: Oddity, place: Place, detail: Any = "") -> None:
        text = detail if isinstance(detail, str) else json.dumps(detail, ensure_ascii=False, default=str)
        own = place.file == self.document.name  # Nothing that another file contains is shown.
        self.document.note(oddity, place, text[:120] if own else "")

    def problem(self, place: Place, problem: str, hint: str) -> None:
        """Keep a problem; for a part that no operation uses, keep a note instead."""
        self.failed(self.document.error(place, problem, hint), place)

    def failed(self, error: DocumentError, place: Place) -> None:
        if self.in_use:
            self.problems.append(error)
        else:
            self.note(Oddity.UNUSED, place, error.problem)

    def remove(self, holder: Holder, key: Any, place: Place) -> None:
        """Remove a value from its mapping; lines of its neighbours stay right."""
        self.document.sources[place.file].positions.before_change(place.parent.pointer)
        del holder[key]

    def drop(self, value: dict[str, Any], key: str, place: Place, oddity: Oddity, detail: Any = "") -> None:
        self.note(oddity, place, detail)
        self.remove(value, key, place)

    def replace(self, value: Any, key: Any, place: Place, oddity: Oddity, new: Any) -> None:
        self.note(oddity, place, value[key])
        value[key] = new

    def ignore(self, holder: Any, key: Any, place: Place) -> None:
        self.note(Oddity.IGNORED, place)
        self.remove(holder, key, place)

    def holder_of(self, place: Place) -> tuple[Any, Any]:
        if not place.pointer:
            return {"": self.document.at(place)}, ""
        return self.document.at(place.parent), place.pointer[-1]

    # Mappings and lists -----------------------------------------------------------------------------------------------

    def is_mapping(self, kind: str, holder: dict[str, Any], key: str, place: Place) -> bool:
        """Make a mapping of the value; return whether that is possible."""
        value = holder[key]
        if value == []:
            self.note(Oddity.COLLECTION, place, value)
            holder[key] = {}
        elif not isinstance(value, dict):
            if kind in UNJUDGED:
                self.ignore(holder, key, place)
                return False
            self.problem(place, "expected a mapping", "Write a mapping of names to values.")
            return False
        elif isinstance(value.get("$ref"), str):
            return self.expand(kind, holder, key, place)
        return True

    def expand(self, kind: str, holder: dict[str, Any], key: str, place: Place) -> bool:
        """Replace a reference in place of a mapping with references to the entries of its target."""
        written = holder[key]
        self.note(Oddity.REFERENCE_PLACE, place / "$ref", written["$ref"])
        try:
            where = self.document.goal(place / "$ref")
        except DocumentError as error:
            self.failed(error, place / "$ref")
            return False
        above, name = self.holder_of(where)
        if where in self._open or not self._mapping_at(kind, above, name, where):
            self.problem(place / "$ref", "the target is not a mapping", "Make the reference point to a mapping.")
            return False
        address = written["$ref"].partition("#")[0]
        entries = {
            entry: {"$ref": f"{address}#{pointer}"} for entry, pointer in _pointers(above[name], where)
        }  # fmt: skip
        own = {entry: child for entry, child in written.items() if entry != "$ref"}
        holder[key] = {**entries, **own}
        return True

    def _mapping_at(self, kind: str, holder: Any, key: Any, place: Place) -> bool:
        self._open.add(place)
        try:
            return self.is_mapping(kind, holder, key, place)
        finally:
            self._open.discard(place)

    def items(self, value: Any, place: Place) -> Iterator[Any]:
        """Return the items of a list as meant: one item without a list, a reference to a list, lists inside it."""
        if isinstance(value, dict) and all(name.isdecimal() for name in value):
            self.note(Oddity.COLLECTION, place, list(value)[:5])
            yield from value.values()
        elif isinstance(value, dict) and isinstance(value.get("$ref"), str) and self._list_target(value, place):
            yield from self._referenced(value, place)
        elif not isinstance(value, list):
            self.note(Oddity.COLLECTION, place, value if isinstance(value, str) else "")
            yield value
        else:
            for index, item in enumerate(value):
                yield from self._item(item, place / index)

    def _item(self, item: Any, place: Place) -> Iterator[Any]:
        if item is None:
            self.note(Oddity.EMPTY_ENTRY, place)
        elif isinstance(item, list):
            self.note(Oddity.COLLECTION, place)
            yield from self.items(item, place)
        elif isinstance(item, dict) and isinstance(item.get("$ref"), str) and self._list_target(item, place):
            yield from self._referenced(item, place)
        else:
            yield item

    def _list_target(self, value: dict[str, Any], place: Place) -> bool:
        try:
            return isinstance(self.document.follow(value, place)[0], list)
        except DocumentError:
            return False

    def _referenced(self, value: dict[str, Any], place: Place) -> Iterator[Any]:
        """Return a reference to each item of the list that a reference leads to."""
        self.note(Oddity.REFERENCE_PLACE, place / "$ref", value["$ref"])
        where = self.document.goal(place / "$ref")
        address = value["$ref"].partition("#")[0]
        pointers = _pointers(dict(enumerate(self.document.at(where))), where)
        yield from ({"$ref": f"{address}#{pointer}"} for _, pointer in pointers)


def _pointers(value: dict[Any, Any], place: Place) -> Iterator[tuple[Any, str]]:
    """Return the keys of a mapping with the JSON Pointer of each, encoded for a reference."""
    for key in value:
        parts = (str(part).replace("~", "~0").replace("/", "~1").replace("%", "%25") for part in (*place.pointer, key))
        yield key, "".join(f"/{part}" for part in parts)
