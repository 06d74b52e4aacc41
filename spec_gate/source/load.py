"""Reads an OpenAPI document, applies overlays and checks its version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chat_contract.document.source import Source, read_source
from spec_gate.source.documents import Document, Version, parse
from spec_gate.source.origins import Origin

_VERSION = re.compile(r"3\.([01])\.[0-9]+(-.+)?\Z")
_START = "Start the document with openapi: 3.1.0."


def read_document(origin: Origin, overlays: Sequence[Path] = ()) -> Document:
    """Read an OpenAPI 3.0 or 3.1 document and apply overlays to it.

    Raises :class:`chat_contract.errors.DocumentError` for a file that cannot be read, an overlay that does not apply,
    or another kind or version of document.
    """
    source = parse(origin)
    for path in overlays:
        source = _overlaid(source, path)
    return Document(origin.name, _version(source), {origin.name: source}, {origin.name: origin})


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
    match = _VERSION.match(version) if isinstance(version, str) else None
    if match is None:
        raise source.error(
            "unsupported OpenAPI version",
            pointer=("openapi",),
            value=version,
            hint="Use OpenAPI 3.0 or 3.1 and put the version in quotes, for example '3.1.0'.",
        )
    return "3.1" if match[1] == "1" else "3.0"


def _kind(value: Any) -> str:
    if value is None:
        return "an empty file"
    return {list: "a list", str: "a string", bool: "a boolean"}.get(type(value), "a number")
