"""The schemas of base and revision together, so that a schema may mix parts of both.

Names of definitions begin with ``base.`` or ``revision.``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema_rs import Draft202012, ReferencingError, ValidationError, canonicalize
from jsonschema_rs.canonical import CanonicalizationError

from spec_gate.budget import Budget
from spec_gate.schemas.deep import Steps, gather, run_steps
from spec_gate.schemas.keywords import (
    ANNOTATIONS,
    LISTS,
    MAPS,
    ONE,
    REFERENCE,
    name_of,
    reference_depths,
    references,
    same_value_schemas,
)
from spec_gate.schemas.node import Schema, SchemaNode, Side, number_of
from spec_gate.schemas.read import BASE, REVISION, Schemas
from spec_gate.schemas.scale import Scale
from spec_gate.schemas.simplify import Simplified
from spec_gate.schemas.validity import KNOWN_FORMATS
from spec_gate.schemas.values import canonical_text, is_number
from spec_gate.source.documents import Document, Place

_Key = tuple[int, int]

_UNORDERED = frozenset({"allOf", "anyOf", "oneOf"})
_OUTLINED = 6
"""How many levels of a schema its outline shows."""


def read_schema_pairs(base: Document, revision: Document, budget: Budget | None = None) -> dict[Side, SchemaPair]:
    """Return the schemas of each side. Documents that mean the same on both sides are read once.

    ``budget`` is the time for their proofs.
    """
    budget = budget or Budget()
    scale = Scale(source.value for document in (base, revision) for source in document.sources.values())

    def read(document: Document, side: Side) -> Simplified:
        prefix, other = (BASE, revision) if document is base else (REVISION, base)
        return Simplified(Schemas(document, side, prefix, other, scale))

    request = (read(base, Side.REQUEST), read(revision, Side.REQUEST))
    response = (
        request[0] if _one_sided(base) else read(base, Side.RESPONSE),
        request[1] if _one_sided(revision) else read(revision, Side.RESPONSE),
    )
    pairs = {
        side: SchemaPair(*both, side, scale, budget)
        for side, both in ((Side.REQUEST, request), (Side.RESPONSE, response))
    }
    if request == response:
        pairs[Side.RESPONSE].share(pairs[Side.REQUEST])
    return pairs


def _one_sided(document: Document) -> bool:
    """Return whether no schema means something else in requests than in responses."""
    if document.version == "3.0" or len(document.sources) > 1:
        return False
    waiting: list[Any] = [document.root]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            if not _SIDED.isdisjoint(here):
                return False
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here
    return True


_SIDED = frozenset({"readOnly", "writeOnly", "discriminator"})


class SchemaPair:
    """The schemas of base and revision as they apply to one side: to requests, or to responses."""

    def __init__(self, base: Simplified, revision: Simplified, side: Side, scale: Scale, budget: Budget) -> None:
        self.side = side
        self.budget = budget
        self.scale = scale
        self.base = base
        self.revision = revision
        self.alternatives: dict[tuple[int, bool], list[Schema]] = {}
        """The alternatives of schemas by number, as far as they have been written apart."""
        self.answers: dict[bytes, str] = {}
        """The answers of the decision procedure by a digest of the two schemas."""
        self.allowed: dict[tuple[tuple[int, ...], str], bool] = {}
        """Whether receivers may accept a property, by their numbers and its name."""
        self._same: dict[_Key, bool] = {}
        self._outlines: dict[int, int] = {}
        self._bare: dict[tuple[str, bool], tuple[Any, Mapping[str, int]]] = {}

    def share(self, other: SchemaPair) -> None:
        """Use the results of another pair for the same schemas."""
        self._same, self._bare, self.answers = other._same, other._bare, other.answers

    def read_base(self, place: Place) -> Schema:
        return self.base.of(self.base.schemas.read(place))

    def read_revision(self, place: Place) -> Schema:
        return self.revision.of(self.revision.schemas.read(place))

    def original(self, place: Place, *, of_base: bool) -> Schema:
        """Return a schema as written, except for its references. Witnesses are checked against it."""
        return (self.base if of_base else self.revision).schemas.read(place)

    def document(self, *, of_base: bool) -> Document:
        return (self.base if of_base else self.revision).schemas.document

    def followed(self, schema: Schema) -> Schema:
        """Return the schema behind a reference; annotations beside the reference stay."""
        if isinstance(schema, SchemaNode) and "$ref" in schema:
            return self._side_of(schema["$ref"]).followed(schema)
        return schema

    def target(self, reference: str) -> Schema:
        """Return the simplest form of the schema that a reference leads to."""
        return self._side_of(reference).target(reference)

    def is_base_definition(self, reference: str) -> bool:
        return name_of(reference) in self.base.schemas.definitions

    def _side_of(self, reference: str) -> Simplified:
        return self.base if reference.startswith(REFERENCE + BASE) else self.revision

    def real(self, schema: Schema, depth: int) -> tuple[Any, bool]:
        """Return a schema as :meth:`up_to` does, as written and with the lengths and counts of the document."""
        whole, complete = self.up_to(schema, depth, simple=False)
        if not isinstance(whole, dict):
            return whole, complete
        plain = self.scale.schema_as_written({key: value for key, value in whole.items() if key != "$defs"})
        written = {name: self.scale.schema_as_written(one) for name, one in whole.get("$defs", {}).items()}
        return {**plain, "$defs": written}, complete

    def whole(self, schema: Schema) -> Any:
        """Return the schema as JSON with every definition that it needs, without annotations."""
        if isinstance(schema, bool):
            return schema
        definitions: dict[str, Any] = {}
        waiting = list(references(schema))
        while waiting:
            reference = waiting.pop()
            name = name_of(reference)
            if name not in definitions:
                definitions[name], more = self._definition(reference, simple=True)
                waiting.extend(more)
        plain = bare(schema)
        return {**plain, "$defs": definitions} if definitions else plain

    def has_more_definitions(self, schema: Schema, limit: int) -> bool:
        """Return whether a schema needs more definitions than a limit."""
        return self.definitions_of(schema, limit) > limit

    def definitions_of(self, schema: Schema, limit: int) -> int:
        """Return how many definitions a schema needs; a number above the limit stands for all that are above it."""
        found: set[str] = set()
        waiting = list(references(schema))
        while waiting and len(found) <= limit:
            reference = waiting.pop()
            if reference not in found:
                found.add(reference)
                waiting.extend(self._definition(reference, simple=True)[1])
        return len(found)

    def up_to(self, schema: Schema, depth: int, *, simple: bool = True) -> tuple[Any, bool]:
        """Return the schema as JSON for values that nest no deeper than ``depth``, and whether it is complete.

        Definitions that apply only to deeper values accept everything: large documents would need all of theirs.
        """
        if isinstance(schema, bool):
            return schema, True
        levels: dict[int, list[str]] = {}
        beyond: set[str] = set()
        found: dict[str, Any] = {}

        def add(more: Mapping[str, int], level: int) -> None:
            for reference, steps in more.items():
                if level + steps <= depth:
                    levels.setdefault(level + steps, []).append(reference)
                else:
                    beyond.add(reference)

        add(reference_depths(schema), 0)
        while levels:
            level = min(levels)
            for reference in levels.pop(level):
                if reference not in found:
                    found[reference], more = self._definition(reference, simple=simple)
                    add(more, level)
        beyond -= found.keys()
        definitions = {name_of(one): found.get(one, True) for one in (*found, *beyond)}
        plain = bare(schema)
        return ({**plain, "$defs": definitions} if definitions else plain), not beyond

    def _definition(self, reference: str, *, simple: bool) -> tuple[Any, Mapping[str, int]]:
        """Return a definition without annotations, and the references in it with their depths."""
        key = (reference, simple)
        if key not in self._bare:
            target = self.target(reference) if simple else self._side_of(reference).schemas.definition(reference)
            self._bare[key] = (bare(target), reference_depths(target))
        return self._bare[key]

    def is_possible(self, schema: Schema) -> bool:
        """Return whether a schema may accept a value; its parts two levels below it do not matter."""
        try:
            whole = canonicalize(self.up_to(schema, 1)[0], draft=Draft202012, validate_formats=True)
        except (CanonicalizationError, ReferencingError, ValidationError):
            return True
        return str(whole.satisfiability()) != "no"

    def applied(self, schemas: Iterable[Schema]) -> list[SchemaNode]:
        """Return every schema that may affect whether the same value is valid."""
        found: dict[int, SchemaNode] = {}
        waiting = list(schemas)
        for schema in waiting:
            if isinstance(schema, SchemaNode) and schema.number not in found:
                found[schema.number] = schema
                if "$ref" in schema:
                    waiting.append(self.target(schema["$ref"]))
                waiting.extend(same_value_schemas(schema))
        return list(found.values())

    def is_unchanged(self, base: Place | None, revision: Place | None) -> bool:
        """Return whether the schemas at two places are the same; None stands for no schema."""
        if base is None or revision is None:
            return base is revision
        return self.same(self.read_base(base), self.read_revision(revision))

    # Equality ---------------------------------------------------------------------------------------------------------

    def same(self, base: Schema, revision: Schema) -> bool:
        """Return whether two schemas have the same keywords, also behind references and in recursion."""
        key = (number_of(base), number_of(revision))
        if key not in self._same:
            self._compare(base, revision)
        return self._same[key]

    def outline(self, schema: Schema) -> int:
        """Return a number that schemas share if they are the same, and rarely otherwise."""
        number = number_of(schema)
        if number not in self._outlines:
            self._outlines[number] = hash(canonical_text(_surface(schema, _OUTLINED)))
        return self._outlines[number]

    def _compare(self, base: Schema, revision: Schema) -> None:
        """Compare two schemas and all that they refer to: a difference makes everything that leads to it different."""
        needs: dict[_Key, list[_Key]] = {}
        different: list[_Key] = []
        waiting: list[tuple[Schema, Schema]] = [(base, revision)]
        while waiting:
            one, other = waiting.pop()
            key = (number_of(one), number_of(other))
            if key in needs or key in self._same:
                continue
            alike, pairs = self._alike(one, other)
            needs[key] = [(number_of(first), number_of(second)) for first, second in pairs]
            if not alike or any(self._same.get(pair) is False for pair in needs[key]):
                different.append(key)
            waiting.extend(pairs)
        tainted = _leading_to(different, needs)
        self._same.update({key: key not in tainted for key in needs})

    def _alike(self, one: Schema, other: Schema) -> tuple[bool, list[tuple[Schema, Schema]]]:
        """Compare keywords; return also the pairs of schemas behind references, which are left to compare."""
        pairs: list[tuple[Schema, Schema]] = []
        waiting: list[tuple[Any, Any]] = [(one, other)]
        while waiting:
            first, second = waiting.pop()
            if isinstance(first, dict) and isinstance(second, dict):
                if first.keys() != second.keys():
                    return False, pairs
                keys, are_schemas = set(first), isinstance(first, SchemaNode) and isinstance(second, SchemaNode)
                if are_schemas and "$ref" in first:
                    pairs.append((self.target(first["$ref"]), self.target(second["$ref"])))
                    keys.discard("$ref")
                waiting.extend(
                    self._arranged(first[key], second[key])
                    if are_schemas and key in _UNORDERED
                    else (first[key], second[key])
                    for key in keys
                )
            elif isinstance(first, list) and isinstance(second, list):
                if len(first) != len(second):
                    return False, pairs
                waiting.extend(zip(first, second, strict=True))
            elif first != second or (type(first) is not type(second) and not (is_number(first) and is_number(second))):
                return False, pairs
        return True, pairs

    def _arranged(self, ours: list[Schema], theirs: list[Schema]) -> tuple[list[Schema], list[Schema]]:
        """Return two lists of branches so that branches that are the same have the same index."""
        if len(ours) != len(theirs) or len(ours) < 2:
            return ours, theirs
        names = [[_name(one) for one in some] for some in (ours, theirs)]
        if names[0] == names[1] and "" not in names[0]:
            return ours, theirs
        return sorted(ours, key=self._rank), sorted(theirs, key=self._rank)

    def _rank(self, branch: Schema) -> tuple[int, str]:
        return self.outline(self.followed(branch)), _name(branch)


def _name(branch: Schema) -> str:
    """Return the name of the definition that a branch refers to; an empty string for other branches."""
    reference = branch.get("$ref", "") if isinstance(branch, SchemaNode) else ""
    return name_of(reference).partition(".")[2]


def _surface(value: Any, depth: int) -> Any:
    """Return the outer levels of a schema, in which all references are alike and branches have no order."""
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        return len(value)
    if isinstance(value, list):
        return [_surface(one, depth - 1) for one in value]
    surface: dict[str, Any] = {key: _surface(one, depth - 1) for key, one in value.items() if key != "$ref"}
    for key in _UNORDERED & surface.keys():
        if isinstance(surface[key], list):
            surface[key].sort(key=canonical_text)
    return {**surface, "$ref": ""} if "$ref" in value else surface


def _leading_to(different: list[_Key], needs: dict[_Key, list[_Key]]) -> set[_Key]:
    """Return the pairs that differ, and all pairs that lead to one of them."""
    led_from: dict[_Key, list[_Key]] = {}
    for key, needed in needs.items():
        for pair in needed:
            led_from.setdefault(pair, []).append(key)
    tainted: set[_Key] = set()
    waiting = list(different)
    while waiting:
        key = waiting.pop()
        if key not in tainted:
            tainted.add(key)
            waiting.extend(led_from.get(key, ()))
    return tainted


def bare(schema: Schema) -> Any:
    """Return a schema as JSON without annotations and unknown formats, which validators do not need."""
    return run_steps(_bare(schema))


def _bare(schema: Schema) -> Steps[Any]:
    if isinstance(schema, bool):
        return schema
    plain: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ONE:
            plain[key] = yield _bare(value)
        elif key in LISTS:
            plain[key] = yield gather(map(_bare, value))
        elif key in MAPS:
            plain[key] = dict(zip(value, (yield gather(map(_bare, value.values()))), strict=True))
        elif key not in ANNOTATIONS and not (key == "format" and value not in KNOWN_FORMATS):
            plain[key] = value
    return plain
