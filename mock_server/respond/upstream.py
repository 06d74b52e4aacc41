"""Forwards requests to the real service. No other module of the mock sends requests."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from chat_contract.exchange import Headers, Request, find_header
from kit_http.headers import end_to_end
from kit_http.tokens import TokenCommand, TokenCommandError
from kit_http.transport import Transport
from kit_http.urls import check_base_url
from mock_server import defaults
from mock_server.http.access import TOKEN_HEADER
from mock_server.respond.network import SmallReads

MAX_AT_ONCE = 1000
"""Requests that one service gets at a time. Further ones wait."""

LARGE = 128 * 1024
"""Larger responses are read and handled one after the other: each may take a hundred megabytes."""

_MANY_CHUNKS = 1000
"""A response in more chunks is handled like a large one: each costs as much time as a small response."""

_SECONDS_TO_CLOSE = 0.1
_IDLE_SECONDS = 1.0
"""A connection that was idle for longer is not used again: many services close it after 2 to 5 s."""
_DIRECT = Transport()
_ENCODING = "content-encoding"
_IDENTITY = frozenset({"", "identity"})
_DECODERS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The values of zlib's ``wbits`` for the encodings that it reads."""


class UpstreamError(Exception):
    """The service did not respond; the text says why."""


@dataclass(frozen=True)
class Limits:
    """Limits of one response: seconds to its end, and bytes of its body, received and decompressed."""

    seconds: float = defaults.UPSTREAM_TIMEOUT
    body: int = defaults.UPSTREAM_MAX_BODY


@dataclass(frozen=True)
class Answered:
    """A response of the service, its body decompressed; ``headers`` name the encoding if that is not possible."""

    status: int
    headers: Headers
    body: bytes


_UNAUTHORIZED = 401
_HIGHEST_STATUS = 599


def _sent(headers: Headers, own: Headers) -> list[tuple[bytes, bytes]]:
    """Return the headers to send: those of the client, and instead of the same ones those of the upstream.

    The token of the control API is for the mock only.
    """
    given = {TOKEN_HEADER.lower(), *(name.lower() for name, _ in own)}
    kept = [(name, value) for name, value in end_to_end(headers) if name.lower() not in given]
    pairs = (*kept, ("Accept-Encoding", "identity"), *own)
    return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in pairs]


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's transport, which reads little at a time."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._pool._network_backend = SmallReads(self._pool._network_backend)  # noqa: SLF001 - httpx takes no backend


