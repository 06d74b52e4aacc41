"""The title of a finding: what changed, by its name. Names and values from documents stand between backticks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from spec_gate.report.model import ChangeKind, NoteKind, PartKind, ReportedFinding
from spec_gate.report.quoted import LONGEST, capital, code, value_code
from spec_gate.report.structure_titles import structure_title
from spec_gate.rules.registry import RULES
from spec_gate.rules.schemas import Scope

_NAMES_RULE = {NoteKind.NOT_PROVED}
_SHOWN = 3
_BOUNDS = {
    "minimum": "Minimum", "maximum": "Maximum", "min-length": "Minimum length", "max-length": "Maximum length",
    "min-items": "Minimum number of items", "max-items": "Maximum number of items",
    "min-properties": "Minimum number of properties", "max-properties": "Maximum number of properties",
}  # fmt: skip
_NOUNS = {
    "multiple-of": "multipleOf", "pattern": "Pattern", "items": "Schema of the items", "contains": "Keyword contains",
    "property-names": "Restriction of the property names", "dependent-required": "Keyword dependentRequired",
    "dependent-schema": "Dependent schema", "not": "Forbidden schema (not)", "condition": "Condition (if, then, else)",
    "unevaluated-properties": "Schema of unevaluated properties", "unevaluated-items": "Schema of unevaluated items",
}  # fmt: skip
_STEPS = {
    "added": "added", "removed": "removed", "changed": "changed", "closed": "forbidden", "opened": "allowed",
    "restricted": "added", "freed": "removed",
}  # fmt: skip


def title_of(finding: ReportedFinding) -> str:
    """Return the title of a finding."""
    if finding.kind not in {ChangeKind.SCHEMA, ChangeKind.ANNOTATION}:
        title = structure_title(finding)
    else:
        title = _schema(finding, _stem(finding))
    return title or _general(finding)


def says_values(finding: ReportedFinding) -> bool:
    """Return whether the title states the value before and after in full."""
    stem = _stem(finding)
    if stem == "enum-added":
        return len(finding.after or ()) <= _SHOWN
    shown = finding.kind in _SAID or stem.rpartition("-")[0] in _BOUNDS or stem in _SAYS_VALUES
    return shown and all(one is None or len(code(one)) < LONGEST for one in (finding.before, finding.after))


def _general(finding: ReportedFinding) -> str:
    title = RULES[finding.rule].title
    return f"{title}: {code(finding.name)}" if finding.name else title


def _stem(finding: ReportedFinding) -> str:
    """Return the id of the rule without the part of a message that it starts with."""
    note = finding.note
    rule = note.subject if note is not None and note.kind in _NAMES_RULE and note.subject else finding.rule
    scope, _, stem = rule.partition("-")
    return stem if scope in set(Scope) else rule


def _listed(values: Sequence[Any], shown_as: Callable[[Any], str] = code) -> str:
    shown = ", ".join(shown_as(one) for one in values[:_SHOWN])
    return f"{shown} and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else shown


# Schemas --------------------------------------------------------------------------------------------------------------


def _thing(finding: ReportedFinding) -> str:
    """Return the name of the value that a schema describes."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in finding.path.split("/")[1:]]
    component = _component(finding)
    if parts and parts[-1] != "*":
        return code(parts[-1])
    if component:
        return code(component)
    named = [part for part in parts if part != "*"]
    if parts:
        return f"the items of {code(named[-1])}" if named else f"the items of {_whole(finding)}"
    return _whole(finding)


def _component(finding: ReportedFinding) -> str:
    """Return the name of the component schema that changed, if the change is at its top level."""
    for place in (finding.revision, finding.base):
        parts = place.pointer.split("/") if place is not None else []
        if parts[1:3] == ["components", "schemas"] and len(parts) in {4, 5}:
            return parts[3].replace("~1", "/").replace("~0", "~")
    return ""


def _whole(finding: ReportedFinding) -> str:
    part = finding.part
    if part is None:
        return "the value"
    names = {
        PartKind.REQUEST_BODY: "the request body",
        PartKind.RESPONSE_BODY: "the response body",
        PartKind.PARAMETER: f"{part.location} parameter {code(part.name)}",
        PartKind.RESPONSE_HEADER: f"response header {code(part.name)}",
    }
    return names[part.kind]


def _schema(finding: ReportedFinding, stem: str) -> str:
    if stem in _SCHEMA_TITLES:
        return _SCHEMA_TITLES[stem](finding)
    head, _, step = stem.rpartition("-")
    if head in _BOUNDS:
        return _bound(finding, _BOUNDS[head], raised=step == "increased")
    if head in _NOUNS:
        return f"{_NOUNS[head]} of {_thing(finding)} {_STEPS[step]}"
    return ""


