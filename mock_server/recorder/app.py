"""The recording proxy: forwards each request to the service and its response to the client, and records both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from urllib.parse import quote, unquote

from chat_contract import Contract
from chat_contract.exchange import Breakdown, Exchange, Request, Response
from mock_server import defaults
from mock_server.http.access import Access
from mock_server.http.bodies import Body
from mock_server.http.cors import headers_for, preflight
from mock_server.http.messages import SANDBOX, Answer, Pairs, head_of, problem
from mock_server.recorder.background import Background
from mock_server.recorder.cookies import Cookies
from mock_server.respond.upstream import Upstream, UpstreamError
from mock_server.server.asgi import Receive, Scope, Send, client_of, headers_of, pairs_of, read
from mock_server.server.limits import DEFAULT, Load, OverloadError, ServerLimits, Share

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ANYONE_HERE = Access()

_OF_BROWSERS = (
    *("access-control-", "clear-site-data", "strict-transport-security"),
    *("alt-svc", "nel", "report-to", "reporting-endpoints"),
)
"""Beginnings of the headers by which a service would decide which origins read responses, and how the browser reaches
this host, what it keeps for it and to whom it reports. Pages send their requests to the recorder, so it decides.
"""


class RecorderApp:
    """An ASGI application. Its ``/v1/chat`` is ``/chat`` of the upstream if the contract's base path is ``/v1``.

    Requests wait for the upstream in the event loop. A thread judges and saves them after the client has its response.
    """

    def __init__(
        self,
        contract: Contract,
        upstream: Upstream,
        recording: Background,
        *,
        access: Access = _ANYONE_HERE,
        has_key: bool = False,
        forward_all: bool = False,
        max_body: int = defaults.MAX_BODY,
        limits: ServerLimits = DEFAULT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``has_key``: the upstream adds a key to requests, so only those with access are forwarded.

        ``max_body`` limits the bodies of requests in bytes.
        """
        self._method = contract.operation.method
        self._route = contract.operation.base_path + contract.operation.path
        self._access = access
        self._has_key = has_key
        self._forward_all = forward_all
        self._base = contract.operation.base_path
        self._upstream = upstream
        self._cookies = Cookies(upstream.base_url, self._base or "/")
        self._recording = recording
        self._origins = access.origins
        self._clock = clock
        self._max_body = max_body
        self._load = Load(limits)

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Handle one request."""
        connection = scope["extensions"]["connection"]
        headers = headers_of(scope)
        answer = preflight(scope["method"], headers, self._origins, ", ".join(METHODS))
        if answer is not None:
            await connection.respond(answer.status, head_of(answer), b"")
            return
        share: Share | None = None
        try:
            share = self._load.enter()
            body = await read(scope, headers, receive, self._max_body, share)
            share.hold(len(body.data))
            status, pairs, content = await self._exchange(scope, body)
        except OverloadError:
            refused = OverloadError("The recorder is handling the maximum number of requests. Try again later.").answer
            await connection.respond(refused.status, head_of(refused), refused.body, keep_alive=False)
            return
        finally:
            if share is not None:
                share.leave()
        origin = headers.get("origin")
        more = () if origin is None else headers_for(origin, self._origins)
        await connection.respond(status, [*pairs, *more], content)

    async def _exchange(self, scope: Scope, body: Body) -> tuple[int, Pairs, bytes]:
        answer = self._refusal(scope, body)
        if answer is None:
            return await self._forward(scope, body.data)
        return answer.status, head_of(answer), answer.body

    def _refusal(self, scope: Scope, body: Body) -> Answer | None:
        denied = self._access.check_key(headers_of(scope), client_of(scope)) if self._has_key else None
        if denied is not None:
            return denied.answer
        return self._check_target(scope["method"], unquote(scope["raw_path"].decode("ascii"))) or self._check_body(body)

    def _check_target(self, method: str, path: str) -> Answer | None:
        if not self._forward_all:
            return self._check_operation(method, path)
        if not path.startswith(f"{self._base}/") or len(path) == len(self._base) + 1:
            return problem(404, "Not Found", f"The recorder forwards only paths below {self._base}/.")
        if any(part in {".", ".."} for part in path.split("/")):
            return problem(404, "Not Found", "The recorder does not forward paths with . or .. in them.")
        if method not in METHODS:
            return problem(405, "Method Not Allowed", f"The recorder forwards only {', '.join(METHODS)}.")
        return None

    def _check_operation(self, method: str, path: str) -> Answer | None:
        only = f"The recorder forwards only {self._method} {self._route}. To forward all requests, use --forward-all."
        if path != self._route:
            return problem(404, "Not Found", only)
        if method != self._method:
            return problem(405, "Method Not Allowed", only).with_headers(("Allow", self._method))
        return None

    async def _forward(self, scope: Scope, body: bytes) -> tuple[int, Pairs, bytes]:
        path = unquote(scope["raw_path"].decode("ascii"))[len(self._base) :]
        query = scope["query_string"].decode("latin-1")
        headers = self._cookies.for_service(tuple(pairs_of(scope)))
        sent = Request(scope["method"], path, headers, body)
        began = self._clock()
        target = quote(path) + (f"?{query}" if query else "")
        try:
            async with self._upstream.send(sent.method, target, headers, body) as answer:
                received = Response(answer.status, answer.headers, answer.body)
                await self._recording.add(Exchange(sent, received), self._clock() - began, query)
        except UpstreamError as error:
            await self._recording.add(Exchange(sent, Breakdown("silence", str(error))), self._clock() - began, query)
            failed = problem(502, "Bad Gateway", f"Forwarding to {self._upstream.base_url} failed: {error}.")
            return failed.status, head_of(failed), failed.body
        kept = self._cookies.for_client(answer.headers)
        own = [pair for pair in kept if not pair[0].lower().startswith(_OF_BROWSERS)]
        return answer.status, [*own, SANDBOX, ("content-length", str(len(answer.body)))], answer.body

    def _check_body(self, body: Body) -> Answer | None:
        if body.too_large:
            detail = f"The body is larger than {self._max_body} bytes. To forward larger ones, use --max-body."
            return problem(413, "Content Too Large", detail)
        if body.cut_short:
            return problem(400, "Bad Request", "The body ended before its announced length.")
        return None

    async def close(self) -> None:
        """Wait until everything is recorded, then close the connections to the upstream."""
        await asyncio.to_thread(self._recording.end)
        await self._upstream.close()
