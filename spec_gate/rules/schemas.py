"""Rules for schemas: they name a difference and its direction. A proof decides whether it breaks clients.

Each row gives four rules: for request bodies, response bodies, parameters, and response headers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from spec_gate.differ.changes import PartKind, SchemaUse
from spec_gate.differ.groups import KeywordGroup
from spec_gate.rules.rule import Level, Rule
from spec_gate.schemas.node import Side
from spec_gate.schemas.values import canonical_text


class Direction(StrEnum):
    """Whether the revision accepts fewer values, more values, or other values."""

    TIGHTER = "tighter"
    LOOSER = "looser"
    EITHER = "either"


class Scope(StrEnum):
    """The prefix of a rule id: the part of a message that the schema describes."""

    REQUEST = "request"
    RESPONSE = "response"
    PARAMETER = "parameter"
    HEADER = "header"


@dataclass(frozen=True)
class Row:
    """One difference: the keywords, the rest of the id, the direction, the title, and when the row applies."""

    group: KeywordGroup
    stem: str
    direction: Direction
    title: str
    applies: Callable[[Any, Any], bool]


# Conditions: each takes the values of the keywords before and after ---------------------------------------------------


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
    """Return a bound, and whether it excludes the value itself."""
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
    return {canonical_text(one) for one in value}


def _yes(before: Any, after: Any) -> bool:
    return bool(after) and not before


def _no(before: Any, after: Any) -> bool:
    return bool(before) and not after


def _closed(before: Any, after: Any) -> bool:
    del before
    return after is False


def _opened(before: Any, after: Any) -> bool:
    return before is False or _absent(after)


_TIGHTER, _LOOSER, _EITHER = Direction.TIGHTER, Direction.LOOSER, Direction.EITHER
_G = KeywordGroup

_ROWS = (
    Row(_G.TYPE, "type-narrowed", _TIGHTER, "Fewer types allowed", _fewer_types),
    Row(_G.TYPE, "type-widened", _LOOSER, "More types allowed", _more_types),
    Row(_G.TYPE, "type-changed", _EITHER, "Type changed", _changed),
    Row(_G.ENUM, "enum-added", _TIGHTER, "Values restricted to a list", _added),
    Row(_G.ENUM, "enum-removed", _LOOSER, "List of allowed values removed", _removed),
    Row(_G.ENUM, "enum-value-removed", _TIGHTER, "Allowed value removed", _fewer_values),
    Row(_G.ENUM, "enum-value-added", _LOOSER, "Allowed value added", _more_values),
    Row(_G.ENUM, "enum-changed", _EITHER, "List of allowed values changed", _changed),
    Row(_G.LOWER_BOUND, "minimum-increased", _TIGHTER, "Minimum increased", _raised),
    Row(_G.LOWER_BOUND, "minimum-decreased", _LOOSER, "Minimum decreased or removed", _changed),
    Row(_G.UPPER_BOUND, "maximum-decreased", _TIGHTER, "Maximum decreased", _lowered),
    Row(_G.UPPER_BOUND, "maximum-increased", _LOOSER, "Maximum increased or removed", _changed),
    Row(_G.MULTIPLE_OF, "multiple-of-added", _TIGHTER, "Keyword multipleOf added", _added),
    Row(_G.MULTIPLE_OF, "multiple-of-removed", _LOOSER, "Keyword multipleOf removed", _removed),
    Row(_G.MULTIPLE_OF, "multiple-of-changed", _EITHER, "Keyword multipleOf changed", _changed),
    Row(_G.MIN_LENGTH, "min-length-increased", _TIGHTER, "Minimum string length increased", _raised),
    Row(_G.MIN_LENGTH, "min-length-decreased", _LOOSER, "Minimum string length decreased or removed", _changed),
    Row(_G.MAX_LENGTH, "max-length-decreased", _TIGHTER, "Maximum string length decreased", _lowered),
    Row(_G.MAX_LENGTH, "max-length-increased", _LOOSER, "Maximum string length increased or removed", _changed),
    Row(_G.PATTERN, "pattern-added", _TIGHTER, "Pattern added", _added),
    Row(_G.PATTERN, "pattern-removed", _LOOSER, "Pattern removed", _removed),
    Row(_G.PATTERN, "pattern-changed", _EITHER, "Pattern changed", _changed),
    Row(_G.FORMAT, "format-added", _TIGHTER, "Format added", _added),
    Row(_G.FORMAT, "format-removed", _LOOSER, "Format removed", _removed),
    Row(_G.FORMAT, "format-changed", _EITHER, "Format changed", _changed),
    Row(_G.MIN_ITEMS, "min-items-increased", _TIGHTER, "Minimum number of items increased", _raised),
    Row(_G.MIN_ITEMS, "min-items-decreased", _LOOSER, "Minimum number of items decreased or removed", _changed),
    Row(_G.MAX_ITEMS, "max-items-decreased", _TIGHTER, "Maximum number of items decreased", _lowered),
    Row(_G.MAX_ITEMS, "max-items-increased", _LOOSER, "Maximum number of items increased or removed", _changed),
    Row(_G.UNIQUE_ITEMS, "unique-items-added", _TIGHTER, "Items must be unique", _yes),
    Row(_G.UNIQUE_ITEMS, "unique-items-removed", _LOOSER, "Items no longer need to be unique", _no),
    Row(_G.ITEMS, "items-added", _TIGHTER, "Schema of items added", _added),
    Row(_G.ITEMS, "items-removed", _LOOSER, "Schema of items removed", _removed),
    Row(_G.ITEMS, "items-changed", _EITHER, "Schema of items changed", _changed),
    Row(_G.CONTAINS, "contains-added", _TIGHTER, "Keyword contains added", _added),
    Row(_G.CONTAINS, "contains-removed", _LOOSER, "Keyword contains removed", _removed),
    Row(_G.CONTAINS, "contains-changed", _EITHER, "Keyword contains changed", _changed),
    Row(_G.MIN_PROPERTIES, "min-properties-increased", _TIGHTER, "Minimum number of properties increased", _raised),
    Row(_G.MIN_PROPERTIES, "min-properties-decreased", _LOOSER,
        "Minimum number of properties decreased or removed", _changed),
    Row(_G.MAX_PROPERTIES, "max-properties-decreased", _TIGHTER, "Maximum number of properties decreased", _lowered),
    Row(_G.MAX_PROPERTIES, "max-properties-increased", _LOOSER,
        "Maximum number of properties increased or removed", _changed),
    Row(_G.REQUIRED, "property-became-required", _TIGHTER, "Property became required", _yes),
    Row(_G.REQUIRED, "property-became-optional", _LOOSER, "Property became optional", _no),
    Row(_G.PROPERTIES, "property-added", _EITHER, "Property added", _added),
    Row(_G.PROPERTIES, "property-removed", _EITHER, "Property removed", _changed),
    Row(_G.PATTERN_PROPERTIES, "pattern-property-added", _TIGHTER, "Pattern for property names added", _added),
    Row(_G.PATTERN_PROPERTIES, "pattern-property-removed", _LOOSER, "Pattern for property names removed", _changed),
    Row(_G.ADDITIONAL_PROPERTIES, "additional-properties-closed", _TIGHTER, "Additional properties forbidden", _closed),
    Row(_G.ADDITIONAL_PROPERTIES, "additional-properties-opened", _LOOSER, "Additional properties allowed", _opened),
    Row(_G.ADDITIONAL_PROPERTIES, "additional-properties-restricted", _TIGHTER,
        "Additional properties restricted by a schema", _changed),
    Row(_G.PROPERTY_NAMES, "property-names-restricted", _TIGHTER, "Property names restricted", _added),
    Row(_G.PROPERTY_NAMES, "property-names-freed", _LOOSER, "Restriction of property names removed", _removed),
    Row(_G.PROPERTY_NAMES, "property-names-changed", _EITHER, "Restriction of property names changed", _changed),
    Row(_G.DEPENDENT_REQUIRED, "dependent-required-added", _TIGHTER, "Keyword dependentRequired added", _added),
    Row(_G.DEPENDENT_REQUIRED, "dependent-required-removed", _LOOSER, "Keyword dependentRequired removed", _removed),
    Row(_G.DEPENDENT_REQUIRED, "dependent-required-changed", _EITHER, "Keyword dependentRequired changed", _changed),
    Row(_G.DEPENDENT_SCHEMAS, "dependent-schema-added", _TIGHTER, "Dependent schema added", _added),
    Row(_G.DEPENDENT_SCHEMAS, "dependent-schema-removed", _LOOSER, "Dependent schema removed", _changed),
    Row(_G.ALL_OF, "all-of-extended", _TIGHTER, "Schema added to allOf", _added),
    Row(_G.ALL_OF, "all-of-reduced", _LOOSER, "Schema removed from allOf", _removed),
    Row(_G.ALL_OF, "all-of-changed", _EITHER, "Schemas of allOf changed", _changed),
    Row(_G.ANY_OF, "any-of-branch-removed", _TIGHTER, "Alternative of anyOf removed", _removed),
    Row(_G.ANY_OF, "any-of-branch-added", _LOOSER, "Alternative of anyOf added", _added),
    Row(_G.ANY_OF, "any-of-changed", _EITHER, "Alternatives of anyOf changed", _changed),
    Row(_G.ONE_OF, "one-of-branch-removed", _EITHER, "Alternative of oneOf removed", _removed),
    Row(_G.ONE_OF, "one-of-branch-added", _EITHER, "Alternative of oneOf added", _added),
    Row(_G.ONE_OF, "one-of-changed", _EITHER, "Alternatives of oneOf changed", _changed),
    Row(_G.NOT, "not-added", _TIGHTER, "Forbidden schema (not) added", _added),
    Row(_G.NOT, "not-removed", _LOOSER, "Forbidden schema (not) removed", _removed),
    Row(_G.NOT, "not-changed", _EITHER, "Forbidden schema (not) changed", _changed),
    Row(_G.CONDITIONAL, "condition-added", _TIGHTER, "Condition (if, then, else) added", _added),
    Row(_G.CONDITIONAL, "condition-removed", _LOOSER, "Condition (if, then, else) removed", _removed),
    Row(_G.CONDITIONAL, "condition-changed", _EITHER, "Condition (if, then, else) changed", _changed),
    Row(_G.UNEVALUATED_PROPERTIES, "unevaluated-properties-closed", _TIGHTER,
        "Unevaluated properties forbidden", _closed),
    Row(_G.UNEVALUATED_PROPERTIES, "unevaluated-properties-opened", _LOOSER,
        "Unevaluated properties allowed", _opened),
    Row(_G.UNEVALUATED_PROPERTIES, "unevaluated-properties-changed", _EITHER,
        "Schema of unevaluated properties changed", _changed),
    Row(_G.UNEVALUATED_ITEMS, "unevaluated-items-closed", _TIGHTER, "Unevaluated items forbidden", _closed),
    Row(_G.UNEVALUATED_ITEMS, "unevaluated-items-opened", _LOOSER, "Unevaluated items allowed", _opened),
    Row(_G.UNEVALUATED_ITEMS, "unevaluated-items-changed", _EITHER, "Schema of unevaluated items changed", _changed),
    Row(_G.SCHEMA, "value-forbidden", _TIGHTER, "Every value forbidden", _closed),
    Row(_G.SCHEMA, "value-allowed", _LOOSER, "Previously forbidden values allowed", _changed),
    Row(_G.WHOLE, "schema-changed", _EITHER, "Several keywords changed together", _changed),
)  # fmt: skip

_WHERE = {
    Scope.REQUEST: "in a request",
    Scope.RESPONSE: "in a response",
    Scope.PARAMETER: "in a parameter",
    Scope.HEADER: "in a response header",
}
_SENT_BY_CLIENT = frozenset({Scope.REQUEST, Scope.PARAMETER})
_WHY_SENT = "A client built for the base may send a value that the revision rejects."
_WHY_RECEIVED = "A client built for the base may receive a value that it cannot read."
_HINT_RECEIVED = "Send only values that the base allows. Put new values into a new optional field."
_HINTS = {
    (Direction.TIGHTER, True): "Keep accepting the old values. To retire them, add a new field and deprecate this one.",
    (Direction.EITHER, True): "Accept both the old and the new values, for example with anyOf.",
    (Direction.LOOSER, False): _HINT_RECEIVED,
    (Direction.EITHER, False): _HINT_RECEIVED,
}
_OWN_ADVICE = {
    ("property-became-required", True): (
        "Requests that leave the property out are rejected.", "Make it optional and document what its absence means."
    ),
    ("property-became-optional", False): (
        "Clients that read the property may not find it.", "Send the property in every response."
    ),
    ("additional-properties-closed", True): (
        "Requests with further properties are rejected.", "Keep accepting further properties, and ignore them."
    ),
}  # fmt: skip
"""Why a difference breaks clients and a hint, where the general ones do not fit."""
_WHY_HARMLESS = "Clients built for the base are not affected."
_NO_ACTION = "No action needed."


def _rule(scope: Scope, row: Row) -> Rule:
    sent = scope in _SENT_BY_CLIENT
    title = f"{row.title} {_WHERE[scope]}"
    if row.direction is not Direction.EITHER and (row.direction is Direction.TIGHTER) != sent:
        return Rule(f"{scope}-{row.stem}", Level.INFO, title, _WHY_HARMLESS, _NO_ACTION)
    general = (_WHY_SENT if sent else _WHY_RECEIVED), _HINTS[row.direction, sent]
    why, hint = _OWN_ADVICE.get((row.stem, sent), general)
    return Rule(f"{scope}-{row.stem}", Level.BREAKING, title, why, hint)


def advice(rule: Rule) -> tuple[str, str]:
    """Return why a difference breaks clients, and a hint, though its rule calls it harmless."""
    sent = rule.id.partition("-")[0] in _SENT_BY_CLIENT
    return (_WHY_SENT if sent else _WHY_RECEIVED), _HINTS[Direction.EITHER, sent]


SCHEMA_RULES: dict[tuple[Scope, str], Rule] = {(scope, row.stem): _rule(scope, row) for scope in Scope for row in _ROWS}
"""Every rule by its scope and the rest of its id. The level is what the rule says before anything is proved."""


def scope_of(use: SchemaUse) -> Scope:
    """Return the scope of the rules for a schema."""
    if use.part.kind is PartKind.PARAMETER:
        return Scope.PARAMETER
    if use.part.kind is PartKind.RESPONSE_HEADER:
        return Scope.HEADER
    return Scope.REQUEST if use.side is Side.REQUEST else Scope.RESPONSE


def rule_for(scope: Scope, group: KeywordGroup, before: Any, after: Any) -> Rule:
    """Return the rule that names a difference."""
    row = next(row for row in _ROWS if row.group is group and row.applies(before, after))
    return SCHEMA_RULES[scope, row.stem]
