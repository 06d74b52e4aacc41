"""Reads a request's body from the WSGI stream, within bounds. Knows nothing of what the body says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

_AT_ONCE = 64 * 1024
_THROWN_AWAY = 64 * 1024 * 1024
"""How much of a body that is too large is still read: a client that is busy sending sees no answer, only a reset."""


class BodyTooLargeError(Exception):
    """The body is larger than allowed; all of it that is going to be read has been read."""


class BodyCutShortError(Exception):
    """The body ended before the length that its header announced."""

    def __init__(self, got: bytes) -> None:
        super().__init__(len(got))
        self.got = got


def read_bounded(environ: Mapping[str, Any], most: int) -> bytes:
    """Return the body, with or without a Content-Length.

    Raises :class:`BodyTooLargeError` for more than ``most`` bytes, :class:`BodyCutShortError` if the client went away.
    """
    announced = environ.get("CONTENT_LENGTH") or ""
    length = int(announced) if announced.isdecimal() else None
    if length is None and not environ.get("wsgi.input_terminated"):
        # Only a server that ends the stream itself can be asked for more than was announced.
        return b""
    stream: IO[bytes] = environ["wsgi.input"]
    chunks: list[bytes] = []
    got = 0
    while length is None or got < length:
        chunk = stream.read(_AT_ONCE if length is None else min(_AT_ONCE, length - got))
        if not chunk:
            break
        got += len(chunk)
        if got <= most:
            chunks.append(chunk)
        elif got > most + _THROWN_AWAY:
            break
    if got > most:
        raise BodyTooLargeError
    if length is not None and got < length:
        raise BodyCutShortError(b"".join(chunks))
    return b"".join(chunks)
