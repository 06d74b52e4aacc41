"""Rules on what schemas say: they name a difference and say which way it goes; whether it breaks is proved, not ruled.

A row stands for four rules: the same difference in a request's body, a response's body, a parameter, a response header.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from spec_gate.rules.rule import Level, Rule
from spec_gate.schemas.simplify import written

Way = Literal["tighter", "looser", "either"]

PREFIXES = ("request", "response", "parameter", "header")


@dataclass(frozen=True)
class Row:
    """One difference: its group, its name in ids, which way it goes, what it is, and when it applies."""

    group: str
    stem: str
    way: Way
    title: str
    applies: Callable[[Any, Any], bool]


def _added(before: Any, after: Any) -> bool:
    return _absent(before) and not _absent(after)


def _removed(before: Any, after: Any) -> bool:
    return not _absent(before) and _absent(after)


def _changed(before: Any, after: Any) -> bool:
    del before, after
    return True


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, list | dict) and not value)


def _bound(value: Any) -> tuple[float, bool]:
    """Return a bound, and whether it is one that the value itself does not reach."""
    if not isinstance(value, dict):
        return value, False
    key, bound = next(iter(value.items()))
    return bound, key.startswith("exclusive")


def _raised(before: Any, after: Any) -> bool:
    return not _absent(after) and (_absent(before) or _bound(after) > _bound(before))


def _lowered(before: Any, after: Any) -> bool:
    if _absent(before) or _absent(after):
        return not _absent(after)
    (was, open_before), (now, open_now) = _bound(before), _bound(after)
    return now < was or (now == was and open_now and not open_before)


def _types(value: Any) -> set[str]:
    return {value} if isinstance(value, str) else set(value)


def _fewer_types(before: Any, after: Any) -> bool:
    if _absent(before):
        return not _absent(after)
    return not _absent(after) and _types(after) - _types(before) <= (
        {"integer"} if "number" in _types(before) else set()
    )


def _more_types(before: Any, after: Any) -> bool:
    return not _absent(before) and (_absent(after) or _fewer_types(after, before))


def _fewer_values(before: Any, after: Any) -> bool:
    return not _absent(before) and not _absent(after) and _values(after) <= _values(before)


def _more_values(before: Any, after: Any) -> bool:
    return not _absent(before) and not _absent(after) and _values(before) <= _values(after)


def _values(value: list[Any]) -> set[str]:
    return {written(one) for one in value}


def _yes(before: Any, after: Any) -> bool:
    return bool(after) and not before


def _no(before: Any, after: Any) -> bool:
    return bool(before) and not after


def _closed(before: Any, after: Any) -> bool:
    del before
    return after is False


def _opened(before: Any, after: Any) -> bool:
    return before is False or _absent(after)


_ROWS = (
    Row("type", "type-narrowed", "tighter", "Fewer types are allowed", _fewer_types),
    Row("type", "type-widened", "looser", "More types are allowed", _more_types),
    Row("type", "type-changed", "either", "Other types are allowed", _changed),
    Row("enum", "enum-added", "tighter", "Only listed values are allowed", _added),
    Row("enum", "enum-removed", "looser", "Values are not listed any more", _removed),
    Row("enum", "enum-value-removed", "tighter", "A listed value is gone", _fewer_values),
    Row("enum", "enum-value-added", "looser", "A value is listed anew", _more_values),
    Row("enum", "enum-changed", "either", "Other values are listed", _changed),
    Row("lower bound", "minimum-increased", "tighter", "The least number is greater", _raised),
    Row("lower bound", "minimum-decreased", "looser", "The least number is smaller, or gone", _changed),
    Row("upper bound", "maximum-decreased", "tighter", "The greatest number is smaller", _lowered),
    Row("upper bound", "maximum-increased", "looser", "The greatest number is greater, or gone", _changed),
    Row("multipleOf", "multiple-of-added", "tighter", "Only multiples are allowed", _added),
    Row("multipleOf", "multiple-of-removed", "looser", "Not only multiples are allowed", _removed),
    Row("multipleOf", "multiple-of-changed", "either", "Multiples of another number are allowed", _changed),
    Row("minLength", "min-length-increased", "tighter", "Texts must be longer", _raised),
    Row("minLength", "min-length-decreased", "looser", "Texts may be shorter", _changed),
    Row("maxLength", "max-length-decreased", "tighter", "Texts must be shorter", _lowered),
    Row("maxLength", "max-length-increased", "looser", "Texts may be longer", _changed),
    Row("pattern", "pattern-added", "tighter", "Texts must match a pattern", _added),
    Row("pattern", "pattern-removed", "looser", "Texts need not match a pattern", _removed),
    Row("pattern", "pattern-changed", "either", "Texts must match another pattern", _changed),
    Row("format", "format-added", "tighter", "Texts must be of a format", _added),
    Row("format", "format-removed", "looser", "Texts need not be of a format", _removed),
    Row("format", "format-changed", "either", "Texts must be of another format", _changed),
    Row("minItems", "min-items-increased", "tighter", "Lists must be longer", _raised),
    Row("minItems", "min-items-decreased", "looser", "Lists may be shorter", _changed),
    Row("maxItems", "max-items-decreased", "tighter", "Lists must be shorter", _lowered),
    Row("maxItems", "max-items-increased", "looser", "Lists may be longer", _changed),
    Row("uniqueItems", "unique-items-added", "tighter", "No item may come twice", _yes),
    Row("uniqueItems", "unique-items-removed", "looser", "Items may come twice", _no),
    Row("items", "items-added", "tighter", "Items are described", _added),
    Row("items", "items-removed", "looser", "Items are not described any more", _removed),
    Row("items", "items-changed", "either", "Items are described otherwise", _changed),
    Row("contains", "contains-added", "tighter", "A list must contain something", _added),
    Row("contains", "contains-removed", "looser", "A list need not contain something", _removed),
    Row("contains", "contains-changed", "either", "A list must contain something else", _changed),
    Row("minProperties", "min-properties-increased", "tighter", "Objects must have more properties", _raised),
    Row("minProperties", "min-properties-decreased", "looser", "Objects may have fewer properties", _changed),
    Row("maxProperties", "max-properties-decreased", "tighter", "Objects must have fewer properties", _lowered),
    Row("maxProperties", "max-properties-increased", "looser", "Objects may have more properties", _changed),
    Row("required", "property-became-required", "tighter", "A property became required", _yes),
    Row("required", "property-became-optional", "looser", "A property became optional", _no),
    Row("properties", "property-added", "either", "A property is new", _added),
    Row("properties", "property-removed", "either", "A property is not declared any more", _changed),
    Row("patternProperties", "pattern-property-added", "tighter", "Properties of some names are described", _added),
    Row(
        "patternProperties",
        "pattern-property-removed",
        "looser",
        "Properties of some names are not described",
        _changed,
    ),
    Row("additionalProperties", "additional-properties-closed", "tighter", "No other property is allowed", _closed),
    Row("additionalProperties", "additional-properties-opened", "looser", "Other properties are allowed", _opened),
    Row(
        "additionalProperties",
        "additional-properties-restricted",
        "tighter",
        "Other properties are described",
        _changed,
    ),
    Row("propertyNames", "property-names-restricted", "tighter", "Not every name of a property is allowed", _added),
    Row("propertyNames", "property-names-freed", "looser", "Every name of a property is allowed", _removed),
    Row("propertyNames", "property-names-changed", "either", "Other names of properties are allowed", _changed),
    Row("dependentRequired", "dependent-required-added", "tighter", "Some properties need others", _added),
    Row("dependentRequired", "dependent-required-removed", "looser", "No property needs another one", _removed),
    Row("dependentRequired", "dependent-required-changed", "either", "Some properties need other ones", _changed),
    Row("dependentSchemas", "dependent-schema-added", "tighter", "A property brings a condition", _added),
    Row("dependentSchemas", "dependent-schema-removed", "looser", "A property brings no condition", _changed),
    Row("allOf", "all-of-extended", "tighter", "More conditions hold at once", _added),
    Row("allOf", "all-of-reduced", "looser", "Fewer conditions hold at once", _removed),
    Row("allOf", "all-of-changed", "either", "Other conditions hold at once", _changed),
    Row("anyOf", "any-of-branch-removed", "tighter", "An alternative is gone", _removed),
    Row("anyOf", "any-of-branch-added", "looser", "An alternative is new", _added),
    Row("anyOf", "any-of-changed", "either", "The alternatives are others", _changed),
    Row("oneOf", "one-of-branch-removed", "either", "An alternative is gone", _removed),
    Row("oneOf", "one-of-branch-added", "either", "An alternative is new", _added),
    Row("oneOf", "one-of-changed", "either", "The alternatives are others", _changed),
    Row("not", "not-added", "tighter", "Something is forbidden", _added),
    Row("not", "not-removed", "looser", "Something is not forbidden any more", _removed),
    Row("not", "not-changed", "either", "Something else is forbidden", _changed),
    Row("conditional", "condition-added", "tighter", "A condition is new", _added),
    Row("conditional", "condition-removed", "looser", "A condition is gone", _removed),
    Row("conditional", "condition-changed", "either", "A condition is another one", _changed),
    Row("unevaluatedProperties", "unevaluated-properties-closed", "tighter", "No other property is allowed", _closed),
    Row("unevaluatedProperties", "unevaluated-properties-opened", "looser", "Other properties are allowed", _opened),
    Row(
        "unevaluatedProperties", "unevaluated-properties-changed", "either", "Other properties are described", _changed
    ),
    Row("unevaluatedItems", "unevaluated-items-closed", "tighter", "No other item is allowed", _closed),
    Row("unevaluatedItems", "unevaluated-items-opened", "looser", "Other items are allowed", _opened),
    Row("unevaluatedItems", "unevaluated-items-changed", "either", "Other items are described", _changed),
    Row("schema", "value-forbidden", "tighter", "No value is allowed at all", _closed),
    Row("schema", "value-allowed", "looser", "Values are allowed where none were", _changed),
    Row("whole", "schema-changed", "either", "The schema means something else", _changed),
)

_WHERE = {
    "request": "in a request",
    "response": "in a response",
    "parameter": "in a parameter",
    "header": "in a response header",
}
_WHY = {
    True: "A client that keeps to the old contract may send what is refused now.",
    False: "A client that keeps to the old contract may get what it cannot read.",
}
_MEND = {
    ("tighter", True): "Go on taking what was allowed; where it must go, add a new field and deprecate the old one.",
    ("looser", False): "Go on sending only what was promised; put what is new into a new optional field.",
    ("either", True): "Take both, the old and the new: anyOf says so.",
    ("either", False): "Go on sending what was promised; put what is new into a new optional field.",
}
_FINE = "Nothing to do: who keeps to the old contract does not feel it."


def nominal(prefix: str, way: Way) -> Level:
    """Return the level that a difference has as a rule, before it is proved."""
    asks = prefix in {"request", "parameter"}
    if way == "either":
        return "breaking"
    return "breaking" if (way == "tighter") == asks else "info"


def _rule(prefix: str, row: Row) -> Rule:
    asks = prefix in {"request", "parameter"}
    level = nominal(prefix, row.way)
    why = _WHY[asks] if level == "breaking" else _FINE
    hint = _MEND.get((row.way, asks), _FINE) if level == "breaking" else _FINE
    return Rule(f"{prefix}-{row.stem}", level, f"{row.title} {_WHERE[prefix]}.", why, hint)


RULES: dict[tuple[str, str], Rule] = {(prefix, row.stem): _rule(prefix, row) for prefix in PREFIXES for row in _ROWS}


def rule_for(prefix: str, group: str, before: Any, after: Any) -> Rule:
    """Return the rule that names a difference."""
    row = next(row for row in _ROWS if row.group == group and row.applies(before, after))
    return RULES[prefix, row.stem]
