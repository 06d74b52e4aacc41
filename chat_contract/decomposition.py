"""Decomposes text into letters and marks, in time that grows with its length."""

from __future__ import annotations

import unicodedata

_PIECE = 64


def decompose(text: str) -> str:
    """Return the compatibility decomposition (NFKD) of a text for readers that drop the marks.

    Python's own takes quadratic time to order many marks in a row. Here, only those within a piece are ordered.
    """
    if len(text) <= _PIECE:
        return unicodedata.normalize("NFKD", text)
    pieces = (text[begin : begin + _PIECE] for begin in range(0, len(text), _PIECE))
    return "".join(unicodedata.normalize("NFKD", piece) for piece in pieces)