class Upstream:
    """One service. Belongs to one event loop: a request that waits for the service holds no thread."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Headers = (),
        limits: Limits = Limits(),
        transport: Transport = _DIRECT,
        tokens: TokenCommand | None = None,
    ) -> None:
        """Raise :class:`chat_contract.UsageError` for an invalid URL, certificate or proxy."""
        transport.check()
        self.base_url = check_base_url(
            base_url, name="upstream URL", example="https://staging.example.com/v1", credentials_option="--key-env NAME"
        )
        self._headers = headers
        self._tokens = tokens
        self._limits = limits
        self._large = asyncio.Lock()
        self._client = httpx.AsyncClient(
            trust_env=False,
            timeout=limits.seconds,
            # Each client has its own cookies; those of the service would only fill memory.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            transport=_Transport(
                limits=httpx.Limits(max_connections=MAX_AT_ONCE, keepalive_expiry=_IDLE_SECONDS),
                trust_env=False,
                verify=_context(transport),
                proxy=None if transport.proxy is None else httpx.Proxy(transport.proxy),
            ),
        )

    async def close(self) -> None:
        """Close its connections, or leave them to the end of the process if that takes long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_TO_CLOSE):
                await self._client.aclose()

    @asynccontextmanager
    async def send(
        self, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> AsyncIterator[Answered]:
        """Send a request to ``path`` below the base URL, with the upstream's own headers instead of the client's.

        In the context of a large response, no other large one is read.
        Redirects are not followed, and environment variables have no effect. After a 401, the request is sent once more
        if there is a new token. Raises :class:`UpstreamError`.
        """
        turn, request = _Turn(self._large), Request(method, path, tuple(headers), body)
        try:
            if self._tokens is None:
                answered = await self._send(request, self._headers, turn)
            else:
                answered = await self._send_with_token(self._tokens, request, turn)
            yield answered
        except TokenCommandError as error:
            raise UpstreamError(str(error).rstrip(".")) from None
        finally:
            turn.end()

    async def _send_with_token(self, tokens: TokenCommand, request: Request, turn: _Turn) -> Answered:
        # The command may take seconds, and the event loop must not wait for it.
        used = await asyncio.to_thread(tokens.token)
        answered = await self._send(request, (*self._headers, *tokens.headers()), turn)
        if answered.status != _UNAUTHORIZED:
            tokens.note_accepted()
        elif await asyncio.to_thread(tokens.renew, used):
            answered = await self._send(request, (*self._headers, *tokens.headers()), turn)
        return answered

    async def _send(self, request: Request, own: Headers, turn: _Turn) -> Answered:
        try:
            url, headers = self.base_url + request.path, _sent(request.headers, own)
            sent = httpx.Request(request.method, url, headers=headers, content=request.body)
            async with asyncio.timeout(self._limits.seconds):
                return await self._answered(sent, turn)
        except (TimeoutError, httpx.TimeoutException):
            raise UpstreamError(f"no response within {self._limits.seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            # A server that requires a client certificate may say so when httpx reads, and httpx passes that on.
            raise UpstreamError(_why(error)) from None

    async def _answered(self, request: httpx.Request, turn: _Turn) -> Answered:
        response = await self._client.send(request, stream=True)
        try:
            if response.status_code > _HIGHEST_STATUS:
                raise UpstreamError(f"its status {response.status_code} is not an HTTP status")
            body = await self._read(response, turn)
        finally:
            await response.aclose()
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        encoding = (find_header(headers, _ENCODING) or "").strip().lower()
        if encoding in _DECODERS:
            # Nobody knows how large it becomes.
            await turn.begin()
        decoded = self._decoded(body, encoding)
        kept = end_to_end(headers)
        if decoded is None:
            # The client may know the encoding.
            return Answered(response.status_code, kept, body)
        return Answered(response.status_code, tuple(pair for pair in kept if pair[0].lower() != _ENCODING), decoded)

    async def _read(self, response: httpx.Response, turn: _Turn) -> bytes:
        chunks, size = list[bytes](), 0
        async for chunk in response.aiter_raw():
            size += len(chunk)
            self._check_size(size)
            if size > LARGE or len(chunks) > _MANY_CHUNKS:
                await turn.begin()
            chunks.append(chunk)
        return b"".join(chunks)

    def _decoded(self, body: bytes, encoding: str) -> bytes | None:
        """Return the decompressed body; None if the encoding is unknown or the body is not valid in it."""
        if not body or encoding in _IDENTITY:
            return body
        if encoding not in _DECODERS:
            return None
        decoder = zlib.decompressobj(_DECODERS[encoding])
        try:
            decoded = decoder.decompress(body, self._limits.body + 1)
        except zlib.error:
            return None
        self._check_size(len(decoded))
        return decoded if decoder.eof and not decoder.unused_data else None

    def _check_size(self, size: int) -> None:
        if size > self._limits.body:
            raise UpstreamError(f"its response is larger than {self._limits.body} bytes")


class _Turn:
    """The turn of one response to be read although it is large."""

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock = lock
        self._has_begun = False

    async def begin(self) -> None:
        """Wait until no other large response is read, unless that has happened already."""
        if not self._has_begun:
            await self._lock.acquire()
            self._has_begun = True

    def end(self) -> None:
        """Let the next large response be read."""
        if self._has_begun:
            self._lock.release()


def _context(transport: Transport) -> ssl.SSLContext:
    if transport.ca_bundle:
        context = ssl.create_default_context(cafile=str(transport.ca_bundle))
    else:
        context = httpx.create_ssl_context(verify=not transport.insecure, trust_env=False)
    if transport.cert:
        context.load_cert_chain(str(transport.cert), str(transport.key or transport.cert), password=lambda: "")
    return context


def _why(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "its certificate is not trusted"
        reason = getattr(cause, "reason", None)
        return f"TLS failed: {reason.lower().replace('_', ' ')}" if reason else "TLS failed"
    return "the connection failed" if isinstance(error, httpx.TransportError) else type(error).__name__
