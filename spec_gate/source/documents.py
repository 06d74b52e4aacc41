"""OpenAPI documents in memory: every value has a place, every reference can be resolved.

A document may consist of several files. :mod:`spec_gate.source.load` reads the first one; the others are read when a
reference leads to them. An error about another file never shows what is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote, urldefrag, urljoin

from chat_contract.document.positions import RepeatedKey
from chat_contract.document.source import Source, decode, parse_source
from chat_contract.errors import DocumentError, Pointer
from spec_gate.source.identifiers import anchors, identifiers
from spec_gate.source.notes import Oddity, ReadingNote
from spec_gate.source.origins import Origin
from spec_gate.source.place import Place

__all__ = ["Document", "Place", "Version", "parse"]

Version = Literal["3.0", "3.1", "3.2"]

_OUTSIDE = "Move the file, or follow such references with --allow-ref-outside."


@dataclass
class Document:
    """An OpenAPI document with all files read so far.

    ``notes``: the oddities found while reading. ``circles``: the schemas that apply themselves to the same value.
    ``heirs``: the schemas that the values of a discriminator without alternatives select.
    """

    name: str
    version: Version
    sources: dict[str, Source] = field(repr=False)
    origins: dict[str, Origin] = field(repr=False)
    notes: dict[ReadingNote, None] = field(default_factory=dict, repr=False)
    circles: dict[Place, int] = field(default_factory=dict, repr=False)
    heirs: dict[Place, dict[str, Place]] = field(default_factory=dict, repr=False)
    _identified: dict[str, tuple[str, Pointer]] = field(default_factory=dict, repr=False)
    _searched: set[str] = field(default_factory=set, repr=False)
    _goals: dict[Place, Place] | None = field(default=None, repr=False)
    _anchors: dict[Place, dict[str, Pointer]] = field(default_factory=dict, repr=False)

    @property
    def root(self) -> Any:
        return self.sources[self.name].value

    def at(self, place: Place) -> Any:
        """Return the value at an existing place."""
        value = self.sources[place.file].value
        for part in place.pointer:
            value = value[part]
        return value

    def find(self, pointer: Pointer) -> Any:
        """Return the value at a place of the first file, which need not exist; None without one."""
        value = self.root
        for part in pointer:
            if isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            elif isinstance(value, dict) and part in value:
                value = value[part]
            else:
                return None
        return value

    def line(self, place: Place) -> int:
        """Return the line of a place, counted from 1."""
        return self.sources[place.file].line(place.pointer)

    def note_repeated(self, file: str, keys: Sequence[RepeatedKey]) -> None:
        """Note the keys that objects of a file have twice; show nothing of any file but the first."""
        for one in keys:
            self.note(Oddity.REPEATED_KEY, Place(file, ()), one.key[:120] if file == self.name else "", one.line)

    def note(self, oddity: Oddity, place: Place, detail: str = "", line: int = 0) -> None:
        """Keep a note, once; 0 stands for the line of the place."""
        self.notes.setdefault(ReadingNote(oddity, place, detail, line))

    def error(self, place: Place, problem: str, hint: str) -> DocumentError:
        """Return an error that names a place in this document; it shows values of the first file only."""
        source = self.sources[place.file]
        if place.file == self.name:
            return source.error(problem, pointer=place.pointer, value=self.at(place), hint=hint)
        return DocumentError(
            problem, path=str(source.path), line=source.line(place.pointer), pointer=place.pointer, hint=hint
        )

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

    def settle(self) -> None:
        """State that no value changes any more: the targets of references are found once."""
        self._goals = {}

    def goal(self, place: Place) -> Place:
        """Return the target of the reference at a place; raises :class:`DocumentError` if it does not exist."""
        if self._goals is None:
            return self._goal(place)
        if place not in self._goals:
            self._goals[place] = self._goal(place)
        return self._goals[place]

    def _goal(self, place: Place) -> Place:
        written = self.at(place)
        if not isinstance(written, str):
            raise self.error(place, "expected a string", "Write a reference, for example '#/components/schemas/Name'.")
        reference = self._spelling(written, place)
        try:
            address, fragment = urldefrag(reference)
            file, start = self._resource(place, address)
        except ValueError:
            raise self.error(place, "invalid reference", "Write, for example, '#/components/schemas/Name'.") from None
        if fragment and not fragment.startswith("/"):
            return Place(file, self._anchor(place, file, start, unquote(fragment)))
        return self._walk(place, Place(file, start), fragment)

    def _spelling(self, written: str, place: Place) -> str:
        """Return a reference as meant: names of schemas alone, a missing # or slash, blanks, and backslashes."""
        meant = written.strip().replace("\\", "/")
        named = self.root.get("components", {}).get("schemas", {}) if isinstance(self.root, dict) else {}
        schemas = named if isinstance(named, dict) else {}
        if meant in schemas and "." not in meant:
            meant = f"#/components/schemas/{meant}"
        elif meant.startswith(("/components/", "#components/")):
            meant = "#/" + meant.lstrip("#/")
        elif meant.startswith("#/definitions/") and "definitions" not in self.sources[place.file].value:
            meant = meant.replace("#/definitions/", "#/components/schemas/", 1)
        if meant != written:
            self.note(Oddity.REFERENCE_SPELLING, place, written)
        return meant

    # Files ------------------------------------------------------------------------------------------------------------

    def _resource(self, place: Place, address: str) -> tuple[str, Pointer]:
        """Return the file, and the place in it, of an address without fragment."""
        self._search_identifiers()
        base = self._base(place) if self._identified else ""
        if base:
            address = urljoin(base, address)
        if not address:
            return place.file, ()
        if address.rstrip("#") in self._identified:
            return self._identified[address.rstrip("#")]
        return self._read_sibling(place, address), ()

    def _search_identifiers(self) -> None:
        """Find the ``$id`` of schemas, and the ``$self`` of documents, in the files that are new."""
        for file in [] if self.version == "3.0" else [file for file in self.sources if file not in self._searched]:
            self._searched.add(file)
            value = self.sources[file].value
            if isinstance(value, dict) and isinstance(value.get("$self"), str):
                self._identified.setdefault(value["$self"], (file, ()))
            for uri, pointer in identifiers(value).items():
                self._identified.setdefault(uri, (file, pointer))

    def _base(self, place: Place) -> str:
        """Return the base URI of a place: the ``$id`` of the schemas around it, or an empty string."""
        base, value = "", self.sources[place.file].value
        for part in place.pointer:
            value = value[part]
            if isinstance(value, dict) and isinstance(value.get("$id"), str) and part not in {"properties", "$defs"}:
                base = urljoin(base, value["$id"])
        return base

    def _read_sibling(self, place: Place, address: str) -> str:
        origin = self.origins[place.file].sibling(address)
        if origin is None:
            raise self.error(place, "the reference leads outside the folder or repository of this document", _OUTSIDE)
        if origin.name not in self.sources:
            try:
                repeated: list[RepeatedKey] = []
                self.sources[origin.name] = parse(origin, repeated)
                self.note_repeated(origin.name, repeated)
            except DocumentError as error:
                raise self._unreadable(place, origin.name, error) from None
            self.origins[origin.name] = origin
        return origin.name

    def _unreadable(self, place: Place, name: str, error: DocumentError) -> DocumentError:
        """Return the error for a file that cannot be read; it shows nothing of the file."""
        if error.line is None:
            return self.error(place, f"{name}: {error.problem}", "Correct the reference, or add the file.")
        problem = f"{name}:{error.line}: this file is not valid YAML or JSON"
        return self.error(place, problem, "Correct the file, or make the reference point to another one.")

    # Fragments --------------------------------------------------------------------------------------------------------

    def _anchor(self, place: Place, file: str, start: Pointer, name: str) -> Pointer:
        resource = Place(file, start)
        if resource not in self._anchors:
            self._anchors[resource] = dict(_anchors(self.at(resource)))
        found = None if self.version == "3.0" else self._anchors[resource].get(name)
        if found is None:
            raise self.error(
                place, f'unresolved reference: no anchor "{name}"', "Define it with $anchor, or use a JSON Pointer."
            )
        return (*start, *found)

    def _walk(self, place: Place, here: Place, fragment: str) -> Place:
        """Return the place that a JSON Pointer leads to, through references too."""
        parts = fragment.split("/")[1:]
        value = self.at(here)
        at = 0
        while at < len(parts):
            step = _step(value, parts[at:])
            if step is None and isinstance(value, dict) and isinstance(value.get("$ref"), str) and here != place.parent:
                value, here = self.follow(value, here)
                step = _step(value, parts[at:])
            if step is None:
                raise self._unresolved(place, here, value, parts[at])
            key, used = step
            here, value, at = here / key, value[key], at + used
        return here

    def _unresolved(self, place: Place, here: Place, value: Any, raw: str) -> DocumentError:
        shown = isinstance(value, dict) and here.file == place.file
        names = ", ".join(sorted(map(str, value))[:8]) if shown else ""
        hint = f"Define it, or refer to one of: {names}." if names else "Define it."
        return self.error(place, f'unresolved reference: "{_plain(unquote(raw))}" does not exist', hint)


def _step(value: Any, parts: list[str]) -> tuple[str | int, int] | None:
    """Return the key that the next parts of a pointer name, and how many parts name it."""
    plain = _plain(unquote(parts[0]))
    if isinstance(value, list):
        known = plain.isdecimal() and len(plain) < 10 and int(plain) < len(value)
        return (int(plain), 1) if known else None
    if not isinstance(value, dict):
        return None
    if plain in value:
        return plain, 1
    if parts[0] in value:
        return parts[0], 1
    # A name with a slash that is not escaped.
    joined = ((_plain(unquote("/".join(parts[:count]))), count) for count in range(len(parts), 1, -1))
    return next(((name, count) for name, count in joined if name in value), None)


def _plain(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _anchors(value: Any) -> Iterator[tuple[str, Pointer]]:
    for pointer, names in anchors(value):
        yield from ((name, pointer) for name in names)


def parse(origin: Origin, repeated: list[RepeatedKey] | None = None) -> Source:
    """Read and parse one file; raises :class:`DocumentError`. ``repeated`` gets the keys that an object repeats."""
    found = repeated if repeated is not None else []
    return parse_source(decode(origin.read(), origin.name), origin.name, repeated=found)
