"""Forwards requests to the real service. No other module of the mock sends requests."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

import requests
import urllib3

from chat_contract.exchange import Headers
from kit_http.headers import end_to_end
from kit_http.urls import check_base_url

TIMEOUT = 120.0
"""Seconds in which the service must respond. Language models are slow."""


class UpstreamError(Exception):
    """The service did not respond; the text says why."""


@dataclass(frozen=True)
class Answered:
    """A response of the service, its body decompressed."""

    status: int
    headers: Headers
    body: bytes
    seconds: float


class Upstream:
    """One service. Thread-safe: each thread has its own connections."""

    def __init__(self, base_url: str, *, headers: Headers = (), timeout: float = TIMEOUT) -> None:
        self.base_url = check_base_url(
            base_url, name="upstream URL", example="https://staging.example.com/v1", credentials_option="--key-env NAME"
        )
        self._headers = headers
        self._timeout = timeout
        self._local = threading.local()

    def send(self, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes) -> Answered:
        """Send a request to ``path`` below the base URL, with the upstream's own headers instead of the client's.

        Redirects are not followed, and nothing of the environment counts. Raises :class:`UpstreamError`.
        """
        given = {name.lower() for name, _ in self._headers}
        kept = [(name, value) for name, value in end_to_end(headers) if name.lower() not in given]
        try:
            answer = self._session().request(
                method,
                self.base_url + path,
                data=body,
                headers={name: value.encode("latin-1", "replace") for name, value in (*kept, *self._headers)},
                timeout=self._timeout,
                allow_redirects=False,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise UpstreamError(_why(error)) from None
        return Answered(
            answer.status_code,
            end_to_end(answer.headers.items()),
            answer.content,
            answer.elapsed.total_seconds(),
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.headers.clear()
            session.headers["Accept-Encoding"] = "identity"
            self._local.session = session
        return session


def _why(error: Exception) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.Timeout):
        return "no response in time"
    if isinstance(error, requests.ConnectionError):
        return "the connection failed"
    return type(error).__name__
