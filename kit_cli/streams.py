"""Make standard output and standard error accept every character, whatever their encoding.

A character that the encoding lacks is replaced: by a similar ASCII spelling if there is one, otherwise by a backslash
escape.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress

_ERROR_HANDLER = "chat-contract-substitute"
_ASCII = "chat-contract-ascii"
_SUBSTITUTES = {
    "→": "->",
    "←": "<-",
    "⇒": "=>",
    "✗": "x",
    "✓": "v",
    "×": "x",
    "…": "...",
    "–": "-",
    "—": "-",
    "─": "-",
    "│": "|",
    "•": "*",
    "·": "-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
}


def prepare_streams() -> None:
    """Reconfigure ``sys.stdout`` and ``sys.stderr``; keep their encodings."""
    codecs.register_error(_ERROR_HANDLER, _substitute)
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if codecs.lookup(stream.encoding).name == "ascii":
            # click writes UTF-8 to a stream whose encoding is named "ascii".
            codecs.register(_find_ascii)
            stream.reconfigure(encoding=_ASCII, errors=_ERROR_HANDLER)
        else:
            stream.reconfigure(errors=_ERROR_HANDLER)


def flush_or_discard() -> None:
    """Write what is left in the buffer of standard output; if that fails, discard it."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        discard_output()


def discard_output() -> None:
    """Discard what is left in the buffer of standard output, so that Python does not fail to write it at exit."""
    with suppress(OSError, ValueError, AttributeError):
        number = os.open(os.devnull, os.O_WRONLY)
        os.dup2(number, sys.stdout.fileno())
        os.close(number)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    """Return ASCII text for the characters that could not be encoded, and where to continue."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(_SUBSTITUTES.get(character) or _escape(character) for character in characters), error.end


def _escape(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode("ascii")


def _find_ascii(name: str) -> codecs.CodecInfo | None:
    """Return the ASCII codec under our own name."""
    if name.replace("_", "-") != _ASCII:
        return None
    plain = codecs.lookup("ascii")
    return codecs.CodecInfo(
        plain.encode,
        plain.decode,
        plain.streamreader,
        plain.streamwriter,
        plain.incrementalencoder,
        plain.incrementaldecoder,
        name=_ASCII,
    )
