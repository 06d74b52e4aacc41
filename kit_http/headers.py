"""Read the request headers that users give, and select headers to forward."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chat_contract.errors import UsageError
from chat_contract.exchange import Headers

_SET_BY_THE_KIT = frozenset({"connection", "content-length", "content-type", "transfer-encoding"})
"""The verifier varies these itself, or they would break the framing of its requests."""
_CREDENTIALS = frozenset({"authorization", "x-api-key"})

HOP_BY_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
        *("host", "content-length", "accept-encoding", "proxy-authorization", "expect"),
    }
)
"""Headers that concern one connection and not the message (RFC 9110, section 7.6.1), or that a client sets itself."""


_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def is_token(text: str) -> bool:
    """Return whether a text can be a method or the name of a header (RFC 9110, section 5.6.2)."""
    return _TOKEN.fullmatch(text) is not None


def is_sendable(name: str, value: str) -> bool:
    """Return whether a header can be sent: the name is a token, and the value has no control character."""
    return is_token(name) and not _CONTROL.search(value)


_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


def parse_headers(lines: Iterable[str], option: str = "-H") -> Headers:
    """Parse ``Name: value`` lines.

    Raises :class:`UsageError` for an invalid line. The message never shows a value, because it may be a key.
    """
    return tuple(_parse(line, option) for line in lines)


def _parse(line: str, option: str) -> tuple[str, str]:
    name, separator, value = (part.strip() for part in line.partition(":"))
    if not separator:
        raise UsageError(f"{option}: the colon is missing. Write {option} 'Name: value'.")
    if not name or not name.isascii() or not name.isprintable() or " " in name:
        raise UsageError(f"{option}: invalid header name before the colon. Write {option} 'Name: value'.")
    if name.lower() in _SET_BY_THE_KIT:
        raise UsageError(f"{option} {name}: the verifier sets this header itself. Remove the option.")
    if not _is_sendable(value):
        raise UsageError(
            f"{option} {name}: the value contains characters that a header cannot carry. Use Latin-1 characters."
        )
    return name, value


def _is_sendable(value: str) -> bool:
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return not value or value.isprintable()


def check_one_credential(headers: Headers) -> None:
    """Raise :class:`UsageError` for two credentials: the verdict would not say which one the server accepted."""
    names = [name for name, _ in headers if name.lower() in _CREDENTIALS]
    if len(names) > 1:
        raise UsageError(
            f"two credentials are given: {' and '.join(names)}. Give only one, with -H, --key-env or --token-command."
        )


def end_to_end(headers: Iterable[tuple[str, str]]) -> Headers:
    """Return the headers to forward: all but the hop-by-hop ones and those that ``Connection`` names."""
    pairs = tuple(headers)
    named = {part.strip().lower() for name, value in pairs if name.lower() == "connection" for part in value.split(",")}
    return tuple((name, value) for name, value in pairs if name.lower() not in HOP_BY_HOP | named)
