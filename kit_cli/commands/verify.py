"""``chat-contract verify``: verify a server against the contract."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from chat_contract import Contract, UsageError, load_contract
from chat_contract.exchange import Headers
from chat_contract.profile import as_profile, read_profile
from chat_verifier.findings.profile import changes_between
from chat_verifier.findings.verdict import RunResult, RunVerdict
from chat_verifier.findings.waivers import draft_waivers, load_waivers
from chat_verifier.planning.tiers import TIERS
from chat_verifier.report import RENDERERS
from chat_verifier.report.artefacts import Artefact, write_artefacts
from chat_verifier.report.build import build_report
from chat_verifier.report.reproduce import Access
from chat_verifier.run.pacing import parse_rate
from chat_verifier.verify import Options, preview, run
from kit_cli.credentials import key_headers, with_key_options
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command, current_frame
from kit_cli.options import OVERLAY, SPEC
from kit_cli.preview import render_preview
from kit_cli.progress import Meter
from kit_http.headers import check_one_credential, parse_headers
from kit_http.redaction.secrets import Secrets, secrets_of
from kit_http.transport import Transport
from kit_http.urls import check_base_url, check_proxy
from kit_reports.targets import Target, parse_targets, writable
from kit_reports.waivers import check_used

_POSITIVE = click.FloatRange(min=0, min_open=True)
_FILE = click.Path(path_type=Path)

EXIT_CODES = {
    RunVerdict.CONFORMS: ExitCode.OK,
    RunVerdict.VIOLATES: ExitCode.FINDINGS,
    RunVerdict.INCONCLUSIVE: ExitCode.CANNOT_RUN,
}


@dataclass(frozen=True)
class Arguments:
    """The command line of ``verify``; every field is the option of its name."""

    base_url: str
    header: tuple[str, ...]
    key_env: str | None
    key_as: str
    expect_auth: bool
    ca_bundle: Path | None
    insecure: bool
    cert: Path | None
    key: Path | None
    proxy: str | None
    spec: Path | None
    overlay: tuple[Path, ...]
    strict: bool
    seed: int
    waivers: Path | None
    profile: Path | None
    plan: bool
    cost_per_call: float | None
    tier: str | None
    max_requests: int | None
    max_time: float | None
    workers: int
    rate_limit: str | None
    timeout: float | None
    resume: Path | None
    report: tuple[str, ...]
    profile_out: Path | None
    write_waivers: Path | None


class _HeaderLine(click.ParamType[str]):
    """A header line. An environment variable holds one header on each line."""

    name = "header"
    envvar_list_splitter = "\n"


def _all(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Combine options into one decorator; the help lists them in this order."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_CONNECTION = _all(
    click.option(
        "-H",
        "--header",
        type=_HeaderLine(),
        multiple=True,
        metavar="'NAME: VALUE'",
        help="Send this header with every request. Repeatable.",
    ),
    with_key_options,
    click.option("--expect-auth", is_flag=True, help="Check that the server rejects missing and wrong credentials."),
    click.option("--ca-bundle", type=_FILE, metavar="FILE", help="CA certificates to trust, instead of the default."),
    click.option("--insecure", is_flag=True, help="Do not verify TLS certificates."),
    click.option("--cert", type=_FILE, metavar="FILE", help="Client certificate; may contain its key."),
    click.option("--key", type=_FILE, metavar="FILE", help="Key of the client certificate."),
    click.option("--proxy", metavar="URL", help="HTTP proxy for all requests."),
)

_VERDICT = _all(
    SPEC,
    OVERLAY,
    click.option("--strict", is_flag=True, help="Fail for violated SHOULD clauses too."),
    click.option(
        "--seed", type=int, default=0, show_default=True, metavar="N", help="Seed; equal seeds send equal requests."
    ),
    click.option("--waivers", type=_FILE, metavar="FILE", help="Accept the violations listed in this file."),
    click.option(
        "--profile",
        type=_FILE,
        metavar="FILE",
        help="Report changes in unspecified behaviour since this profile was written.",
    ),
)

_BUDGET = _all(
    click.option("--plan", is_flag=True, help="Send one probe, show what a run would send, and stop."),
    click.option("--cost-per-call", type=_POSITIVE, metavar="X", help="With --plan: price of one call."),
    click.option("--quick", "tier", flag_value="quick", help=f"Send at most {TIERS['quick'].requests} requests."),
    click.option("--deep", "tier", flag_value="deep", help="Keep exploring until --max-time is over."),
    click.option(
        "--max-requests", type=click.IntRange(min=1), metavar="N", help="Send at most N requests, most useful first."
    ),
    click.option("--max-time", type=_POSITIVE, metavar="S", help="Start no request after S seconds."),
    click.option(
        "--workers",
        type=click.IntRange(1, 64),
        default=1,
        show_default=True,
        metavar="N",
        help="Number of concurrent requests.",
    ),
    click.option("--rate-limit", metavar="N/s", help="Maximum request rate, for example 5/s or 100/min."),
    click.option(
        "--timeout",
        type=_POSITIVE,
        metavar="S",
        help="Timeout of one request in seconds.  [default: 10, or 5 times the latency of the probe if that is more]",
    ),
    click.option(
        "--resume", type=_FILE, metavar="FILE", help="Continue the run in this checkpoint file, or create it."
    ),
)

_OUTPUT = _all(
    click.option(
        "--report",
        multiple=True,
        metavar="FORMAT[=FILE]",
        help=f"Write a report ({', '.join(RENDERERS)}) to FILE or to standard output. Repeatable.",
    ),
    click.option("--profile-out", type=_FILE, metavar="FILE", help="Write the server's unspecified behaviour to FILE."),
    click.option("--write-waivers", type=_FILE, metavar="FILE", help="Draft waivers for all findings."),
)


@click.command(cls=Command, cannot="verify")
@click.argument("base_url")
@_CONNECTION
@_VERDICT
@_BUDGET
@_OUTPUT
def verify(base_url: str, **given: Any) -> ExitCode:
    """Verify the server at BASE_URL against the contract.

    BASE_URL replaces the server URL of the contract: requests go to BASE_URL/chat.

    Exit codes: 0 the server conforms, 1 it violates the contract, 2 verification could not run or is inconclusive.
    """
    arguments = Arguments(base_url, **given)
    check_proxy(arguments.proxy)
    headers = _headers(arguments)
    secrets = secrets_of(headers, arguments.proxy)
    current_frame().redact = secrets.hide
    return _verify(arguments, headers, secrets)


def _verify(arguments: Arguments, headers: Headers, secrets: Secrets) -> ExitCode:
    """Check every option before anything is sent, run, and write the reports."""
    targets = _check_output(arguments)
    check_base_url(arguments.base_url)
    contract = load_contract(arguments.spec, arguments.overlay)
    before = {} if arguments.profile is None else read_profile(arguments.profile, contract)
    options = _options(arguments, headers, contract)
    frame = current_frame()
    if arguments.plan:
        frame.report(render_preview(preview(contract, options), arguments.base_url, arguments.cost_per_call))
        return ExitCode.OK
    with Meter(sys.stderr, quiet=frame.quiet) as meter:
        result = run(contract, replace(options, progress=meter))
    access = Access(options.base_url, headers, secrets, options.transport)
    report = build_report(result, access, changes_between(before, result.profile))
    artefacts = [
        Artefact(f"the {target.format} report", RENDERERS[target.format](report), target.file) for target in targets
    ]
    artefacts += _other_files(arguments, result, contract, options)
    write_artefacts(artefacts, secrets, frame.report, checkpoint=arguments.resume)
    check_used(options.waivers, [waiver for waiver in options.waivers if waiver not in result.unused_waivers])
    return EXIT_CODES[result.verdict]


def _check_output(arguments: Arguments) -> tuple[Target, ...]:
    if arguments.cost_per_call is not None and not arguments.plan:
        raise UsageError("--cost-per-call has an effect only with --plan. Add --plan.")
    targets = parse_targets(arguments.report, RENDERERS, default="text")
    for option, file in (
        ("--profile-out", arguments.profile_out),
        ("--write-waivers", arguments.write_waivers),
        ("--resume", arguments.resume),
    ):
        if file is not None:
            writable(file, option)
    return targets


def _other_files(arguments: Arguments, result: RunResult, contract: Contract, options: Options) -> list[Artefact]:
    files = []
    if arguments.profile_out is not None:
        text = as_profile(result.profile, contract, arguments.base_url)
        files.append(Artefact("the profile", text, arguments.profile_out))
    if arguments.write_waivers is not None:
        text = draft_waivers(result.causes, options.now().date())
        files.append(Artefact("the waivers", text, arguments.write_waivers))
    return files


def _headers(arguments: Arguments) -> Headers:
    key = key_headers({"key_env": arguments.key_env, "key_as": arguments.key_as})
    headers = (*parse_headers(arguments.header), *key)
    check_one_credential(headers)
    return headers


def _options(arguments: Arguments, headers: Headers, contract: Contract) -> Options:
    options = Options(
        base_url=arguments.base_url.rstrip("/"),
        headers=headers,
        expect_auth=arguments.expect_auth,
        strict=arguments.strict,
        seed=arguments.seed,
        timeout=arguments.timeout,
        tier=arguments.tier or "default",
        max_requests=arguments.max_requests,
        max_time=arguments.max_time,
        workers=arguments.workers,
        rate=None if arguments.rate_limit is None else parse_rate(arguments.rate_limit),
        record=arguments.resume,
        transport=Transport(
            arguments.ca_bundle, arguments.cert, arguments.key, arguments.proxy, insecure=arguments.insecure
        ),
    )
    if arguments.waivers is None:
        return options
    return replace(options, waivers=load_waivers(arguments.waivers, contract, options.now().date()))
