"""Reads the schemas of a description into one form: JSON Schema 2020-12.

OpenAPI 3.0 ignores siblings of ``$ref`` and knows ``nullable`` and boolean ``exclusiveMinimum``. It applies
``required`` only to the side that may send a ``readOnly`` or ``writeOnly`` property. In 3.1, siblings count and those
keywords are annotations. Every reference becomes ``#/$defs/NAME``; every schema keeps its place in the document.

:mod:`spec_gate.source.reading` has corrected the oddities of the schemas. If a schema applies itself to the same value,
for example through ``allOf``, the inner one is left out, because it adds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from chat_contract.errors import DocumentError
from spec_gate.patterns.readable import readable
from spec_gate.schemas.deep import Steps, gather, run_steps
from spec_gate.schemas.dispatch import (
    dispatched,
    goals_of,
    inherited,
    known_values,
    names_of,
    unknown_fields,
    without_texts,
)
from spec_gate.schemas.dynamic import DynamicReferences
from spec_gate.schemas.keywords import (
    ANNOTATIONS,
    APPLICATORS,
    BARRED,
    OPAQUE_PATTERN,
    REFERENCE,
    UNJUDGED,
    name_of,
    part_schemas,
    same_value_schemas,
    types_of,
)
from spec_gate.schemas.names import barred
from spec_gate.schemas.node import Schema, SchemaNode, Side
from spec_gate.schemas.scale import SIZES, Scale
from spec_gate.schemas.values import is_number
from spec_gate.source import heirs as inheritance
from spec_gate.source.documents import Document, Place
from spec_gate.source.heirs import MOST_HEIRS, own_values, schema_name, stated_values
from spec_gate.source.schema_keywords import COMPOSITION, LISTS, MAPS, ONE, SAME_VALUE, UNIONS

_PLAIN = frozenset({"type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
                    "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "minContains",
                    "maxContains", "minProperties", "maxProperties", "required", "dependentRequired"})  # fmt: skip
_READ = _PLAIN | ANNOTATIONS | ONE | LISTS | MAPS

_KNOWN = _READ | {
    "title", "description", "example", "examples", "externalDocs", "$comment", "$id", "$anchor", "$defs", "definitions",
    "$dynamicAnchor", "$ref", "$dynamicRef", "nullable",
}  # fmt: skip
"""Keywords that are read, that name a schema or its parts, or that do not affect clients."""

_CHOICES = frozenset({"oneOf", "anyOf", "not"})

_Trail = frozenset[Place]
"""Schemas of one circle that apply to the same value already."""
_Target = tuple[Place, _Trail]
_NO_TRAIL: _Trail = frozenset()

INTEGER_FORMATS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
"""The integer formats of OpenAPI's registry as bounds, which validators of JSON Schema do not assert."""

MAX_APPLIED = 5_000
"""The largest number of schemas that may apply to one value."""

MAX_CHAIN = 250
"""The longest chain of schemas that apply to one value. Recursive functions rely on this limit."""


BASE, REVISION = "base.", "revision."
"""How the names of definitions begin."""

_MAX_MARKED = 8
"""How many references are followed to find out whether a property is read-only or write-only."""

_NAME = re.compile(r"[A-Za-z0-9._-]+\Z")
"""A discriminator may name a component instead of referring to it."""


