"""Collects a request body up to a limit. Both adapters feed it the chunks that they receive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Any, NamedTuple

DISCARDED = 64 * 1024 * 1024
"""Bytes of a body over the limit that are still read: a client that is busy sending would see a reset, no response."""

READ_ALREADY = "mock_server.body"
"""The key of a WSGI environment under which the server puts a body that it has read."""

_CHUNK = 64 * 1024
_MAX_DIGITS = 19
_CHUNK_BYTES = 64
"""Size of a chunk without its bytes."""


class Body(NamedTuple):
    """A request body; ``data`` is empty if the body is too large."""

    data: bytes
    too_large: bool = False
    cut_short: bool = False
    """The body ended before its announced length."""


class BodyReader:
    """Collects at most ``limit`` bytes of a body that has the announced length, or none if its end marks it."""

    def __init__(self, limit: int, length: int | None) -> None:
        self._limit = limit
        self._length = length
        self._chunks: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> bool:
        """Add a chunk and return whether to keep reading."""
        self._size += len(chunk)
        if self._size <= self._limit:
            self._chunks.append(chunk)
        else:
            self._chunks.clear()
        return self._size <= self._limit + DISCARDED and (self._length is None or self._size < self._length)

    @property
    def kept(self) -> int:
        """The number of bytes that the reader keeps."""
        return self._size + _CHUNK_BYTES * len(self._chunks) if self._chunks else 0

    def body(self, *, ended: bool = True) -> Body:
        """Return what was collected; ``ended`` tells whether a body without a length was received completely."""
        if self._size > self._limit:
            return Body(b"", too_large=True)
        missing = not ended if self._length is None else self._size < self._length
        return Body(self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks), cut_short=missing)


def announced_length(text: str | None) -> int | None:
    """Return the value of a Content-Length header; None if it is absent or not a length."""
    return int(text) if text and text.isdecimal() and len(text) <= _MAX_DIGITS else None


def read_wsgi_body(environ: Mapping[str, Any], limit: int) -> Body:
    """Return the body of a WSGI request; the one that the server has read already, if it has."""
    body = environ.get(READ_ALREADY)
    if isinstance(body, Body):
        return body
    length = announced_length(environ.get("CONTENT_LENGTH"))
    if length is None and not environ.get("wsgi.input_terminated"):
        # Without a length, reading is safe only where the server ends the stream itself.
        return Body(b"")
    reader = BodyReader(limit, length)
    for chunk in _chunks(environ["wsgi.input"], length):
        if not reader.feed(chunk):
            break
    return reader.body()


def _chunks(stream: IO[bytes], length: int | None) -> Iterator[bytes]:
    received = 0
    while chunk := stream.read(_CHUNK if length is None else min(_CHUNK, length - received)):
        received += len(chunk)
        yield chunk
