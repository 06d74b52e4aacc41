"""A request of the journal as a curl command. Pure; keys are read from environment variables."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from kit_http.curl import header_argument, with_body, with_expressions, without_header
from kit_http.redaction.secrets import MASK
from mock_server.http.secret_headers import is_secret
from mock_server.store.journal import Entry

_SET_BY_CURL = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "keep-alive"}
)
_SET_BY_BROWSERS = ("sec-", "user-agent", "origin", "referer", "accept-language", "cookie", "cache-control", "pragma")
_KEYS = {
    "authorization": '-H "Authorization: Bearer $CHAT_API_KEY"',
    "x-api-key": '-H "X-API-Key: $CHAT_API_KEY"',
    "x-mock-token": '-H "X-Mock-Token: $CHAT_MOCK_TOKEN"',
}


def as_curl(entry: Entry, base_url: str) -> str:
    """Return a shell command that sends the same method, relevant headers and bytes."""
    parts = ["curl", "-sS", "-i", "-X", shlex.quote(entry.method), shlex.quote(f"{base_url}{entry.path}")]
    parts += _headers(entry)
    if not entry.body:
        return " ".join(parts)
    command = with_body(parts, entry.body)
    if entry.body_truncated:
        return f"# Truncated: the journal keeps only the beginning of this body.\n{command}"
    return command


def _headers(entry: Entry) -> Iterator[str]:
    given = dict(entry.headers)
    if entry.body and "content-type" not in given:
        # Keeps curl from adding its own media type.
        yield f"-H {without_header('Content-Type')}"
    for name, value in given.items():
        if name in _KEYS:
            yield _KEYS[name]
        elif name.startswith(_SET_BY_BROWSERS):
            continue
        elif is_secret(name, value):
            yield f"-H {with_expressions(f'{name}: {MASK}')}"
        elif name not in _SET_BY_CURL:
            yield f"-H {header_argument(name, value)}"
