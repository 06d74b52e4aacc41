"""Find a secret that a server has re-encoded.

Servers echo header values in upper or lower case, with escapes of JSON, URLs or HTML, wrapped over lines, in base64 or
as hexadecimal digits.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass

_SHORTEST = 8
"""Shorter secrets occur in many texts by chance when every encoding counts."""

_DEPTH = 3
"""Nested escapes to undo: JSON in JSON, in HTML."""

_ESCAPE = re.compile(
    r"%(?P<percent>[0-9a-f]{2})|\\{1,8}[ux](?P<code>(?<=u)[0-9a-f]{4}|(?<=x)[0-9a-f]{2})|(?P<entity>&#?[0-9a-z]{1,8};)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r'\\{1,8}[nrt]|"\s*,\s*"|[\s\\]')
"""Separates two characters of a wrapped text: line breaks, escaped ones, or the next line in a JSON list of lines."""

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")

_Span = tuple[int, int]


@dataclass(frozen=True)
class EncodedSecret:
    """Finds one secret in a text, whatever its encoding there."""

    secret: str

    def masked(self, text: str, mask: str) -> str:
        """Replace the secret by the mask. The text keeps its length, so byte counts in it stay true."""
        for start, end in reversed(list(self._places(text))):
            text = text[:start] + mask.ljust(end - start, "*")[: end - start] + text[end:]
        return text

    def found_in(self, text: str) -> bool:
        """Return whether the text contains the secret, also inside base64 data."""
        return self._within(text) or any(self._within(inner) for inner in _decoded_base64(text))

    def _within(self, text: str) -> bool:
        if len(self.secret) < _SHORTEST:
            return False
        flat = _flatten(text)
        return any(form in (flat if exact else flat.translate(_LOWER)) for form, exact in _forms(self.secret))

    def _places(self, text: str) -> Iterator[_Span]:
        """Yield the places of the secret from left to right, and of its beginning where the text was cut off."""
        found: set[_Span] = set()
        if self._within(text):
            flat, spans = _flatten_with_spans(text)
            for form, exact in _forms(self.secret):
                searched = flat if exact else flat.translate(_LOWER)
                for match in re.finditer(re.escape(form), searched):
                    found.add((spans[match.start()][0], spans[match.end() - 1][1]))
        end = len(text.removesuffix("…"))
        lengths = range(min(end, len(self.secret) - 1), _SHORTEST - 1, -1)
        found.update([(end - n, end) for n in lengths if text.startswith(self.secret[:n], end - n)][:1])
        last = 0
        for start, stop in sorted(found):
            if start >= last:
                yield start, stop
                last = stop


def _flatten(text: str) -> str:
    """Undo nested escapes and remove separators."""
    for _ in range(_DEPTH):
        undone = _ESCAPE.sub(_unescape, text)
        if undone == text:
            break
        text = undone
    return _SEPARATOR.sub("", text)


def _flatten_with_spans(text: str) -> tuple[str, list[_Span]]:
    """Return the flattened text, and for each of its characters the span of the original text."""
    spans = [(at, at + 1) for at in range(len(text))]
    for pattern in (*[_ESCAPE] * _DEPTH, _SEPARATOR):
        parts: list[str] = []
        kept: list[_Span] = []
        last = 0
        for match in pattern.finditer(text):
            character = _unescape(match) if pattern is _ESCAPE else ""
            parts += [text[last : match.start()], character]
            kept += spans[last : match.start()]
            kept += [(spans[match.start()][0], spans[match.end() - 1][1])] * len(character)
            last = match.end()
        text = "".join([*parts, text[last:]])
        spans = [*kept, *spans[last:]]
    return text, spans


def _unescape(escape: re.Match[str]) -> str:
    """Return the text that an escape represents."""
    if escape["entity"]:
        return html.unescape(escape["entity"])
    return chr(int(escape["percent"] or escape["code"], 16))


def _forms(secret: str) -> Iterator[tuple[str, bool]]:
    """Yield the texts to search for in a flattened text, and whether case matters.

    Base64 of a text that contains the secret contains one of three texts, by the position of the secret modulo 3.
    """
    yield _flatten(secret).translate(_LOWER), False
    raw = secret.encode("utf-8", "surrogateescape")
    yield raw.hex(), False
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw).decode("ascii")
        # The first and last characters also encode bits of the neighbouring bytes.
        core = whole[(8 * shift + 5) // 6 : 8 * (shift + len(raw)) // 6]
        yield core, True
        yield core.translate(str.maketrans("+/", "-_")), True


def _decoded_base64(text: str) -> Iterator[str]:
    for found in _BASE64.finditer(text):
        run = found.group().rstrip("=").translate(str.maketrans("-_", "+/"))
        try:
            yield base64.b64decode(run + "=" * (-len(run) % 4)).decode("utf-8", "replace")
        except binascii.Error:
            # A long word, not base64.
            continue
