"""``chat-contract parity``: compare the responses of two servers, such as the mock and staging."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from chat_contract import KitError, load_contract
from chat_contract.exchange import Headers
from chat_verifier.findings.parity import compare_runs
from chat_verifier.findings.verdict import RunResult
from chat_verifier.verify import Options, run
from kit_cli.credentials import key_of
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command, current_frame
from kit_cli.options import OVERLAY, SPEC
from kit_cli.parity_table import render_parity
from kit_cli.progress import Meter
from kit_http.headers import check_one_credential, parse_headers
from kit_http.redaction.secrets import secrets_of
from kit_http.transport import Transport
from kit_reports.codec import encode

_POSITIVE = click.FloatRange(min=0, min_open=True)


class NothingComparedError(KitError):
    """The two servers answered no common request."""


@dataclass(frozen=True)
class Arguments:
    """The command line of ``parity``; every field is the option of its name."""

    url_a: str
    url_b: str
    header_a: tuple[str, ...]
    header_b: tuple[str, ...]
    key_env_a: str | None
    key_env_b: str | None
    ca_bundle: Path | None
    insecure: bool
    spec: Path | None
    overlay: tuple[Path, ...]
    seed: int
    max_requests: int | None
    workers: int
    timeout: float | None
    as_json: bool


@click.command(cls=Command, cannot="compare")
@click.argument("url_a")
@click.argument("url_b")
@click.option("--header-a", multiple=True, metavar="'NAME: VALUE'", help="Send this header to URL_A. Repeatable.")
@click.option("--header-b", multiple=True, metavar="'NAME: VALUE'", help="Send this header to URL_B. Repeatable.")
@click.option("--key-env-a", metavar="NAME", help="Send URL_A the API key held by this environment variable.")
@click.option("--key-env-b", metavar="NAME", help="Send URL_B the API key held by this environment variable.")
@click.option("--ca-bundle", type=click.Path(path_type=Path), metavar="FILE", help="CA certificates to trust.")
@click.option("--insecure", is_flag=True, help="Do not verify TLS certificates.")
@SPEC
@OVERLAY
@click.option(
    "--seed", type=int, default=0, show_default=True, metavar="N", help="Seed; equal seeds send equal requests."
)
@click.option("--max-requests", type=click.IntRange(min=1), metavar="N", help="Send each server at most N requests.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of concurrent requests.",
)
@click.option("--timeout", type=_POSITIVE, metavar="S", help="Timeout of one request in seconds.")
@click.option("--json", "as_json", is_flag=True, help="Write the differences as JSON.")
def parity(**given: Any) -> ExitCode:
    """Send the same requests to two servers and show where their responses differ.

    URL_A and URL_B replace the server URL of the contract: requests go to URL_A/chat and URL_B/chat.

    Exit codes: 0 the servers respond alike, 1 they differ, 2 they could not be compared.
    """
    arguments = Arguments(**given)
    headers_a = _headers("a", arguments.header_a, arguments.key_env_a)
    headers_b = _headers("b", arguments.header_b, arguments.key_env_b)
    secrets = secrets_of((*headers_a, *headers_b))
    current_frame().redact = secrets.hide
    report = compare_runs(
        _run(arguments.url_a, headers_a, arguments),
        _run(arguments.url_b, headers_b, arguments),
    )
    if not report.requests:
        raise NothingComparedError("the two servers answered no common request. Allow more with --max-requests.")
    current_frame().report(secrets.hide(encode(report) if arguments.as_json else render_parity(report)))
    return ExitCode.FINDINGS if report.differences else ExitCode.OK


def _headers(side: str, lines: tuple[str, ...], key_env: str | None) -> Headers:
    headers = parse_headers(lines, f"--header-{side}")
    if key_env is not None:
        key = key_of(f"--key-env-{side}", key_env)
        headers = (*headers, *parse_headers((f"Authorization: Bearer {key}",)))
    check_one_credential(headers)
    return headers


def _run(url: str, headers: Headers, arguments: Arguments) -> RunResult:
    with Meter(sys.stderr, quiet=current_frame().quiet) as meter:
        return run(
            load_contract(arguments.spec, arguments.overlay),
            Options(
                base_url=url.rstrip("/"),
                headers=headers,
                seed=arguments.seed,
                timeout=arguments.timeout,
                max_requests=arguments.max_requests,
                workers=arguments.workers,
                transport=Transport(ca_bundle=arguments.ca_bundle, insecure=arguments.insecure),
                progress=meter,
            ),
        )
