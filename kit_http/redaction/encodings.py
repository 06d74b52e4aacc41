"""Find secrets that a server has re-encoded.

A secret is found in upper or lower case, with escapes of URLs, JSON or HTML, in full-width characters and split by
separators. It is also found as hexadecimal digits, in base32, base64, base85 and Ascii85, and in base64 of base64, gzip
or zlib. Any 12 consecutive characters of a secret count as the secret; in a split text, 12 letters and digits do. The
time is linear in the length of the text.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import compress
from threading import Lock

from cachetools import LRUCache, cached

from kit_http.redaction.escapes import Trace, unescape
from kit_http.redaction.runs import Needle, Needles

SHORTEST = 8
"""Shorter secrets occur in many texts by chance when every encoding counts."""

RUN = 12
"""How many characters of a secret count as the secret."""

_SHORTEST_CODE = 7
_DEPTH = 3
"""Nested layers of base64 to decode."""

_INFLATED = 1 << 20
"""How many bytes compressed data may grow to, unless the whole text is long."""

_MOST_KEPT = 32 * 1024
"""Characters of the secrets whose searches are kept. A search takes up to 2 KB of memory for each character."""

_CHUNK = 1 << 16
_LETTERS = (string.ascii_letters + string.digits).encode()
_SEPARATORS = bytes(set(range(256)) - set(_LETTERS))
_SPACES = b' \t\r\n\v\f\\"'
_LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{20,}(?:\s{1,8}[A-Za-z0-9+/_-]{20,})*(?:\s{1,8}[A-Za-z0-9+/_-]{1,19}(?==))?")
_PIECE = re.compile(rb"[A-Za-z0-9]{20,}")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_GZIP = b"\x1f\x8b\x08"
_GZIP_IN_BASE64 = b"H4sI"
_MOST_STREAMS = 8
_ZLIB_METHOD, _ZLIB_CHECK = 8, 31
"""The method in the first byte of zlib's format, and the number that divides the first two bytes."""
_FLAGGED = re.compile(rb"\x01+")


@dataclass(frozen=True)
class _View:
    """A way to read a text: without some bytes, and perhaps in lower case."""

    dropped: bytes
    folded: bool = False

    def of(self, text: bytes) -> bytes:
        return text.translate(_LOWER if self.folded else None, self.dropped)

    def flag(self, text: bytes, spans: Iterator[tuple[int, int]], flags: bytearray) -> None:
        """Set the flag of each byte that is in a span of the view."""
        is_kept = bytes(byte not in self.dropped for byte in range(256))
        first, kept, positions = 0, 0, list[int]()
        at = -_CHUNK
        for start, end in spans:
            for index in range(start, end):
                while index >= first + kept:
                    at += _CHUNK
                    chunk = text[at : at + _CHUNK]
                    first, kept, positions = first + kept, len(chunk.translate(None, self.dropped)), []
                if not positions:
                    positions = list(compress(range(at, at + _CHUNK), text[at : at + _CHUNK].translate(is_kept)))
                flags[positions[index - first]] = 1


_TIGHT = _View(_SPACES)
_TIGHT_FOLDED = _View(_SPACES, folded=True)
_LETTERS_ONLY = _View(_SEPARATORS)
_LETTERS_FOLDED = _View(_SEPARATORS, folded=True)


