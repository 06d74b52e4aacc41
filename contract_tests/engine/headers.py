"""Reads the headers that a user gives."""

from __future__ import annotations

from chat_contract import UsageError
from chat_contract.interactions import Headers


def parse_headers(lines: tuple[str, ...]) -> Headers:
    """Read ``Name: value`` lines; raises :class:`UsageError` for what is none."""
    parsed = []
    for line in lines:
        name, separator, value = line.partition(":")
        wrong = not separator or not name.strip() or any(character in line for character in "\r\n\0")
        if wrong or not name.strip().isascii() or " " in name.strip() or not value.strip().isprintable():
            # The value may be a secret, so it is not shown.
            raise UsageError(f"-H {name.strip()[:40]!r}: is no header; write -H 'Name: value'")
        try:
            value.encode("latin-1")
        except UnicodeEncodeError:
            raise UsageError(f"-H {name.strip()!r}: the value has characters that no header can carry") from None
        parsed.append((name.strip(), value.strip()))
    return tuple(parsed)
