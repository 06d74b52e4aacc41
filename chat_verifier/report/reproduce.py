"""Write the command that reproduces an observation: curl for one request, a shell script for several turns."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chat_contract.exchange import Exchange, Headers, Request, Response
from chat_contract.roles import CONVERSATION
from chat_verifier.run.observation import Observation
from kit_http.curl import Expression, Piece, extraction_of, header_without_key, with_body, without_header
from kit_http.redaction.secrets import Secrets
from kit_http.transport import Transport

_VARIABLE = "conversation_id"
ISSUED = Expression(f"${_VARIABLE}")
ISSUED_IN_OTHER_CASE = Expression(f'$(printf %s "${_VARIABLE}" | tr A-Za-z a-zA-Z)')
OTHER_CONVERSATIONS = 60
SHOW_NEXT = f'printf "%s: next response: %s\\n" "${_VARIABLE}" "$response"'
EXTRACT = extraction_of(CONVERSATION)
"""The parts of a command, by which :mod:`chat_verifier.report.commands` recognises it."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True)
class Access:
    """How a command reaches the server: base URL, the user's headers, the transport, and the secrets to redact."""

    base_url: str
    headers: Headers
    secrets: Secrets
    transport: Transport = field(default_factory=Transport)

    @property
    def options(self) -> list[str]:
        """Options of curl that match the transport of the run."""
        return self.transport.curl_options(self.secrets.hide)


def reproduce(observation: Observation, access: Access) -> str:
    """Return a command for a shell. It names environment variables instead of containing keys."""
    if observation.sequence.together is not None:
        return _in_parallel(observation, access)
    if not observation.case.continues:
        return _curl(observation.exchange.request, access)
    requests = [*(turn.request for turn in observation.earlier), observation.exchange.request]
    lines = _script(requests, _issued(observation), access)
    if observation.is_deferred:
        # Between the two turns, the run sent other conversations.
        other = _curl(requests[0], access, show_head=False)
        lines.insert(1, f"for n in $(seq {OTHER_CONVERSATIONS}); do {other} > /dev/null; done")
    return "\n".join(lines)


def _script(requests: Sequence[Request], issued: str, access: Access) -> list[str]:
    """Return one command for each turn; the later ones send the conversation id of the first."""
    first = f"{_VARIABLE}=$({_curl(requests[0], access, show_head=False)} | {EXTRACT})"
    return [first, *(_curl(request, access, issued=issued) for request in requests[1:])]


def _issued(observation: Observation) -> str:
    """Return the conversation id in the response to the first turn; empty if it has none."""
    opening = observation.earlier[0].outcome if observation.earlier else None
    if not isinstance(opening, Response):
        return ""
    try:
        reply = json.loads(opening.body)
    except (ValueError, RecursionError):
        return ""
    issued = reply.get(CONVERSATION) if isinstance(reply, dict) else None
    return issued if isinstance(issued, str) else ""


def _in_parallel(observation: Observation, access: Access) -> str:
    """Start several conversations at the same time and print the conversation ids of their turns."""
    opening = observation.earlier[0].request if observation.earlier else observation.exchange.request
    line = _curl(opening, access, show_head=False)
    if not observation.case.continues:
        return f"for n in 1 2 3 4 5 6; do ({line}; echo) & done; wait"
    following = _curl(observation.exchange.request, access, issued=_issued(observation), show_head=False)
    return "\n".join(
        [
            "for n in 1 2 3 4 5 6; do (",
            f"{_VARIABLE}=$({line} | {EXTRACT})",
            # Inside double quotes, an interactive shell would replace "!" in the command.
            f"response=$({following})",
            SHOW_NEXT,
            ") & done; wait",
        ]
    )


def _curl(
    request: Request,
    access: Access,
    *,
    issued: str = "",
    show_head: bool = True,
) -> str:
    parts = ["curl", "-sS"]
    if show_head and request.method != "HEAD":
        parts.append("-i")
    parts += ["-I"] if request.method == "HEAD" else ["-X", shlex.quote(request.method)]
    url = access.base_url.rstrip("/") + request.path
    # curl would read brackets in a path as a list of paths.
    parts += ["-g"] if set(url.partition("://")[2].partition("/")[2]) & set("[]{}") else []
    parts += access.options
    parts.append(shlex.quote(url))
    given = access.headers if request.credential == "given" else ()
    named = {name.lower() for name, _ in request.headers}
    for name, value in (*given, *request.headers):
        parts += ["-H", header_without_key(name, value, access.secrets)]
    if "content-type" not in named and request.method in _WITH_BODY:
        parts += ["-H", without_header("Content-Type")]
    if request.chunked:
        parts += ["-H", "'Transfer-Encoding: chunked'"]
    if not request.body:
        return " ".join([*parts, "-d", "''"] if request.method in _WITH_BODY else parts)
    return with_body(parts, *_pieces(request.body, issued))


def _pieces(body: bytes, issued: str) -> Iterable[Piece]:
    """Return the parts of a body as it was sent, with the variable of the shell where it has the issued id."""
    found = dict.fromkeys(_written(issued.swapcase()), ISSUED_IN_OTHER_CASE) | dict.fromkeys(_written(issued), ISSUED)
    match = re.search(_FIELD + b"(" + b"|".join(map(re.escape, found)) + b")", body) if found else None
    if match is None:
        return (body,)
    return body[: match.start(1)], found[match[1]], body[match.end() :]


_FIELD = rb'"' + re.escape(CONVERSATION.encode()) + rb'"\s*:\s*"[^"]*?'


def _written(text: str) -> set[bytes]:
    """Return the ways in which JSON writes a text."""
    ways = (json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    return {way.encode("utf-8", "surrogatepass") for way in ways} if text else set()


def exchanges_of(observation: Observation) -> tuple[Exchange, ...]:
    """Return the exchanges of the conversation up to and including the observed one."""
    return (*(observation.earlier if observation.case.continues else ()), observation.exchange)
