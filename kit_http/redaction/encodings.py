"""A secret as others write it: in the other case, with escapes, wrapped over lines, in base64 or as hexadecimal digits.

What the suite sends it writes itself; what a server makes of a header that it echoes is for it to choose.
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
"""What is shorter is in many a text by chance, if any spelling will do."""

_DEPTH = 3
"""How many escapes may lie around each other: JSON in JSON, in HTML."""

_ESCAPE = re.compile(
    r"%(?P<percent>[0-9a-f]{2})|\\{1,8}[ux](?P<code>(?<=u)[0-9a-f]{4}|(?<=x)[0-9a-f]{2})|(?P<entity>&#?[0-9a-z]{1,8};)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r'\\{1,8}[nrt]|"\s*,\s*"|[\s\\]')
"""What may come between two characters where a long text is wrapped: also the next line in a JSON list of lines."""

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_PACKED = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")

_Span = tuple[int, int]


@dataclass(frozen=True)
class Disguise:
    """Finds one secret in a text, however it is written there."""

    secret: str

    def masked(self, text: str, mask: str) -> str:
        """Put the mask where the secret is; the text keeps its length, so that what counts its bytes stays true."""
        for start, end in reversed(list(self._places(text))):
            text = text[:start] + mask.ljust(end - start, "*")[: end - start] + text[end:]
        return text

    def found_in(self, text: str) -> bool:
        """Say whether the text holds the secret, also inside of what base64 packed."""
        return self._within(text) or any(self._within(inner) for inner in _unpacked(text))

    def _within(self, text: str) -> bool:
        if len(self.secret) < _SHORTEST:
            return False
        flat = _flat(text)
        return any(form in (flat if exact else flat.translate(_LOWER)) for form, exact in _forms(self.secret))

    def _places(self, text: str) -> Iterator[_Span]:
        """Yield where the secret stands, and where the text was cut off in the middle of it; from left to right."""
        found: set[_Span] = set()
        if self._within(text):
            flat, spans = _located(text)
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


def _flat(text: str) -> str:
    """Undo escapes, and escapes of escapes, and leave out what may come between."""
    for _ in range(_DEPTH):
        undone = _ESCAPE.sub(_meant, text)
        if undone == text:
            break
        text = undone
    return _BETWEEN.sub("", text)


def _located(text: str) -> tuple[str, list[_Span]]:
    """Return what :func:`_flat` does, and for each character of it where it comes from."""
    spans = [(at, at + 1) for at in range(len(text))]
    for pattern in (*[_ESCAPE] * _DEPTH, _BETWEEN):
        parts: list[str] = []
        kept: list[_Span] = []
        last = 0
        for match in pattern.finditer(text):
            meant = _meant(match) if pattern is _ESCAPE else ""
            parts += [text[last : match.start()], meant]
            kept += spans[last : match.start()]
            kept += [(spans[match.start()][0], spans[match.end() - 1][1])] * len(meant)
            last = match.end()
        text = "".join([*parts, text[last:]])
        spans = [*kept, *spans[last:]]
    return text, spans


def _meant(escape: re.Match[str]) -> str:
    """Return what an escape stands for."""
    if escape["entity"]:
        return html.unescape(escape["entity"])
    return chr(int(escape["percent"] or escape["code"], 16))


def _forms(secret: str) -> Iterator[tuple[str, bool]]:
    """Yield what to look for in a flat text, and whether its case counts.

    Base64 of a text that has the secret in it has one of three cores, as the secret lies in it.
    """
    yield _flat(secret).translate(_LOWER), False
    raw = secret.encode("utf-8", "surrogateescape")
    yield raw.hex(), False
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw).decode("ascii")
        # The characters at the ends hold bits of what stands beside the secret.
        core = whole[(8 * shift + 5) // 6 : 8 * (shift + len(raw)) // 6]
        yield core, True
        yield core.translate(str.maketrans("+/", "-_")), True


def _unpacked(text: str) -> Iterator[str]:
    for found in _PACKED.finditer(text):
        run = found.group().rstrip("=").translate(str.maketrans("-_", "+/"))
        try:
            yield base64.b64decode(run + "=" * (-len(run) % 4)).decode("utf-8", "replace")
        except binascii.Error:
            # A word that only looks like it.
            continue
