"""Reads the headers that a user gives."""

from __future__ import annotations

from chat_contract import UsageError
from chat_contract.exchange import Headers

_OURS = frozenset({"connection", "content-length", "content-type", "transfer-encoding"})
"""What the suite varies itself, or what would break the framing of its requests."""


def parse_headers(lines: tuple[str, ...]) -> Headers:
    """Read ``Name: value`` lines.

    Raises :class:`UsageError` for what is none; no message shows a value, since it may be a key.
    """
    parsed = []
    for line in lines:
        name, separator, value = (part.strip() for part in line.partition(":"))
        if not separator:
            raise UsageError("-H: there is no colon in it; write -H 'Name: value'")
        if not name or not name.isascii() or not name.isprintable() or " " in name:
            raise UsageError("-H: what stands before the colon is no header's name; write -H 'Name: value'")
        if name.lower() in _OURS:
            raise UsageError(f"-H {name}: the suite sets this header itself; leave it out")
        if not value.isprintable() and value:
            raise UsageError(f"-H {name}: the value has characters that no header can carry")
        try:
            value.encode("latin-1")
        except UnicodeEncodeError:
            raise UsageError(f"-H {name}: the value has characters that no header can carry") from None
        parsed.append((name, value))
    return tuple(parsed)


def one_credential(headers: Headers) -> None:
    """Raise :class:`UsageError` where two keys would go out: nobody could say which of them was judged."""
    names = [name for name, _ in headers if name.lower() in _KEYS]
    if len(names) > 1:
        raise UsageError(f"two credentials at once: {' and '.join(names)}; give one, by -H or by --key-env")


_KEYS = frozenset({"authorization", "x-api-key"})
