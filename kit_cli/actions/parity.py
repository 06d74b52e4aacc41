"""The work of ``chat-contract parity``: run the verifier on two servers and compare the responses."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from chat_contract import KitError, load_contract
from chat_contract.exchange import Headers
from chat_verifier.findings.parity import compare_runs
from chat_verifier.findings.verdict import RunResult
from chat_verifier.options import Environment, Options
from chat_verifier.run.stop import Stop
from chat_verifier.verify import run
from kit_cli.credentials import key_of
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import current_frame
from kit_cli.interrupts import ended, interruptible
from kit_cli.screen.parity import render_parity
from kit_cli.screen.progress import Meter
from kit_http.headers import check_one_credential, parse_headers
from kit_http.redaction.secrets import Secrets, secrets_of
from kit_http.tokens import TokenCommand
from kit_http.transport import Transport
from kit_reports.codec import encode


class NothingComparedError(KitError):
    """No request got a response from both servers."""


@dataclass(frozen=True)
class Arguments:
    """The command line of ``parity``; every field is the option of its name."""

    url_a: str
    url_b: str
    header_a: tuple[str, ...]
    header_b: tuple[str, ...]
    key_env_a: str | None
    key_env_b: str | None
    token_command_a: str | None
    token_command_b: str | None
    ca_bundle: Path | None
    insecure: bool
    spec: Path | None
    overlay: tuple[Path, ...]
    seed: int
    max_requests: int | None
    workers: int
    timeout: float | None
    json: bool


def parity(arguments: Arguments) -> int:
    """Compare two servers and return the exit code of the verdict, or of the signal that interrupted the command."""
    with interruptible() as stop:
        return ended(stop, lambda: _parity(arguments, stop))


def _parity(arguments: Arguments, stop: Stop) -> ExitCode:
    tokens_a = _tokens("a", arguments.token_command_a)
    tokens_b = _tokens("b", arguments.token_command_b)
    headers_a = _headers("a", arguments.header_a, arguments.key_env_a, tokens_a)
    headers_b = _headers("b", arguments.header_b, arguments.key_env_b, tokens_b)

    def secrets_so_far() -> Secrets:
        renewed = [header for tokens in (tokens_a, tokens_b) if tokens is not None for header in tokens.all_headers]
        return secrets_of((*headers_a, *headers_b, *renewed))

    current_frame().redact = lambda text: secrets_so_far().hide(text)
    report = compare_runs(
        _run(arguments.url_a, headers_a, tokens_a, arguments, stop),
        _run(arguments.url_b, headers_b, tokens_b, arguments, stop),
    )
    secrets = secrets_so_far()
    if not report.requests:
        raise NothingComparedError(
            "no request got a response from both servers. Send more requests with --max-requests N."
        )
    frame = current_frame()
    verdict = ExitCode.FINDINGS if report.differences else ExitCode.OK
    if arguments.json:
        frame.report(secrets.hide(encode(report)))
    else:
        frame.summary(secrets.hide(render_parity(report)), verdict)
    return verdict


def _tokens(side: str, command: str | None) -> TokenCommand | None:
    return None if command is None else TokenCommand(command, f"--token-command-{side}")


def _headers(side: str, lines: tuple[str, ...], key_env: str | None, tokens: TokenCommand | None) -> Headers:
    headers = parse_headers(lines, f"--header-{side}")
    if key_env is not None:
        key = key_of(f"--key-env-{side}", key_env)
        headers = (*headers, *parse_headers((f"Authorization: Bearer {key}",)))
    if tokens is not None:
        headers = (*headers, *tokens.headers())
    check_one_credential(headers)
    return headers


def _run(url: str, headers: Headers, tokens: TokenCommand | None, arguments: Arguments, stop: Stop) -> RunResult:
    with Meter(sys.stderr, quiet=current_frame().quiet) as meter:
        return run(
            load_contract(arguments.spec, arguments.overlay),
            Options(
                base_url=url.rstrip("/"),
                headers=headers,
                tokens=tokens,
                seed=arguments.seed,
                timeout=arguments.timeout,
                max_requests=arguments.max_requests,
                workers=arguments.workers,
                transport=Transport(ca_bundle=arguments.ca_bundle, insecure=arguments.insecure),
            ),
            Environment(progress=meter, stop=stop),
        )