class Schemas:
    """The schemas of one description as they apply to requests or to responses; ``other`` is the other description."""

    def __init__(self, document: Document, side: Side, prefix: str, other: Document, scale: Scale) -> None:
        self.document = document
        self.other = other
        self.scale = scale
        self.side = side
        self.prefix = prefix
        self.definitions: dict[str, Schema] = {}
        self._names: dict[_Target, str] = {}
        self._taken: set[str] = set()
        self._read: dict[Place, Schema] = {}
        self._waiting: list[_Target] = []
        self._applied: dict[str, _Applied] = {}
        self._dynamic = DynamicReferences(document)

    def read(self, place: Place) -> Schema:
        """Return the schema at a place.

        Raises :class:`DocumentError` if it, or a schema that it refers to, is not a valid schema.
        """
        if place not in self._read:
            read = [(self._checked(place, self._entered(place, frozenset())), place)]
            while self._waiting:
                target, trail = self._waiting.pop()
                schema = self.definitions[self._names[target, trail]] = self._checked(target, trail)
                read.append((schema, target))
            for schema, where in read:
                self._check_applied(schema, where)
            self._read[place] = read[0][0]
        return self._read[place]

    def _entered(self, target: Place, trail: _Trail) -> _Trail:
        """Return the schemas of the target's circle that apply to its value already, with itself; mostly none."""
        circle = self.document.circles.get(target)
        if circle is None:
            return _NO_TRAIL
        return frozenset({target, *(place for place in trail if self.document.circles.get(place) == circle)})

    def definition(self, reference: str) -> Schema:
        """Return the schema that a reference leads to."""
        return self.definitions[name_of(reference)]

    # Reading ----------------------------------------------------------------------------------------------------------

    def _checked(self, place: Place, trail: _Trail) -> Schema:
        schema: Schema = run_steps(self._schema(self.document.at(place), place, trail))
        try:
            jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
                                        if isinstance(schema, SchemaNode) else schema)  # fmt: skip
        except jsonschema_rs.ValidationError as error:
            raise self._invalid(schema, place, list(error.instance_path), error.message) from None
        return schema

    def _schema(self, value: Any, place: Place, trail: _Trail = _NO_TRAIL) -> Steps[Schema]:
        if isinstance(value, bool):
            return value
        if not isinstance(value, dict):
            raise self.document.error(place, "expected a schema", "Write a mapping such as {type: string}.")
        read = self._of_3_0 if self.document.version == "3.0" else self._of_3_1
        schema = SchemaNode((yield from read(value, place, trail)), place)
        if "properties" in schema or "allOf" in schema:
            self._without_barred(schema, place)
        self._pin_integers(schema)
        for key in schema.keys() & SIZES.keys():
            schema[key] = self.scale.small(key, schema[key])
        _translate_patterns(schema)
        if self.document.version == "3.0" and value.get("nullable") is True and schema.keys() & COMPOSITION:
            return _or_null(schema, place)
        return schema

    def _of_3_1(self, value: dict[str, Any], place: Place, trail: _Trail) -> Steps[dict[str, Any]]:
        schema = yield from self._keywords(value, place, trail)
        references = [self._reference(place / key, trail) for key in ("$ref", "$dynamicRef") if key in value]
        references = [one for one in references if one]
        if references:
            schema |= references[0]
        if len(references) > 1:
            schema["allOf"] = [*schema.get("allOf", []), *map(SchemaNode, references[1:])]
        return self._with_discriminator(schema, value, place, trail)

    def _of_3_0(self, value: dict[str, Any], place: Place, trail: _Trail) -> Steps[dict[str, Any]]:
        if "$ref" in value:
            return self._reference(place / "$ref", trail)
        schema = yield from self._keywords(value, place, trail)
        for bound in ("minimum", "maximum"):
            exclusive = f"exclusive{bound.capitalize()}"
            if value.get(exclusive) is True and bound in schema:
                schema[exclusive] = schema.pop(bound)
            elif isinstance(value.get(exclusive), bool):
                schema.pop(exclusive)
        if value.get("nullable") is True and "type" in schema:
            schema["type"] = list(dict.fromkeys((*types_of(schema), "null")))
        return self._with_discriminator(schema, value, place, trail)

    def _keywords(self, value: dict[str, Any], place: Place, trail: _Trail) -> Steps[dict[str, Any]]:
        schema: dict[str, Any] = {}
        for key in filter(_READ.__contains__, value):
            child = value[key]
            inner = trail if key in SAME_VALUE else _NO_TRAIL
            if inner and key in _CHOICES and self._closes_circle(key, child, place, inner):
                continue
            schema[key] = (yield from self._children(key, child, place / key, inner)) if key in APPLICATORS else child
        unjudged = {key: one for key, one in value.items() if key not in _KNOWN and not key.startswith("x-")}
        unjudged |= unknown_fields(value.get("discriminator")) | self._dynamic.unjudged(value)
        if unjudged:
            schema[UNJUDGED] = unjudged
        return schema

    def _closes_circle(self, key: str, value: Any, place: Place, trail: _Trail) -> bool:
        """Return whether a reference in ``oneOf``, ``anyOf`` or ``not`` leads back to a schema that applies already."""
        places = [place / key / index for index in range(len(value))] if isinstance(value, list) else [place / key]
        inside = [(here, self.document.at(here)) for here in places]
        targets = (self.document.goal(here / "$ref") for here, one in inside if isinstance(one, dict) and "$ref" in one)
        return any(target in trail for target in targets)

    def _without_barred(self, schema: SchemaNode, place: Place) -> None:
        """Mark the properties that this side never sends; they are not required and may have any value."""
        mark = "readOnly" if self.side is Side.REQUEST else "writeOnly"
        properties: dict[str, Schema] = schema.get("properties", {})
        names = {name for name in properties if self._is_marked(place / "properties" / name, mark, _MAX_MARKED)}
        for name in names:
            origin = _origin(properties[name], place / "properties" / name)
            schema["properties"] = {**schema["properties"], name: SchemaNode({mark: True, BARRED: True}, origin)}
        branches = [one for one in schema.get("allOf", ()) if isinstance(one, SchemaNode)]
        names |= {name for one in branches for name in barred((one,))}
        for one in (schema, *branches):
            if names and "required" in one:
                one["required"] = [name for name in one["required"] if name not in names]

    def _is_marked(self, place: Place, mark: str, depth: int) -> bool:
        """Return whether a property has a mark, directly, behind references or in ``allOf``."""
        value = self.document.at(place)
        if not isinstance(value, dict) or depth == 0:
            return False
        if value.get(mark) is True and not ("$ref" in value and self.document.version == "3.0"):
            return True
        if "$ref" in value:
            return self._is_marked(self.document.goal(place / "$ref"), mark, depth - 1)
        return any(
            self._is_marked(place / "allOf" / index, mark, depth - 1) for index in range(len(value.get("allOf", ())))
        )

    def _children(self, key: str, value: Any, place: Place, trail: _Trail) -> Steps[Any]:
        if key in ONE:
            return (yield self._schema(value, place, trail))
        if key in LISTS:
            return (yield gather(self._schema(child, place / index, trail) for index, child in enumerate(value)))
        schemas = yield gather(self._schema(child, place / name, trail) for name, child in value.items())
        return dict(zip(value, schemas, strict=True))

    def _reference(self, place: Place, trail: _Trail) -> dict[str, Any]:
        """Return the reference to a definition; nothing for one that leads back to a schema that applies already."""
        target = self.document.goal(place)
        return {} if target in trail else self._definition(target, trail)

    def _definition(self, target: Place, trail: _Trail) -> dict[str, Any]:
        """Return the reference to a definition, which is read later."""
        key = (target, self._entered(target, trail))
        if key not in self._names:
            base = str(target.pointer[-1]) if target.pointer else "document"
            name = base.replace("/", "_").replace("~", "_").replace("%", "_")
            name = self.prefix + name
            number, unique = 2, name
            while unique in self._taken:
                unique, number = f"{name}_{number}", number + 1
            self._taken.add(unique)
            self._names[key] = unique
            self._waiting.append(key)
        return {"$ref": REFERENCE + self._names[key]}

    def _with_discriminator(
        self, schema: dict[str, Any], value: dict[str, Any], place: Place, trail: _Trail
    ) -> dict[str, Any]:
        """Complete the mapping of a discriminator: the names of the referenced schemas are values too."""
        discriminator = value.get("discriminator")
        if discriminator is None:
            return schema
        tag = discriminator["propertyName"]
        if schema.keys().isdisjoint(UNIONS):
            return self._with_heirs(schema, place, trail, tag)
        goals = goals_of(value)
        schema["discriminator"] = {"propertyName": tag, "values": names_of(goals)}
        other = self._counterpart(place)
        if other is None:
            return schema
        if self.side is Side.RESPONSE and self.prefix == REVISION:
            known = known_values(names_of(goals), names_of(goals_of(other)))
            goals = {one: goal for one, goal in goals.items() if one in known}
        schema["discriminator"]["dispatches"] = True
        return dispatched(schema, place, tag, {one: self._selected(one, goals[one], place, trail) for one in goals})

    def _with_heirs(self, schema: dict[str, Any], place: Place, trail: _Trail, tag: str) -> dict[str, Any]:
        """Add the schemas that extend this one as alternatives, unless one of them includes it."""
        heirs = self.document.heirs.get(place, {})
        names = {value: schema_name(heir) for value, heir in heirs.items()}
        schema["discriminator"] = {"propertyName": tag, "values": names}
        if trail.intersection(heirs.values()) or any(place in self._heirs_of(above) for above in trail):
            return schema
        theirs = inheritance.heirs_of_counterpart(self.document, place, self.other)
        if not heirs or not theirs or max(len(heirs), len(theirs)) > MOST_HEIRS:
            return self._with_unjudged(schema, heirs)
        stated = stated_values(self.document, place, tag)
        own = sorted({*own_values(self.document, place), *stated}.difference(heirs))
        known = set(heirs)
        if self.side is Side.RESPONSE and self.prefix == REVISION:
            known = known_values(names, {value: schema_name(heir) for value, heir in theirs.items()})
        schema["discriminator"]["dispatches"] = True
        unselected = {value: heir for value, heir in heirs.items() if stated and value not in stated}
        goals = {
            value: (self._definition(heirs[value], trail)["$ref"], heirs[value])
            for value in sorted(known - unselected.keys())
        }
        return inherited(self._with_unjudged(schema, unselected), place, tag, own, goals)

    def _heirs_of(self, place: Place) -> Collection[Place]:
        return self.document.heirs.get(place, {}).values()

    def _with_unjudged(self, schema: dict[str, Any], heirs: Mapping[str, Place]) -> dict[str, Any]:
        """Add schemas that a discriminator cannot select, or that are too many, as text."""
        if not heirs:
            return schema
        texts = {schema_name(heir): without_texts(self.document.at(heir)) for heir in heirs.values()}
        return {**schema, UNJUDGED: {**schema.get(UNJUDGED, {}), "discriminator": texts}}

    def _counterpart(self, place: Place) -> dict[str, Any] | None:
        """Return the schema with a discriminator at the same place of the other document, if there is one."""
        found = inheritance.find(self.other, inheritance.counterpart(self.document, place, self.other))
        return found if isinstance(found, dict) and isinstance(found.get("discriminator"), dict) else None

    def _selected(self, value: str, goal: str, place: Place, trail: _Trail) -> str | None:
        """Return the reference to what a value of a discriminator selects."""
        if value not in self.document.at(place / "discriminator").get("mapping", {}):
            branches = [
                place / key / index for key in UNIONS for index in range(len(self.document.at(place).get(key, ())))
            ]
            place = next(one / "$ref" for one in branches if self.document.at(one).get("$ref") == goal)
            return self._reference(place, trail).get("$ref")
        component = Place(self.document.name, ("components", "schemas", goal))
        if _NAME.match(goal) and self.document.find(component.pointer) is not None:
            return str(self._definition(component, trail)["$ref"])
        return self._reference(place / "discriminator" / "mapping" / value, trail).get("$ref")

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
                place, problem, "Replace references to references with their targets, and merge nested allOf."
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


