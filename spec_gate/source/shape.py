"""Checks that a description is of the shape that OpenAPI gives it, as far as the gate reads it: one table.

Schemas are checked where they are read, by :mod:`spec_gate.schemas.normalise`.
"""

from __future__ import annotations

import re
from typing import Any

from spec_gate.source.documents import Document, Place

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_WORDS = {"text": str, "boolean": bool}
_REQUIRED = {
    "server": ("url",), "server variable": ("default",), "parameter": ("name", "in"), "request body": ("content",),
    "security scheme": ("type",),
}  # fmt: skip

# What each field of each object holds: a text, a boolean, an object, [a list of them], {a mapping to them}.
_SHAPES: dict[str, dict[str, Any]] = {
    "document": {
        "info": "info", "jsonSchemaDialect": "text", "servers": ["server"], "paths": {"path item"},
        "webhooks": {"path item"}, "components": "components", "security": ["requirement"], "tags": ["any"],
    },
    "info": {"title": "text", "version": "text", "description": "text"},
    "server": {"url": "text", "description": "text", "variables": {"server variable"}},
    "server variable": {"enum": ["text"], "default": "text"},
    "path item": {**dict.fromkeys(METHODS, "operation"), "servers": ["server"], "parameters": ["parameter"]},
    "operation": {
        "tags": ["text"], "summary": "text", "description": "text", "operationId": "text", "parameters": ["parameter"],
        "requestBody": "request body", "responses": {"response"}, "callbacks": {"callback"}, "deprecated": "boolean",
        "security": ["requirement"], "servers": ["server"],
    },
    "parameter": {
        "name": "text", "in": "text", "required": "boolean", "deprecated": "boolean", "allowEmptyValue": "boolean",
        "style": "text", "explode": "boolean", "allowReserved": "boolean", "schema": "any", "content": {"media type"},
        "examples": {"any"}, "description": "text",
    },
    "header": {
        "required": "boolean", "deprecated": "boolean", "style": "text", "explode": "boolean", "schema": "any",
        "content": {"media type"}, "examples": {"any"}, "description": "text",
    },
    "request body": {"content": {"media type"}, "required": "boolean", "description": "text"},
    "media type": {"schema": "any", "examples": {"any"}, "encoding": {"encoding"}},
    "encoding": {"contentType": "text", "headers": {"header"}, "style": "text", "explode": "boolean",
                 "allowReserved": "boolean"},
    "response": {"description": "text", "headers": {"header"}, "content": {"media type"}, "links": {"any"}},
    "components": {
        "schemas": {"any"}, "responses": {"response"}, "parameters": {"parameter"}, "examples": {"any"},
        "requestBodies": {"request body"}, "headers": {"header"}, "securitySchemes": {"security scheme"},
        "links": {"any"}, "callbacks": {"callback"}, "pathItems": {"path item"},
    },
    "security scheme": {"type": "text", "name": "text", "in": "text", "scheme": "text", "flows": {"flow"},
                        "openIdConnectUrl": "text"},
    "flow": {"authorizationUrl": "text", "tokenUrl": "text", "refreshUrl": "text", "scopes": {"any"}},
}  # fmt: skip
_STATUS = re.compile(r"[1-5]([0-9][0-9]|[Xx][Xx])\Z|default\Z|x-")
_MAPPINGS = {"callback": "path item"}
_EXTENSIBLE = frozenset({"path item", "response", "flow"})
"""What stands in mappings that may hold extensions beside it."""


def check_shape(document: Document) -> None:
    """Raise :class:`chat_contract.errors.DocumentError` for the first place that is not what OpenAPI wants there."""
    root = document.root
    wanted = ("paths",) if document.version == "3.0" else ("paths", "components", "webhooks")
    place = Place(document.name, ())
    if not any(name in root for name in wanted):
        raise document.error(place, f"has no {' or '.join(wanted)}", "name the description of an API")
    _Check(document).of("document", place)
    for path in root.get("paths", {}):
        if not path.startswith(("/", "x-")):
            raise document.error(place / "paths" / path, "a path begins with a slash", f"write /{path}")


class _Check:
    """Looks at every place of a description once, wherever references lead."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.seen: set[tuple[str, Place]] = set()

    def of(self, kind: str, place: Place) -> None:
        """Check that there is at a place what its kind says."""
        value = self.document.at(place)
        if kind == "any" or (kind, place) in self.seen:
            return
        self.seen.add((kind, place))
        if kind in _WORDS:
            self._word(kind, place)
        elif not isinstance(value, dict):
            raise self.document.error(place, f"is no {kind}", f"write a mapping; OpenAPI says what a {kind} has")
        elif "$ref" in value and kind not in {"document", "components", "requirement"}:
            self._reference(kind, value, place)
        else:
            self._object(kind, value, place)

    def _reference(self, kind: str, value: dict[str, Any], place: Place) -> None:
        target, where = self.document.follow(value, place)
        if not isinstance(target, dict):
            raise self.document.error(place / "$ref", f"leads to what is no {kind}", f"let it lead to a {kind}")
        self.of(kind, where)
        if kind == "path item":
            self._object(kind, value, place)

    def _object(self, kind: str, value: dict[str, Any], place: Place) -> None:
        if kind == "requirement":
            for name in value:
                self._each(["text"], place / name)
        elif kind in _MAPPINGS:
            for name in value:
                if not name.startswith("x-"):
                    self.of(_MAPPINGS[kind], place / name)
        else:
            self._fields(kind, value, place)

    def _fields(self, kind: str, value: dict[str, Any], place: Place) -> None:
        for name in _REQUIRED.get(kind, ()):
            if name not in value:
                raise self.document.error(place, f"a {kind} has no {name}", f"add {name}:")
        for name, wanted in _SHAPES[kind].items():
            if name in value:
                self._each(wanted, place / name)
        if kind in {"parameter", "header"} and len(value.get("content", "1")) != 1:
            raise self.document.error(place / "content", f"the content of a {kind} has one media type", "name one")
        for status in value.get("responses", ()) if kind == "operation" else ():
            if not _STATUS.match(status):
                here = place / "responses" / status
                raise self.document.error(here, f"{status!r} is no status", "write one such as '200', 4XX or default")

    def _word(self, kind: str, place: Place) -> None:
        value = self.document.at(place)
        if not isinstance(value, _WORDS[kind]):
            said = "true or false" if kind == "boolean" else "a text"
            quotes = "put it in quotes" if kind == "text" and not isinstance(value, dict | list) else f"write {said}"
            raise self.document.error(place, f"is {said} in OpenAPI", quotes)

    def _each(self, wanted: Any, place: Place) -> None:
        value = self.document.at(place)
        if isinstance(wanted, str):
            self.of(wanted, place)
        elif isinstance(wanted, list):
            if not isinstance(value, list):
                raise self.document.error(place, "is a list in OpenAPI", "write a list")
            for index in range(len(value)):
                self.of(wanted[0], place / index)
        else:
            (kind,) = wanted
            if not isinstance(value, dict):
                raise self.document.error(place, "is a mapping in OpenAPI", "write a mapping of names")
            for name in value:
                if not (name.startswith("x-") and kind in _EXTENSIBLE):
                    self.of(kind, place / name)
