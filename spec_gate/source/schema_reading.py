"""Reads schemas as their authors meant them: the part of :mod:`spec_gate.source.reading` for JSON Schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chat_contract.errors import DocumentError
from spec_gate.source.circles import Circles
from spec_gate.source.corrections import Corrections
from spec_gate.source.heirs import MOST_HEIRS, find_heirs
from spec_gate.source.notes import Oddity
from spec_gate.source.place import Place
from spec_gate.source.schema_keywords import COMPOSITION, LISTS, MAPS, NOT_IN_3_0, ONE, SAME_VALUE, UNIONS, Handler
from spec_gate.source.schema_values import WORDS, SchemaValues

_NULLABLE = {"enum", "const", "$ref"}
"""Keywords in which null is a value, or that are read elsewhere."""

Visit = Callable[[str, Any, Any, Place], None]
"""Corrects the value of a kind in its holder, under a key, at a place."""


class SchemaReader:
    """Corrects schemas in memory; notes and problems go to the reader of the document."""

    def __init__(self, fix: Corrections, visit: Visit) -> None:
        self.fix = fix
        self.visit = visit
        self.circles = Circles()
        self.parents: list[Place] = []
        """Schemas with a discriminator and without alternatives."""
        self.values = SchemaValues(fix)
        self.modern = self.values.modern
        self.handlers: dict[str, Handler] = {
            **self.values.handlers,
            **dict.fromkeys(ONE, self._one),
            **dict.fromkeys(LISTS, self._several),
            **dict.fromkeys(MAPS, self._named),
            **dict.fromkeys(NOT_IN_3_0 - ONE - LISTS - MAPS - self.values.handlers.keys(), self._as_written),
            "$dynamicRef": self._dynamic_reference,
        }

    def _as_written(self, _: dict[str, Any], __: str, ___: Place) -> None:
        """Accept any value."""

    def find_heirs(self) -> None:
        """Find the schemas that the values of each discriminator without alternatives select."""
        document, extended = self.fix.document, self.circles.extended()
        for parent in self.parents:
            heirs = document.heirs[parent] = find_heirs(document, parent, extended)
            if len(heirs) <= MOST_HEIRS:
                self.circles.selected[parent] = tuple(heirs.values())

    def find_circles(self) -> None:
        """Note every reference that makes a schema apply itself to the same value."""
        self.fix.document.circles = self.circles.found()
        for place in self.circles.references():
            self.fix.note(Oddity.CIRCULAR, place / "$ref", self.fix.document.at(place / "$ref"))

    def as_schema(self, holder: Any, key: Any, place: Place) -> Any:
        """Return the schema at a place: an object or, in OpenAPI 3.1, a boolean; anything else is a problem."""
        value = holder[key]
        if isinstance(value, str) and value.lower() in WORDS and key == "additionalProperties":
            self.fix.note(Oddity.QUOTED, place, value)
            value = holder[key] = WORDS[value.lower()]
        if isinstance(value, bool) and not self.modern and key != "additionalProperties":
            self.fix.note(Oddity.BOOLEAN_SCHEMA, place)
            value = holder[key] = {} if value else {"not": {}}
        if not isinstance(value, dict | bool):
            self.fix.problem(place, "expected a schema", "Write a mapping such as {type: string}.")
            return True
        return value

    def read(self, value: dict[str, Any], place: Place) -> None:
        """Correct the keywords of a schema, and visit the schemas in it."""
        self._reference(value, place)
        if "$ref" in value and not self.modern:
            return
        for key in list(value):
            handler = self.handlers.get(key)
            if handler is None or key not in value:
                continue
            here = place / key
            if value[key] is None and key not in _NULLABLE and not (key == "type" and self.modern):
                self.fix.drop(value, key, here, Oddity.EMPTY_KEY)
                continue
            if not self.modern and key in NOT_IN_3_0:
                self.fix.note(Oddity.NEWER_KEYWORD, here, key)
            handler(value, key, here)
        self.values.enum_of_type(value, place)
        if "discriminator" in value:
            self._selected(value, place)
        if not self.modern and value.get("nullable") is True and "type" not in value and value.keys() & COMPOSITION:
            self.fix.note(Oddity.NULLABLE, place / "nullable")

    # References -------------------------------------------------------------------------------------------------------

    def _reference(self, value: dict[str, Any], place: Place) -> None:
        if "$ref" not in value:
            return
        if value["$ref"] is None:
            self.fix.drop(value, "$ref", place / "$ref", Oddity.EMPTY_KEY)
        else:
            self._follow(place, "$ref")

    def _dynamic_reference(self, _: dict[str, Any], key: str, place: Place) -> None:
        self._follow(place.parent, key)

    def _follow(self, place: Place, key: str) -> None:
        document = self.fix.document
        try:
            target = document.goal(place / key)
            document.follow(document.at(target), target)
        except DocumentError as error:
            self.fix.failed(error, place / key)
            return
        self.circles.add_reference(place, target)
        self.visit("schema", *self.fix.holder_of(target), target)

    def _selected(self, value: dict[str, Any], place: Place) -> None:
        """Read the schemas that a mapping leads to, which may be in other files."""
        if value.keys().isdisjoint(UNIONS):
            self.parents.append(place)
        document = self.fix.document
        for name, goal in value["discriminator"].get("mapping", {}).items():
            if document.find(("components", "schemas", goal)) is None:
                try:
                    target = document.goal(place / "discriminator" / "mapping" / name)
                except DocumentError:
                    continue  # Matters only where the discriminator selects by it.
                self.visit("schema", *self.fix.holder_of(target), target)

    # Schemas inside ---------------------------------------------------------------------------------------------------

    def _one(self, value: dict[str, Any], key: str, place: Place) -> None:
        if isinstance(value[key], list):
            self._tuple(value, key, place)
            if key not in value or isinstance(value[key], list):
                return
        self._child(key, value, key, place)

    def _tuple(self, value: dict[str, Any], key: str, place: Place) -> None:
        """Read a list in place of a schema: no schema, one schema, or one for each item of an array."""
        schemas = value[key]
        if not schemas:
            self.fix.drop(value, key, place, Oddity.EMPTY_LIST)
        elif len(schemas) == 1:
            self.fix.replace(value, key, place, Oddity.COLLECTION, schemas[0])
        elif key == "items" and "prefixItems" not in value:
            self.fix.note(Oddity.TUPLE, place)
            self.fix.remove(value, key, place)
            value["prefixItems"] = schemas
            if isinstance(value.get("additionalItems"), dict | bool):
                value["items"] = value["additionalItems"]
                self._child("items", value, "items", place)
            self._several(value, "prefixItems", place.parent / "prefixItems")
        else:
            self.fix.problem(place, "expected a schema", "Write one schema.")

    def _child(self, keyword: str, holder: Any, key: Any, place: Place) -> None:
        if keyword in SAME_VALUE:
            self.circles.add_part(place, keyword)
        self.visit("schema", holder, key, place)

    def _several(self, value: dict[str, Any], key: str, place: Place) -> None:
        if isinstance(value[key], dict):
            one = value[key]
            listed = list(one.values()) if one and all(name.isdecimal() for name in one) else [one] if one else []
            self.fix.replace(value, key, place, Oddity.COLLECTION, listed)
        if not isinstance(value[key], list):
            self.fix.problem(place, "expected a list of schemas", "Write a list of schemas.")
        elif not value[key]:
            self.fix.drop(value, key, place, Oddity.EMPTY_LIST)
        else:
            for index in range(len(value[key])):
                self._child(key, value[key], index, place / index)

    def _named(self, value: dict[str, Any], key: str, place: Place) -> None:
        if key == "properties" and isinstance(value[key], dict):
            self._required_in_properties(value, place)
        if self.fix.is_mapping("schema", value, key, place):
            for name in list(value[key]):
                self._child(key, value[key], name, place / name)
            if key == "patternProperties":
                for pattern in value[key]:
                    self.values.pattern(pattern, place / pattern)

    def _required_in_properties(self, value: dict[str, Any], place: Place) -> None:
        """Read ``required: true`` in a property as the ``required`` of the object."""
        for name, child in value["properties"].items():
            if isinstance(child, dict) and isinstance(child.get("required"), bool | str) and "$ref" not in child:
                written = child["required"]
                truth = WORDS.get(str(written).lower())
                if truth is None:
                    continue
                self.fix.drop(child, "required", place / name / "required", Oddity.REQUIRED, written)
                listed = value.setdefault("required", [])
                if truth and isinstance(listed, list) and name not in listed:
                    listed.append(name)
