"""Schemas as nodes: a mapping of keywords with an identity and the place where it was written."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from spec_gate.source.documents import Place

_numbers = itertools.count(2)


class Side(StrEnum):
    """The direction in which a value travels, as the client sees it."""

    REQUEST = "request"
    RESPONSE = "response"


class SchemaNode(dict[str, Any]):
    """A schema that is an object.

    Two nodes with the same keywords are equal, but each node has a ``number`` of its own: caches use it as their key.
    ``origin`` is where the schema was written; None for a schema that no document contains.
    """

    __slots__ = ("number", "origin")

    def __init__(self, keywords: Mapping[str, Any], origin: Place | None = None) -> None:
        super().__init__(keywords)
        self.number = next(_numbers)
        self.origin = origin


Schema = SchemaNode | bool
"""A schema: an object, or true (accepts everything), or false (rejects everything)."""


def number_of(schema: Schema) -> int:
    """Return the number that identifies a schema; 0 and 1 stand for false and true."""
    return schema.number if isinstance(schema, SchemaNode) else int(schema)