def _bound(finding: ReportedFinding, noun: str, *, raised: bool) -> str:
    before, after = (_number(one) for one in (finding.before, finding.after))
    start = f"{noun} of {_thing(finding)}"
    if before is None:
        return f"{start} set to {code(after)}"
    if after is None:
        return f"{start} removed (was {code(before)})"
    return f"{start} {'raised' if raised else 'lowered'} from {code(before)} to {code(after)}"


def _number(value: Any) -> Any:
    """Return the number of a bound, which may be written as exclusive."""
    if not isinstance(value, dict):
        return value
    keyword, number = next(iter(value.items()))
    return f"{number:,} (exclusive)" if keyword.startswith("exclusive") else number


def _types(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _any_of(types: Sequence[str]) -> str:
    return " or ".join(map(code, types))


def _type(finding: ReportedFinding) -> str:
    before, after, thing = _types(finding.before), _types(finding.after), _thing(finding)
    if before and after and set(before) ^ set(after) == {"null"}:
        return f"{capital(thing)} may be null" if "null" in after else f"{capital(thing)} may no longer be null"
    if before and after:
        return f"Type of {thing} changed from {_any_of(before)} to {_any_of(after)}"
    if after:
        return f"Type of {thing} restricted to {_any_of(after)}"
    return f"Restriction of {thing} to type {_any_of(before)} removed"


def _values(event: str, values: Sequence[Any]) -> str:
    return f"Enum value{'' if len(values) == 1 else 's'} {_listed(values, value_code)} {event}"


def _enum(finding: ReportedFinding) -> str:
    if not finding.removed and not finding.added:
        return f"Enum of {_thing(finding)} changed"
    if not finding.removed:
        return _values("added", finding.added)
    if not finding.added:
        return _values("removed", finding.removed)
    if len(finding.removed) == len(finding.added) == 1:
        return f"Enum value {value_code(finding.removed[0])} replaced by {value_code(finding.added[0])}"
    return f"{_values('removed', finding.removed)}, {_listed(finding.added, value_code)} added"


def _property(finding: ReportedFinding) -> str:
    """Return the title of a property that is new, forbidden, required, optional or gone."""
    stems = {_stem(finding), *map(_without_scope, finding.folded)}
    name = code(finding.name)
    if "property-added" in stems and finding.after is False:
        return f"Property {name} forbidden"
    if "property-added" in stems:
        return f"New {'required' if 'property-became-required' in stems else 'optional'} property {name}"
    gone = bool(stems & {"property-removed", "property-undeclared", "optional-property-removed"})
    if gone:
        return f"{'Required property' if 'property-became-optional' in stems else 'Property'} {name} removed"
    if "property-became-required" in stems:
        return f"Property {name} became required"
    return f"Property {name} became optional"


def _without_scope(rule: str) -> str:
    return rule.partition("-")[2]


def _object(finding: ReportedFinding, event: str) -> str:
    thing = _thing(finding)
    removed = f"; removed: {_listed(finding.removed)}" if finding.removed else ""
    return f"Additional properties of {thing} {event}{removed}"


def _changed(finding: ReportedFinding, noun: str) -> str:
    """Return the title of a keyword with a short value."""
    before, after, thing = finding.before, finding.after, _thing(finding)
    if before is None:
        return f"{noun} {value_code(after)} added to {thing}"
    if after is None:
        return f"{noun} {value_code(before)} of {thing} removed"
    return f"{noun} of {thing} changed from {value_code(before)} to {value_code(after)}"


def _alternatives(finding: ReportedFinding) -> str:
    removed, added = (_names(some) for some in (finding.removed, finding.added))
    thing = _thing(finding)
    noun = "Alternative" if len(finding.removed) + len(finding.added) == 1 else "Alternatives"
    if added and not removed:
        return f"{noun} {added} added to {thing}" if added.strip("?") else f"{noun} added to {thing}"
    if removed and not added:
        return f"{noun} {removed} of {thing} removed" if removed.strip("?") else f"{noun} of {thing} removed"
    if removed.strip("?") and added.strip("?"):
        return f"Alternatives of {thing} changed: {removed} removed, {added} added"
    return f"Alternatives of {thing} changed"


def _names(schemas: Sequence[Any]) -> str:
    """Return the names of alternatives; ``?`` stands for alternatives of which one has no name."""
    names = [reference_name(one) or _tag(one) for one in schemas]
    if not names:
        return ""
    return _listed(names) if all(names) else "?"


def _tag(schema: Any) -> str:
    """Return the property with only one value that tells an alternative from the others, for example ``type: card``."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    for name, one in (properties or {}).items():
        if isinstance(one, dict) and isinstance(one.get("enum"), list) and len(one["enum"]) == 1:
            return f"{name}: {one['enum'][0]}"
    return ""


def reference_name(schema: Any) -> str:
    """Return the name of the schema that a reference leads to; empty for any other value."""
    if not isinstance(schema, dict) or not isinstance(schema.get("$ref"), str):
        return ""
    return str(schema["$ref"].rpartition("/")[2])


def _all_of(finding: ReportedFinding) -> str:
    removed, added = (_names(some) for some in (finding.removed, finding.added))
    thing = _thing(finding)
    if bool(removed) == bool(added) or "?" in (removed, added):
        return f"Schemas of allOf changed: {thing}"
    return f"Schema {added} added to allOf of {thing}" if added else f"Schema {removed} removed from allOf of {thing}"


def _mark(finding: ReportedFinding, word: str) -> str:
    thing = capital(_thing(finding))
    return f"{thing} marked {word}" if finding.after is True else f"{thing} no longer marked {word}"


def _discriminator_value(finding: ReportedFinding, event: str) -> str:
    return f"Discriminator value {code(finding.name)} {event}"


_SAID = frozenset({
    ChangeKind.OPERATION, ChangeKind.OPERATION_ID, ChangeKind.SUNSET, ChangeKind.STABILITY, ChangeKind.STATUS,
    ChangeKind.SERVER, ChangeKind.SERVER_DEFAULT, ChangeKind.REQUEST_MEDIA_TYPE, ChangeKind.RESPONSE_MEDIA_TYPE,
})  # fmt: skip
_SAYS_VALUES = frozenset({
    "type-narrowed", "type-widened", "type-changed", "format-added", "format-removed", "format-changed",
    "format-label-changed", "content-label-changed", "default-changed", "discriminator-changed",
    "property-sunset-moved-earlier",
})  # fmt: skip
_Title = Callable[[ReportedFinding], str]
_SCHEMA_TITLES: dict[str, _Title] = {
    **dict.fromkeys(("type-narrowed", "type-widened", "type-changed"), _type),
    "enum-added": lambda one: f"{capital(_thing(one))} restricted to {_listed(one.after or (), value_code)}",
    "enum-removed": lambda one: f"{capital(_thing(one))} no longer restricted to listed values",
    **dict.fromkeys(
        ("enum-value-removed", "enum-value-added", "enum-changed", "extensible-value-added",
         "extensible-value-removed"),
        _enum,
    ),
    **dict.fromkeys(("format-added", "format-removed", "format-changed"), lambda one: _changed(one, "Format")),
    "format-label-changed": lambda one: _changed(one, "Format"),
    "content-label-changed": lambda one: _changed(one, one.name),
    "default-changed": lambda one: _changed(one, "Default"),
    "unique-items-added": lambda one: f"Items of {_thing(one)} must be unique",
    "unique-items-removed": lambda one: f"Items of {_thing(one)} no longer need to be unique",
    **dict.fromkeys(
        ("property-became-required", "property-became-optional", "property-added", "property-removed",
         "property-undeclared", "optional-property-removed"),
        _property,
    ),
    "pattern-property-added": lambda one: f"Pattern {code(one.name)} for property names added",
    "pattern-property-removed": lambda one: f"Pattern {code(one.name)} for property names removed",
    "additional-properties-closed": lambda one: _object(one, "forbidden"),
    "additional-properties-opened": lambda one: _object(one, "allowed"),
    "additional-properties-restricted": lambda one: _object(one, "restricted by a schema"),
    "unevaluated-properties-closed": lambda one: _object(one, "forbidden"),
    "unevaluated-properties-opened": lambda one: _object(one, "allowed"),
    **dict.fromkeys(("all-of-extended", "all-of-reduced", "all-of-changed"), _all_of),
    **dict.fromkeys(
        (f"{key}-{event}" for key in ("any-of", "one-of") for event in ("branch-removed", "branch-added", "changed")),
        _alternatives,
    ),
    "value-forbidden": lambda one: f"{capital(_thing(one))} forbidden",
    "value-allowed": lambda one: f"{capital(_thing(one))} allowed",
    "schema-changed": lambda one: f"Schema of {_thing(one)} changed",
    "read-only-changed": lambda one: _mark(one, "readOnly"),
    "write-only-changed": lambda one: _mark(one, "writeOnly"),
    "discriminator-changed": lambda one: _changed(one, "Discriminator"),
    "discriminator-value-added": lambda one: _discriminator_value(one, "added"),
    "discriminator-value-removed": lambda one: _discriminator_value(one, "removed"),
    "discriminator-value-changed": lambda one: _discriminator_value(one, "selects another schema"),
    "deprecated": lambda one: f"{capital(_thing(one))} deprecated",
    "property-sunset-moved-earlier": lambda one: _changed(one, "Sunset date"),
}  # fmt: skip
