"""Reads the origins that may use the mock from other places than this machine. Pure.

Browsers send an origin as scheme, host and port, in lower case, without the default port (RFC 6454). Pages without an
origin, such as files, send ``null``. Anything that no browser sends would never match, so it is an error.
"""

from __future__ import annotations

import re

from chat_contract.errors import host_without_credentials

_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://(\[[0-9a-f:.]+\]|[^/?#@:\[\]\s]+)(?::([0-9]{1,5}))?/?", re.IGNORECASE)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_WITHOUT_ORIGIN = frozenset({"file", "data", "about", "blob"})
_MAX_PORT = 65535
_EXPECTED = "Expected scheme, host and port, for example http://shop.test:5173, null for pages without an origin, or *."


class OriginError(ValueError):
    """No browser sends such an origin. The text says what to write instead."""


def read_origin(text: str) -> str:
    """Return an origin as browsers send it. Raise :class:`OriginError` if it can never match."""
    if text in {"*", "null"}:
        return text
    match = _ORIGIN.fullmatch(text)
    # An invalid origin may be a URL with a password.
    text = host_without_credentials(text)
    scheme = text.partition(":")[0].lower()
    if scheme in _WITHOUT_ORIGIN:
        raise OriginError(
            f'No page has the origin "{text}". Pages with the scheme {scheme} send the origin null. Allow null instead.'
        )
    if match is None or int(match[3] or 0) > _MAX_PORT:
        raise OriginError(f'Invalid origin "{text}". {_EXPECTED}')
    host, port = match[2].lower(), match[3]
    if "*" in host:
        raise OriginError(
            f'The origin "{text}" never matches: wildcards are not supported. Name each origin, or use *.'
        )
    if not host.isascii():
        raise OriginError(
            f'The origin "{text}" never matches: browsers write the host as "{_punycode(host)}". Use this form.'
        )
    if port is not None and str(int(port)) == _DEFAULT_PORTS.get(scheme):
        raise OriginError(f'The origin "{text}" never matches: browsers leave out port {port}. Remove it.')
    return f"{scheme}://{host}" + (f":{int(port)}" if port else "")


def _punycode(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return "xn--…"
