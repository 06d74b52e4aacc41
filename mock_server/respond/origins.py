"""Warns in the log of origins that are not allowed, once for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mock_server.http.cors import is_refused, origin_refused_text

_MAX_ORIGINS = 100
"""No more origins than these are logged: a client can invent any number."""


class RefusedOrigins:
    """The origins that were refused so far."""

    def __init__(self, allowed: Sequence[str], warn: Callable[[str], None]) -> None:
        self._allowed = allowed
        self._warn = warn
        self._seen: set[str] = set()

    def look(self, headers: Mapping[str, str]) -> None:
        """Warn if the request comes from a page of an origin that is refused for the first time."""
        if not is_refused(headers, self._allowed):
            return
        origin = headers["origin"]
        if origin not in self._seen and len(self._seen) < _MAX_ORIGINS:
            self._seen.add(origin)
            self._warn(origin_refused_text(origin))
