"""Writes values into URLs and headers, and lists the values that such text may represent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

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


def as_text(value: Any) -> str:
    """Write a scalar as text; anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def query(name: str, value: Any, style: str, *, explode: bool) -> str:
    """Write a parameter of a query."""
    key = quote(name, safe="[]")
    if isinstance(value, list):
        if explode and style == "form":
            return "&".join(f"{key}={_quoted(one)}" for one in value) or f"{key}="
        return f"{key}={_SEPARATORS.get(style, ',').join(_quoted(one) for one in value)}"
    if isinstance(value, dict):
        if style == "deepObject":
            return "&".join(f"{key}[{quote(one)}]={_quoted(item)}" for one, item in value.items())
        if explode:
            return "&".join(f"{quote(one)}={_quoted(item)}" for one, item in value.items())
        return f"{key}={','.join(part for one, item in value.items() for part in (quote(one), _quoted(item)))}"
    return f"{key}={_quoted(value)}"


def simple(value: Any) -> str:
    """Write a parameter of a path, or a header."""
    if isinstance(value, list):
        return ",".join(as_text(one) for one in value)
    if isinstance(value, dict):
        return ",".join(part for one, item in value.items() for part in (one, as_text(item)))
    return as_text(value)


_SEPARATORS = {"spaceDelimited": "%20", "pipeDelimited": "|"}


def _quoted(value: Any) -> str:
    return quote(as_text(value), safe="")
