"""Headers, bodies and times of the journal as the control API shows them: without secrets."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kit_http.redaction.encodings import SHORTEST, encoded_secrets
from mock_server.http.secret_headers import REDACTED
from mock_server.store.journal import Entry


@dataclass(frozen=True)
class Secrets:
    """The secrets that no output about an entry may contain."""

    own: tuple[str, ...]
    """The mock's own ones."""
    key: tuple[str, ...]
    """The key of the upstream service. It is found in any encoding, because it may be real."""

    def are_in(self, text: str) -> bool:
        """Return whether a text contains a secret."""
        return any(secret in text for secret in (*self.own, *self.key)) or encoded_secrets(self.key).found_in(text)

    def masked(self, text: str) -> str:
        """Return a text with the secrets redacted."""
        for secret in (*self.own, *self.key):
            text = text.replace(secret, REDACTED)
        return encoded_secrets(self.key).masked(text, REDACTED)


def secrets_of(entry: Entry) -> Secrets:
    """Return the secrets to redact in the bodies of an entry."""
    options = entry.snapshot.options
    name = options.upstream_key_env
    key = "" if name is None else os.environ.get(name, "")
    own = tuple(secret for secret in (options.require_key, options.control_token) if secret)
    return Secrets(own, (key,) if key else ())


def long_secrets_of(entry: Entry) -> Secrets:
    """Return the secrets to redact in texts of the mock itself, in which short ones may occur by chance."""
    secrets = secrets_of(entry)
    return Secrets(tuple(secret for secret in secrets.own if len(secret) >= SHORTEST), secrets.key)


def body_value(text: str) -> Any:
    """Return the JSON value of a body, or its text if it is anything else."""
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite) if text else None
    except (ValueError, RecursionError):
        return text


def without_secrets(secrets: Secrets, value: Any, *, foreign_names: bool = False) -> Any:
    """Return a JSON value with the secrets redacted in all its texts: messages quote bodies.

    Names are redacted if clients choose them, as those of headers are.
    """
    if isinstance(value, str):
        return secrets.masked(value)
    if isinstance(value, list | tuple):
        return [without_secrets(secrets, child) for child in value]
    if isinstance(value, dict):
        return {
            secrets.masked(name) if foreign_names else name: without_secrets(
                secrets, child, foreign_names=name == "headers"
            )
            for name, child in value.items()
        }
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
