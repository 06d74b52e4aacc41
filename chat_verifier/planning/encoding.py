"""How a body is written: placeholders for conversation ids, white space, escapes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from chat_contract.exchange import Headers


class _Issued:
    """A placeholder for the conversation id that the server issued, changed by a function."""

    def __init__(self, name: str, change: Callable[[str], str] = str) -> None:
        self.name = name
        self.change = change

    def __repr__(self) -> str:
        return self.name

    def __deepcopy__(self, memo: dict[int, Any]) -> _Issued:
        return self


ISSUED: Any = _Issued("ISSUED")
"""A placeholder in a body for the conversation id that the server issued earlier in the sequence."""

ISSUED_WITH_BLANK: Any = _Issued("ISSUED_WITH_BLANK", lambda issued: f"{issued} ")
"""A placeholder for the same id with a trailing blank."""

ISSUED_IN_OTHER_CASE: Any = _Issued("ISSUED_IN_OTHER_CASE", str.swapcase)
"""A placeholder for the same id with upper and lower case swapped."""


class Layout(StrEnum):
    """The white space between the tokens of a JSON body; ``LOOSE`` also puts some around the body."""

    PLAIN = "plain"
    COMPACT = "compact"
    PRETTY = "pretty"
    SPACED = "spaced"
    LOOSE = "loose"


_SEPARATORS = {Layout.COMPACT: (",", ":"), Layout.SPACED: (" , ", " : "), Layout.LOOSE: (" , ", " : ")}

JSON_HEADERS: Headers = (("Content-Type", "application/json"),)


def written(body: Any, conversation_id: str | None, layout: Layout, *, ascii_only: bool) -> bytes:
    """Return the bytes of a JSON value, with the conversation id instead of :data:`ISSUED`."""
    filled = _fill(body, conversation_id)
    indent = 2 if layout is Layout.PRETTY else None
    text = json.dumps(filled, ensure_ascii=ascii_only, separators=_SEPARATORS.get(layout), indent=indent)
    if ascii_only:
        text = text.replace("/", "\\/")
    if layout in {Layout.SPACED, Layout.LOOSE}:
        text = f"{text[:1]} {text[1:-1]} {text[-1:]}"
    if layout is Layout.LOOSE:
        text = f"\r\n\t {text} \n"
    return text.encode("utf-8", "surrogatepass")


def holds_placeholder(body: Any) -> bool:
    """Return whether a body needs the conversation id of an earlier response."""
    return not isinstance(body, bytes) and any(isinstance(value, _Issued) for value in _leaves(body))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for child in value.values():
            yield from _leaves(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _leaves(child)
    else:
        yield value


def _fill(value: Any, conversation_id: str | None) -> Any:
    if isinstance(value, _Issued):
        return None if conversation_id is None else value.change(conversation_id)
    if isinstance(value, Mapping):
        return {key: _fill(child, conversation_id) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_fill(child, conversation_id) for child in value]
    return value
