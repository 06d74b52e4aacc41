"""Reads an OpenAPI document, applies overlays and checks its version."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from chat_contract.document.positions import RepeatedKey
from chat_contract.document.source import Source, read_source
from chat_contract.errors import DocumentError, DocumentsError
from spec_gate.source.documents import Document, Version, parse
from spec_gate.source.notes import MEANINGS, Oddity
from spec_gate.source.origins import Origin
from spec_gate.source.place import Place
from spec_gate.source.reading import read_as_meant

_VERSION = re.compile(r"3\.([012])\.[0-9]+(-.+)?\Z")
_SHORT = re.compile(r"\s*v?3\.([012])(\.[0-9x]+)?(-.+)?\s*\Z")
_VERSIONS: dict[str, Version] = {"0": "3.0", "1": "3.1", "2": "3.2"}
_MAX_ERRORS = 50
_START = "Start the document with openapi: 3.1.0."


def read_document(origin: Origin, overlays: Sequence[Path] = (), *, strict: bool = False) -> Document:
    """Read an OpenAPI 3.0, 3.1 or 3.2 document and apply overlays to it. With ``strict``, every oddity is an error.

    Raises :class:`chat_contract.errors.DocumentError` for a file that cannot be read, an overlay that does not apply,
    or another kind or version of document. Raises :class:`chat_contract.errors.DocumentsError` for all places that
    cannot be read and that an operation uses.
    """
    repeated: list[RepeatedKey] = []
    source = parse(origin, repeated)
    for path in overlays:
        source = _overlaid(source, path)
    document = Document(origin.name, _version(source), {origin.name: source}, {origin.name: origin})
    if not _VERSION.match(str(source.value["openapi"])):
        document.note(Oddity.OPENAPI_VERSION, Place(origin.name, ("openapi",)), str(source.value["openapi"]))
    document.note_repeated(origin.name, repeated)
    read_as_meant(document)
    if strict and document.notes:
        raise DocumentsError(tuple(_strict(document)))
    return document


def _strict(document: Document) -> Iterator[DocumentError]:
    for note in itertools.islice(document.notes, _MAX_ERRORS):
        hint = "Correct the document, or leave out --strict-reading."
        detail = f": {note.detail}" if note.detail else ""
        source = document.sources[note.place.file]
        yield DocumentError(
            f"{MEANINGS[note.oddity]}{detail}",
            path=note.place.file,
            line=note.line or source.line(note.place.pointer),
            pointer=note.place.pointer,
            hint=hint,
        )


def _overlaid(source: Source, path: Path) -> Source:
    from chat_contract.document.overlay import apply_overlay  # noqa: PLC0415 - slow to import, seldom needed

    return Source(source.path, apply_overlay(source.value, read_source(path)), source.positions)


def _version(source: Source) -> Version:
    value = source.value
    if not isinstance(value, dict):
        raise source.error(f"expected an OpenAPI document, got {_kind(value)}", pointer=(), value=value, hint=_START)
    if "swagger" in value:
        raise source.error(
            "Swagger 2 is not supported",
            pointer=("swagger",),
            value=value["swagger"],
            hint="Convert the document to OpenAPI 3.0 or 3.1, for example with swagger2openapi.",
        )
    version = value.get("openapi")
    if version is None:
        raise source.error("the OpenAPI version is missing", pointer=(), value=list(value)[:5], hint=_START)
    match = _SHORT.match(str(version)) if isinstance(version, str | float) else None
    if match is None:
        raise source.error(
            "unsupported OpenAPI version",
            pointer=("openapi",),
            value=version,
            hint="Use OpenAPI 3.0, 3.1 or 3.2 and put the version in quotes, for example '3.1.0'.",
        )
    return _VERSIONS[match[1]]


def _kind(value: Any) -> str:
    if value is None:
        return "an empty file"
    return {list: "a list", str: "a string", bool: "a boolean"}.get(type(value), "a number")
