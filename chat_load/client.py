"""Sends the requests of one user over one connection. Imported in the process that runs the load only."""

from __future__ import annotations

import ssl
import time
from typing import Any
from urllib.parse import unquote, urlsplit

import gevent  # type: ignore[import-untyped]  # gevent ships no types
from geventhttpclient.client import HTTPClient
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError

from chat_contract import Breakdown, Request, Response
from chat_contract.exchange import BreakdownKind, Headers
from chat_load.settings import Settings
from kit_http.tokens import TokenCommand
from kit_http.transport import Transport

_IDLE_SECONDS = 2.0
"""A connection that was idle for longer is opened again: servers close idle connections at any moment."""


_HTTP_PORT = 80


class Credentials:
    """The headers of the user, with a token that has not expired."""

    def __init__(self, headers: Headers, tokens: TokenCommand | None) -> None:
        self._headers = headers
        self.tokens = tokens

    @property
    def headers(self) -> Headers:
        return (*self._headers, *(() if self.tokens is None else self.tokens.headers()))

    @property
    def all_headers(self) -> Headers:
        """The headers with every token so far, for redaction."""
        return (*self._headers, *(() if self.tokens is None else self.tokens.all_headers))


class Client:
    """Sends requests, and opens a connection again where that is necessary."""

    def __init__(self, settings: Settings, credentials: Credentials, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport
        self._credentials = credentials
        self._base_path = urlsplit(settings.base_url).path
        self._http = self._open()
        self._last = time.monotonic()

    def close(self) -> None:
        self._http.close()

    def _open(self) -> HTTPClient:
        settings = self._settings
        return HTTPClient.from_url(
            settings.base_url,
            concurrency=1,
            insecure=self._transport.insecure,
            connection_timeout=settings.timeout,
            network_timeout=settings.timeout,
            ssl_context_factory=lambda: _ssl_context(self._transport),
            **_proxy(self._transport.proxy),
        )

    def send(self, request: Request) -> Response | Breakdown:
        """Send a request, again with a new token after a 401."""
        headers = self._credentials.headers
        outcome = self._once(request, headers)
        tokens = self._credentials.tokens
        if tokens is None or not isinstance(outcome, Response):
            return outcome
        if outcome.status != 401:
            tokens.note_accepted()
        elif tokens.renew(headers[-1][1].removeprefix("Bearer ")):
            return self._once(request, self._credentials.headers)
        return outcome

    def _once(self, request: Request, headers: Headers) -> Response | Breakdown:
        if time.monotonic() - self._last > _IDLE_SECONDS:
            self._reopen()
        outcome = self._outcome(request, headers)
        self._last = time.monotonic()
        if isinstance(outcome, Breakdown):
            self._reopen()
        return outcome

    def _reopen(self) -> None:
        self.close()
        self._http = self._open()

    def _outcome(self, request: Request, headers: Headers) -> Response | Breakdown:
        sent = {"Accept-Encoding": "identity", **dict(headers), **dict(request.headers)}
        status, began = 0, time.perf_counter()
        try:
            with gevent.Timeout(self._settings.timeout, TimeoutError("no complete response in time")):
                target = self._base_path + request.path
                response = self._http.request(request.method, target, body=request.body, headers=sent)
                status = response.status_code
                body = bytes(response.read())
        except (HTTPConnectionClosed, HTTPParseError, OSError) as error:
            return Breakdown(_kind_of(error, status), str(error), time.perf_counter() - began)
        found = tuple((str(name), str(value)) for name, value in response.items())
        return Response(status, found, body, time.perf_counter() - began)


def _kind_of(error: Exception, status: int) -> BreakdownKind:
    """Return how a response failed to arrive; ``status`` is 0 if not even its head arrived."""
    if isinstance(error, TimeoutError):
        return "silence"
    if status:
        return "truncated"
    if isinstance(error, HTTPParseError) and not isinstance(error, HTTPConnectionClosed):
        return "garbled"
    return "reset"


def _proxy(url: str | None) -> dict[str, Any]:
    """Return the arguments of the client for a proxy."""
    if url is None:
        return {}
    parts = urlsplit(url)
    user, password = (None if name is None else unquote(name) for name in (parts.username, parts.password))
    return {
        "proxy_host": parts.hostname,
        "proxy_port": parts.port or _HTTP_PORT,
        "proxy_user": user,
        "proxy_password": password,
    }


def _ssl_context(transport: Transport) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=transport.ca_bundle)
    if transport.cert is not None:
        context.load_cert_chain(transport.cert, transport.key)
    if transport.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
