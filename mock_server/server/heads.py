"""Rules for the heads of requests. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_HEAD = 64 * 1024
"""Bytes of a request line and its headers, and of what follows the body of a request."""
MAX_HEADERS = 256
"""Headers of a request. In memory, a short header takes twenty times as much as it has bytes."""

_UPGRADE = re.compile(rb"\r\nupgrade[ \t]*:", re.IGNORECASE)

Headers = Sequence[tuple[bytes, bytes]]
Fault = tuple[int, str]


def size_fault(size: int, headers: Headers) -> Fault | None:
    """Return status and text of the response to a head that is too large, None for any other."""
    if size > MAX_HEAD:
        return 431, f"The request line and headers exceed {MAX_HEAD} bytes"
    return (431, f"The request has more than {MAX_HEADERS} headers") if len(headers) > MAX_HEADERS else None


def head_size(url: bytes, headers: Headers) -> int:
    """Return about how many bytes a head has."""
    return len(url) + sum(len(name) + len(value) + 4 for name, value in headers)


def host_fault(url: bytes, headers: Headers, version: str) -> Fault | None:
    """Return status and text of the response to a request that names no host, or several; None for any other."""
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1:
        return 400, "The request has more than one Host header"
    if not url.startswith(b"/") and _authority_of(url) not in (None, *hosts):
        return 400, "The URL and the Host header name different hosts"
    return (400, "The request has no Host header") if not hosts and version == "1.1" else None


def _authority_of(url: bytes) -> bytes | None:
    """Return the authority of a URL in absolute form, None for one in another form."""
    scheme, mark, rest = url.partition(b"://")
    return re.split(rb"[/?#]", rest, maxsplit=1)[0] if mark and scheme.isalpha() else None


def without_upgrade(data: bytes) -> bytes:
    """Return a request whose Upgrade header has another name.

    A server may ignore the header (RFC 9110, 7.8), but the parser stops at it and loses the body. Java's client sends
    it with each request.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(rb"\r\nX-Ignored-Upgrade:", head) + end + rest
