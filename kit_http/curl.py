"""Write HTTP requests as curl commands for a POSIX shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from kit_http.redaction.secrets import EXPRESSION, Secrets, is_credential

_LONGEST_ARGUMENT = 100_000 // 4
"""Linux refuses arguments of more than 128 KiB; a character has up to four bytes."""

_LONG = 1000
"""A body with fewer bytes is written as it is, even if it repeats itself."""

_REPETITION = re.compile(r"([^\r\n\x00]{1,400}?)\1{39,}")
"""A unit that repeats 40 times. Without line breaks, since a shell drops those at the end of an output."""


_PLAIN_IN_DOUBLE_QUOTES = re.compile(r'[^"\\$`!]*')


def with_expressions(text: str) -> str:
    """Return the text as one word in which a shell fills in the expressions of redaction, and nothing else."""
    end, pieces = 0, []
    for match in (*EXPRESSION.finditer(text), None):
        pieces.append((text[end : match.start() if match else None], match[0] if match else ""))
        end = match.end() if match else end
    if all(_PLAIN_IN_DOUBLE_QUOTES.fullmatch(literal) for literal, _ in pieces):
        return f'"{text}"'
    words = ((shlex.quote(literal) if literal else "", f'"{filled}"' if filled else "") for literal, filled in pieces)
    return "".join(chain.from_iterable(words))


def header_argument(name: str, value: str) -> str:
    """Return the quoted argument of ``-H`` that sends a header, also one with an empty value."""
    return shlex.quote(f"{name}: {value}" if value else f"{name};")


def header_without_key(name: str, value: str, secrets: Secrets) -> str:
    """Return the quoted argument of ``-H`` that sends a header. The shell replaces a key by an environment variable."""
    if is_credential(name) and secrets.in_text(value):
        return with_expressions(secrets.hide(f"{name}: {value}"))
    return header_argument(name, value)


def without_header(name: str) -> str:
    """Return the quoted argument of ``-H`` that keeps curl from sending a header of its own."""
    return f"'{name}:'"


def extraction_of(field: str) -> str:
    """Return the command that prints a text of the JSON object on its standard input, with the escapes of JSON."""
    return f'python3 -c \'import json, sys; print(json.dumps(json.load(sys.stdin)["{field}"])[1:-1], end="")\''


@dataclass(frozen=True)
class Expression:
    """A shell expression inside a body, for example ``$conversation_id``; it is written in double quotes."""

    text: str


@dataclass(frozen=True)
class _Repeat:
    """A part of a body that repeats a short unit."""

    unit: str
    times: int


Piece = bytes | Expression


def with_body(parts: Sequence[str], *pieces: Piece) -> str:
    """Return the command that sends a body. It contains printable characters on one line, whatever the body is.

    A body that is not printable text, or that repeats itself, is printed by ``printf``, which is built into the shell.
    """
    found = [short for piece in pieces for short in _shortened(piece)]
    if not any(isinstance(one, _Repeat) for one in found):
        word = _word(found)
        if word is not None and len(word) <= _LONGEST_ARGUMENT:
            return " ".join([*parts, "--data-raw", word])
    arguments = [_argument(one) for one in found if not isinstance(one, bytes)]
    layout = "".join(_format(one) if isinstance(one, bytes) else "%s" for one in found)
    printed = " ".join(["printf", f"'{layout}'", *arguments])
    return f"{printed} | {' '.join([*parts, '--data-binary @-'])}"


def _shortened(piece: Piece) -> Iterator[Piece | _Repeat]:
    """Yield the parts of the piece; each long repetition is a part of its own."""
    if isinstance(piece, Expression) or len(piece) < _LONG or (text := _decoded(piece)) is None:
        yield piece
        return
    end = 0
    for match in _REPETITION.finditer(text):
        yield text[end : match.start()].encode()
        yield _Repeat(match[1], len(match[0]) // len(match[1]))
        end = match.end()
    yield text[end:].encode()


def _word(pieces: Iterable[Piece | _Repeat]) -> str | None:
    """Return the pieces as one word of the shell; None if they are not printable text on one line."""
    written = []
    for piece in pieces:
        if isinstance(piece, bytes):
            text = _decoded(piece)
            if text is None or not text.isprintable():
                return None
            written.append(shlex.quote(text) if text else "")
        else:
            written.append(_argument(piece))
    return "".join(written) or "''"


def _argument(piece: Expression | _Repeat) -> str:
    if isinstance(piece, Expression):
        return f'"{piece.text}"'
    return f"\"$(printf '%.0s{_format(piece.unit.encode())}' $(seq {piece.times}))\""


def _format(body: bytes) -> str:
    r"""Return a format for ``printf`` that prints the bytes; ``'``, ``\``, ``%`` and ``!`` are escaped too.

    An interactive shell replaces ``!`` by its history. A hyphen at the beginning would make the format an option.
    """
    text = _decoded(body)
    if text is None:
        written = "".join(map(_octal, body))
    else:
        written = "".join(
            sign if sign.isprintable() and sign not in _ESCAPED else "".join(map(_octal, sign.encode()))
            for sign in text
        )
    return written if not written.startswith("-") else f"\\{ord('-'):03o}{written[1:]}"


_ESCAPED = "'\\%!"


def _octal(byte: int) -> str:
    return chr(byte) if 32 <= byte < 127 and chr(byte) not in _ESCAPED else f"\\{byte:03o}"


def _decoded(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None
