"""Headers, bodies and times of the journal as the control API shows them: without secrets."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kit_http.redaction.encodings import encoded_secrets
from mock_server.store.journal import Entry

REDACTED = "[redacted]"
_SECRET_HEADERS = frozenset({"authorization", "x-api-key", "cookie", "proxy-authorization", "x-mock-token"})


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with keys and cookies redacted."""
    return {name: REDACTED if name in _SECRET_HEADERS else value for name, value in headers.items()}


def secrets_of(entry: Entry) -> tuple[str, ...]:
    """Return the mock's own secrets, which no output may contain."""
    options = entry.snapshot.options
    return tuple(secret for secret in (options.require_key, options.control_token) if secret)


def upstream_key_of(entry: Entry) -> tuple[str, ...]:
    """Return the key of the upstream service, which may be real."""
    name = entry.snapshot.options.upstream_key_env
    key = "" if name is None else os.environ.get(name, "")
    return (key,) if key else ()


def shown_body(body: bytes, *, truncated: bool, secrets: tuple[str, ...], key: tuple[str, ...] = ()) -> Any:
    """Return the body as a JSON value if possible, else as text, with the secrets redacted.

    ``key``: redacted in every encoding, because it may be real.
    """
    text = body.decode("utf-8", "replace")
    for secret in (*secrets, *key):
        text = text.replace(secret, REDACTED)
    text = encoded_secrets(key).masked(text, REDACTED)
    if truncated:
        return f"{text}…"
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite) if text else None
    except (ValueError, RecursionError):
        return text


def without_key(value: Any, key: tuple[str, ...]) -> Any:
    """Return a JSON value with the key redacted in all its texts: messages quote bodies."""
    if not key:
        return value
    if isinstance(value, str):
        for secret in key:
            value = value.replace(secret, REDACTED)
        return encoded_secrets(key).masked(value, REDACTED)
    if isinstance(value, list | tuple):
        return [without_key(child, key) for child in value]
    if isinstance(value, dict):
        return {without_key(name, key): without_key(child, key) for name, child in value.items()}
    return value


def _finite(written: str) -> float:
    """Reject numbers that JSON cannot represent; the body is then shown as text."""
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(written)
    return number


def shown_time(at: float) -> str:
    """Return a Unix time as ISO 8601 with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
