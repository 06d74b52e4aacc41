"""Checks the structure of an OpenAPI document, as far as the gate reads it.

:mod:`spec_gate.schemas.normalise` checks schemas.
"""

from __future__ import annotations

import re
from typing import Any

from spec_gate.source.documents import Document, Place

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_SCALARS = {"string": str, "boolean": bool}
_REQUIRED = {
    "server": ("url",), "server variable": ("default",), "parameter": ("name", "in"), "request body": ("content",),
    "security scheme": ("type",),
}  # fmt: skip

Shape = str | list[str] | set[str]
"""Type of a field: a kind of value, a list of them, or a mapping whose values are of that kind."""

_SHAPES: dict[str, dict[str, Shape]] = {
    "document": {
        "info": "info", "jsonSchemaDialect": "string", "servers": ["server"], "paths": {"path item"},
        "webhooks": {"path item"}, "components": "components", "security": ["requirement"], "tags": ["any"],
    },
    "info": {"title": "string", "version": "string", "description": "string"},
    "server": {"url": "string", "description": "string", "variables": {"server variable"}},
    "server variable": {"enum": ["string"], "default": "string"},
    "path item": {**dict.fromkeys(METHODS, "operation"), "servers": ["server"], "parameters": ["parameter"]},
    "operation": {
        "tags": ["string"], "summary": "string", "description": "string", "operationId": "string",
        "parameters": ["parameter"], "requestBody": "request body", "responses": {"response"},
        "callbacks": {"callback"}, "deprecated": "boolean", "security": ["requirement"], "servers": ["server"],
    },
    "parameter": {
        "name": "string", "in": "string", "required": "boolean", "deprecated": "boolean", "allowEmptyValue": "boolean",
        "style": "string", "explode": "boolean", "allowReserved": "boolean", "schema": "any", "content": {"media type"},
        "examples": {"any"}, "description": "string",
    },
    "header": {
        "required": "boolean", "deprecated": "boolean", "style": "string", "explode": "boolean", "schema": "any",
        "content": {"media type"}, "examples": {"any"}, "description": "string",
    },
    "request body": {"content": {"media type"}, "required": "boolean", "description": "string"},
    "media type": {"schema": "any", "examples": {"any"}, "encoding": {"encoding"}},
    "encoding": {"contentType": "string", "headers": {"header"}, "style": "string", "explode": "boolean",
                 "allowReserved": "boolean"},
    "response": {"description": "string", "headers": {"header"}, "content": {"media type"}, "links": {"any"}},
    "components": {
        "schemas": {"any"}, "responses": {"response"}, "parameters": {"parameter"}, "examples": {"any"},
        "requestBodies": {"request body"}, "headers": {"header"}, "securitySchemes": {"security scheme"},
        "links": {"any"}, "callbacks": {"callback"}, "pathItems": {"path item"},
    },
    "security scheme": {"type": "string", "name": "string", "in": "string", "scheme": "string", "flows": {"flow"},
                        "openIdConnectUrl": "string"},
    "flow": {"authorizationUrl": "string", "tokenUrl": "string", "refreshUrl": "string", "scopes": {"any"}},
}  # fmt: skip
_STATUS = re.compile(r"[1-5]([0-9][0-9]|[Xx][Xx])\Z|default\Z|x-")
_MAPPINGS = {"callback": "path item"}
_EXTENSIBLE = frozenset({"path item", "response", "flow"})
"""Kinds of values in mappings that may also hold ``x-`` extensions."""


def check_shape(document: Document) -> None:
    """Raise :class:`chat_contract.errors.DocumentError` for the first place that does not match OpenAPI."""
    root = document.root
    wanted = ("paths",) if document.version == "3.0" else ("paths", "components", "webhooks")
    place = Place(document.name, ())
    if not any(name in root for name in wanted):
        raise document.error(place, f"{' or '.join(wanted)} is missing", "Add paths, or compare another document.")
    _Check(document).of("document", place)
    for path in root.get("paths", {}):
        if not path.startswith(("/", "x-")):
            raise document.error(place / "paths" / path, "a path must start with a slash", f"Write /{path}.")


class _Check:
    """Checks each place of a document once and follows references."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.seen: set[tuple[str, Place]] = set()

    def of(self, kind: str, place: Place) -> None:
        """Check the value at a place against its kind."""
        value = self.document.at(place)
        if kind == "any" or (kind, place) in self.seen:
            return
        self.seen.add((kind, place))
        if kind in _SCALARS:
            self._scalar(kind, place)
        elif not isinstance(value, dict):
            raise self.document.error(place, f"expected a mapping for the {kind}", f"Write the fields of the {kind}.")
        elif "$ref" in value and kind not in {"document", "components", "requirement"}:
            self._reference(kind, value, place)
        else:
            self._object(kind, value, place)

    def _reference(self, kind: str, value: dict[str, Any], place: Place) -> None:
        target, where = self.document.follow(value, place)
        if not isinstance(target, dict):
            hint = f"Make the reference point to {_a(kind)}."
            raise self.document.error(place / "$ref", f"the target is not {_a(kind)}", hint)
        self.of(kind, where)
        if kind == "path item":
            self._object(kind, value, place)

    def _object(self, kind: str, value: dict[str, Any], place: Place) -> None:
        if kind == "requirement":
            for name in value:
                self._each(["string"], place / name)
        elif kind in _MAPPINGS:
            for name in value:
                if not name.startswith("x-"):
                    self.of(_MAPPINGS[kind], place / name)
        else:
            self._fields(kind, value, place)

    def _fields(self, kind: str, value: dict[str, Any], place: Place) -> None:
        for name in _REQUIRED.get(kind, ()):
            if name not in value:
                raise self.document.error(place, f'the {kind} lacks the required field "{name}"', f"Add {name}.")
        for name, wanted in _SHAPES[kind].items():
            if name in value:
                self._each(wanted, place / name)
        if kind in {"parameter", "header"} and len(value.get("content", "1")) != 1:
            hint = "Keep one media type."
            raise self.document.error(place / "content", f"the {kind} must have exactly one media type", hint)
        for status in value.get("responses", ()) if kind == "operation" else ():
            if not _STATUS.match(status):
                here = place / "responses" / status
                raise self.document.error(
                    here, f'invalid status "{status}"', "Write, for example, '200', 4XX or default."
                )

    def _scalar(self, kind: str, place: Place) -> None:
        value = self.document.at(place)
        if not isinstance(value, _SCALARS[kind]):
            expected = "true or false" if kind == "boolean" else "a string"
            quotes = kind == "string" and not isinstance(value, dict | list)
            hint = "Put the value in quotes." if quotes else f"Write {expected}."
            raise self.document.error(place, f"expected {expected}", hint)

    def _each(self, wanted: Shape, place: Place) -> None:
        value = self.document.at(place)
        if isinstance(wanted, str):
            self.of(wanted, place)
        elif isinstance(wanted, list):
            if not isinstance(value, list):
                raise self.document.error(place, "expected a list", "Write a list.")
            for index in range(len(value)):
                self.of(wanted[0], place / index)
        else:
            (kind,) = wanted
            if not isinstance(value, dict):
                raise self.document.error(place, "expected a mapping", "Write a mapping of names to values.")
            for name in value:
                if not (name.startswith("x-") and kind in _EXTENSIBLE):
                    self.of(kind, place / name)


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
