"""What can keep the kit from doing its work.

    KitError
    ├── DocumentError    a document (contract, overlay, fixture) is not what it must be
    ├── DocumentsError   several places in documents are not what they must be
    └── UsageError       an option or argument is not what it must be

Errors carry data; :func:`str` makes the one readable message.
A finding about a server is no error: see :mod:`chat_contract.conformance`.
"""

from __future__ import annotations

import json
from typing import Any

Pointer = tuple[str | int, ...]

_NOTHING = object()
_SHOWN_CHARACTERS = 120


class KitError(Exception):
    """The kit cannot do what it was asked to; the text says why and what to do."""


class UsageError(KitError):
    """An option or an argument is wrong."""


class DocumentError(KitError):
    """A place in a document is wrong.

    ``line`` counts from 1; ``pointer`` is the JSON Pointer's parts; ``value`` is what stood there.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: str,
        line: int | None = None,
        pointer: Pointer = (),
        value: Any = _NOTHING,
        hint: str = "",
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = path
        self.line = line
        self.pointer = pointer
        self.value = None if value is _NOTHING else value
        self.has_value = value is not _NOTHING
        self.hint = hint

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path}:{self.line}"
        if self.pointer:
            where += f" ({render_pointer(self.pointer)})"
        text = f"{where}: {self.problem}"
        if self.has_value:
            text += f"\n  value: {shorten(self.value)}"
        if self.hint:
            text += f"\n  hint:  {self.hint}"
        return text


class DocumentsError(KitError):
    """Several places in documents are wrong; ``errors`` holds each of them."""

    def __init__(self, errors: tuple[DocumentError, ...]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = errors


def render_pointer(pointer: Pointer) -> str:
    """Write parts as a JSON Pointer (RFC 6901); the whole document is the empty string."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in pointer)


def shorten(value: Any, limit: int = _SHOWN_CHARACTERS) -> str:
    """Show a JSON-like value on one line of at most ``limit`` characters."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except (TypeError, ValueError, RecursionError):
        # Not JSON, or an integer of more digits than Python writes.
        text = f"a {type(value).__name__}"
    return text if len(text) <= limit else text[: limit - 1] + "…"
