"""Undo escapes in a text, and locate the original of each unescaped byte.

Escapes are those of URLs, JSON, HTML and hexadecimal lists, and the full-width forms of ASCII characters.
"""

from __future__ import annotations

import html
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

_DEPTH = 3
"""Nested escapes to undo: JSON in JSON, in HTML."""

_ESCAPE = re.compile(
    rb"%[0-9a-fA-F]{2}"
    rb"|\\{1,8}(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[nrtbf/])"
    rb"|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][0-9A-Za-z]{1,7});"
    rb"|0[xX][0-9a-fA-F]{2}(?![0-9a-zA-Z])"
    rb"|\xef(?:\xbc[\x81-\xbf]|\xbd[\x80-\x9e])"
)
_BEGINNINGS = (b"%", b"\\", b"&", b"0x", b"0X", b"\xef")
_CHUNK = 1 << 18
_LONGEST = 16
"""The maximum number of bytes in an escape."""

_FULL_WIDTH = 0xFEE0
"""The distance of a full-width character from its ASCII character."""


def unescape(text: bytes) -> bytes:
    """Undo nested escapes. An escaped line break or tab becomes a space."""
    for _ in range(_DEPTH):
        undone = _undone(text)
        if undone == text:
            break
        text = undone
    return text


def _undone(text: bytes) -> bytes:
    if not any(beginning in text for beginning in _BEGINNINGS):
        return text
    return b"".join(_ESCAPE.sub(lambda match: _plain(match[0]), text[start:end]) for start, end in _chunks(text))


def _chunks(text: bytes) -> Iterator[tuple[int, int]]:
    """Yield the spans of chunks, which limit the memory in use. No chunk ends inside an escape."""
    start = 0
    while start < len(text):
        end = min(start + _CHUNK, len(text))
        for at in range(end - _LONGEST, end) if end < len(text) else ():
            found = _ESCAPE.match(text, at)
            if found and found.end() > end:
                end = at
                break
        yield start, end
        start = end


@lru_cache(maxsize=4096)
def _plain(escape: bytes) -> bytes:
    """Return the text that an escape represents."""
    if escape[:1] == b"%":
        return bytes.fromhex(escape[1:].decode())
    if escape[:1] == b"&":
        return html.unescape(escape.decode()).encode("utf-8", "surrogatepass")
    if escape[:1] == b"\xef":
        return chr(ord(escape.decode()) - _FULL_WIDTH).encode()
    code = escape.lstrip(b"\\0")
    if code[:1] in b"uxX":
        return chr(int(code[1:], 16)).encode("utf-8", "surrogatepass")
    return b"/" if code == b"/" else b" "


class Trace:
    """Where each byte of the unescaped text is in the original text."""

    def __init__(self, text: bytes) -> None:
        self._rounds: list[_Round] = []
        for _ in range(_DEPTH):
            undone = _undone(text)
            if undone == text:
                break
            self._rounds.append(_Round.of(text))
            text = undone

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original text; an escape belongs to it as a whole."""
        for undone in reversed(self._rounds):
            start, end = undone.before(start)[0], undone.before(end - 1)[1]
        return start, end


@dataclass(frozen=True)
class _Round:
    """The escapes that one round undoes: where each begins and ends, before it and after it."""

    starts: array[int]
    ends: array[int]
    new_starts: array[int]
    new_ends: array[int]

    @classmethod
    def of(cls, text: bytes) -> _Round:
        starts, ends, lengths = array("Q"), array("Q"), array("Q")
        for match in (match for chunk in _chunks(text) for match in _ESCAPE.finditer(text, *chunk)):
            starts.append(match.start())
            ends.append(match.end())
            lengths.append(len(_plain(match[0])))
        removed = accumulate(end - start - length for start, end, length in zip(starts, ends, lengths, strict=True))
        new_ends = array("Q", (end - gone for end, gone in zip(ends, removed, strict=True)))
        new_starts = array("Q", (end - length for end, length in zip(new_ends, lengths, strict=True)))
        return cls(starts, ends, new_starts, new_ends)

    def before(self, position: int) -> tuple[int, int]:
        """Return the span before this round of the byte at a position after it."""
        last = bisect_right(self.new_starts, position) - 1
        if last < 0:
            return position, position + 1
        if position < self.new_ends[last]:
            return self.starts[last], self.ends[last]
        original = self.ends[last] + position - self.new_ends[last]
        return original, original + 1
