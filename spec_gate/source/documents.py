"""OpenAPI documents in memory: every value has a place, every reference can be resolved.

A document may consist of several files. :mod:`spec_gate.source.load` reads the first one; the others are read when a
reference leads to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote, urldefrag, urljoin

from chat_contract.document.source import Source, decode, parse_source
from chat_contract.errors import DocumentError, Pointer
from spec_gate.source.identifiers import anchors, identifiers
from spec_gate.source.origins import Origin

Version = Literal["3.0", "3.1"]

MAX_FILES = 500
"""Number of files that one document may consist of."""


@dataclass(frozen=True)
class Place:
    """The place of a value: a file of the document and a JSON Pointer into it."""

    file: str
    pointer: Pointer

    def __truediv__(self, part: str | int) -> Place:
        return Place(self.file, (*self.pointer, part))


@dataclass
class Document:
    """An OpenAPI document with all files read so far."""

    name: str
    version: Version
    sources: dict[str, Source] = field(repr=False)
    origins: dict[str, Origin] = field(repr=False)
    _identified: dict[str, dict[str, Pointer]] = field(default_factory=dict, repr=False)

    @property
    def root(self) -> Any:
        return self.sources[self.name].value

    def at(self, place: Place) -> Any:
        """Return the value at an existing place."""
        value = self.sources[place.file].value
        for part in place.pointer:
            value = value[part]
        return value

    def line(self, place: Place) -> int:
        """Return the line of a place, counted from 1."""
        return self.sources[place.file].line(place.pointer)

    def error(self, place: Place, problem: str, hint: str) -> DocumentError:
        """Return an error that names a place in this document."""
        value = self.at(place)
        return self.sources[place.file].error(problem, pointer=place.pointer, value=value, hint=hint)

    def follow(self, value: Any, place: Place) -> tuple[Any, Place]:
        """Resolve ``value`` and its place until it is not a reference.

        Raises :class:`DocumentError` for a circular or unresolved reference.
        """
        seen: list[Place] = []
        while isinstance(value, dict) and "$ref" in value:
            if place in seen:
                raise self.error(place / "$ref", "circular reference", "Make one of the references point to a value.")
            seen.append(place)
            place = self.goal(place / "$ref")
            value = self.at(place)
        return value, place

    def goal(self, place: Place) -> Place:
        """Return the target of the reference at a place; raises :class:`DocumentError` if it does not exist."""
        reference = self.at(place)
        if not isinstance(reference, str):
            raise self.error(place, "expected a string", "Write a reference, for example '#/components/schemas/Name'.")
        address, fragment = urldefrag(reference)
        file, start = self._resource(place, address)
        if fragment and not fragment.startswith("/"):
            return Place(file, self._anchor(place, file, start, unquote(fragment)))
        return Place(file, self._walk(place, file, start, fragment))

    def _resource(self, place: Place, address: str) -> tuple[str, Pointer]:
        """Return the file, and the place in it, of an address without fragment."""
        base = self._base(place)
        if base:
            address = urljoin(base, address)
        if not address:
            return place.file, ()
        for file, known in list(self._all_identified()):
            if address.rstrip("#") in known:
                return file, known[address.rstrip("#")]
        return self._read_sibling(place, address), ()

    def _base(self, place: Place) -> str:
        """Return the base URI of a place: the ``$id`` of the schemas around it, or an empty string."""
        if self.version == "3.0":
            return ""
        base, value = "", self.sources[place.file].value
        for part in place.pointer:
            value = value[part]
            if isinstance(value, dict) and isinstance(value.get("$id"), str) and part not in {"properties", "$defs"}:
                base = urljoin(base, value["$id"])
        return base

    def _all_identified(self) -> Iterator[tuple[str, dict[str, Pointer]]]:
        for file, source in self.sources.items():
            if file not in self._identified:
                self._identified[file] = {} if self.version == "3.0" else identifiers(source.value)
            yield file, self._identified[file]

    def _read_sibling(self, place: Place, address: str) -> str:
        origin = self.origins[place.file].sibling(address)
        if origin is None:
            raise self.error(
                place,
                "the reference leads to another host or out of the repository, and is not followed",
                "Copy the target next to this document and refer to the copy, or bundle both into one file.",
            )
        if origin.name not in self.sources:
            if len(self.sources) >= MAX_FILES:
                raise self.error(
                    place, f"the document has more than {MAX_FILES} files", "Bundle the document into one file."
                )
            try:
                self.sources[origin.name] = parse(origin)
            except DocumentError as error:
                if error.line is not None:
                    raise
                hint = "Correct the reference, or add the file."
                raise self.error(place, f"{origin.name}: {error.problem}", hint) from None
            self.origins[origin.name] = origin
        return origin.name

    def _anchor(self, place: Place, file: str, start: Pointer, name: str) -> Pointer:
        value = self.at(Place(file, start))
        found = next((pointer for pointer, here in anchors(value) if name in here), None)
        if found is None or self.version == "3.0":
            raise self.error(
                place, f'unresolved reference: no anchor "{name}"', "Define it with $anchor, or use a JSON Pointer."
            )
        return (*start, *found)

    def _walk(self, place: Place, file: str, start: Pointer, fragment: str) -> Pointer:
        goal, here = start, self.at(Place(file, start))
        for raw in fragment.split("/")[1:]:
            part: str | int = unquote(raw).replace("~1", "/").replace("~0", "~")
            if isinstance(here, list) and str(part).isdecimal() and len(str(part)) < 10:
                part = int(part)
            known = part in here if isinstance(here, dict) else isinstance(part, int) and part < len(here)
            if not known:
                names = ", ".join(sorted(map(str, here))[:8]) if isinstance(here, dict) else ""
                hint = f"Define it, or refer to one of: {names}." if names else "Define it."
                raise self.error(place, f'unresolved reference: "{part}" does not exist', hint)
            goal, here = (*goal, part), here[part]
        return goal


def parse(origin: Origin) -> Source:
    """Read and parse one file; raises :class:`DocumentError`."""
    return parse_source(decode(origin.read(), origin.name), origin.name)
