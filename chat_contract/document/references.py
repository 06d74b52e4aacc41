"""Follows ``$ref`` inside one document and writes what they lead to in their place."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from chat_contract.document.source import Source
from chat_contract.errors import Pointer

MAX_VALUES = 10_000
"""How many values a reference may lead to once all references are written out."""

_DATA = frozenset({"value", "example"})
"""The keys of examples: a ``$ref`` in what an example shows refers to nothing."""


def inline(document: Any, pointer: Pointer, source: Source) -> Any:
    """Return the value at the pointer with every reference in it written out.

    ``source`` is for messages. Where a reference has siblings, they count too (JSON Schema 2020-12): they override
    when they are descriptions and join by ``allOf`` when they are not.

    Raises :class:`chat_contract.errors.DocumentError`: a reference leads nowhere, into another file, or back to itself.
    """
    return _written_out(_at(document, pointer), pointer, document, source, ())


def _written_out(value: Any, pointer: Pointer, document: Any, source: Source, trail: tuple[Pointer, ...]) -> Any:
    if isinstance(value, list):
        return [_written_out(child, (*pointer, index), document, source, trail) for index, child in enumerate(value)]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if not isinstance(reference, str):
        return {key: _written_out(child, (*pointer, key), document, source, trail) for key, child in value.items()}
    goal = _goal(reference, document, source, (*pointer, "$ref"))
    if goal in trail:
        raise source.error(
            "a reference leads back to itself",
            pointer=(*pointer, "$ref"),
            value=reference,
            hint="this kit writes references out, so the schemas of the operation cannot be recursive",
        )
    target = _written_out(_at(document, goal), goal, document, source, (*trail, goal))
    siblings = {
        key: _written_out(child, (*pointer, key), document, source, trail)
        for key, child in value.items()
        if key != "$ref"
    }
    if not siblings:
        return target
    if set(siblings) <= {"summary", "description"} and isinstance(target, dict):
        return {**target, **siblings}
    return {"allOf": [target], **siblings}


def resolve(document: Any, value: Any, pointer: Pointer, source: Source) -> tuple[Any, Pointer]:
    """Follow the reference that ``value`` is, if it is one; returns what it leads to and where that stands."""
    seen: set[Pointer] = set()
    while isinstance(value, dict) and isinstance(value.get("$ref"), str):
        goal = _goal(value["$ref"], document, source, (*pointer, "$ref"))
        if goal in seen:
            raise source.error(
                "a reference leads back to itself",
                pointer=(*pointer, "$ref"),
                value=value["$ref"],
                hint="let it lead to a value",
            )
        seen.add(goal)
        value, pointer = _at(document, goal), goal
    return value, pointer


def check_references(document: Any, source: Source) -> None:
    """Raise :class:`chat_contract.errors.DocumentError` for the first reference in the document that leads nowhere.

    One that unfolds into too much is refused as well.
    """
    waiting: list[tuple[Any, Pointer]] = [(document, ())]
    while waiting:
        value, pointer = waiting.pop()
        if isinstance(value, list):
            waiting.extend((child, (*pointer, index)) for index, child in enumerate(value))
        elif isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                resolve(document, value, pointer, source)
            waiting.extend((child, (*pointer, key)) for key, child in value.items() if key not in _DATA)
    _size(document, (), document, source, {})


def _size(value: Any, pointer: Pointer, document: Any, source: Source, sizes: dict[Pointer, int]) -> int:
    """Count the values of a value once its references are written out; ``sizes`` are those of their goals."""
    if isinstance(value, list):
        return 1 + sum(_size(child, (*pointer, index), document, source, sizes) for index, child in enumerate(value))
    if not isinstance(value, dict):
        return 1
    total = 1 + sum(
        _size(child, (*pointer, key), document, source, sizes) for key, child in value.items() if key not in _DATA
    )
    if not isinstance(value.get("$ref"), str):
        return total
    goal = _goal(value["$ref"], document, source, (*pointer, "$ref"))
    if goal not in sizes:
        sizes[goal] = 1  # As long as it is being counted: what is recursive has no size.
        sizes[goal] = _size(_at(document, goal), goal, document, source, sizes)
    if sizes[goal] > MAX_VALUES:
        raise source.error(
            f"leads to more than {MAX_VALUES} values once all references are written out",
            pointer=(*pointer, "$ref"),
            value=value["$ref"],
            hint="remove the references that multiply each other",
        )
    return total + sizes[goal]


def _goal(reference: str, document: Any, source: Source, pointer: Pointer) -> Pointer:
    if not reference.startswith("#/"):
        raise source.error(
            "leads out of the document",
            pointer=pointer,
            value=reference,
            hint="bundle the document into one file and refer to #/…",
        )
    goal: Pointer = ()
    here = document
    for raw in reference[2:].split("/"):
        part = unquote(raw).replace("~1", "/").replace("~0", "~")
        if isinstance(here, list) and part.isdecimal() and int(part) < len(here):
            goal, here = (*goal, int(part)), here[int(part)]
        elif isinstance(here, dict) and part in here:
            goal, here = (*goal, part), here[part]
        else:
            raise source.error(
                f"leads nowhere: there is no {part!r}",
                pointer=pointer,
                value=reference,
                hint=f"define it, or refer to one of {', '.join(sorted(map(str, here))[:8]) or 'those'}"
                if isinstance(here, dict)
                else "define it",
            )
    return goal


def _at(document: Any, pointer: Pointer) -> Any:
    for part in pointer:
        document = document[part]
    return document
