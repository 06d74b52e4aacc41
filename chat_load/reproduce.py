"""Writes what reproduces a violation: curl for one request, a shell script for several turns, and the requests."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from chat_contract import Breakdown, Request, Response
from chat_contract.exchange import Headers
from chat_contract.roles import CONVERSATION
from chat_load.plan import Step, written
from chat_load.settings import SentRequest
from kit_http.curl import Expression, Piece, extraction_of, header_without_key, with_body
from kit_http.redaction.secrets import Secrets, is_credential
from kit_reports.replay import ISSUED

_ISSUED = Expression(f"${CONVERSATION}")
_EXTRACT = extraction_of(CONVERSATION)

_LONGEST_BODY = 2500
_MOST_SEARCHED = 64 * 1024
"""How many bytes of a body are searched for credentials, to show its beginning without copies of a large one."""


@dataclass(frozen=True)
class Access:
    """How a command reaches the server. ``options``: those of curl that match the transport."""

    base_url: str
    headers: Headers
    secrets: Secrets
    options: tuple[str, ...] = ()


def reproduce(step: Step, access: Access) -> str:
    """Return a command for a shell. It names environment variables instead of containing keys."""
    issued = step.body.get(CONVERSATION)
    if not isinstance(issued, str):
        return _curl(step.request, access, step.request.body)
    first, *later = step.earlier
    return "\n".join(
        [
            f"{CONVERSATION}=$({_curl(step.request, access, first, show_head=False)} | {_EXTRACT})",
            *(_curl(step.request, access, body, issued) for body in (*later, step.request.body)),
        ]
    )


def requests_of(step: Step, access: Access) -> tuple[SentRequest, ...]:
    """Return the turns of the conversation up to a request, without credentials."""
    issued = step.body.get(CONVERSATION)
    headers = {
        name: access.secrets.hide(value)
        for name, value in (*access.headers, *step.request.headers)
        if not (is_credential(name) and access.secrets.in_text(value))
    }
    return tuple(
        SentRequest(
            step.request.method, step.request.path, headers, access.secrets.hide(_with_placeholder(body, issued))
        )
        for body in (*step.earlier, step.request.body)
    )


def beginning_of(outcome: Response | Breakdown, secrets: Secrets) -> str:
    """Return the beginning of a response body, or how the response failed to arrive, without credentials."""
    if isinstance(outcome, Breakdown):
        return secrets.hide(outcome.detail)[:_LONGEST_BODY]
    return secrets.hide(outcome.body[:_MOST_SEARCHED].decode("utf-8", "replace"))[:_LONGEST_BODY]


def _with_placeholder(body: bytes, issued: object) -> str:
    pieces = _pieces(body, issued if isinstance(issued, str) else "")
    return "".join(ISSUED if isinstance(piece, Expression) else piece.decode("utf-8", "replace") for piece in pieces)


def _curl(request: Request, access: Access, body: bytes, issued: str = "", *, show_head: bool = True) -> str:
    parts = ["curl", "-sS", *(["-i"] if show_head else []), "-X", request.method, *access.options]
    parts.append(shlex.quote(access.base_url + request.path))
    for name, value in (*access.headers, *request.headers):
        parts += ["-H", header_without_key(name, value, access.secrets)]
    return with_body(parts, *_pieces(body, issued))


def _pieces(body: bytes, issued: str) -> Iterator[Piece]:
    """Yield the parts of a body, with the variable of the shell where it has the issued id."""
    before, found, after = body.partition(f'"{CONVERSATION}": '.encode() + written(issued))
    if not issued or not found:
        yield body
        return
    yield before + f'"{CONVERSATION}": "'.encode()
    yield _ISSUED
    yield b'"' + after
