"""Decides for objects, name by name, whether one schema accepts what another one allows.

The decision procedure does not compare the patterns of ``patternProperties``; automata do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from spec_gate.patterns.languages import are_disjoint, compare
from spec_gate.schemas.keywords import ANNOTATIONS, part_schemas, types_of
from spec_gate.schemas.names import child
from spec_gate.schemas.node import Schema, SchemaNode

MOST_PATTERNS = 12
"""How many patterns of names are compared with each other."""

_JUDGED = ANNOTATIONS | {"type", "properties", "patternProperties", "additionalProperties", "required"}

Includes = Callable[[Schema, Schema, tuple[Schema, ...]], bool]
"""Returns whether the second schema accepts everything that the first one allows; the others may apply to it too."""


def is_included_by_name(sender: Schema, receiver: Schema, includes: Includes, new: set[str]) -> bool:
    """Return whether the receiver accepts every object of the sender; false if that is not known.

    ``new`` are names that the sender does not use, because only the receiver introduces them.
    """
    if not isinstance(sender, SchemaNode) or not isinstance(receiver, SchemaNode):
        return False
    if "patternProperties" not in sender.keys() | receiver.keys() or not _JUDGED.issuperset(receiver):
        return False
    if len(_patterns(sender)) + len(_patterns(receiver)) > MOST_PATTERNS or not _types_are_included(sender, receiver):
        return False
    if not set(receiver.get("required", ())).issubset(sender.get("required", ())):
        return False
    claims = (*_of_properties(sender, receiver, new), *_of_patterns(sender, receiver),
              *_of_other_names(sender, receiver))  # fmt: skip
    others = tuple(part_schemas(sender))
    return all(any(includes(one, wanted, others) for one in sent) for sent, wanted in claims)


_Claim = tuple[tuple[Schema, ...], Schema]
"""Schemas that all apply to a value of the sender, and one that it must be valid under."""


def _types_are_included(sender: SchemaNode, receiver: SchemaNode) -> bool:
    wanted = set(types_of(receiver))
    return not wanted or ("type" in sender and wanted.issuperset(types_of(sender)))


def _patterns(schema: SchemaNode) -> dict[str, Schema]:
    found: dict[str, Schema] = schema.get("patternProperties", {})
    return found


def _of_properties(sender: SchemaNode, receiver: SchemaNode, new: set[str]) -> Iterator[_Claim]:
    """Return the claims about names that one of the schemas states."""
    own: dict[str, Any] = sender.get("properties", {})
    given: dict[str, Any] = receiver.get("properties", {})
    for name in {**own, **given}:
        sent = child((sender,), name)
        if name in own or sent or name not in new:
            yield from (((sent or (True,)), wanted) for wanted in child((receiver,), name))


def _of_patterns(sender: SchemaNode, receiver: SchemaNode) -> Iterator[_Claim]:
    """Return the claims about names that a pattern of the receiver matches."""
    for pattern, wanted in _patterns(receiver).items():
        more = [one for other, one in _patterns(sender).items() if compare(pattern, other).included]
        if more:
            yield tuple(more), wanted
            continue
        for other, one in _patterns(sender).items():
            if not are_disjoint(pattern, other):
                yield (one,), wanted
        yield (sender.get("additionalProperties", True),), wanted


def _of_other_names(sender: SchemaNode, receiver: SchemaNode) -> Iterator[_Claim]:
    """Return the claims about names that the receiver does not describe one by one."""
    wanted = receiver.get("additionalProperties", True)
    if wanted is True or any(compare("", pattern).included for pattern in _patterns(receiver)):
        return
    for pattern, one in _patterns(sender).items():
        if not any(compare(pattern, other).included for other in _patterns(receiver)):
            yield (one,), wanted
    if not any(compare("", pattern).included for pattern in _patterns(sender)):
        yield (sender.get("additionalProperties", True),), wanted
