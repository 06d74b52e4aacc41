"""Headers whose values no journal, log or report shows."""

from __future__ import annotations

REDACTED = "[redacted]"
SECRET_HEADERS = frozenset({"authorization", "x-api-key", "cookie", "proxy-authorization", "x-mock-token"})
