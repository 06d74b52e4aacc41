"""The cookies of the service, under names of the recorder. Pure.

A browser sends the cookies of a host to all of its ports: the recorder gets those of every program of this machine.
Only cookies whose name begins with a prefix of this service go to it, and a cookie that it sets gets this prefix. So
the service neither reads nor replaces a cookie of another program.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from chat_contract.exchange import Headers
from kit_http.headers import is_token

MAX_COOKIES = 32 * 1024
"""Characters of all cookies that a service may set. A server refuses a request whose headers exceed 64 KiB."""

_DIGITS = 12
_ABOUT_THE_PLACE = frozenset({"domain", "path"})
"""Attributes of a cookie that the recorder decides, because a browser knows the service by the recorder's address."""

_LIFETIME = frozenset({"max-age", "expires"})
"""Attributes by which a service deletes a cookie. One without a value is deleted in any case: it then takes no room."""


def prefix_of(base_url: str) -> str:
    """Return the beginning of the names of a service's cookies; no other service has the same one."""
    return f"chat-record-{hashlib.sha256(base_url.encode()).hexdigest()[:_DIGITS]}-"


class Cookies:
    """The cookies of one service."""

    def __init__(self, base_url: str, path: str) -> None:
        """Clients send the cookies with requests to ``path`` and below it."""
        self._prefix = prefix_of(base_url)
        self._path = path
        self._sizes: dict[str, int] = {}

    def for_service(self, headers: Headers) -> Headers:
        """Return the headers of a request with the cookies that the service has set, under its names."""
        return _changed(headers, "cookie", self._own)

    def for_client(self, headers: Headers) -> Headers:
        """Return the headers of a response with the recorder's names of its cookies."""
        return _changed(headers, "set-cookie", self._renamed)

    def _own(self, cookies: str) -> str | None:
        pairs = (pair.strip() for pair in cookies.split(";"))
        return "; ".join(pair.removeprefix(self._prefix) for pair in pairs if pair.startswith(self._prefix)) or None

    def _renamed(self, set_cookie: str) -> str | None:
        """Return a ``Set-Cookie`` for clients, None if it has no valid name or the cookies would become too large."""
        pair, *attributes = (part.strip() for part in set_cookie.split(";"))
        name, _, value = (part.strip() for part in pair.partition("="))
        ends = not value and any(_name(part) in _LIFETIME for part in attributes)
        size = 0 if ends else len(self._prefix) + len(pair)
        if not is_token(name) or sum(self._sizes.values()) - self._sizes.get(name, 0) + size > MAX_COOKIES:
            return None
        self._sizes.pop(name, None)
        if ends:
            return f"{self._prefix}{name}=; Path={self._path}; Max-Age=0"
        self._sizes[name] = size
        kept = [part for part in attributes if _name(part) not in _ABOUT_THE_PLACE]
        return "; ".join((f"{self._prefix}{name}={value}", f"Path={self._path}", *kept))


def _name(attribute: str) -> str:
    return attribute.partition("=")[0].strip().lower()


def _changed(headers: Headers, name: str, change: Callable[[str], str | None]) -> Headers:
    """Return the headers with other values of those with this name; None removes one."""
    changed = ((key, change(value) if key.lower() == name else value) for key, value in headers)
    return tuple((key, value) for key, value in changed if value is not None)
