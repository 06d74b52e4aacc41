"""A request of the journal as a command that sends it again. Pure; keys are read from the environment."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from mock_server.respond.journal import Entry

_OF_THE_CONNECTION = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "keep-alive"}
)
"""What curl writes itself."""
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
    text = _plain(entry.body)
    if text is None:
        command = " ".join([f"printf '{_octal(entry.body)}' |", *parts, "--data-binary @-"])
    else:
        command = " ".join([*parts, "--data-raw", shlex.quote(text)])
    return f"# the journal kept only the beginning of this body\n{command}" if entry.cut else command


def _headers(entry: Entry) -> Iterator[str]:
    given = dict(entry.headers)
    if entry.body and "content-type" not in given:
        # Without this curl would name a type of its own.
        yield "-H 'Content-Type:'"
    for name, value in given.items():
        if name in _KEYS:
            yield _KEYS[name]
        elif name not in _OF_THE_CONNECTION and not name.startswith(_OF_THE_BROWSER):
            yield f"-H {shlex.quote(f'{name}: {value}')}"


def _plain(body: bytes) -> str | None:
    """Return the body as text if a command line can hold it."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if all(sign.isprintable() or sign in "\n\t" for sign in text) else None


def _octal(body: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in "'\\%" else f"\\{byte:03o}" for byte in body)
