"""Resolves references (``$ref``) inside one document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from chat_contract.document.source import Source
from chat_contract.errors import Pointer

MAX_VALUES = 10_000
"""The maximum number of values in the target of a reference, with all references in it expanded."""

MAX_RECURSION = 2
"""How often a recursive reference is replaced by its target inside the target itself."""

_DATA = frozenset({"value", "example"})
"""The keys of example values: a ``$ref`` inside them is not a reference."""

_DIALECTS = frozenset(
    {"https://json-schema.org/draft/2020-12/schema", "https://spec.openapis.org/oas/3.1/dialect/base"}
)


def inline(document: Any, pointer: Pointer, source: Source) -> Any:
    """Return the value at the pointer with every reference in it replaced by its target.

    Siblings of a reference apply too (JSON Schema 2020-12). A summary or description overrides that of the target;
    other keywords are combined with the target under ``allOf``. ``source`` locates errors.

    A recursive schema is expanded ``MAX_RECURSION`` times; what is nested deeper may be anything.

    Raises :class:`chat_contract.errors.DocumentError` for a reference without a target, to another file, or to itself.
    """
    return _expanded(at(document, pointer), pointer, document, source, ())


def _expanded(value: Any, pointer: Pointer, document: Any, source: Source, trail: tuple[Pointer, ...]) -> Any:
    if isinstance(value, list):
        return [_expanded(child, (*pointer, index), document, source, trail) for index, child in enumerate(value)]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if not isinstance(reference, str):
        return {key: _expanded(child, (*pointer, key), document, source, trail) for key, child in value.items()}
    target = target_of(reference, document, source, (*pointer, "$ref"))
    if trail.count(target) >= MAX_RECURSION:
        return {}
    expanded = _expanded(at(document, target), target, document, source, (*trail, target))
    siblings = {
        key: _expanded(child, (*pointer, key), document, source, trail) for key, child in value.items() if key != "$ref"
    }
    if not siblings:
        return expanded
    if set(siblings) <= {"summary", "description"} and isinstance(expanded, dict):
        return {**expanded, **siblings}
    return {"allOf": [expanded], **siblings}


def resolve(document: Any, value: Any, pointer: Pointer, source: Source) -> tuple[Any, Pointer]:
    """Return the target of ``value`` and its pointer if it is a reference, otherwise ``value`` and ``pointer``."""
    seen: set[Pointer] = set()
    while isinstance(value, dict) and isinstance(value.get("$ref"), str):
        target = target_of(value["$ref"], document, source, (*pointer, "$ref"))
        if target in seen:
            raise source.error(
                "reference to itself",
                pointer=(*pointer, "$ref"),
                value=value["$ref"],
                hint="Refer to a value instead.",
            )
        seen.add(target)
        value, pointer = at(document, target), target
    return value, pointer


def check_references(document: Any, source: Source) -> None:
    """Check every reference in the document.

    Raises :class:`chat_contract.errors.DocumentError` for the first one that has no target, or whose expanded target
    has more than ``MAX_VALUES`` values; also for a ``$dynamicRef``, and a ``$schema`` of another draft.
    """
    _check_keywords(document, source)
    for value, pointer in _objects(document, _DATA):
        if isinstance(value.get("$ref"), str):
            resolve(document, value, pointer, source)
    _size(document, (), document, source, {})


def _check_keywords(document: Any, source: Source) -> None:
    """Reject dynamic references, which a validator would follow elsewhere, and schemas of another draft.

    Example values count too: a property can have the name ``example``.
    """
    for value, pointer in _objects(document):
        if isinstance(found := value.get("$dynamicRef"), str):
            raise source.error(
                "$dynamicRef is not supported", pointer=(*pointer, "$dynamicRef"), value=found, hint="Write $ref."
            )
        if isinstance(found := value.get("$schema"), str) and found.removesuffix("#") not in _DIALECTS:
            raise source.error(
                "a schema of a dialect other than JSON Schema 2020-12",
                pointer=(*pointer, "$schema"),
                value=found,
                hint="Remove $schema.",
            )


def _objects(document: Any, skipped: frozenset[str] = frozenset()) -> Iterator[tuple[dict[Any, Any], Pointer]]:
    """Yield each object of a document with its pointer, except those below the skipped keys."""
    waiting: list[tuple[Any, Pointer]] = [(document, ())]
    while waiting:
        value, pointer = waiting.pop()
        if isinstance(value, list):
            waiting.extend((child, (*pointer, index)) for index, child in enumerate(value))
        elif isinstance(value, dict):
            yield value, pointer
            waiting.extend((child, (*pointer, key)) for key, child in value.items() if key not in skipped)


def _size(value: Any, pointer: Pointer, document: Any, source: Source, sizes: dict[Pointer, int]) -> int:
    """Count the values in a value with its references expanded; ``sizes`` caches the counts of targets."""
    if isinstance(value, list):
        return 1 + sum(_size(child, (*pointer, index), document, source, sizes) for index, child in enumerate(value))
    if not isinstance(value, dict):
        return 1
    total = 1 + sum(
        _size(child, (*pointer, key), document, source, sizes) for key, child in value.items() if key not in _DATA
    )
    if not isinstance(value.get("$ref"), str):
        return total
    target = target_of(value["$ref"], document, source, (*pointer, "$ref"))
    if target not in sizes:
        sizes[target] = 1  # While it is being counted: a recursive target counts once.
        sizes[target] = _size(at(document, target), target, document, source, sizes)
    if sizes[target] > MAX_VALUES:
        raise source.error(
            f"the target has more than {MAX_VALUES} values when its own references are expanded",
            pointer=(*pointer, "$ref"),
            value=value["$ref"],
            hint="Reduce the number of references in the target: each repeats everything that it refers to.",
        )
    return total + sizes[target]


def target_of(reference: str, document: Any, source: Source, pointer: Pointer) -> Pointer:
    """Return the pointer that a reference leads to; raises :class:`chat_contract.errors.DocumentError` without one."""
    if not reference.startswith("#/"):
        raise source.error(
            "reference to another document",
            pointer=pointer,
            value=reference,
            hint="Bundle the documents into one file and refer to #/….",
        )
    target: Pointer = ()
    here = document
    for raw in reference[2:].split("/"):
        part = unquote(raw).replace("~1", "/").replace("~0", "~")
        if isinstance(here, list) and part.isdecimal() and int(part) < len(here):
            target, here = (*target, int(part)), here[int(part)]
        elif isinstance(here, dict) and part in here:
            target, here = (*target, part), here[part]
        else:
            raise source.error(
                f'reference without a target: "{part}" does not exist',
                pointer=pointer,
                value=reference,
                hint=_suggest_targets(here),
            )
    return target


def _suggest_targets(here: Any) -> str:
    names = ", ".join(sorted(map(str, here))[:8]) if isinstance(here, dict) else ""
    return f"Define it, or refer to one of {names}." if names else "Define it."


def at(document: Any, pointer: Pointer) -> Any:
    """Return the value at the pointer. Raises :class:`LookupError` if there is none."""
    for part in pointer:
        document = document[part]
    return document


def at_or_none(value: Any, pointer: Pointer) -> Any:
    """Return the value at the pointer, or None if there is none."""
    for part in pointer:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value
