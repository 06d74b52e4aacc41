"""Reads the schemas of a description into one form: JSON Schema 2020-12.

OpenAPI 3.0 ignores siblings of ``$ref``, knows ``nullable`` and boolean ``exclusiveMinimum``, and applies ``required``
only to the side that may send a ``readOnly`` or ``writeOnly`` property. In 3.1 siblings count and those keywords are
annotations. Every reference becomes ``#/$defs/NAME``; every schema keeps its place in the document.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jsonschema_rs

from chat_contract.errors import DocumentError
from spec_gate.schemas.deep import Steps, gather, run_steps
from spec_gate.schemas.keywords import (
    ANNOTATIONS,
    APPLICATORS,
    LISTS,
    MAPS,
    ONE,
    REFERENCE,
    name_of,
    part_schemas,
    same_value_schemas,
    types_of,
)
from spec_gate.schemas.node import Schema, SchemaNode, Side
from spec_gate.schemas.values import is_number
from spec_gate.source.documents import Document, Place

_PLAIN = frozenset({"type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
                    "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "minContains",
                    "maxContains", "minProperties", "maxProperties", "required", "dependentRequired"})  # fmt: skip
_IN_3_0 = frozenset({"type", "enum", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "pattern", "format",
                     "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required", "allOf",
                     "anyOf", "oneOf", "not", "items", "properties", "additionalProperties", *ANNOTATIONS})  # fmt: skip
_IN_3_1 = _PLAIN | ANNOTATIONS | ONE | LISTS | MAPS

INTEGER_FORMATS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
"""The integer formats of OpenAPI's registry as bounds, which validators of JSON Schema do not assert."""

MAX_APPLIED = 5_000
"""The largest number of schemas that may apply to one value."""

MAX_CHAIN = 250
"""The longest chain of schemas that apply to one value. Recursive functions rely on this limit."""


