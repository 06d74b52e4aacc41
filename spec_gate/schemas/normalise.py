"""Reads the schemas of a description as their own version means them, into one form: JSON Schema 2020-12.

In 3.0 siblings of ``$ref`` are ignored, ``nullable`` and boolean ``exclusiveMinimum`` count, and ``required`` speaks
only to the side that may send a ``readOnly`` or ``writeOnly`` property. In 3.1 siblings count and those words are
annotations. Every reference becomes ``#/$defs/NAME``; every schema remembers its place.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import jsonschema_rs

from chat_contract.errors import DocumentError
from spec_gate.source.documents import Document, Place

Schema = dict[str, Any] | bool
Side = Literal["request", "reply"]

ONE = frozenset({"not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames",
                 "unevaluatedItems", "unevaluatedProperties"})  # fmt: skip
"""Keywords whose value is a schema."""

LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
"""Keywords whose value is a list of schemas."""

MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
"""Keywords whose value is a mapping to schemas."""

ANNOTATIONS = frozenset({"default", "deprecated", "readOnly", "writeOnly", "x-sunset", "discriminator",
                         "contentMediaType", "contentEncoding"})  # fmt: skip
"""Keywords that say nothing of validity, but something to a client."""

_PLAIN = frozenset({"type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
                    "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "minContains",
                    "maxContains", "minProperties", "maxProperties", "required", "dependentRequired"})  # fmt: skip
_IN_3_0 = frozenset({"type", "enum", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "pattern", "format",
                     "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required", "allOf",
                     "anyOf", "oneOf", "not", "items", "properties", "additionalProperties", *ANNOTATIONS})  # fmt: skip
_IN_3_1 = _PLAIN | ANNOTATIONS | ONE | LISTS | MAPS
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")

INTEGER_FORMATS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
"""What OpenAPI's registry of formats says of integers, as bounds; no validator of JSON Schema knows it."""

MAX_IN_PLACE = 5_000
"""How many schemas may apply to one value at the same time."""


