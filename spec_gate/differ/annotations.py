"""Compares the annotations of schemas: defaults, access marks, discriminators, format and content labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from spec_gate.differ.pairs import NodePair
from spec_gate.schemas.keywords import OPAQUE_PATTERN, UNJUDGED, is_barred
from spec_gate.schemas.node import Schema, SchemaNode, Side
from spec_gate.schemas.validity import KNOWN_FORMATS
from spec_gate.schemas.values import canonical_text


class AnnotationKind(StrEnum):
    """What changed about a schema without changing which values it accepts."""

    DEFAULT = "default"
    PROPERTY_UNDECLARED = "property-undeclared"
    READ_ONLY = "read-only"
    WRITE_ONLY = "write-only"
    DEPRECATED = "deprecated"
    EXTENSIBLE_VALUE_ADDED = "extensible-value-added"
    EXTENSIBLE_VALUE_REMOVED = "extensible-value-removed"
    SUNSET_EARLIER = "sunset-earlier"
    CONTENT_LABEL = "content-label"
    FORMAT_LABEL = "format-label"
    OPAQUE_PATTERN = "opaque-pattern"
    DISCRIMINATOR = "discriminator"
    UNJUDGED = "unjudged"
    DISCRIMINATOR_ADDED = "discriminator-added"
    DISCRIMINATOR_REMOVED = "discriminator-removed"
    DISCRIMINATOR_VALUE_ADDED = "discriminator-value-added"
    DISCRIMINATOR_VALUE_REMOVED = "discriminator-value-removed"
    DISCRIMINATOR_VALUE_CHANGED = "discriminator-value-changed"


@dataclass(frozen=True)
class AnnotationChange:
    """One changed annotation. ``name`` is the property for properties that are no longer declared.

    ``value`` is the discriminator value that selects another schema, or a schema only before or after.
    """

    kind: AnnotationKind
    keyword: str
    name: str
    before: Any
    after: Any
    value: str = ""


_K = AnnotationKind
_EXTENSIBLE = "x-extensible-enum"
_MARKS = {"readOnly": _K.READ_ONLY, "writeOnly": _K.WRITE_ONLY}


def annotation_changes(
    pair: NodePair, undeclared: set[str], side: Side, followed: Callable[[Schema], Schema]
) -> Iterator[AnnotationChange]:
    """Return the changed annotations of a pair; ``undeclared`` are the properties that only the base declares."""
    base, revision = pair.base, pair.revision
    if isinstance(base, bool) or isinstance(revision, bool):
        return
    yield from _undeclared(base, undeclared, side)
    yield from _default(base, revision)
    for keyword, kind in _MARKS.items():
        if (base.get(keyword) is True) != (revision.get(keyword) is True):
            yield AnnotationChange(kind, keyword, "", base.get(keyword), revision.get(keyword))
    if revision.get("deprecated") is True and base.get("deprecated") is not True:
        yield AnnotationChange(_K.DEPRECATED, "deprecated", "", False, True)
    before, after = base.get("x-sunset"), revision.get("x-sunset")
    if isinstance(before, str) and isinstance(after, str) and after < before:
        yield AnnotationChange(_K.SUNSET_EARLIER, "x-sunset", "", before, after)
    yield from _extensible(base.get(_EXTENSIBLE), revision.get(_EXTENSIBLE))
    yield from _labels(base, revision)
    yield from _unjudged(base.get(UNJUDGED, {}), revision.get(UNJUDGED, {}))
    yield from _discriminator(base, revision, followed)


def _undeclared(base: SchemaNode, names: set[str], side: Side) -> Iterator[AnnotationChange]:
    required = base.get("required", ()) if side is Side.RESPONSE else ()
    for name in sorted(names.difference(required)):
        before = base.get("properties", {}).get(name)
        if before is not None and is_barred(before):
            continue
        yield AnnotationChange(_K.PROPERTY_UNDECLARED, "properties", name, before, None)


def _default(base: SchemaNode, revision: SchemaNode) -> Iterator[AnnotationChange]:
    same = "default" in base and "default" in revision
    same = same and canonical_text(base["default"]) == canonical_text(revision["default"])
    if ("default" in base or "default" in revision) and not same:
        yield AnnotationChange(_K.DEFAULT, "default", "", base.get("default"), revision.get("default"))


def _extensible(before: Any, after: Any) -> Iterator[AnnotationChange]:
    """Compare lists of values that may grow without notice; the lists restrict nothing."""
    if not isinstance(before, list) or not isinstance(after, list):
        return
    ours, theirs = ({canonical_text(value) for value in some} for some in (before, after))
    if ours - theirs:
        yield AnnotationChange(_K.EXTENSIBLE_VALUE_REMOVED, _EXTENSIBLE, "", before, after)
    elif theirs - ours:
        yield AnnotationChange(_K.EXTENSIBLE_VALUE_ADDED, _EXTENSIBLE, "", before, after)


_OF_FORMAT = {"byte": ("contentEncoding", "base64"), "binary": ("contentMediaType", "application/octet-stream")}
"""What OpenAPI 3.1 writes instead of two formats of OpenAPI 3.0."""


def _labels(base: SchemaNode, revision: SchemaNode) -> Iterator[AnnotationChange]:
    base, revision = _without_synonyms(base, revision), _without_synonyms(revision, base)
    for keyword in ("contentMediaType", "contentEncoding"):
        if base.get(keyword) != revision.get(keyword):
            yield AnnotationChange(_K.CONTENT_LABEL, keyword, "", base.get(keyword), revision.get(keyword))
    if base.get(OPAQUE_PATTERN) != revision.get(OPAQUE_PATTERN):
        changed = (base.get(OPAQUE_PATTERN), revision.get(OPAQUE_PATTERN))
        yield AnnotationChange(_K.OPAQUE_PATTERN, "pattern", "", *changed)
    before, after = base.get("format"), revision.get("format")
    if before != after and {before, after} - KNOWN_FORMATS - {None}:
        yield AnnotationChange(_K.FORMAT_LABEL, "format", "", before, after)


def _without_synonyms(one: SchemaNode, other: SchemaNode) -> SchemaNode:
    """Return a schema without a label for which the other schema has the synonym of another OpenAPI version."""
    left = dict(one)
    for name, (keyword, value) in _OF_FORMAT.items():
        for as_format, as_keyword in ((one, other), (other, one)):
            if as_format.get("format") == name and keyword not in as_format and as_keyword.get(keyword) == value:
                left.pop("format" if as_format is one else keyword, None)
    return SchemaNode(left)


def _unjudged(ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[AnnotationChange]:
    for key in sorted({*ours, *theirs}):
        before, after = ours.get(key), theirs.get(key)
        if canonical_text(before) != canonical_text(after):
            yield AnnotationChange(_K.UNJUDGED, key, "", before, after)


def _discriminator(
    base: SchemaNode, revision: SchemaNode, followed: Callable[[Schema], Schema]
) -> Iterator[AnnotationChange]:
    one, other = base.get("discriminator"), revision.get("discriminator")
    if one is None or other is None:
        if one is not other and not _says_nothing(base if other is None else revision, followed):
            kind = _K.DISCRIMINATOR_ADDED if one is None else _K.DISCRIMINATOR_REMOVED
            before, after = (None if given is None else given["propertyName"] for given in (one, other))
            yield AnnotationChange(kind, "discriminator", "", before, after)
        return
    keyword = "discriminator"
    if one["propertyName"] != other["propertyName"]:
        yield AnnotationChange(_K.DISCRIMINATOR, keyword, "", one["propertyName"], other["propertyName"])
        return
    ours, theirs = one["values"], other["values"]
    for value in sorted({*ours, *theirs}):
        before, after = ours.get(value), theirs.get(value)
        if before != after:
            yield AnnotationChange(_value_kind(before, after), keyword, "", before, after, value)


def _says_nothing(schema: SchemaNode, followed: Callable[[Schema], Schema]) -> bool:
    """Return whether every alternative states the values that the discriminator selects it by."""
    tag, values = schema["discriminator"]["propertyName"], set(schema["discriminator"]["values"])
    branches = [followed(branch) for key in ("anyOf", "oneOf") for branch in schema.get(key, ())]
    stated = [branch.get("properties", {}).get(tag) for branch in branches if isinstance(branch, SchemaNode)]
    return len(stated) == len(branches) > 0 and all(
        isinstance(one, SchemaNode) and "enum" in one and values.issuperset(filter(_is_text, one["enum"]))
        for one in stated
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _value_kind(before: str | None, after: str | None) -> AnnotationKind:
    if before is None:
        return _K.DISCRIMINATOR_VALUE_ADDED
    return _K.DISCRIMINATOR_VALUE_REMOVED if after is None else _K.DISCRIMINATOR_VALUE_CHANGED
