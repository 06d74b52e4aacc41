"""Read an HTTP archive (HAR 1.2), as browsers, Playwright, proxies and the verifier write it.

Recorders differ in what they keep. A body that the archive does not hold is None, never empty. Bodies are decoded:
a recorder removes compression and often the charset, so their lengths do not prove anything about the connection.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_contract.document.source import decode, read_file
from chat_contract.errors import DocumentError, Pointer
from chat_contract.exchange import Headers, find_header

_LONGEST_TIME = 1e12
"""The longest duration, in milliseconds, that is plausible; longer ones are ignored."""

MAX_BODY_BYTES = 16 * 1024 * 1024
"""The maximum size of a body that is kept; a longer one counts as missing."""


@dataclass(frozen=True)
class HarLimits:
    """The maximum size of an archive in bytes, and its maximum number of entries."""

    size: int = 256 * 1024 * 1024
    entries: int = 100_000


USUAL = HarLimits()

_HINT = "Export the archive again, for example with 'Save all as HAR with content' in the browser's network panel."


@dataclass(frozen=True)
class HarEntry:
    """One exchange of an archive.

    ``index``: the position in the archive, from 0. ``at``: when the request was sent, in Unix seconds, and ``seconds``
    how long the exchange took; None where the archive does not say so. ``request_body`` and ``response_body`` are None
    if the archive does not hold them. ``status`` is 0 if no response arrived; ``status_text`` then says why.
    """

    index: int
    at: float | None
    seconds: float | None
    method: str
    url: str
    request_headers: Headers
    request_body: bytes | None
    status: int
    status_text: str
    response_headers: Headers
    response_body: bytes | None
    comment: str = ""


def is_har(value: Any) -> bool:
    """Return whether a JSON value is an HTTP archive."""
    return isinstance(value, dict) and isinstance(value.get("log"), dict) and "entries" in value["log"]


def read_har(path: Path, limits: HarLimits = USUAL) -> tuple[HarEntry, ...]:
    """Read an archive; its entries are in the order in which the requests were sent.

    Raises :class:`DocumentError` for a file that cannot be read, is too large, or is not a HAR document.
    """
    return parse_har(read_json_file(path, limits), path, limits)


def read_json_file(path: Path, limits: HarLimits = USUAL) -> Any:
    """Read recorded traffic as a JSON value, within the limit of its size. Raises :class:`DocumentError`."""
    raw = read_file(
        path,
        hint="Pass a file that exists and is readable.",
        limit=limits.size,
        hint_if_large="Split the archive, or raise --max-archive-bytes.",
    )
    if raw[:2] == b"PK":
        raise DocumentError("a ZIP file", path=str(path), hint="Unpack it and pass the .har file in it.")
    try:
        return json.loads(decode(raw, path))
    except json.JSONDecodeError as error:
        problem = f"not JSON: {error.msg[:1].lower()}{error.msg[1:]} in column {error.colno}"
        raise DocumentError(problem, path=str(path), line=error.lineno, hint=_hint_for(raw)) from None
    except (RecursionError, ValueError):
        raise DocumentError(
            "cannot be read as JSON: it is nested too deeply, or a number is too long", path=str(path)
        ) from None


def _hint_for(raw: bytes) -> str:
    if not raw.strip():
        return "The file is empty. Export the archive again."
    if raw.lstrip()[:1] in {b"{", b"["}:
        return "The file may be cut off or edited. Export the archive again."
    return _HINT


def parse_har(value: Any, path: Path, limits: HarLimits = USUAL) -> tuple[HarEntry, ...]:
    """Return the entries of an archive that is parsed already. ``path`` names it, and locates attached bodies."""
    reader = _Reader(path)
    log = reader.member(reader.checked(value, dict, ()), "log", dict, ())
    entries = reader.member(log, "entries", list, ("log",))
    if len(entries) > limits.entries:
        hint = "Split the archive, or raise --max-archive-entries."
        raise reader.error(f"more than {limits.entries} entries", ("log", "entries"), hint)
    read = [reader.entry(index, entry) for index, entry in enumerate(entries)]
    return tuple(_in_order(read))


def _in_order(entries: list[HarEntry]) -> Iterable[HarEntry]:
    """Return the entries by time if every entry has one, since some recorders write them as they end."""
    times = [entry.at for entry in entries if entry.at is not None]
    if len(times) < len(entries):
        return entries
    return sorted(entries, key=lambda entry: entry.at or 0.0)


_NAMES = {dict: "an object", list: "an array", str: "a string", int: "an integer", bool: "a boolean", float: "a number"}


@dataclass(frozen=True)
class _Reader:
    """Reads the parts of an archive; each error names the place."""

    path: Path

    def error(self, problem: str, pointer: Pointer, hint: str = _HINT) -> DocumentError:
        return DocumentError(problem, path=str(self.path), pointer=pointer, hint=hint)

    def checked(self, value: Any, kind: type, pointer: Pointer) -> Any:
        """Return the value if it has the type; raises :class:`DocumentError` otherwise.

        The message does not show the value, which may contain a credential.
        """
        if not isinstance(value, kind) or isinstance(value, bool):
            what = "not an HTTP archive: " if len(pointer) < 2 else ""
            raise self.error(f"{what}expected {_NAMES[kind]}, got {_NAMES.get(type(value), 'null')}", pointer)
        return value

    def member(self, parent: dict[str, Any], name: str, kind: type, pointer: Pointer) -> Any:
        """Return a required member."""
        if name not in parent:
            what = "not an HTTP archive: " if len(pointer) < 2 else ""
            raise self.error(f'{what}"{name}" is missing', pointer)
        return self.checked(parent[name], kind, (*pointer, name))

    def entry(self, index: int, value: Any) -> HarEntry:
        place: Pointer = ("log", "entries", index)
        entry = self.checked(value, dict, place)
        request = self.member(entry, "request", dict, place)
        response = self.member(entry, "response", dict, place)
        to_request, to_response = (*place, "request"), (*place, "response")
        request_headers = self.headers(request, to_request)
        return HarEntry(
            index=index,
            at=_unix(entry.get("startedDateTime")),
            seconds=_seconds(entry.get("time")),
            method=self.member(request, "method", str, to_request),
            url=self.member(request, "url", str, to_request),
            request_headers=request_headers,
            request_body=self.request_body(request, request_headers, to_request),
            status=self.member(response, "status", int, to_response),
            status_text=_text(response.get("statusText")),
            response_headers=self.headers(response, to_response),
            response_body=self.response_body(response, to_response),
            comment=_text(entry.get("comment")),
        )

    def headers(self, message: dict[str, Any], place: Pointer) -> Headers:
        """Return the headers without the pseudo-headers of HTTP/2."""
        found: list[Any] = self.checked(message.get("headers", []), list, (*place, "headers"))
        return tuple(self._pairs(found, (*place, "headers")))

    def _pairs(self, found: list[Any], place: Pointer) -> Iterator[tuple[str, str]]:
        for index, value in enumerate(found):
            at = (*place, index)
            header = self.checked(value, dict, at)
            name, content = self.member(header, "name", str, at), self.member(header, "value", str, at)
            if not name.startswith(":"):
                yield name, content

    def request_body(self, request: dict[str, Any], headers: Headers, place: Pointer) -> bytes | None:
        data = request.get("postData")
        if data is None:
            return b"" if _has_no_body(request, headers) else None
        data = self.checked(data, dict, (*place, "postData"))
        # HAR names no encoding here; the verifier's archive has it in the comment, and some recorders in "encoding".
        encoded = "base64" in {data.get("encoding"), data.get("_encoding"), data.get("comment")}
        return self.content(data, (*place, "postData"), encoded=encoded)

    def response_body(self, response: dict[str, Any], place: Pointer) -> bytes | None:
        place = (*place, "content")
        content = self.checked(response.get("content", {}), dict, place)
        if content.get("text") is None and "_file" not in content and content.get("size") == 0:
            return b""
        return self.content(content, place, encoded=content.get("encoding") == "base64")

    def content(self, content: dict[str, Any], place: Pointer, *, encoded: bool) -> bytes | None:
        """Return a body: written as text or base64, or attached as a file next to the archive."""
        text = content.get("text")
        if text is None:
            return self.attached(content.get("_file"))
        text = self.checked(text, str, (*place, "text"))
        try:
            body = base64.b64decode(text, validate=True) if encoded else text.encode("utf-8")
        except UnicodeEncodeError:
            return None  # A lone surrogate: the recorder cut the text, so the bytes are unknown.
        except ValueError:
            raise self.error("invalid base64", (*place, "text")) from None
        return body if len(body) <= MAX_BODY_BYTES else None

    def attached(self, name: Any) -> bytes | None:
        """Return the body that Playwright stored in a file of its own. Only a file next to the archive is read."""
        if not isinstance(name, str) or not name or Path(name).name != name:
            return None
        try:
            return read_file(self.path.parent / name, hint="", limit=MAX_BODY_BYTES)
        except DocumentError:
            return None


def _has_no_body(request: dict[str, Any], headers: Headers) -> bool:
    """Return whether a request without ``postData`` was sent without a body, as far as the archive says so."""
    if request.get("bodySize") == 0 or find_header(headers, "Content-Length") == "0":
        return True
    return str(request.get("method")).upper() in {"GET", "HEAD", "OPTIONS", "DELETE"}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _unix(value: Any) -> float | None:
    try:
        at = dt.datetime.fromisoformat(value).timestamp()
        # A time in the first or last days of the calendar is outside of it in some time zones.
        return dt.datetime.fromtimestamp(at, dt.UTC).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _seconds(value: Any) -> float | None:
    is_time = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LONGEST_TIME
    return value / 1000 if is_time else None
