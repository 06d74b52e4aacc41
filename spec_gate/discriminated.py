"""Changed discriminators: gives the finding about a value the witness of the schemas that the value selects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from spec_gate.differ.annotations import AnnotationKind
from spec_gate.differ.changes import ChangeKind
from spec_gate.differ.groups import KeywordGroup
from spec_gate.differ.pairs import NodePair
from spec_gate.findings import Finding, Note, NoteKind, ProofKind
from spec_gate.rules.rule import Level
from spec_gate.schemas.node import Schema, SchemaNode

Found = tuple[NodePair, Finding]
"""A finding with the pair of schemas that it is about."""

_SELECTION = frozenset(
    {
        AnnotationKind.DISCRIMINATOR,
        AnnotationKind.DISCRIMINATOR_VALUE_REMOVED,
        AnnotationKind.DISCRIMINATOR_VALUE_CHANGED,
    }
)
_UNIONS = frozenset({KeywordGroup.ANY_OF, KeywordGroup.ONE_OF, KeywordGroup.WHOLE})


def with_witnesses(found: Sequence[Found]) -> Iterator[Finding]:
    """Return all findings. The finding about a value stands for every difference that comes from it.

    A new value that selects a new alternative is the alternative's finding.
    """
    because: dict[NodePair, list[Finding]] = {}
    unions = {pair for pair, finding in found if finding.topic in _UNIONS}
    changed = {pair for pair, finding in found if finding.topic in _SELECTION and _dispatches(pair)}
    rest: list[Found] = []
    for pair, finding in found:
        owner = _owner(pair, finding, changed)
        if owner is None:
            rest.append((pair, finding))
        else:
            because.setdefault(owner, []).append(finding)
    for pair, finding in rest:
        if finding.topic == AnnotationKind.DISCRIMINATOR_VALUE_ADDED and pair in unions and _dispatches(pair):
            continue
        if pair not in changed or finding.topic not in _SELECTION:
            yield finding
        elif pair in because or pair not in unions:
            yield _proved(finding, because.get(pair, ()))


def _dispatches(pair: NodePair) -> bool:
    return all(_discriminator(schema).get("dispatches") is True for schema in (pair.base, pair.revision))


def _discriminator(schema: Schema) -> dict[str, Any]:
    return schema.get("discriminator", {}) if isinstance(schema, SchemaNode) else {}


def _tag(schema: Schema) -> str:
    return str(_discriminator(schema)["propertyName"])


def _owner(pair: NodePair, finding: Finding, changed: set[NodePair]) -> NodePair | None:
    """Return the pair with the changed discriminator that a difference of schemas comes from."""
    if finding.kind is not ChangeKind.SCHEMA:
        return None
    if pair in changed and finding.topic in _UNIONS and _tag(pair.base) != _tag(pair.revision):
        return pair
    for parent, (keyword, name) in pair.parents:
        if keyword == "anyOf" and parent in changed and _selected_anew(pair, parent):
            return parent
        if keyword == "properties" and finding.topic == KeywordGroup.ENUM:
            for owner, (union, _) in parent.parents:
                if union == "anyOf" and owner in changed and _tag(owner.base) == name:
                    return owner
    return None


def _selected_anew(pair: NodePair, owner: NodePair) -> bool:
    """Return whether a value selects both schemas of a pair, but under different names."""
    ours, theirs = _discriminator(owner.base), _discriminator(owner.revision)
    values = _tags(pair.base, ours) & _tags(pair.revision, theirs)
    return any(ours["values"].get(value) != theirs["values"].get(value) for value in values)


def _tags(schema: Schema, discriminator: dict[str, Any]) -> set[str]:
    tag = schema.get("properties", {}).get(discriminator["propertyName"]) if isinstance(schema, SchemaNode) else None
    return set(filter(_is_text, tag.get("enum", ()))) if isinstance(tag, SchemaNode) else set()


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _proved(finding: Finding, because: Sequence[Finding]) -> Finding:
    """Return the finding with the most severe proof of the differences that come from it."""
    if finding.rule.level is not Level.BREAKING:
        return finding
    order = list(Level)
    worst = min(because, key=lambda one: order.index(one.level), default=None)
    if worst is None or worst.level is Level.INFO:
        return replace(finding, level=Level.INFO, proof=ProofKind.INCLUSION, note=Note(NoteKind.HARMLESS_HERE))
    return replace(finding, level=worst.level, proof=worst.proof, witness=worst.witness)
