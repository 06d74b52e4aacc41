"""Coverage of the contract: which values of each field and keyword the requests of a run or a recording had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from chat_contract import Contract
from chat_contract.body import ABSENT
from chat_contract.contract import DOCUMENTED, MUST_ACCEPT, validator_for
from chat_contract.rules.findings import json_type
from chat_verifier.run.observation import Observation

_EDGES = {
    "minimum": -1,
    "minLength": -1,
    "minItems": -1,
    "exclusiveMaximum": -1,
    "maximum": 1,
    "maxLength": 1,
    "maxItems": 1,
    "exclusiveMinimum": 1,
}
"""The keywords with a boundary, and the step from it to its neighbour on the other side."""

_NUMBERS = frozenset({"integer", "number"})
_TYPES = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _NUMBERS),
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), frozenset({"string"})),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems"), frozenset({"array"})),
}
"""The types of values that a keyword is about."""

_ANY_TYPE = frozenset({"type", "enum", "const"})
_KEYWORDS = frozenset(_TYPES) | _ANY_TYPE


@dataclass(frozen=True)
class KeywordCoverage:
    """How many values were valid and invalid, and whether values on both sides of the boundary were tried.

    ``set``: the set of requests whose schema has the keyword. ``boundary`` is None for a keyword without one.
    """

    keyword: str
    value: Any
    set: str
    valid: int
    invalid: int
    boundary: bool | None

    @property
    def covered(self) -> int:
        return (self.valid > 0) + (self.invalid > 0) + bool(self.boundary)

    @property
    def possible(self) -> int:
        return 2 if self.boundary is None else 3


@dataclass(frozen=True)
class FieldCoverage:
    """How many requests had the field, and how many left it out. ``field``: a path such as ``events[].type``."""

    field: str
    present: int
    absent: int
    keywords: tuple[KeywordCoverage, ...]


@dataclass(frozen=True)
class ExampleCoverage:
    """How many requests were equal to an example of the contract."""

    name: str
    requests: int


@dataclass(frozen=True)
class Coverage:
    """The coverage of the request's fields, keywords and examples."""

    fields: tuple[FieldCoverage, ...]
    examples: tuple[ExampleCoverage, ...]

    @property
    def covered(self) -> int:
        """The number of kinds of values that some request had."""
        fields = sum((field.present > 0) + (field.absent > 0) for field in self.fields)
        keywords = sum(keyword.covered for field in self.fields for keyword in field.keywords)
        return fields + keywords + sum(example.requests > 0 for example in self.examples)

    @property
    def possible(self) -> int:
        keywords = sum(keyword.possible for field in self.fields for keyword in field.keywords)
        return 2 * len(self.fields) + keywords + len(self.examples)


def contract_coverage(contract: Contract, observations: Iterable[Observation]) -> Coverage:
    """Return what the requests to the operation exercised of the contract."""
    bodies = [seen.facts.body for seen in observations if isinstance(seen.facts.body, dict)]
    schemas = {name: dict(_fields(contract.schemas[name])) for name in (DOCUMENTED, MUST_ACCEPT)}
    return Coverage(
        fields=tuple(_field(path, schemas, bodies) for path in schemas[DOCUMENTED]),
        examples=tuple(
            ExampleCoverage(name, sum(body == example for body in bodies))
            for name, example in contract.request_examples.items()
        ),
    )


_Path = tuple[str, ...]


def _fields(schema: Mapping[str, Any], path: _Path = ()) -> Iterator[tuple[_Path, Mapping[str, Any]]]:
    """Yield the path and the schema of each field; ``[]`` stands for every element of an array."""
    for name, child in schema.get("properties", {}).items():
        if isinstance(child, Mapping):
            yield (*path, name), child
            yield from _fields(child, (*path, name))
    items = schema.get("items")
    if isinstance(items, Mapping):
        yield from _fields(items, (*path, "[]"))


def _field(path: _Path, schemas: Mapping[str, Mapping[_Path, Mapping[str, Any]]], bodies: list[Any]) -> FieldCoverage:
    values = [value for body in bodies for value in _values(body, path)]
    found = [value for value in values if value is not ABSENT]
    documented = schemas[DOCUMENTED][path]
    keywords = [_keyword(name, documented[name], DOCUMENTED, found) for name in documented if name in _KEYWORDS]
    narrower = schemas[MUST_ACCEPT].get(path, {})
    keywords += [
        _keyword(name, value, MUST_ACCEPT, found)
        for name, value in narrower.items()
        if name in _KEYWORDS and documented.get(name) != value
    ]
    return FieldCoverage(".".join(path).replace(".[]", "[]"), len(found), len(values) - len(found), tuple(keywords))


def _values(value: Any, path: _Path) -> Iterator[Any]:
    """Yield the values at the path, and ABSENT for each object that lacks its last property."""
    if not path:
        yield value
    elif path[0] == "[]":
        for child in value if isinstance(value, list) else ():
            yield from _values(child, path[1:])
    elif isinstance(value, dict):
        if path[0] in value:
            yield from _values(value[path[0]], path[1:])
        elif len(path) == 1:
            yield ABSENT


def _keyword(name: str, limit: Any, set_name: str, values: list[Any]) -> KeywordCoverage:
    validator = validator_for({name: limit})
    types = _TYPES.get(name)
    about = [value for value in values if types is None or json_type(value) in types]
    valid = _count_valid(validator, about)
    boundary = None
    if (step := _EDGES.get(name)) is not None:
        edges = {limit, limit + step}
        boundary = len(edges & {_measure(value) for value in about}) == len(edges)
    return KeywordCoverage(name, limit, set_name, valid, len(about) - valid, boundary)


def _count_valid(validator: Draft202012Validator, values: list[Any]) -> int:
    """Count the valid values; equal texts and numbers are validated once."""
    counts = Counter((type(value), value) for value in values if not isinstance(value, list | dict))
    nested = [value for value in values if isinstance(value, list | dict)]
    valid = sum(count for (_, value), count in counts.items() if validator.is_valid(value))
    return valid + sum(map(validator.is_valid, nested))


def _measure(value: Any) -> Any:
    """Return the number that a keyword with a boundary compares: a number, or a length."""
    return value if isinstance(value, int | float) else len(value)