class Schemas:
    """The schemas of one description as one side reads them."""

    def __init__(self, document: Document, side: Side, prefix: str = "") -> None:
        self.document = document
        self.side = side
        self.prefix = prefix
        self.definitions: dict[str, Schema] = {}
        self._names: dict[Place, str] = {}
        self._taken: set[str] = set()
        self._origins: dict[int, Place] = {}
        self._read: dict[Place, Schema] = {}
        self._waiting: list[Place] = []
        self._in_place: dict[str, int] = {}

    def read(self, place: Place) -> Schema:
        """Return the schema at a place; raises :class:`DocumentError` where it, or one that it refers to, is none."""
        if place not in self._read:
            read = [(self._checked(place), place)]
            while self._waiting:
                target = self._waiting.pop()
                self.definitions[self._names[target]] = self._checked(target)
                read.append((self.definitions[self._names[target]], target))
            for schema, where in read:
                self._check_in_place(schema, where)
            self._read[place] = read[0][0]
        return self._read[place]

    def origin(self, schema: Schema) -> Place | None:
        """Return where a schema was written; None for one that nobody wrote."""
        return self._origins.get(id(schema))

    def adopt(self, schema: Schema, of: Schema) -> None:
        """Let a schema that was made from another one stand where that one stands."""
        origin = self._origins.get(id(of))
        if origin is not None and isinstance(schema, dict):
            self._origins.setdefault(id(schema), origin)

    def name_of(self, reference: str) -> str:
        return reference.removeprefix("#/$defs/")

    # Reading ----------------------------------------------------------------------------------------------------------

    def _checked(self, place: Place) -> Schema:
        schema = self._schema(self.document.at(place), place)
        try:
            jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
                                        if isinstance(schema, dict) else schema)  # fmt: skip
        except jsonschema_rs.ValidationError as error:
            raise self._invalid(schema, place, list(error.instance_path), error.message) from None
        return schema

    def _schema(self, value: Any, place: Place) -> Schema:
        if isinstance(value, bool) and self.document.version == "3.1":
            return value
        if not isinstance(value, dict):
            raise self.document.error(place, "is no schema", "write a mapping such as {type: string}")
        schema = self._of_3_0(value, place) if self.document.version == "3.0" else self._of_3_1(value, place)
        self._origins[id(schema)] = place
        if not isinstance(value.get("$defs", {}), dict):
            raise self.document.error(place / "$defs", "is a mapping to schemas", "write a mapping of names")
        self._pin_integers(schema)
        if "pattern" in schema:
            self._check_pattern(schema["pattern"], place / "pattern")
        for pattern in schema.get("patternProperties", {}):
            self._check_pattern(pattern, place / "patternProperties" / pattern)
        return schema

    def _of_3_1(self, value: dict[str, Any], place: Place) -> dict[str, Any]:
        schema = {key: self._children(key, child, place / key) for key, child in value.items() if key in _IN_3_1}
        references = [self._reference(place / key) for key in ("$ref", "$dynamicRef") if key in value]
        if references:
            schema |= references[0]
        if len(references) > 1 and isinstance(schema.get("allOf", []), list):
            schema["allOf"] = [*schema.get("allOf", []), *references[1:]]
        return self._with_discriminator(schema, value, place)

    def _of_3_0(self, value: dict[str, Any], place: Place) -> dict[str, Any]:
        if "$ref" in value:
            return self._reference(place / "$ref")
        schema = {key: self._children(key, child, place / key) for key, child in value.items() if key in _IN_3_0}
        self._check_3_0(value, place)
        for bound in ("minimum", "maximum"):
            if value.get(f"exclusive{bound.capitalize()}") is True and bound in schema:
                schema[f"exclusive{bound.capitalize()}"] = schema.pop(bound)
        if value.get("nullable") is True and isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"], "null"]
        barred = "readOnly" if self.side == "request" else "writeOnly"
        if isinstance(schema.get("required"), list) and isinstance(value.get("properties"), dict):
            properties = value["properties"]
            schema["required"] = [
                name
                for name in schema["required"]
                if not (isinstance(name, str) and self._marked(properties.get(name), place, name, barred))
            ]
        return self._with_discriminator(schema, value, place)

    def _marked(self, value: Any, place: Place, name: str, mark: str) -> bool:
        if not isinstance(value, dict):
            return False
        found, _ = self.document.follow(value, place / "properties" / name)
        return isinstance(found, dict) and found.get(mark) is True

    def _check_3_0(self, value: dict[str, Any], place: Place) -> None:
        for key in ("exclusiveMinimum", "exclusiveMaximum", "nullable"):
            if not isinstance(value.get(key, False), bool):
                raise self.document.error(
                    place / key, "is true or false in OpenAPI 3.0", "use openapi: 3.1.0, or a boolean"
                )
        if not isinstance(value.get("type", ""), str) or value.get("type") == "null":
            raise self.document.error(
                place / "type", "is one word in OpenAPI 3.0", "use nullable: true, or openapi: 3.1.0"
            )

    def _children(self, key: str, value: Any, place: Place) -> Any:
        if key in ONE:
            if isinstance(value, bool) and key == "additionalProperties":
                return value
            return self._schema(value, place)
        if key in LISTS and isinstance(value, list):
            return [self._schema(child, place / index) for index, child in enumerate(value)]
        if key in MAPS and isinstance(value, dict):
            return {name: self._schema(child, place / name) for name, child in value.items()}
        return value

    def _reference(self, place: Place) -> dict[str, Any]:
        target = self.document.goal(place)
        self.document.follow(self.document.at(target), target)
        if target not in self._names:
            base = str(target.pointer[-1]) if target.pointer else "document"
            name = base.replace("/", "_").replace("~", "_").replace("%", "_")
            name = self.prefix + name
            number, unique = 2, name
            while unique in self._taken:
                unique, number = f"{name}_{number}", number + 1
            self._taken.add(unique)
            self._names[target] = unique
            self._waiting.append(target)
        return {"$ref": f"#/$defs/{self._names[target]}"}

    def _with_discriminator(self, schema: dict[str, Any], value: dict[str, Any], place: Place) -> dict[str, Any]:
        """Write the mapping out: names of the schemas that are referred to are values too."""
        said = value.get("discriminator")
        if said is None:
            return schema
        here = place / "discriminator"
        if not isinstance(said, dict) or not isinstance(said.get("propertyName"), str):
            raise self.document.error(here, "a discriminator has a propertyName", "add propertyName: with its name")
        mapping = said.get("mapping", {})
        if not isinstance(mapping, dict) or not all(isinstance(goal, str) for goal in mapping.values()):
            raise self.document.error(
                here / "mapping", "maps values to schemas", "write value: '#/components/schemas/Name'"
            )
        lists = [value[key] for key in ("oneOf", "anyOf") if isinstance(value.get(key), list)]
        branches = [branch for branches in lists for branch in branches if isinstance(branch, dict)]
        names = {branch["$ref"] for branch in branches if isinstance(branch.get("$ref"), str)}
        implicit = {name.rpartition("/")[2]: name for name in names if name not in mapping.values()}
        values = {said_value: goal.rpartition("/")[2] for said_value, goal in {**implicit, **mapping}.items()}
        return {**schema, "discriminator": {"propertyName": said["propertyName"], "values": values}}

    # Checking ---------------------------------------------------------------------------------------------------------

    def _pin_integers(self, schema: dict[str, Any]) -> None:
        bounds = INTEGER_FORMATS.get(schema["format"]) if isinstance(schema.get("format"), str) else None
        if bounds is None or "integer" not in _types(schema):
            return
        low, high = bounds
        if not _is_number(schema.get("minimum")) or schema["minimum"] < low:
            schema["minimum"] = low
        if not _is_number(schema.get("maximum")) or schema["maximum"] > high:
            schema["maximum"] = high
        del schema["format"]

    def _check_pattern(self, pattern: Any, place: Place) -> None:
        if isinstance(pattern, str) and not compiles(pattern):
            raise self.document.error(
                place, "is no regular expression", "write one of ECMA-262; escape what is meant literally"
            )

    def _invalid(self, schema: Schema, place: Place, path: list[str | int], message: str) -> DocumentError:
        """Find the place in the file that the meta-schema complains of."""
        here: Any = schema
        for part in path:
            here = here[part] if isinstance(here, dict | list) else None  # type: ignore[index]  # it says which is which
            place = self._origins.get(id(here), place / part)
        while True:
            try:
                return self.document.error(place, f"is not what JSON Schema wants here: {message}", "correct the value")
            except (KeyError, IndexError, TypeError):
                place = Place(place.file, place.pointer[:-1])

    def _check_in_place(self, schema: Schema, place: Place) -> None:
        """Raise :class:`DocumentError` where what applies to one value never ends, or is too much."""
        waiting = [schema]
        while waiting:
            here = waiting.pop()
            if isinstance(here, dict):
                self._count(here, self._origins.get(id(here), place))
                waiting.extend(aside(here))
                waiting.extend(child for child in in_place(here) if not isinstance(child, str))

    def _count(self, schema: Schema, place: Place) -> int:
        total = 0
        for child in in_place(schema):
            if isinstance(child, str):
                total += self._count_of(child, place)
            elif isinstance(child, dict):
                total += 1 + self._count(child, self._origins.get(id(child), place))
        if total > MAX_IN_PLACE:
            raise self.document.error(
                place, f"lets more than {MAX_IN_PLACE} schemas apply to one value", "remove what multiplies itself"
            )
        return total

    def _count_of(self, name: str, place: Place) -> int:
        if name not in self._in_place:
            self._in_place[name] = -1
            target = self.definitions[name]
            self._in_place[name] = 1 + self._count(target, self._origins.get(id(target), place))
        if self._in_place[name] < 0:
            raise self.document.error(
                place, "a schema applies itself to the same value, without end", "refer to it below a property or items"
            )
        return self._in_place[name]


