"""Writes the command that shows an observation again: curl for one request, a shell script for several turns."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from chat_contract.exchange import Exchange, Headers, Request
from chat_contract.roles import CONVERSATION
from chat_verifier.planning.case import Case
from chat_verifier.run.runner import Observation
from kit_http.curl import header_argument, text_of, with_binary_body, with_body, without_header
from kit_http.redaction.secrets import Secrets, is_credential
from kit_http.transport import Transport

_ID = "_conversation_id_of_the_first_turn_"
_OTHERS = 60
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True)
class Way:
    """How a command reaches the server: where it is, what the user sends along, and what must not be shown of it."""

    base_url: str
    headers: Headers
    secrets: Secrets
    transport: Transport = field(default_factory=Transport)

    @property
    def options(self) -> list[str]:
        """The options of curl that do what ours did."""
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


def command(observation: Observation, way: Way) -> str:
    """Return what to paste into a shell; keys stand in it as variables of the environment."""
    cases = observation.sequence.cases[: observation.index + 1]
    if observation.sequence.together is not None:
        return _beside_each_other(observation, way)
    if not observation.case.continues:
        return _curl(observation.exchange.request, way)
    requests = [*(turn.request for turn in observation.earlier), observation.exchange.request]
    lines = _script(cases, requests, way)
    if observation.sequence.spans_run:
        # What was between the two turns: other conversations.
        other = _curl(requests[0], way, show_head=False)
        lines.insert(1, f"for n in $(seq {_OTHERS}); do {other} > /dev/null; done")
    return "\n".join(lines)


def _script(cases: Sequence[Case], requests: Sequence[Request], way: Way) -> list[str]:
    """Carry the id of the first turn through the others."""
    lines = [f"{_ID.strip('_')}=$({_curl(requests[0], way, show_head=False)} | {_EXTRACT})"]
    for case, request in zip(cases[1:], requests[1:], strict=False):
        line = _curl(request, way, conversation=case if case.continues else None)
        lines.append(line)
    return lines


_EXTRACT = (
    "python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)[\"" + CONVERSATION + '"])[1:-1], end="")\''
)


def _beside_each_other(observation: Observation, way: Way) -> str:
    """Begin several conversations at the same time and show the ids that each turn gets."""
    opening = observation.earlier[0].request if observation.earlier else observation.exchange.request
    line = _curl(opening, way, show_head=False)
    if not observation.case.continues:
        return f"for n in 1 2 3 4 5 6; do ({line}; echo) & done; wait"
    name = _ID.strip("_")
    following = _curl(observation.exchange.request, way, conversation=observation.case, show_head=False)
    return "\n".join(
        [
            "for n in 1 2 3 4 5 6; do (",
            f"{name}=$({line} | {_EXTRACT})",
            f'printf "%s was given, then came: %s\\n" "${name}" "$({following})"',
            ") & done; wait",
        ]
    )


def _curl(
    request: Request,
    way: Way,
    *,
    conversation: Case | None = None,
    show_head: bool = True,
) -> str:
    parts = ["curl", "-sS"]
    if show_head and request.method != "HEAD":
        parts.append("-i")
    parts += ["-I"] if request.method == "HEAD" else ["-X", request.method]
    parts += way.options
    parts.append(shlex.quote(way.base_url.rstrip("/") + request.path))
    given = way.headers if request.credential == "given" else ()
    named = {name.lower() for name, _ in request.headers}
    for name, value in (*given, *request.headers):
        parts += ["-H", _header(name, value, way.secrets)]
    if "content-type" not in named and request.method in _WITH_BODY:
        parts += ["-H", without_header("Content-Type")]
    if request.chunked:
        parts += ["-H", "'Transfer-Encoding: chunked'"]
    if not request.body:
        return " ".join([*parts, "-d", "''"] if request.method in _WITH_BODY else parts)
    if conversation is not None:
        body = shlex.quote(conversation.raw(_ID).decode("utf-8", "surrogatepass"))
        text = body.replace(_ID, f"'\"${_ID.strip('_')}\"'")
        return with_body(parts, text)
    printable = text_of(request.body)
    return with_binary_body(parts, request.body) if printable is None else with_body(parts, shlex.quote(printable))


def _header(name: str, value: str, secrets: Secrets) -> str:
    if is_credential(name) and secrets.in_text(value):
        return f'"{secrets.hide(f"{name}: {value}")}"'
    return header_argument(name, value)


def exchanges(observation: Observation) -> tuple[Exchange, ...]:
    """Return what was sent in the conversation up to the observed step, and what came."""
    return (*(observation.earlier if observation.case.continues else ()), observation.exchange)
