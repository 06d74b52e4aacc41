"""Finds new operations that take requests of a path with variables: a path without them matches first (OpenAPI)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from spec_gate.differ.surface import VARIABLE, Operation, Parameter
from spec_gate.source.documents import Document


@dataclass(frozen=True)
class Overlap:
    """An operation of the base, and the values of its path parameters that lead to a new operation instead.

    ``kept`` maps the numbers of its other variables to those of the new path.
    """

    operation: Operation
    values: dict[str, str]
    kept: dict[str, str]

    @property
    def taken(self) -> tuple[tuple[Parameter, str], ...]:
        """The parameters with the values that lead to the new operation."""
        found = ((self.operation.parameters.get(("path", number)), value) for number, value in self.values.items())
        return tuple((one, value) for one, value in found if one is not None)

    def are_listed(self, document: Document) -> bool:
        """Return whether the document lists these values, so that clients send them."""
        return all(value in map(str, _listed(document, one)) for one, value in self.taken) and bool(self.taken)

    def as_called(self, added: Operation) -> Operation:
        """Return the operation of the base as the clients call it that now reach the new one."""
        parameters = {
            key if key[0] != "path" else ("path", self.kept[key[1]]): one
            for key, one in self.operation.parameters.items()
            if key[0] != "path" or key[1] in self.kept
        }
        return replace(self.operation, path=added.path, parameters=parameters, callbacks={}, id=added.id,
                       deprecated=added.deprecated, sunset=added.sunset)  # fmt: skip


def overlap_of(added: Operation, ours: Iterable[Operation]) -> Overlap | None:
    """Return the operation of the base that took the requests of a new operation."""
    found = (_overlap(one, added) for one in ours if one.method == added.method and "{" in one.path)
    return next(filter(None, found), None)


def _overlap(template: Operation, added: Operation) -> Overlap | None:
    segments = list(zip(template.path.split("/"), added.path.split("/"), strict=False))
    if template.path.count("/") != added.path.count("/"):
        return None
    values: dict[str, str] = {}
    kept: dict[str, str] = {}
    before, now = _numbers(), _numbers()
    for ours, theirs in segments:
        names, news = VARIABLE.findall(ours), VARIABLE.findall(theirs)
        if names and news and VARIABLE.sub("{}", ours) == VARIABLE.sub("{}", theirs):
            kept |= {next(before): next(now) for _ in names}
        elif news or (match := _pattern(ours).fullmatch(theirs)) is None:
            return None
        else:
            values |= {next(before): value for value in match.groups()}
    return Overlap(template, values, kept) if values else None


def _numbers() -> Iterator[str]:
    return map(str, range(1_000))


def _pattern(segment: str) -> re.Pattern[str]:
    return re.compile("([^/]+)".join(map(re.escape, VARIABLE.sub("{}", segment).split("{}"))))


def _listed(document: Document, parameter: Parameter) -> list[Any]:
    """Return the values that the schema of a parameter lists; nothing for another schema."""
    if parameter.schema is None:
        return []
    schema, _ = document.follow(document.at(parameter.schema), parameter.schema)
    if not isinstance(schema, dict):
        return []
    return list(schema.get("enum", [schema["const"]] if "const" in schema else []))
