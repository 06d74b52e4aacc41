"""The errors that stop the kit.

    KitError
    ├── DocumentError        an error in a document (contract, overlay, fixture)
    ├── DocumentsError       several errors in documents
    ├── MissingPackageError  a package of an extra is not installed
    └── UsageError           an invalid option or argument

Errors carry data; :func:`str` renders the message. A violation by a server is not an error; see
:mod:`chat_contract.conformance`.
"""

from __future__ import annotations

import json
import re
from typing import Any

Pointer = tuple[str | int, ...]

_NOTHING = object()
_SHOWN_CHARACTERS = 120


class KitError(Exception):
    """The kit cannot do what the user asked for. The message states the reason and how to fix it."""


class UsageError(KitError):
    """An option or an argument is invalid."""


class MissingPackageError(KitError):
    """A command or an option needs a package that is not installed; ``extra`` is the extra that installs it."""

    def __init__(self, user: str, module: str | None, extra: str) -> None:
        package = (module or "").partition(".")[0]
        self.problem = f"{user} needs the package {package}, which is not installed."
        self.extra = extra
        super().__init__(f"{self.problem} Install the kit again with the extra {extra}.")


class DocumentError(KitError):
    """An error at one place in a document.

    ``line`` counts from 1; ``pointer`` holds the parts of the JSON Pointer; ``value`` is the value at that place.
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
        text = _one_line(f"{where}: {self.problem}")
        if self.has_value:
            text += f"\n  value: {shorten(self.value)}"
        if self.hint:
            text += f"\n  hint:  {_one_line(self.hint)}"
        return text


def _one_line(text: str) -> str:
    """Escape line breaks, which names of files and keys can contain: a CI system takes some lines as commands."""
    return text.replace("\r", "\\r").replace("\n", "\\n")


class DocumentsError(KitError):
    """Several errors in documents."""

    def __init__(self, errors: tuple[DocumentError, ...]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = errors


def render_pointer(pointer: Pointer) -> str:
    """Return the parts as a JSON Pointer (RFC 6901); the empty string is the whole document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in pointer)


def shorten(value: Any, limit: int = _SHOWN_CHARACTERS) -> str:
    """Return a JSON-like value as one line of at most ``limit`` characters."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except (TypeError, ValueError, RecursionError):
        # Not JSON, or an integer with more digits than Python converts.
        text = f"a {type(value).__name__}"
    return text if len(text) <= limit else text[: limit - 1] + "…"


_USER = re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]{1,30}):/{1,2}\S{0,2000}@")
"""A path has one slash, where a URL has two."""
_USER_WITHOUT_SCHEME = re.compile(r"^[^\s/]{0,2000}@")
_IN_QUERY = re.compile(
    r"([?&][^=&\s]{0,60}(?:key|token|secret|auth|password|signature)[^=&\s]{0,60}=)[^&#\s]+", re.IGNORECASE
)


def without_credentials(text: str) -> str:
    """Return a text without the user names, passwords and keys of the URLs in it."""
    return _IN_QUERY.sub(r"\1…", _USER.sub(r"\1://…@", text))


def host_without_credentials(text: str) -> str:
    """Return a host or origin without its user name and password; its scheme may be missing."""
    return without_credentials(_USER_WITHOUT_SCHEME.sub("…@", text))
