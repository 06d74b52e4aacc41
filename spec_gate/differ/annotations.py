"""What schemas say beside validity, compared: defaults, marks, discriminators, labels of formats and content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from spec_gate.differ.pairing import Pair
from spec_gate.schemas.simplify import written
from spec_gate.schemas.validity import KNOWN_FORMATS

_MARKS = {"readOnly": "read-only-changed", "writeOnly": "write-only-changed"}


@dataclass(frozen=True)
class AnnotationChange:
    """One thing that is said otherwise, with the rule that names it."""

    rule: str
    keyword: str
    name: str
    before: Any
    after: Any


def annotation_changes(pair: Pair, undeclared: set[str], prefix: str) -> Iterator[AnnotationChange]:
    """Return all that a pair says otherwise; ``undeclared`` are the properties that are gone from its place."""
    base, revision = pair.base, pair.revision
    if not (isinstance(base, dict) and isinstance(revision, dict)):
        return
    yield from _undeclared(base, undeclared, prefix)
    if "default" in base and ("default" not in revision or written(base["default"]) != written(revision["default"])):
        yield AnnotationChange(f"{prefix}-default-changed", "default", "", base["default"], revision.get("default"))
    elif "default" in revision and "default" not in base:
        yield AnnotationChange(f"{prefix}-default-changed", "default", "", None, revision["default"])
    for keyword, stem in _MARKS.items():
        if (base.get(keyword) is True) != (revision.get(keyword) is True):
            yield AnnotationChange(f"{prefix}-{stem}", keyword, "", base.get(keyword), revision.get(keyword))
    if revision.get("deprecated") is True and base.get("deprecated") is not True:
        yield AnnotationChange(f"{prefix}-deprecated", "deprecated", "", False, True)
    before, after = base.get("x-sunset"), revision.get("x-sunset")
    if isinstance(before, str) and isinstance(after, str) and after < before:
        yield AnnotationChange("property-sunset-moved-earlier", "x-sunset", "", before, after)
    for keyword in ("contentMediaType", "contentEncoding"):
        if base.get(keyword) != revision.get(keyword):
            yield AnnotationChange(
                f"{prefix}-content-label-changed", keyword, "", base.get(keyword), revision.get(keyword)
            )
    labels = (base.get("format"), revision.get("format"))
    if labels[0] != labels[1] and {*labels} - KNOWN_FORMATS - {None}:
        yield AnnotationChange(f"{prefix}-format-label-changed", "format", "", *labels)
    yield from _discriminator(base.get("discriminator"), revision.get("discriminator"), prefix)


def _undeclared(base: dict[str, Any], names: set[str], prefix: str) -> Iterator[AnnotationChange]:
    rule = "request-property-undeclared" if prefix == "request" else "response-optional-property-removed"
    required = base.get("required", ())
    for name in sorted(names):
        if not (prefix == "response" and name in required):
            yield AnnotationChange(rule, "properties", name, base.get("properties", {}).get(name), None)


def _discriminator(one: Any, other: Any, prefix: str) -> Iterator[AnnotationChange]:
    if one is None or other is None:
        return
    if one["propertyName"] != other["propertyName"]:
        yield AnnotationChange(
            f"{prefix}-discriminator-changed", "discriminator", "", one["propertyName"], other["propertyName"]
        )
        return
    ours, theirs = one["values"], other["values"]
    for value in sorted({*ours, *theirs}):
        before, after = ours.get(value), theirs.get(value)
        if before != after:
            how = "added" if before is None else "removed" if after is None else "changed"
            yield AnnotationChange(
                f"{prefix}-discriminator-value-{how}", "discriminator", "", before or value, after or value
            )
