"""Forwards turns that no scenario matches to the upstream service, and maps conversation ids between the two.

A conversation may start at the mock and continue upstream under another id. The client sees one id throughout.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache
from pydantic_core import from_json, to_json

from chat_contract import UsageError
from chat_contract.exchange import Exchange, Headers, Request, Response, find_header
from chat_contract.large_bodies import has_too_many_values, is_too_wide
from chat_contract.roles import CONVERSATION
from mock_server.http.messages import JSON, SANDBOX, Answer, problem
from mock_server.http.source import ReplySource, Source
from mock_server.loading.options import Options
from mock_server.store.sessions import Key, short_key

if TYPE_CHECKING:
    from mock_server.respond.upstream import Answered, Upstream

Capture = Callable[[Exchange, float], Awaitable[None]]

_FORWARDED_HEADERS = ("Retry-After", "WWW-Authenticate", "Content-Encoding")
_FOR_UPSTREAM = ("upstream_key_env", "ca_bundle", "cert", "key", "proxy", "insecure")
_LARGE = 64 * 1024
"""Larger bodies are parsed in a thread, so that other requests need not wait."""
_CHARACTERS_OF_AN_ID = 256
_JSON_TYPE = re.compile(r"application/([\w.+-]+\+)?json(\s*;\s*charset=[\w-]+)?", re.ASCII | re.IGNORECASE)
_UPSTREAM = Source(ReplySource.UPSTREAM)


@dataclass(frozen=True)
class Relayed:
    """The response, and the client's id of the conversation if there is one."""

    answer: Answer
    conversation_id: str | None


class Relay:
    """Sends turns to the upstream service. Thread-safe."""

    def __init__(self, upstream: Upstream, path: str, *, capacity: int, capture: Capture | None = None) -> None:
        """``path`` is relative to the upstream's URL. ``capture`` gets every exchange, and the seconds that it took.

        ``capacity`` limits the number of mapped ids; a long one counts as several.
        """
        self._capture = capture
        self._upstream = upstream
        self._path = path
        self._capacity = capacity
        self._upstream_ids: LRUCache[Key, str] = LRUCache(capacity, getsizeof=_weight)
        self._lock = Lock()

    def for_space(self) -> Relay:
        """Return a relay to the same service with ids of its own."""
        return Relay(self._upstream, self._path, capacity=self._capacity, capture=self._capture)

    def clear(self) -> None:
        """Forget all mapped ids."""
        with self._lock:
            self._upstream_ids.clear()

    async def close(self) -> None:
        """Close the connections to the upstream service."""
        await self._upstream.close()

    async def send(
        self, headers: Mapping[str, str], body: Mapping[str, Any], client_id: str | None, *, started_here: bool
    ) -> Relayed:
        """Send a turn upstream. ``client_id`` is its conversation id; ``started_here``: the mock knows it.

        An id that the mock does not know is passed on: the upstream service may know it.
        """
        from mock_server.respond.upstream import UpstreamError  # noqa: PLC0415 - slow to import, rarely needed

        turn = {name: value for name, value in body.items() if name != CONVERSATION}
        upstream_id = self._upstream_id(client_id, started_here=started_here)
        if upstream_id is not None:
            turn[CONVERSATION] = upstream_id
        sent, began = to_json(turn), time.monotonic()
        # A browser sends the cookies of this host to all of its ports; none of them is of the service.
        given = tuple(pair for pair in headers.items() if pair[0].lower() != "cookie")
        try:
            async with self._upstream.send("POST", self._path, given, sent) as answered:
                if self._capture is not None:
                    request = Request("POST", self._path, given, sent)
                    received = Response(answered.status, answered.headers, answered.body)
                    await self._capture(Exchange(request, received), time.monotonic() - began)
                if len(answered.body) > _LARGE:
                    return await asyncio.to_thread(self._translated, answered, client_id)
                return self._translated(answered, client_id)
        except UpstreamError as error:
            detail = f"Forwarding to {self._upstream.base_url} failed: {error}."
            failed = problem(502, "Bad Gateway", detail, source=Source(ReplySource.UPSTREAM_FAILED))
            return Relayed(failed, client_id)

    def _upstream_id(self, client_id: str | None, *, started_here: bool) -> str | None:
        if client_id is None:
            return None
        with self._lock:
            return self._upstream_ids.get(short_key(client_id), None if started_here else client_id)

    def _translated(self, answered: Answered, client_id: str | None) -> Relayed:
        """Return the upstream's response with the client's conversation id in it."""
        media_type = find_header(answered.headers, "Content-Type") or JSON
        found = ((name, find_header(answered.headers, name)) for name in _FORWARDED_HEADERS)
        headers = tuple((name, value) for name, value in found if value is not None)
        if _JSON_TYPE.fullmatch(media_type) is None:
            headers = (*headers, SANDBOX)
        answer = Answer(answered.status, answered.body, headers, media_type, source=_UPSTREAM)
        reply = _parse(answered.body) if answered.status == 200 else None
        upstream_id = reply.get(CONVERSATION) if isinstance(reply, dict) else None
        if not isinstance(upstream_id, str) or reply is None:
            return Relayed(answer, client_id)
        shown_id = client_id or upstream_id
        if _weight(upstream_id) <= self._capacity:
            with self._lock:
                self._upstream_ids[short_key(shown_id)] = upstream_id
        if shown_id == upstream_id:
            return Relayed(answer, shown_id)
        body = to_json(reply | {CONVERSATION: shown_id})
        return Relayed(Answer(200, body, headers, media_type, source=_UPSTREAM), shown_id)


def _weight(upstream_id: str) -> int:
    """Return as how many ids one counts."""
    return 1 + len(upstream_id) // _CHARACTERS_OF_AN_ID


def make_relay(options: Options, path: str, capture: Capture | None = None) -> Relay | None:
    """Return the relay to ``--upstream``, None without that option. Raise :class:`UsageError` for an invalid option."""
    if options.upstream is None:
        for name in _FOR_UPSTREAM:
            if getattr(options, name):
                raise UsageError(f"--{name.replace('_', '-')} requires --upstream. Add --upstream URL.")
        return None
    from kit_http.transport import Transport  # noqa: PLC0415 - as above
    from mock_server.respond.upstream import Limits, Upstream  # noqa: PLC0415 - as above

    limits = Limits(options.timeout, options.upstream_max_body)
    transport = Transport(options.ca_bundle, options.cert, options.key, options.proxy, insecure=options.insecure)
    upstream = Upstream(options.upstream, headers=credentials(options), limits=limits, transport=transport)
    return Relay(upstream, path, capacity=options.max_conversations, capture=capture)


def credentials(options: Options) -> Headers:
    """Return the header with the key of ``--upstream-key-env``. Raise :class:`UsageError` without one."""
    name = options.upstream_key_env
    if name is None:
        return ()
    key = os.environ.get(name, "")
    if not key or not key.isascii() or not key.isprintable():
        raise UsageError(f"--upstream-key-env {name}: the variable is not set or holds no valid key. Export it first.")
    return (("Authorization", f"Bearer {key}"),)


def _parse(body: bytes) -> Any:
    """Return the body's JSON value, None if the body is not JSON or too large to be read."""
    try:
        return None if has_too_many_values(body) or is_too_wide(body) else from_json(body)
    except ValueError:
        return None
