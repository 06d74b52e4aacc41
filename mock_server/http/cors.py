"""Decides which pages may read the mock's responses (Fetch standard, CORS). Pure.

Pages of this machine may by default, since frontends are developed there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mock_server.http.messages import Answer, Headers

_LOCAL = re.compile(r"https?://(localhost|[a-z0-9-]+\.localhost|127\.[0-9.]+|\[::1\])(:[0-9]{1,5})?", re.ASCII)
_PLAIN = re.compile(r"https?://[A-Za-z0-9.-]{1,180}(:[0-9]{1,5})?", re.ASCII)
_EXPOSED = "Chat-Mock-Errors-Omitted, Preference-Applied, Retry-After, WWW-Authenticate"
_A_DAY = "86400"
_SHOWN = 200


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Return whether a browser asks whether a page may send a request."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def is_refused(headers: Mapping[str, str], allowed: Sequence[str]) -> bool:
    """Return whether a page of another origin sent the request, and may not read the response."""
    origin = headers.get("origin")
    if origin is None or may_read(origin, allowed):
        return False
    # A page of the mock itself, under whatever name.
    return origin.partition("://")[2].lower() != headers.get("host", "").lower()


def origin_refused_text(origin: str) -> str:
    """Return which origin is not allowed, and how to allow it: with an option that can be pasted into a shell."""
    shown = origin[:_SHOWN] if origin.isprintable() else ascii(origin)[:_SHOWN]
    option = f"--cors-origin {origin}" if _PLAIN.fullmatch(origin) else "--cors-origin."
    return f'A page of the origin "{shown}" cannot read the responses. Allow it with {option}'


def may_read(origin: str, allowed: Sequence[str]) -> bool:
    """Return whether a page of that origin may read responses. ``allowed`` adds origins to those of this machine."""
    return "*" in allowed or origin.lower() in allowed or _LOCAL.fullmatch(origin.lower()) is not None


def headers_for(origin: str, allowed: Sequence[str]) -> Headers:
    """Return the CORS headers of a response to a page of that origin. The page may send cookies and keys."""
    if not may_read(origin, allowed):
        return (("Vary", "Origin"),)
    return (
        ("Vary", "Origin"),
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Expose-Headers", _EXPOSED),
    )


def preflight(method: str, headers: Mapping[str, str], allowed: Sequence[str], methods: str) -> Answer | None:
    """Return the response to a preflight request for these methods; None for any other request."""
    if not is_preflight(method, headers):
        return None
    origin = headers["origin"]
    more = _preflight_headers(headers, methods) if may_read(origin, allowed) else ()
    return Answer(204, b"", (*more, *headers_for(origin, allowed)))


def _preflight_headers(headers: Mapping[str, str], methods: str) -> Headers:
    """Return the headers that allow the request; it may carry every header that it asks for."""
    requested = headers.get("access-control-request-headers")
    more: list[tuple[str, str]] = [("Access-Control-Allow-Methods", methods), ("Access-Control-Max-Age", _A_DAY)]
    if requested and re.fullmatch(r"[\w!#$%&'*+.^`|~, -]*", requested, re.ASCII):
        more.append(("Access-Control-Allow-Headers", requested))
    if headers.get("access-control-request-private-network") == "true":
        more.append(("Access-Control-Allow-Private-Network", "true"))
    return tuple(more)