class EncodedSecrets:
    """Finds secrets in a text, whatever their encoding there."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self.length = sum(map(len, secrets))
        found: dict[_View, list[Needle]] = {}
        for secret in secrets:
            for view, needle in _needles(secret) if len(secret) >= SHORTEST else ():
                found.setdefault(view, []).append(needle)
        self._searches = [(view, Needles(tuple(needles))) for view, needles in found.items()]

    def found_in(self, text: str) -> bool:
        """Return whether the text contains a secret."""
        data = text.encode("utf-8", "surrogatepass")
        return bool(self._searches) and self._holds(data, _DEPTH, _Budget(max(_INFLATED, 4 * len(data))))

    def masked(self, text: str, mask: str) -> str:
        """Replace every secret with the mask; separators in it stay. The text keeps its length in UTF-8."""
        data = text.encode("utf-8", "surrogatepass")
        hidden = self.masked_bytes(data, mask)
        return text if hidden is data else hidden.decode("utf-8", "surrogatepass")

    def masked_bytes(self, data: bytes, mask: str) -> bytes:
        """Replace every secret in bytes, which may be binary data."""
        if not self._searches or len(data) < _SHORTEST_CODE:
            return data
        flags = self._flags(data)
        if not any(flags):
            return data
        trace, hidden, written = Trace(data), bytearray(data), mask.encode()
        for flagged in _FLAGGED.finditer(flags):
            start, end = trace.original(*flagged.span())
            length = end - start
            hidden[start:end] = written.ljust(length, b"*") if length >= len(written) else b"*" * length
        return bytes(hidden)

    def _flags(self, data: bytes) -> bytearray:
        """Return a flag for each byte of the unescaped text: whether it belongs to a secret."""
        flat = unescape(data)
        budget = _Budget(max(_INFLATED, 4 * len(data)))
        if self._holds_compressed(data, _DEPTH, budget):
            return bytearray(b"\x01" * len(flat))
        flags = bytearray(len(flat))
        for view, needles in self._searches:
            view.flag(flat, needles.runs(view.of(flat)), flags)
        for start, end in self._encoded_places(flat, _DEPTH, budget):
            flags[start:end] = b"\x01" * (end - start)
        return flags

    def _holds(self, data: bytes, depth: int, budget: _Budget) -> bool:
        flat = unescape(data)
        if any(needles.found_in(view.of(flat)) for view, needles in self._searches):
            return True
        return self._holds_compressed(data, depth, budget) or any(self._encoded_places(flat, depth, budget))

    def _encoded_places(self, flat: bytes, depth: int, budget: _Budget) -> Iterator[tuple[int, int]]:
        """Yield the spans of base64 data that contains a secret."""
        for found in _BASE64.finditer(flat) if depth else ():
            if any(self._holds(inner, depth - 1, budget) for inner in _decoded(found[0])):
                yield found.span()

    def _holds_compressed(self, data: bytes, depth: int, budget: _Budget) -> bool:
        inflated = budget.inflated(data) if depth else b""
        return bool(inflated) and self._holds(inflated, depth - 1, budget)


@cached(LRUCache(_MOST_KEPT, getsizeof=lambda kept: kept.length), lock=Lock())
def encoded_secrets(secrets: tuple[str, ...]) -> EncodedSecrets:
    """Return the search for secrets; it is made once for the same ones, unless they are very long."""
    return EncodedSecrets(secrets)


@dataclass
class _Budget:
    """How many bytes compressed data may still grow to, so that a small text cannot cost much time."""

    left: int

    def inflated(self, data: bytes) -> bytes:
        """Return the uncompressed data, or its beginning; empty for data that is not compressed."""
        found = b""
        while (bits := _window_bits(data)) and self.left > 0:
            stream = zlib.decompressobj(bits)
            try:
                found += (inflated := stream.decompress(data, self.left))
            except zlib.error:
                break
            self.left -= len(inflated)
            # Another stream may follow, as gzip allows. The copy of the rest takes time, so it counts too.
            if _window_bits(data := stream.unused_data):
                self.left -= len(data)
        return found


def _window_bits(data: bytes) -> int:
    """Return how zlib reads the data, 0 if they are not compressed."""
    if data[:3] == _GZIP:
        return 31
    is_zlib = len(data) > 1 and data[0] & 0x8F == _ZLIB_METHOD and int.from_bytes(data[:2]) % _ZLIB_CHECK == 0
    return 15 if is_zlib else 0


def _decoded(run: bytes) -> Iterator[bytes]:
    """Yield what a run of base64 characters may encode: it may begin with other characters, such as a path."""
    text = b"".join(run.split()).translate(_STANDARD)
    starts = [0]
    at = text.find(_GZIP_IN_BASE64, 1)
    while at > 0 and len(starts) <= _MOST_STREAMS:
        starts.append(at)
        at = text.find(_GZIP_IN_BASE64, at + 1)
    pieces = [text[start:] for start in starts]
    if b"+" in text or b"/" in text:
        pieces += _PIECE.findall(text)
    for piece in pieces:
        try:
            yield base64.b64decode(piece + b"=" * (-len(piece) % 4))
        except binascii.Error:
            # A long word, not base64.
            continue


def _needles(secret: str) -> Iterator[tuple[_View, Needle]]:
    """Yield the texts to search for in an unescaped text, and the view in which to search."""
    raw = secret.encode("utf-8", "surrogatepass")
    # A secret may look escaped itself: its letters count as they are written, too.
    forms = {(view, view.of(text)) for view in (_TIGHT_FOLDED, _LETTERS_FOLDED) for text in (raw, unescape(raw))}
    yield from ((view, Needle(form, min(RUN, len(form)))) for view, form in forms if len(form) >= SHORTEST)
    yield _LETTERS_FOLDED, Needle(raw.hex().encode(), min(2 * RUN, 2 * len(raw)))
    for core in _cores(raw, base64.b32encode, 5, 8):
        yield _LETTERS_FOLDED, Needle(core.lower(), min(18, len(core)))
    for core in _cores(raw, base64.b64encode, 3, 4):
        # Without + and /, so that both alphabets have the same letters.
        form = _LETTERS_ONLY.of(core)
        if len(form) >= _SHORTEST_CODE:
            yield _LETTERS_ONLY, Needle(form, min(RUN, len(form)))
    for encode in (base64.b85encode, base64.a85encode):
        for core in _cores(raw, encode, 4, 5, whole_groups=True):
            form = _TIGHT.of(unescape(core))
            if len(form) >= _SHORTEST_CODE:
                yield _TIGHT, Needle(form, min(SHORTEST, len(form)))


def _cores(
    raw: bytes, encode: Callable[[bytes], bytes], group: int, digits: int, *, whole_groups: bool = False
) -> Iterator[bytes]:
    """Yield what the encoding of every text with these bytes contains, for each position in a group of bytes.

    The first and last digits also encode bits of the neighbouring bytes; in base85, a group has no digits of its own.
    """
    for shift in range(group):
        whole = encode(b"\0" * shift + raw)
        start, end = digits * shift, digits * (shift + len(raw))
        if whole_groups:
            yield whole[digits * -(-shift // group) : digits * ((shift + len(raw)) // group)]
        else:
            yield whole[-(-start // group) : end // group]
