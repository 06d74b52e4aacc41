"""Writes the command that shows an observation again: curl for one request, a shell script for several turns."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from chat_contract.exchange import Exchange, Headers, Request
from chat_contract.roles import CONVERSATION
from chat_verifier.planning.case import Case
from chat_verifier.run.runner import Observation
from kit_http.redaction.secrets import Secrets, is_credential
from kit_http.transport import Transport

_ID = "_conversation_id_of_the_first_turn_"
_OTHERS = 60
_LONGEST_ARGUMENT = 100_000
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
    if observation.sequence.paused:
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
        parts += ["-H", "'Content-Type:'"]
    if request.chunked:
        parts += ["-H", "'Transfer-Encoding: chunked'"]
    if not request.body:
        return " ".join([*parts, "-d", "''"] if request.method in _WITH_BODY else parts)
    if conversation is not None:
        body = shlex.quote(conversation.raw(_ID).decode("utf-8", "surrogatepass"))
        text = body.replace(_ID, f"'\"${_ID.strip('_')}\"'")
        return _with_body(parts, text)
    printable = _as_text(request.body)
    if printable is None:
        return f"printf {shlex.quote(_octal(request.body))} | {' '.join([*parts, '--data-binary', '@-'])}"
    return _with_body(parts, shlex.quote(printable))


def _with_body(parts: list[str], quoted: str) -> str:
    if len(quoted) > _LONGEST_ARGUMENT:
        # printf is built into the shell, so that its argument may be of any length.
        return f"printf %s {quoted} | {' '.join([*parts, '--data-binary', '@-'])}"
    return " ".join([*parts, "--data-binary", quoted])


def _header(name: str, value: str, secrets: Secrets) -> str:
    written = f"{name}: {value}" if value else f"{name};"
    if is_credential(name) and secrets.in_text(value):
        return '"' + secrets.hide(written) + '"'
    return shlex.quote(written)


def _as_text(body: bytes) -> str | None:
    """Return the body as a shell can carry it; None where only bytes will do."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _octal(body: bytes) -> str:
    plain = set(range(0x20, 0x7F)) - {ord("\\"), ord("%")}
    return "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in body)


def exchanges(observation: Observation) -> tuple[Exchange, ...]:
    """Return what was sent in the conversation up to the observed step, and what came."""
    return (*(observation.earlier if observation.case.continues else ()), observation.exchange)
