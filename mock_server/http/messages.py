"""Requests and responses as plain values, independent of servers and frameworks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mock_server.http.source import MOCK, UNKNOWN, Fault, Source

JSON = "application/json"
PROBLEM = "application/problem+json"
"""The media type of the mock's own errors (RFC 9457). Errors of the API have the API's own form."""

OWN_PREFIX = "/_mock"
"""The path of all that belongs to the mock and not to the API."""

Headers = tuple[tuple[str, str], ...]
Pairs = Iterable[tuple[str, str]]
_WITHOUT_LENGTH = frozenset({204, 304})


# Named tuples, here and wherever each request makes one: a frozen dataclass takes twice as long.
class Call(NamedTuple):
    """A request to the operation; the names of headers are in lower case."""

    headers: Mapping[str, str]
    body: bytes
    too_large: bool = False
    """The body is larger than the mock reads; ``body`` is empty."""
    cut_short: bool = False
    """The body ended before its announced length."""
    client: str | None = None
    """The client's address."""


class Answer(NamedTuple):
    """A response, its delay and its fault."""

    status: int
    body: bytes
    headers: Headers = ()
    media_type: str = JSON
    delay: float = 0.0
    fault: Fault | None = None
    """A fault of the connection, which the adapters apply."""
    source: Source = UNKNOWN
    """Which part of the mock decided."""

    def with_headers(self, *headers: tuple[str, str]) -> Answer:
        return self._replace(headers=(*self.headers, *headers))


SANDBOX = ("Content-Security-Policy", "sandbox")
"""Keeps scripts in a page of the real service from the origin of a mock or recorder, a page on this machine."""


def head_of(answer: Answer) -> list[tuple[str, str]]:
    """Return the headers of the response."""
    if answer.body or answer.fault is not None:
        # Clients notice a response that ends early only if its head announces a body.
        length = str(max(1, len(answer.body)))
        return [("content-type", answer.media_type), ("content-length", length), *answer.headers]
    if answer.status in _WITHOUT_LENGTH:
        return [*answer.headers]
    return [("content-length", "0"), *answer.headers]


def gather(pairs: Pairs) -> dict[str, str]:
    """Return headers by name. Repeated headers are joined with commas (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


# No value contains itself; looking for that takes half of the time.
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"))


def encode(value: Any) -> bytes:
    """Return compact JSON in UTF-8, as FastAPI writes it. Lone surrogates, which UTF-8 lacks, are escaped."""
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    source: Source = MOCK,
    **more: Any,
) -> Answer:
    """Return an error of the mock itself; ``detail`` names the value and the valid ones."""
    body = encode({"type": "about:blank", "title": title, "status": status, "detail": detail, **more})
    return Answer(status, body, media_type=PROBLEM, source=source)
