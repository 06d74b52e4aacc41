"""A request of the journal as a command that sends it again. Pure; keys are read from the environment."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from kit_http.curl import header_argument, text_of, with_binary_body, with_body, without_header
from mock_server.respond.journal import Entry

_WRITTEN_BY_CURL = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "keep-alive"}
)
_OF_THE_BROWSER = ("sec-", "user-agent", "origin", "referer", "accept-language", "cookie", "cache-control", "pragma")
_KEYS = {
    "authorization": '-H "Authorization: Bearer $CHAT_API_KEY"',
    "x-api-key": '-H "X-API-Key: $CHAT_API_KEY"',
    "x-mock-token": '-H "X-Mock-Token: $CHAT_MOCK_TOKEN"',
}


def as_curl(entry: Entry, base_url: str) -> str:
    """Return the command; pasted into a shell it sends the same method, headers that matter, and bytes."""
    parts = ["curl", "-sS", "-i", "-X", shlex.quote(entry.method), shlex.quote(f"{base_url}{entry.path}")]
    parts += _headers(entry)
    if not entry.body:
        return " ".join(parts)
    text = text_of(entry.body, printable=True)
    command = with_binary_body(parts, entry.body) if text is None else with_body(parts, shlex.quote(text))
    return f"# the journal kept only the beginning of this body\n{command}" if entry.cut else command


def _headers(entry: Entry) -> Iterator[str]:
    given = dict(entry.headers)
    if entry.body and "content-type" not in given:
        # Without this curl would name a type of its own.
        yield f"-H {without_header('Content-Type')}"
    for name, value in given.items():
        if name in _KEYS:
            yield _KEYS[name]
        elif name not in _WRITTEN_BY_CURL and not name.startswith(_OF_THE_BROWSER):
            yield f"-H {header_argument(name, value)}"
