"""Write HTTP requests as curl commands for a POSIX shell."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

_LONGEST_ARGUMENT = 100_000
"""Linux refuses arguments of more than 128 KiB."""


def header_argument(name: str, value: str) -> str:
    """Return the quoted argument of ``-H`` that sends a header, also one with an empty value."""
    return shlex.quote(f"{name}: {value}" if value else f"{name};")


def without_header(name: str) -> str:
    """Return the quoted argument of ``-H`` that keeps curl from sending a header of its own."""
    return f"'{name}:'"


def text_of(body: bytes, *, printable: bool = False) -> str | None:
    """Return a body as text that a shell argument can carry; None if it needs :func:`with_binary_body`.

    ``printable`` also excludes text with invisible characters, which a reader could not check.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "\0" in text or (printable and not all(sign.isprintable() or sign in "\n\t" for sign in text)):
        return None
    return text


def with_body(parts: Sequence[str], quoted: str) -> str:
    """Return the command that sends a body, given as a quoted word of the shell."""
    if len(quoted) > _LONGEST_ARGUMENT:
        # printf is built into the shell, so the limit does not apply to its argument.
        return f"printf %s {quoted} | {' '.join([*parts, '--data-binary @-'])}"
    return " ".join([*parts, "--data-raw", quoted])


def with_binary_body(parts: Sequence[str], body: bytes) -> str:
    """Return the command that sends a body that is not text, byte by byte."""
    return f"printf '{_octal(body)}' | {' '.join([*parts, '--data-binary @-'])}"


def _octal(body: bytes) -> str:
    r"""Return a format for ``printf`` that prints the bytes; ``'``, ``\`` and ``%`` are escaped too."""
    return "".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in "'\\%" else f"\\{byte:03o}" for byte in body)
