"""Lets the real service answer what no fixture knows, and keeps its conversations apart from the mock's.

A conversation may be begun by the mock and go on at the service, where it has another id; the client sees one id.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from chat_contract import UsageError
from chat_contract.exchange import Headers, find_header
from chat_contract.roles import CONVERSATION
from mock_server.http.messages import JSON, Answer, problem
from mock_server.loading.options import Options

if TYPE_CHECKING:
    from mock_server.respond.upstream import Answered, Upstream

_PASSED_ON = ("Retry-After", "WWW-Authenticate")


@dataclass(frozen=True)
class Relayed:
    """The answer to the client, and the id under which it knows the conversation; none where there is none."""

    answer: Answer
    conversation_id: str | None


class Relay:
    """Asks the service. Safe to use from many threads at once."""

    def __init__(self, upstream: Upstream, path: str, *, capacity: int) -> None:
        self._upstream = upstream
        self._path = path
        self._capacity = capacity
        self._ids: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def clear(self) -> None:
        """Forget which conversation is which."""
        with self._lock:
            self._ids.clear()

    def ask(
        self, headers: Mapping[str, str], body: Mapping[str, Any], known_as: str | None, *, begun_here: bool
    ) -> Relayed:
        """Send a turn on; ``known_as`` is the client's id of its conversation, which the mock ``begun_here`` may know.

        An id that neither knows is sent as it is: the service may.
        """
        from mock_server.respond.upstream import UpstreamError  # noqa: PLC0415 - what it needs is slow to import, and seldom needed

        turn = {name: value for name, value in body.items() if name != CONVERSATION}
        theirs = None if known_as is None else self._ids.get(known_as, None if begun_here else known_as)
        if theirs is not None:
            turn[CONVERSATION] = theirs
        try:
            answered = self._upstream.send("POST", self._path, headers.items(), to_json(turn))
        except UpstreamError as error:
            said = f"{self._upstream.base_url} gave no answer: {error}."
            return Relayed(problem(502, "Bad Gateway", said), known_as)
        return self._returned(answered, known_as)

    def _returned(self, answered: Answered, known_as: str | None) -> Relayed:
        media_type = find_header(answered.headers, "Content-Type") or JSON
        more = tuple((name, value) for name in _PASSED_ON if (value := find_header(answered.headers, name)) is not None)
        answer = Answer(answered.status, answered.body, more, media_type, because="the upstream")
        reply = _json(answered.body) if answered.status == 200 else None
        theirs = reply.get(CONVERSATION) if isinstance(reply, dict) else None
        if not isinstance(theirs, str) or reply is None:
            return Relayed(answer, known_as)
        ours = known_as or theirs
        with self._lock:
            self._ids[ours] = theirs
            self._ids.move_to_end(ours)
            if len(self._ids) > self._capacity:
                self._ids.popitem(last=False)
        if ours == theirs:
            return Relayed(answer, ours)
        return Relayed(
            Answer(200, to_json(reply | {CONVERSATION: ours}), more, media_type, because="the upstream"), ours
        )


def relay_of(options: Options, path: str) -> Relay | None:
    """Return who is asked besides, if anybody is to be; raises :class:`UsageError` for what is no service or no key."""
    if options.upstream is None:
        if options.upstream_key_env is not None:
            raise UsageError("--upstream-key-env is for --upstream, which says who gets the key; add it")
        return None
    from mock_server.respond.upstream import Upstream  # noqa: PLC0415 - as above

    return Relay(Upstream(options.upstream, headers=_key(options)), path, capacity=options.max_conversations)


def _key(options: Options) -> Headers:
    name = options.upstream_key_env
    if name is None:
        return ()
    key = os.environ.get(name, "")
    if not key or not key.isascii() or not key.isprintable():
        raise UsageError(f"--upstream-key-env {name}: there is no such variable, or no key in it; export it first")
    return (("Authorization", f"Bearer {key}"),)


def _json(body: bytes) -> Any:
    """Return the value of a body; nothing where it is no JSON."""
    try:
        return from_json(body)
    except ValueError:
        return None