class Schemas:
    """The schemas of one description as they apply to requests or to responses."""

    def __init__(self, document: Document, side: Side, prefix: str = "") -> None:
        self.document = document
        self.side = side
        self.prefix = prefix
        self.definitions: dict[str, Schema] = {}
        self._names: dict[Place, str] = {}
        self._taken: set[str] = set()
        self._read: dict[Place, Schema] = {}
        self._waiting: list[Place] = []
        self._applied: dict[str, _Applied] = {}

    def read(self, place: Place) -> Schema:
        """Return the schema at a place.

        Raises :class:`DocumentError` if it, or a schema that it refers to, is not a valid schema.
        """
        if place not in self._read:
            read = [(self._checked(place), place)]
            while self._waiting:
                target = self._waiting.pop()
                self.definitions[self._names[target]] = self._checked(target)
                read.append((self.definitions[self._names[target]], target))
            for schema, where in read:
                self._check_applied(schema, where)
            self._read[place] = read[0][0]
        return self._read[place]

    def definition(self, reference: str) -> Schema:
        """Return the schema that a reference leads to."""
        return self.definitions[name_of(reference)]

    # Reading ----------------------------------------------------------------------------------------------------------

    def _checked(self, place: Place) -> Schema:
        schema: Schema = run_steps(self._schema(self.document.at(place), place))
        try:
            jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
                                        if isinstance(schema, SchemaNode) else schema)  # fmt: skip
        except jsonschema_rs.ValidationError as error:
            raise self._invalid(schema, place, list(error.instance_path), error.message) from None
        return schema

    def _schema(self, value: Any, place: Place) -> Steps[Schema]:
        if isinstance(value, bool) and self.document.version == "3.1":
            return value
        if not isinstance(value, dict):
            raise self.document.error(place, "expected a schema", "Write a mapping such as {type: string}.")
        read = self._of_3_0 if self.document.version == "3.0" else self._of_3_1
        schema = SchemaNode((yield from read(value, place)), place)
        if not isinstance(value.get("$defs", {}), dict):
            raise self.document.error(place / "$defs", "expected a mapping of schemas", "Write a mapping of names.")
        self._pin_integers(schema)
        if "pattern" in schema:
            self._check_pattern(schema["pattern"], place / "pattern")
        for pattern in schema.get("patternProperties", {}):
            self._check_pattern(pattern, place / "patternProperties" / pattern)
        return schema

    def _of_3_1(self, value: dict[str, Any], place: Place) -> Steps[dict[str, Any]]:
        schema: dict[str, Any] = {}
        for key in filter(_IN_3_1.__contains__, value):
            child = value[key]
            schema[key] = (yield from self._children(key, child, place / key)) if key in APPLICATORS else child
        references = [self._reference(place / key) for key in ("$ref", "$dynamicRef") if key in value]
        if references:
            schema |= references[0]
        if len(references) > 1 and isinstance(schema.get("allOf", []), list):
            schema["allOf"] = [*schema.get("allOf", []), *map(SchemaNode, references[1:])]
        return self._with_discriminator(schema, value, place)

    def _of_3_0(self, value: dict[str, Any], place: Place) -> Steps[dict[str, Any]]:
        if "$ref" in value:
            return self._reference(place / "$ref")
        schema: dict[str, Any] = {}
        for key in filter(_IN_3_0.__contains__, value):
            child = value[key]
            schema[key] = (yield from self._children(key, child, place / key)) if key in APPLICATORS else child
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
                    place / key, "expected true or false in OpenAPI 3.0", "Use openapi: 3.1.0, or write a boolean."
                )
        if not isinstance(value.get("type", ""), str) or value.get("type") == "null":
            raise self.document.error(
                place / "type", "expected one type name in OpenAPI 3.0", "Use nullable: true, or openapi: 3.1.0."
            )

    def _children(self, key: str, value: Any, place: Place) -> Steps[Any]:
        if key in ONE:
            if isinstance(value, bool) and key == "additionalProperties":
                return value
            return (yield self._schema(value, place))
        if key in LISTS and isinstance(value, list):
            return (yield gather(self._schema(child, place / index) for index, child in enumerate(value)))
        if key in MAPS and isinstance(value, dict):
            schemas = yield gather(self._schema(child, place / name) for name, child in value.items())
            return dict(zip(value, schemas, strict=True))
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
        return {"$ref": REFERENCE + self._names[target]}

    def _with_discriminator(self, schema: dict[str, Any], value: dict[str, Any], place: Place) -> dict[str, Any]:
        """Complete the mapping of a discriminator: the names of the referenced schemas are values too."""
        discriminator = value.get("discriminator")
        if discriminator is None:
            return schema
        here = place / "discriminator"
        if not isinstance(discriminator, dict) or not isinstance(discriminator.get("propertyName"), str):
            raise self.document.error(here, "propertyName of the discriminator is missing", "Add propertyName.")
        mapping = discriminator.get("mapping", {})
        if not isinstance(mapping, dict) or not all(isinstance(goal, str) for goal in mapping.values()):
            raise self.document.error(
                here / "mapping", "expected a mapping of strings", "Write value: '#/components/schemas/Name'."
            )
        lists = [value[key] for key in ("oneOf", "anyOf") if isinstance(value.get(key), list)]
        branches = [branch for branches in lists for branch in branches if isinstance(branch, dict)]
        names = {branch["$ref"] for branch in branches if isinstance(branch.get("$ref"), str)}
        implicit = {name.rpartition("/")[2]: name for name in names if name not in mapping.values()}
        values = {name: goal.rpartition("/")[2] for name, goal in {**implicit, **mapping}.items()}
        return {**schema, "discriminator": {"propertyName": discriminator["propertyName"], "values": values}}

    # Checking ---------------------------------------------------------------------------------------------------------

    def _pin_integers(self, schema: SchemaNode) -> None:
        bounds = INTEGER_FORMATS.get(schema["format"]) if isinstance(schema.get("format"), str) else None
        if bounds is None or "integer" not in (types_of(schema) if "type" in schema else ("integer",)):
            return
        low, high = bounds
        if not is_number(schema.get("minimum")) or schema["minimum"] < low:
            schema["minimum"] = low
        if not is_number(schema.get("maximum")) or schema["maximum"] > high:
            schema["maximum"] = high
        del schema["format"]

    def _check_pattern(self, pattern: Any, place: Place) -> None:
        if isinstance(pattern, str) and not compiles(pattern):
            raise self.document.error(
                place, "invalid regular expression", "Use ECMA-262 syntax and escape literal special characters."
            )

    def _invalid(self, schema: Schema, place: Place, path: list[str | int], message: str) -> DocumentError:
        """Return the error for the place in the file that the meta-schema rejects."""
        here: Any = schema
        for part in path:
            here = here[part] if isinstance(here, dict | list) else None  # type: ignore[index]  # it says which is which
            place = _origin(here, place / part)
        while True:
            try:
                return self.document.error(place, f"invalid JSON Schema: {message}", "Correct the value.")
            except (KeyError, IndexError, TypeError):
                place = Place(place.file, place.pointer[:-1])

    def _check_applied(self, schema: Schema, place: Place) -> None:
        """Raise :class:`DocumentError` if a schema applies itself to the same value, or too many schemas do."""
        waiting = [schema]
        while waiting:
            here = waiting.pop()
            if isinstance(here, SchemaNode):
                applied = same_value_schemas(here)
                if applied or "$ref" in here:
                    run_steps(self._count(here, _origin(here, place)))
                waiting += part_schemas(here)
                waiting += applied

    def _count(self, schema: Schema, place: Place) -> Steps[_Applied]:
        """Return how many schemas apply to the value together with this one."""
        if isinstance(schema, bool):
            return _Applied(1, 1)
        below: list[_Applied] = []
        if "$ref" in schema:
            below.append((yield self._count_definition(name_of(schema["$ref"]), place)))
        below += yield gather(self._count(child, _origin(child, place)) for child in same_value_schemas(schema))
        applied = _Applied(1 + sum(one.number for one in below), 1 + max((one.chain for one in below), default=0))
        if applied.number > MAX_APPLIED:
            problem = f"more than {MAX_APPLIED} schemas apply to one value when references are expanded"
            hint = "Reduce the number of alternatives, or of references to the same large schema."
            raise self.document.error(place, problem, hint)
        if applied.chain > MAX_CHAIN:
            problem = f"schemas for one value are nested more than {MAX_CHAIN} levels deep when references are expanded"
            raise self.document.error(
                place, problem, "Replace references to references by their target, and merge nested allOf."
            )
        return applied

    def _count_definition(self, name: str, place: Place) -> Steps[_Applied]:
        if name not in self._applied:
            self._applied[name] = _OPEN
            target = self.definitions[name]
            self._applied[name] = yield self._count(target, _origin(target, place))
        if self._applied[name] is _OPEN:
            hint = "Refer to it from a property or from items instead."
            raise self.document.error(place, "infinite recursion: the schema applies itself to the same value", hint)
        return self._applied[name]


@dataclass(frozen=True)
class _Applied:
    """How many schemas apply to one value, and how many of them in the longest chain."""

    number: int
    chain: int


_OPEN = _Applied(0, 0)


def _origin(schema: Any, default: Place) -> Place:
    return schema.origin if isinstance(schema, SchemaNode) and schema.origin is not None else default


@lru_cache(maxsize=4096)
def compiles(pattern: str) -> bool:
    """Return whether a pattern is a regular expression."""
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except jsonschema_rs.ValidationError:
        return False
    return True
