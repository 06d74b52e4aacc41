"""An OpenAPI description with the files that it refers to: every value with its place, every reference followed.

Knows versions and references; what the values mean is the business of :mod:`spec_gate.differ.surface` and
:mod:`spec_gate.schemas`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urldefrag, urljoin

from chat_contract.document.overlay import apply_overlay
from chat_contract.document.source import Source, decode, parse_source, read_source
from chat_contract.errors import DocumentError, Pointer
from spec_gate.source.origins import Origin

Version = Literal["3.0", "3.1"]

MAX_FILES = 500
"""How many files one description may refer to."""

_VERSION = re.compile(r"3\.([01])\.[0-9]+(-.+)?\Z")


@dataclass(frozen=True)
class Place:
    """A value in one of the files of a description."""

    file: str
    pointer: Pointer

    def __truediv__(self, part: str | int) -> Place:
        return Place(self.file, (*self.pointer, part))


@dataclass
class Document:
    """A description as read. Files that it refers to are read when a reference is followed."""

    name: str
    version: Version
    sources: dict[str, Source] = field(repr=False)
    origins: dict[str, Origin] = field(repr=False)
    _identified: dict[str, dict[str, Pointer]] = field(default_factory=dict, repr=False)

    @property
    def root(self) -> Any:
        return self.sources[self.name].value

    def at(self, place: Place) -> Any:
        """Return the value at a place that exists."""
        value = self.sources[place.file].value
        for part in place.pointer:
            value = value[part]
        return value

    def line(self, place: Place) -> int:
        return self.sources[place.file].line(place.pointer)

    def error(self, place: Place, problem: str, hint: str) -> DocumentError:
        """Make the error that names a place of this description."""
        value = self.at(place)
        return self.sources[place.file].error(problem, pointer=place.pointer, value=value, hint=hint)

    def follow(self, value: Any, place: Place) -> tuple[Any, Place]:
        """Follow the reference that ``value`` is, if it is one, to what is none; raises :class:`DocumentError`."""
        seen: list[Place] = []
        while isinstance(value, dict) and "$ref" in value:
            if place in seen:
                raise self.error(place / "$ref", "a reference leads back to itself", "let it lead to a value")
            seen.append(place)
            place = self.goal(place / "$ref")
            value = self.at(place)
        return value, place

    def goal(self, place: Place) -> Place:
        """Return where the reference at the place leads; raises :class:`DocumentError` where that is nowhere."""
        reference = self.at(place)
        if not isinstance(reference, str):
            raise self.error(place, "a reference is a text", "write it such as '#/components/schemas/Name'")
        address, fragment = urldefrag(reference)
        file, start = self._resource(place, address)
        if fragment and not fragment.startswith("/"):
            return Place(file, self._anchor(place, file, start, unquote(fragment)))
        return Place(file, self._walk(place, file, start, fragment))

    def _resource(self, place: Place, address: str) -> tuple[str, Pointer]:
        """Return the file and the place in it that an address without fragment names."""
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
        """Return the base URI that ``$id`` gives to a place; empty where none stands above it."""
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
                self._identified[file] = {} if self.version == "3.0" else _identifiers(source.value)
            yield file, self._identified[file]

    def _read_sibling(self, place: Place, address: str) -> str:
        origin = self.origins[place.file].sibling(address)
        if origin is None:
            raise self.error(
                place, "leads to where this document cannot refer", "keep the file beside this one, or bundle them"
            )
        if origin.name not in self.sources:
            if len(self.sources) >= MAX_FILES:
                raise self.error(place, f"leads to more than {MAX_FILES} files", "bundle the description into one file")
            try:
                self.sources[origin.name] = _parse(origin)
            except DocumentError as error:
                if error.line is not None:
                    raise
                raise self.error(place, f"leads to {origin.name}, which {error.problem}", error.hint) from None
            self.origins[origin.name] = origin
        return origin.name

    def _anchor(self, place: Place, file: str, start: Pointer, name: str) -> Pointer:
        value = self.at(Place(file, start))
        found = next((pointer for pointer, here in _schemas_with_anchors(value) if name in here), None)
        if found is None or self.version == "3.0":
            raise self.error(
                place, f"leads nowhere: there is no anchor {name!r}", "define it with $anchor, or write #/…"
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
                hint = f"define it, or refer to one of {names}" if names else "define it"
                raise self.error(place, f"leads nowhere: there is no {part!r}", hint)
            goal, here = (*goal, part), here[part]
        return goal


def read_document(origin: Origin, overlays: Sequence[Path] = ()) -> Document:
    """Read a description; raises :class:`DocumentError`: it is none, or of a version that the gate does not read."""
    source = _parse(origin)
    for path in overlays:
        source = Source(source.path, apply_overlay(source.value, read_source(path)), source.lines)
    return Document(origin.name, _version(source), {origin.name: source}, {origin.name: origin})


def _parse(origin: Origin) -> Source:
    return parse_source(decode(origin.read(), origin.name), origin.name)


def _version(source: Source) -> Version:
    value = source.value
    if not isinstance(value, dict):
        kind = {list: "a list", str: "a text", type(None): "empty"}.get(type(value), "a single value")
        raise source.error(
            f"is no OpenAPI document, but {kind}", pointer=(), value=value, hint="begin it with openapi: 3.1.0"
        )
    if "swagger" in value:
        raise source.error(
            "is a Swagger 2 document",
            pointer=("swagger",),
            value=value["swagger"],
            hint="convert it to OpenAPI 3.0 or 3.1, with swagger2openapi for one",
        )
    version = value.get("openapi")
    if version is None:
        raise source.error(
            "says no version of OpenAPI", pointer=(), value=list(value)[:5], hint="begin it with openapi: 3.1.0"
        )
    match = _VERSION.match(version) if isinstance(version, str) else None
    if match is None:
        raise source.error(
            "is of a version that the gate does not read",
            pointer=("openapi",),
            value=version,
            hint="use OpenAPI 3.0 or 3.1, written in quotes such as '3.1.0'",
        )
    return "3.1" if match[1] == "1" else "3.0"


def _identifiers(value: Any) -> dict[str, Pointer]:
    """Return the absolute URI of every ``$id``, with the place of its schema."""
    found: dict[str, Pointer] = {}
    waiting: list[tuple[Any, Pointer, str]] = [(value, (), "")]
    while waiting:
        here, pointer, base = waiting.pop()
        if isinstance(here, list):
            waiting.extend((child, (*pointer, index), base) for index, child in enumerate(here))
        elif isinstance(here, dict):
            if isinstance(here.get("$id"), str):
                base = urljoin(base, here["$id"])
                found.setdefault(base.rstrip("#"), pointer)
            waiting.extend((child, (*pointer, key), base) for key, child in here.items())
    return found


def _schemas_with_anchors(value: Any) -> Iterator[tuple[Pointer, set[str]]]:
    waiting: list[tuple[Any, Pointer]] = [(value, ())]
    while waiting:
        here, pointer = waiting.pop()
        if isinstance(here, list):
            waiting.extend((child, (*pointer, index)) for index, child in enumerate(here))
        elif isinstance(here, dict):
            names = {name for key in ("$anchor", "$dynamicAnchor") if isinstance(name := here.get(key), str)}
            if names:
                yield pointer, names
            waiting.extend((child, (*pointer, key)) for key, child in here.items() if not (pointer and key == "$id"))
