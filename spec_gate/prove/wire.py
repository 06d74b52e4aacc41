"""Writes values into URLs and headers, and lists the values that such text can carry or may represent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

from spec_gate.differ.surface import Parameter
from spec_gate.schemas.keywords import types_of
from spec_gate.schemas.node import Schema, SchemaNode

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_WORDS = {"true": True, "false": False, "null": None}


def readings(value: Any) -> Iterator[Any]:
    """Return all values that the text of a parameter may represent: it has no type, and one value may be a list."""
    yield value
    if isinstance(value, str):
        if value in _WORDS:
            yield _WORDS[value]
        elif _NUMBER.match(value) and len(value) < 300:
            yield json.loads(value)
        yield [value]
    elif isinstance(value, int | float) or value is None:
        yield as_text(value)
        yield [value]
        yield [as_text(value)]
    elif isinstance(value, list):
        if len(value) == 1:
            yield from readings(value[0]) if not isinstance(value[0], list) else ()
        yield [as_text(one) if isinstance(one, int | float) or one is None else one for one in value]
        yield [next((other for other in readings(one) if not isinstance(other, str | list)), one)
               if isinstance(one, str) else one for one in value]  # fmt: skip


def listed_values(schema: Schema) -> list[Any] | None:
    """Return the values that a schema lists, or true and false for a boolean; None for other schemas."""
    if isinstance(schema, bool):
        return None
    is_boolean = set(types_of(schema)) == {"boolean"} if "type" in schema else False
    found: list[Any] | None = schema.get("enum", [True, False] if is_boolean else None)
    return found


# What text can carry --------------------------------------------------------------------------------------------------

_NO_NULL = ["array", "boolean", "number", "object", "string"]
_NOT_EMPTY = {"minItems": 1, "minProperties": 1}
_SEGMENT = {"minLength": 1, "pattern": "^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"}
"""A path parameter is not empty, so that the path fits its template, and has no control characters."""
_FIELD_CONTENT = "^(?:[!-~¡-ÿ](?:[ -~¡-ÿ]*[!-~¡-ÿ])?)?$"
"""The value of a header, without tabs: RFC 9110, section 5.5."""
_FIELD_ITEM = "^(?:[!-+\\--~¡-ÿ](?:[ -+\\--~¡-ÿ]*[!-+\\--~¡-ÿ])?)?$"
"""An item of a list in a header, which has no comma."""
_COOKIE_OCTETS = r"^[!#-+\--:<-\[\]-~]*$"
"""The value of a cookie that is not percent-encoded: RFC 6265, section 4.1.1."""


def sendable(parameter: Parameter, path: str) -> Schema:
    """Return the schema of the values that a client can send in a parameter, or a server in a header."""
    is_segment = f"{{{parameter.name}}}" in path.split("/")
    return _sendable(parameter.location, parameter.style, explode=parameter.explode, is_segment=is_segment)


FORM = SchemaNode({"type": "object", "additionalProperties": SchemaNode({"type": _NO_NULL})})
"""The schema of the values that a form can carry: a field that is null is not sent."""


@cache
def _sendable(location: str, style: str, *, explode: bool, is_segment: bool) -> Schema:
    """Return one schema for all parameters that are written alike.

    A null, and an empty list or object of names and values, is not written at all: RFC 6570, section 2.3.
    """
    limits: dict[str, Any] = {"type": _NO_NULL, "items": SchemaNode({"type": _NO_NULL})}
    if location == "path":
        limits |= _NOT_EMPTY | (_SEGMENT if style != "matrix" else {})
        limits["items"] = SchemaNode({"type": _NO_NULL, **_SEGMENT})
        if is_segment and style == "simple":
            # A client resolves these segments before it sends the URL: RFC 3986, section 5.2.4.
            limits["not"] = SchemaNode({"enum": [".", ".."]})
    elif location == "header":
        limits["pattern"] = _FIELD_CONTENT
        limits["items"] = SchemaNode({"type": _NO_NULL, "pattern": _FIELD_ITEM})
    elif style == "cookie":
        limits["pattern"] = _COOKIE_OCTETS
    if explode and location in {"query", "cookie"}:
        limits |= _NOT_EMPTY
    return SchemaNode(limits)


# Writing --------------------------------------------------------------------------------------------------------------


def as_text(value: Any) -> str:
    """Write a scalar as text; anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def in_query(parameter: Parameter, value: Any) -> str:
    """Write a parameter of a query."""
    key = quote(parameter.name, safe="[]")
    if parameter.media:
        return f"{key}={quote(_in_media(parameter.media, value), safe='')}"
    if isinstance(value, dict) and parameter.style == "deepObject":
        return "&".join(f"{key}[{quote(one)}]={_quoted(item)}" for one, item in value.items())
    if isinstance(value, list) and parameter.explode:
        return "&".join(f"{key}={_quoted(one)}" for one in value)
    if isinstance(value, dict) and parameter.explode:
        return "&".join(f"{quote(one)}={_quoted(item)}" for one, item in value.items())
    return f"{key}={_SEPARATORS.get(parameter.style, ',').join(map(_quoted, _parts(value)))}"


def in_path(parameter: Parameter, value: Any) -> str:
    """Write a parameter of a path in the style ``simple``, ``label`` or ``matrix``."""
    if parameter.media:
        return quote(_in_media(parameter.media, value), safe="")
    are_pairs = isinstance(value, dict) and parameter.explode
    parts = [f"{quote(one)}={_quoted(item)}" for one, item in value.items()] if are_pairs else [
        _quoted(one) for one in _parts(value)]  # fmt: skip
    if parameter.style == "matrix":
        given = parts if parameter.explode else [",".join(parts)]
        return "".join(f";{one}" if are_pairs else f";{quote(parameter.name)}={one}" for one in given)
    if parameter.style == "label":
        return "." + ("." if parameter.explode else ",").join(parts)
    return ",".join(parts)


def in_cookie(parameter: Parameter, value: Any) -> str:
    """Write the value of a cookie, percent-encoded unless its style is ``cookie``."""
    return in_header(parameter, value) if parameter.style == "cookie" else quote(in_header(parameter, value), safe=",=")


def in_header(parameter: Parameter, value: Any) -> str:
    """Write the value of a header."""
    if parameter.media:
        return _in_media(parameter.media, value)
    if isinstance(value, dict) and parameter.explode:
        return ",".join(f"{one}={as_text(item)}" for one, item in value.items())
    return ",".join(map(as_text, _parts(value)))


def _parts(value: Any) -> list[Any]:
    """Return the items of a list, the names and values of an object, or the value itself."""
    if isinstance(value, dict):
        return [part for pair in value.items() for part in pair]
    return value if isinstance(value, list) else [value]


def _in_media(media: str, value: Any) -> str:
    return value if isinstance(value, str) and "json" not in media else json.dumps(value)


_SEPARATORS = {"spaceDelimited": "%20", "pipeDelimited": "|"}


def _quoted(value: Any) -> str:
    return quote(as_text(value), safe="")