def _or_null(schema: SchemaNode, place: Place) -> SchemaNode:
    """Return a schema that also accepts null. What says nothing about values stays beside the alternatives."""
    outside = {key: schema.pop(key) for key in ("default", "deprecated", "readOnly", "writeOnly") if key in schema}
    null = SchemaNode({"type": "null"}, place / "nullable")
    return SchemaNode({**outside, "anyOf": [schema, null]}, place)


@dataclass(frozen=True)
class _Applied:
    """How many schemas apply to one value, and how many of them in the longest chain."""

    number: int
    chain: int


_OPEN = _Applied(0, 0)


def _origin(schema: Any, default: Place) -> Place:
    return schema.origin if isinstance(schema, SchemaNode) and schema.origin is not None else default


LONGEST_PATTERN = 2_000
"""The longest pattern that is judged; the time to compare two grows faster than their lengths."""


def _compiled_form(pattern: str) -> str | None:
    return readable(pattern) if len(pattern) <= LONGEST_PATTERN else None


def _translate_patterns(schema: SchemaNode) -> None:
    """Bring patterns into the form that validators compile; one that none compiles, or a long one, is kept as text."""
    if "pattern" in schema:
        form = _compiled_form(schema["pattern"])
        if form is None:
            schema[OPAQUE_PATTERN] = schema.pop("pattern")
        else:
            schema["pattern"] = form
    if "patternProperties" in schema:
        forms = {pattern: _compiled_form(pattern) for pattern in schema["patternProperties"]}
        opaque = sorted(pattern for pattern, form in forms.items() if form is None)
        schema["patternProperties"] = {
            form: schema["patternProperties"][pattern] for pattern, form in forms.items() if form is not None
        }
        if opaque:
            schema[OPAQUE_PATTERN] = [schema.get(OPAQUE_PATTERN), *opaque]
