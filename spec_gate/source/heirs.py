"""Discriminators by inheritance: a value selects one of the schemas that extend the schema with the discriminator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chat_contract.errors import DocumentError
from spec_gate.source.documents import Document
from spec_gate.source.place import Place

MOST_HEIRS = 60
"""The largest number of schemas that are selected by a value; more are only compared as text."""

_PARENTS = frozenset({("components", "schemas"), ("definitions",), ("$defs",), ()})


def find_heirs(document: Document, parent: Place, extended: Mapping[Place, Sequence[Place]]) -> dict[str, Place]:
    """Return the schema that each value of a discriminator selects.

    ``extended`` has the schemas that extend each schema. A schema is selected by the values of the mapping, else by
    those that it states for the property, else by its name.
    """
    discriminator = document.at(parent)["discriminator"]
    mapped = dict(_mapped(document, parent / "discriminator" / "mapping", discriminator.get("mapping", {})))
    found = dict(mapped)
    for heir in _extending(parent, extended):
        if heir not in mapped.values():
            stated = stated_values(document, heir, discriminator["propertyName"])
            found |= {value: heir for value in stated or [schema_name(heir)] if value not in found}
    return {value: heir for value, heir in found.items() if heir != parent}


def own_values(document: Document, parent: Place) -> list[str]:
    """Return the values that select the schema with the discriminator itself."""
    mapping = document.at(parent)["discriminator"].get("mapping", {})
    mapped = _mapped(document, parent / "discriminator" / "mapping", mapping)
    return sorted({schema_name(parent), *(value for value, goal in mapped if goal == parent)})


def schema_name(place: Place) -> str:
    """Return the name by which a discriminator selects a schema: that of the component, or of the file."""
    return str(place.pointer[-1]) if place.pointer else place.file.rpartition("/")[2].partition(".")[0]


def stated_values(document: Document, place: Place, name: str) -> list[str]:
    """Return the texts that a schema, or one in its ``allOf``, lists for a property; empty if it lists none."""
    value = document.at(place)
    if not isinstance(value, dict):
        return []
    properties = value.get("properties")
    if isinstance(properties, dict) and isinstance(properties.get(name), dict):
        tag, _ = document.follow(properties[name], place / "properties" / name)
        listed = [tag["const"]] if "const" in tag else tag.get("enum", [])
        return [one for one in listed if isinstance(one, str)]
    inside = (place / "allOf" / index for index, one in enumerate(value.get("allOf", [])) if "$ref" not in one)
    return next(filter(None, (stated_values(document, one, name) for one in inside)), [])


def _mapped(document: Document, place: Place, mapping: Mapping[str, str]) -> Iterator[tuple[str, Place]]:
    """Return what each value of a mapping leads to; a value that leads nowhere selects nothing."""
    for value, goal in mapping.items():
        component = ("components", "schemas", goal)
        if document.find(component) is not None:
            yield value, Place(document.name, component)
            continue
        try:
            yield value, document.goal(place / value)
        except DocumentError:
            continue


def _extending(parent: Place, extended: Mapping[Place, Sequence[Place]]) -> list[Place]:
    """Return the named schemas that extend one, directly or through others."""
    found: dict[Place, None] = {}
    waiting = [parent]
    while waiting:
        for heir in extended.get(waiting.pop(), ()):
            if heir not in found and heir != parent and heir.pointer[:-1] in _PARENTS:
                found[heir] = None
                waiting.append(heir)
    return sorted(found, key=schema_name)


def counterpart(document: Document, place: Place, other: Document) -> Place:
    """Return the same place of another document, whose files are in another folder."""
    if place.file == document.name:
        return Place(other.name, place.pointer)
    return Place(_folder(other) + place.file.removeprefix(_folder(document)), place.pointer)


def heirs_of_counterpart(document: Document, place: Place, other: Document) -> Mapping[str, Place]:
    """Return the heirs of the same schema in another document, which may hold it in another file."""
    known = other.heirs
    alike = [one for one in known if schema_name(one) == schema_name(place)]
    return known.get(counterpart(document, place, other)) or (known[alike[0]] if len(alike) == 1 else {})


def _folder(document: Document) -> str:
    """Return how the names of the files next to a document begin, with the git revision if there is one."""
    return document.name[: max(document.name.rfind("/"), document.name.rfind(":")) + 1]


def find(document: Document, place: Place) -> Any:
    """Return the value at a place that need not exist; None without one."""
    if place.file not in document.sources:
        return None
    try:
        return document.at(place)
    except (KeyError, IndexError, TypeError):
        return None
