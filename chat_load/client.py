"""Sends the requests of one user over one connection. Imported only in the process that runs the load."""

from __future__ import annotations

import ssl
import time
from typing import Any
from urllib.parse import unquote, urlsplit

import gevent  # type: ignore[import-untyped]  # gevent ships no types
from gevent.lock import BoundedSemaphore  # type: ignore[import-untyped]  # likewise
from geventhttpclient import client as library
from geventhttpclient.client import HTTPClient
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError, HTTPSocketPoolResponse

from chat_contract import Breakdown, Request, Response
from chat_contract.exchange import BreakdownKind, Headers
from chat_load.settings import Settings
from kit_http.tokens import TokenCommand
from kit_http.transport import Transport

_IDLE_SECONDS = 2.0
"""A connection that was idle for longer is opened again: servers close idle connections at any moment."""

_HTTP_PORT = 80
_MEGABYTE = 1024 * 1024
MAX_RESPONSE = 32 * _MEGABYTE
"""The largest number of bytes that are read of a response."""
_LARGE = _MEGABYTE
"""Larger responses are received and judged one after the other, so that memory does not grow with their number."""
_MAX_HEAD = 256 * 1024
"""How many bytes a response may have besides its body: headers, and the frames of chunks."""
_BLOCK = 64 * 1024


class TooLongError(Exception):
    """A response is longer than a limit. The text says which."""


class _BoundedResponse(HTTPSocketPoolResponse):
    """Stops reading a head or a body that does not end, and lets other users and the timeout have their turns."""

    _received = 0
    _body = 0
    _yielded = 0

    def feed(self, data: str | bytes) -> None:
        """Parse the next bytes. Raise :class:`TooLongError` if there are too many."""
        self._received += len(data)
        if self._received - self._yielded > _BLOCK:
            # While more bytes are there, a socket of gevent returns them at once, and nothing else runs.
            self._yielded = self._received
            gevent.sleep(0)
        super().feed(data)
        if self._received - self._body > _MAX_HEAD:
            raise TooLongError(f"more than {_MAX_HEAD // 1024} KiB besides the body")

    def _on_body(self, buf: bytearray) -> None:
        self._body += len(buf)
        if self._body > MAX_RESPONSE:
            raise TooLongError(f"more than {MAX_RESPONSE // _MEGABYTE} MiB")
        super()._on_body(buf)


# The client has no option for its class of responses.
library.HTTPSocketPoolResponse = _BoundedResponse  # type: ignore[attr-defined]  # an import of the module


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
        status, watch = 0, _Watch(self._settings.timeout)
        try:
            with watch:
                target = self._base_path + request.path
                response = self._http.request(request.method, target, body=request.body, headers=sent)
                status = response.status_code
                body = _read(response, watch)
        except (HTTPConnectionClosed, HTTPParseError, OSError, TooLongError) as error:
            return Breakdown(_kind_of(error, status), str(error).rstrip("."), watch.elapsed)
        found = tuple((str(name), str(value)) for name, value in response.items())
        return Response(status, found, body, watch.elapsed)


class _Watch:
    """Measures the time of a response, and ends it after the timeout. Waiting for a turn does not count."""

    _turn = BoundedSemaphore()

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._began = time.perf_counter()
        self._has_turn = False

    @property
    def elapsed(self) -> float:
        """Seconds since the request, without the wait for the turn."""
        return time.perf_counter() - self._began

    def __enter__(self) -> None:
        self._timer = self._started()

    def __exit__(self, *_: object) -> None:
        self._timer.close()
        if self._has_turn:
            self._turn.release()

    def _started(self) -> Any:
        left = max(self._timeout - self.elapsed, 0.0)
        return gevent.Timeout.start_new(left, TimeoutError("no complete response in time"))

    def wait_for_turn(self) -> None:
        """Wait until no other large response is received."""
        if self._has_turn:
            return
        self._timer.close()
        waited_since = time.perf_counter()
        self._turn.acquire()
        self._has_turn = True
        self._began += time.perf_counter() - waited_since
        self._timer = self._started()


def _read(response: HTTPSocketPoolResponse, watch: _Watch) -> bytes:
    chunks, size = [], 0
    while chunk := response.read(_BLOCK):
        size += len(chunk)
        if size > _LARGE:
            watch.wait_for_turn()
        chunks.append(chunk)
    return b"".join(chunks)


def _kind_of(error: Exception, status: int) -> BreakdownKind:
    """Return how a response failed to arrive; ``status`` is 0 if not even its head arrived."""
    if isinstance(error, TimeoutError):
        return "silence"
    if isinstance(error, TooLongError):
        return "too-long" if status else "garbled"
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
