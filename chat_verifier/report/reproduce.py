"""Write the command that reproduces an observation: curl for one request, a shell script for several turns."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chat_contract.exchange import Exchange, Headers, Request
from chat_contract.roles import CONVERSATION
from chat_verifier.planning.case import Case
from chat_verifier.run.observation import Observation
from kit_http.curl import Expression, Piece, header_argument, with_body, without_header
from kit_http.redaction.secrets import Secrets, is_credential
from kit_http.transport import Transport

_PLACEHOLDER = "_conversation_id_of_the_first_turn_"
_VARIABLE = "conversation_id"
_EXPRESSIONS = {
    _PLACEHOLDER.encode(): Expression(f"${_VARIABLE}"),
    _PLACEHOLDER.swapcase().encode(): Expression(f'$(printf %s "${_VARIABLE}" | tr A-Za-z a-zA-Z)'),
}
_PLACEHOLDERS = re.compile(b"(" + b"|".join(_EXPRESSIONS) + b")")
_OTHER_CONVERSATIONS = 60
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
        files = (
            ("--cacert", self.transport.ca_bundle),
            ("--cert", self.transport.cert),
            ("--key", self.transport.key),
        )
        options = ["--insecure"] if self.transport.insecure else []
        options += [part for option, file in files if file is not None for part in (option, shlex.quote(str(file)))]
        if self.transport.proxy is not None:
            hidden = self.secrets.hide(self.transport.proxy)
            quoted = shlex.quote(hidden) if hidden == self.transport.proxy else f'"{hidden}"'
            options += ["--proxy", quoted]
        return options


def reproduce(observation: Observation, access: Access) -> str:
    """Return a command for a shell. It names environment variables instead of containing keys."""
    cases = observation.sequence.cases[: observation.index + 1]
    if observation.sequence.together is not None:
        return _in_parallel(observation, access)
    if not observation.case.continues:
        return _curl(observation.exchange.request, access)
    requests = [*(turn.request for turn in observation.earlier), observation.exchange.request]
    lines = _script(cases, requests, access)
    if observation.sequence.deferred:
        # Between the two turns, the run sent other conversations.
        other = _curl(requests[0], access, show_head=False)
        lines.insert(1, f"for n in $(seq {_OTHER_CONVERSATIONS}); do {other} > /dev/null; done")
    return "\n".join(lines)


def _script(cases: Sequence[Case], requests: Sequence[Request], access: Access) -> list[str]:
    """Return one command for each turn; the later ones send the conversation id of the first."""
    lines = [f"{_VARIABLE}=$({_curl(requests[0], access, show_head=False)} | {_EXTRACT})"]
    for case, request in zip(cases[1:], requests[1:], strict=False):
        line = _curl(request, access, conversation=case if case.continues else None)
        lines.append(line)
    return lines


_EXTRACT = (
    "python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)[\"" + CONVERSATION + '"])[1:-1], end="")\''
)


def _in_parallel(observation: Observation, access: Access) -> str:
    """Start several conversations at the same time and print the conversation ids of their turns."""
    opening = observation.earlier[0].request if observation.earlier else observation.exchange.request
    line = _curl(opening, access, show_head=False)
    if not observation.case.continues:
        return f"for n in 1 2 3 4 5 6; do ({line}; echo) & done; wait"
    following = _curl(observation.exchange.request, access, conversation=observation.case, show_head=False)
    return "\n".join(
        [
            "for n in 1 2 3 4 5 6; do (",
            f"{_VARIABLE}=$({line} | {_EXTRACT})",
            f'printf "%s: next response: %s\\n" "${_VARIABLE}" "$({following})"',
            ") & done; wait",
        ]
    )


def _curl(
    request: Request,
    access: Access,
    *,
    conversation: Case | None = None,
    show_head: bool = True,
) -> str:
    parts = ["curl", "-sS"]
    if show_head and request.method != "HEAD":
        parts.append("-i")
    parts += ["-I"] if request.method == "HEAD" else ["-X", request.method]
    parts += access.options
    parts.append(shlex.quote(access.base_url.rstrip("/") + request.path))
    given = access.headers if request.credential == "given" else ()
    named = {name.lower() for name, _ in request.headers}
    for name, value in (*given, *request.headers):
        parts += ["-H", _header(name, value, access.secrets)]
    if "content-type" not in named and request.method in _WITH_BODY:
        parts += ["-H", without_header("Content-Type")]
    if request.chunked:
        parts += ["-H", "'Transfer-Encoding: chunked'"]
    if not request.body:
        return " ".join([*parts, "-d", "''"] if request.method in _WITH_BODY else parts)
    return with_body(parts, *([request.body] if conversation is None else _pieces(conversation.raw(_PLACEHOLDER))))


def _pieces(body: bytes) -> Iterator[Piece]:
    """Yield the parts of a body, with the variable of the shell where it has the conversation id."""
    for part in _PLACEHOLDERS.split(body):
        expression = _EXPRESSIONS.get(part)
        yield part if expression is None else expression


def _header(name: str, value: str, secrets: Secrets) -> str:
    if is_credential(name) and secrets.in_text(value):
        return f'"{secrets.hide(f"{name}: {value}")}"'
    return header_argument(name, value)


def exchanges_of(observation: Observation) -> tuple[Exchange, ...]:
    """Return the exchanges of the conversation up to and including the observed one."""
    return (*(observation.earlier if observation.case.continues else ()), observation.exchange)