@lru_cache(maxsize=4096)
def compiles(pattern: str) -> bool:
    """Say whether a pattern is a regular expression."""
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except jsonschema_rs.ValidationError:
        return False
    return True


def in_place(schema: Schema) -> list[Any]:
    """Return the schemas that apply to the same value; a reference is the name of what it leads to."""
    if isinstance(schema, bool):
        return []
    found: list[Any] = [schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else []
    for key in ("allOf", "anyOf", "oneOf"):
        found += schema.get(key, [])
    found += [schema[key] for key in ("not", "if", "then", "else") if key in schema]
    found += schema.get("dependentSchemas", {}).values()
    return found


def aside(schema: dict[str, Any]) -> list[Schema]:
    """Return the schemas that apply to parts of the value."""
    found: list[Schema] = [*schema.get("properties", {}).values(), *schema.get("patternProperties", {}).values()]
    found += schema.get("prefixItems", [])
    found += [
        schema[key]
        for key in (
            "items",
            "contains",
            "additionalProperties",
            "propertyNames",
            "unevaluatedItems",
            "unevaluatedProperties",
        )
        if key in schema
    ]
    return found


def _types(schema: dict[str, Any]) -> tuple[str, ...]:
    said = schema.get("type", _TYPES)
    return (said,) if isinstance(said, str) else tuple(said) if isinstance(said, list | tuple) else ()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
