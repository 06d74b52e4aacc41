"""Pages of other sites, and other names of this machine, against servers that add a key to requests."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from testbed.outsider.attack import Attack

_OF_OTHERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("another origin", {"Origin": "http://evil.example"}),
    ("the origin null", {"Origin": "null"}),
    ("an origin that begins like a local one", {"Origin": "http://127.0.0.1.evil.example"}),
    ("an extension of a browser", {"Origin": "chrome-extension://evil"}),
    ("another site without Origin", {"Sec-Fetch-Site": "cross-site"}),
    ("the same site without Origin", {"Sec-Fetch-Site": "same-site"}),
    ("a name that resolves to this machine", {"Host": "evil.example"}),
    ("such a name with its own origin", {"Host": "evil.example", "Origin": "http://evil.example"}),
    ("a name behind a false proxy", {"Host": "evil.example", "X-Forwarded-Host": "localhost"}),
    ("a name that begins like localhost", {"Host": "localhost.evil.example"}),
    ("a Host with a user", {"Host": "localhost@evil.example"}),
)
_PATHS = (
    ("POST", "/v1/chat"),
    ("GET", "/_mock/requests"),
    ("POST", "/_mock/reset"),
    ("GET", "/%5fmock/requests"),
    ("GET", "/_mock/requests/"),
)


def attacks(base: str) -> Iterator[Attack]:
    """Yield attacks on a mock at an address that forwards requests with a key; each gets a 403."""
    for name, headers in _OF_OTHERS:
        for method, path in _PATHS:
            told = f"{method} {path} by {name}"
            yield Attack("web page", told, "403", partial(_request, base, method, path, headers))


def _request(base: str, method: str, path: str, headers: dict[str, str], _: Path) -> str:
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)
    body = b'{"message": "xyzzy"}' if method == "POST" else None
    try:
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        return str(connection.getresponse().status)
    finally:
        connection.close()
