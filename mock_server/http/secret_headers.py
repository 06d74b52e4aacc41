"""Headers whose values no journal, log or report shows."""

from __future__ import annotations

from collections.abc import Mapping

from kit_http.redaction.secrets import is_credential

REDACTED = "[redacted]"


def redacted_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with the values of keys, tokens and cookies redacted."""
    return {name: REDACTED if is_credential(name) else value for name, value in headers.items()}
