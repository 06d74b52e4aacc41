"""Recorded exchanges as values, and why a recording leaves some of them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from chat_contract.exchange import Breakdown, Exchange, Headers, Request, Response
from chat_verifier.findings.traffic import Ignored, IgnoredExchanges, TrafficKind
from kit_http.headers import end_to_end, is_sendable
from kit_http.redaction.secrets import cookies_set_by, credentials_in_query, is_credential

_SHORTEST_CREDENTIAL = 8
_SET_BY_BROWSERS = ("sec-", "priority", "pragma", "cache-control", "user-agent", "referer", "dnt", "upgrade-insecure")
_UNPROVEN = frozenset({"content-length", "set-cookie", "content-encoding", "transfer-encoding"})
"""Headers of responses that are left out: recorders decode bodies, so lengths prove nothing; cookies are secrets."""


@dataclass(frozen=True)
class Recorded:
    """One recorded exchange with the operation.

    ``number``: its position in the file, from 1. ``at``: Unix seconds, None if unknown. ``origin``: the base URL.
    """

    number: int
    at: float | None
    seconds: float
    origin: str
    exchange: Exchange
    label: str = ""


@dataclass(frozen=True)
class Traffic:
    """What a file holds: the exchanges to judge, in the order in which they were sent, and those that are ignored.

    ``credentials``: those in headers of requests; ``other_credentials``: those in URLs, and cookies of responses.
    """

    file: str
    kind: TrafficKind
    exchanges: tuple[Recorded, ...]
    ignored: Mapping[Ignored, int]
    credentials: Headers = ()
    other_credentials: Headers = ()

    @property
    def ignored_exchanges(self) -> tuple[IgnoredExchanges, ...]:
        return tuple(IgnoredExchanges(reason, self.ignored[reason]) for reason in Ignored if self.ignored.get(reason))


def clean_request(method: str, path: str, headers: Headers, body: bytes) -> Request:
    """Return a request without what a browser or a connection adds, and without its credentials."""
    chunked = any(name.lower() == "transfer-encoding" and "chunked" in value.lower() for name, value in headers)
    kept = tuple(
        (name, value) for name, value in end_to_end(headers) if not _is_noise(name) and is_sendable(name, value)
    )
    return Request(method, path, kept, body, chunked)


def clean_response(status: int, headers: Headers, body: bytes, seconds: float) -> Response:
    """Return a response without the headers that a recording does not prove."""
    kept = tuple((name, value) for name, value in headers if name.lower() not in _UNPROVEN)
    return Response(status, kept, body, seconds)


def credentials_in(headers: Headers) -> Headers:
    """Return the headers that carry a credential; short values of other headers do not count."""
    return tuple((name, value) for name, value in headers if is_credential(name) and len(value) >= _SHORTEST_CREDENTIAL)


def credentials_of(url: str, response: Headers) -> Headers:
    """Return the credentials in a URL, and the cookies that a response sets, as headers."""
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        return ()
    users = (("Authorization", text) for text in {password or "", unquote(password or "")} if text)
    return (*users, *credentials_in_query(parts.query), *cookies_set_by(response))


def _is_noise(name: str) -> bool:
    return name.lower().startswith(_SET_BY_BROWSERS) or is_credential(name)


def why_ignored(outcome: Response | Breakdown | None) -> Ignored | None:
    """Return why an exchange with this outcome proves nothing about the operation, or None."""
    if outcome is None:
        return Ignored.NO_RESPONSE
    if isinstance(outcome, Response) and outcome.status == 401:
        # The recording does not say whether the credential was valid.
        return Ignored.NO_PERMISSION
    if isinstance(outcome, Response) and 300 <= outcome.status < 400:
        return Ignored.REDIRECT
    return None
