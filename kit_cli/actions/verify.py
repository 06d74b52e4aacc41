"""The work of ``chat-contract verify``: run the verifier and write its reports."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from chat_contract import Contract, UsageError, load_contract
from chat_contract.exchange import Headers
from chat_contract.profile import as_profile, read_profile
from chat_verifier.findings.profile import changes_between
from chat_verifier.findings.verdict import RunResult, RunVerdict
from chat_verifier.findings.waivers import draft_waivers, load_waivers
from chat_verifier.options import Environment, Options, Phase
from chat_verifier.planning.tiers import Tier
from chat_verifier.report import RENDERERS
from chat_verifier.report.build import build_report
from chat_verifier.report.leaks import check_files, checked_text
from chat_verifier.report.read import read_report
from chat_verifier.report.reproduce import Access
from chat_verifier.run.pacing import parse_rate
from chat_verifier.run.stop import Stop
from chat_verifier.target.application import load_application, serve_application, usual_url
from chat_verifier.traffic.replay import replay_sequences
from chat_verifier.verify import preview, run
from kit_cli.credentials import key_headers
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import current_frame
from kit_cli.interrupts import ended, interruptible
from kit_cli.outputs import Output, write_outputs
from kit_cli.screen.plan import render_preview
from kit_cli.screen.progress import Meter
from kit_http.headers import check_one_credential, parse_headers
from kit_http.redaction.secrets import Secrets, secrets_of
from kit_http.tokens import TokenCommand
from kit_http.transport import Transport
from kit_http.urls import check_base_url, check_proxy
from kit_reports.targets import Target, parse_targets, writable
from kit_reports.waivers import check_used

EXIT_CODES = {
    RunVerdict.CONFORMS: ExitCode.OK,
    RunVerdict.NO_VIOLATION: ExitCode.OK,
    RunVerdict.VIOLATES: ExitCode.FINDINGS,
    RunVerdict.UNSTABLE: ExitCode.FINDINGS,
    RunVerdict.INCONCLUSIVE: ExitCode.CANNOT_RUN,
}


@dataclass(frozen=True)
class Arguments:
    """The command line of ``verify``; every field is the option of its name."""

    base_url: str | None
    app: str | None
    header: tuple[str, ...]
    key_env: str | None
    key_as: str
    token_command: str | None
    expect_auth: bool
    ca_bundle: Path | None
    insecure: bool
    cert: Path | None
    key: Path | None
    proxy: str | None
    spec: Path | None
    overlay: tuple[Path, ...]
    strict: bool
    require_complete: bool
    seed: int
    waivers: Path | None
    profile: Path | None
    plan: bool
    cost_per_call: float | None
    quick: bool
    deep: bool
    max_requests: int | None
    max_accepted: int | None
    max_time: float | None
    max_wait: float
    max_cost: float | None
    patience: float
    workers: int
    rate_limit: str | None
    timeout: float | None
    resume: Path | None
    replay: Path | None
    report: tuple[str, ...]
    profile_out: Path | None
    write_waivers: Path | None


def verify(arguments: Arguments) -> int:
    """Verify a server and return the exit code of the verdict, or of the signal that interrupted the run."""
    check_proxy(arguments.proxy)
    if arguments.token_command is not None and arguments.resume is not None:
        raise UsageError("--resume cannot be combined with --token-command. Remove one of them.")
    tokens = None if arguments.token_command is None else TokenCommand(arguments.token_command)
    headers = _headers(arguments, tokens)

    def secrets() -> Secrets:
        return secrets_of((*headers, *(() if tokens is None else tokens.all_headers)), arguments.proxy)

    current_frame().redact = lambda text: secrets().hide(text)
    with interruptible() as stop:
        return ended(stop, lambda: _verify(arguments, headers, tokens, secrets, stop))


def _verify(
    arguments: Arguments,
    headers: Headers,
    tokens: TokenCommand | None,
    secrets_so_far: Callable[[], Secrets],
    stop: Stop,
) -> ExitCode:
    """Check every option before anything is sent, run, and write the reports."""
    targets = _check_output(arguments)
    _check_target(arguments)
    contract = load_contract(arguments.spec, arguments.overlay)
    replay = None if arguments.replay is None else replay_sequences(read_report(arguments.replay))
    before = {} if arguments.profile is None else read_profile(arguments.profile, contract)
    frame = current_frame()
    with _target(arguments, contract) as base_url:
        options = replace(_options(arguments, base_url, headers, contract), tokens=tokens, replay=replay)
        if arguments.plan:
            frame.report(
                render_preview(preview(contract, options, Environment(stop=stop)), base_url, arguments.cost_per_call)
            )
            return ExitCode.OK
        result = _run(contract, options, stop)
    if arguments.app is not None:
        result = replace(result, base_url=usual_url(base_url), app=arguments.app)
    secrets = secrets_so_far()
    access = Access(result.base_url, headers, secrets, options.transport)
    report = build_report(result, access, changes_between(before, result.profile))
    verdict = EXIT_CODES[result.verdict]
    texts = [
        _Text(
            f"the {target.format} report",
            RENDERERS[target.format](report),
            target.file,
            verdict if target.format == "text" else None,
        )
        for target in targets
    ]
    _write([*texts, *_other_files(arguments, result, contract)], secrets, arguments.resume)
    check_used(options.waivers, [waiver for waiver in options.waivers if waiver not in result.unused_waivers])
    return verdict


def _run(contract: Contract, options: Options, stop: Stop) -> RunResult:
    """Verify the server with a display of progress; with ``--verbose``, print the seconds of each phase."""
    frame = current_frame()
    seconds: dict[Phase, float] = {}
    try:
        with Meter(sys.stderr, quiet=frame.quiet) as meter:
            return run(contract, options, Environment(progress=meter, stop=stop, phase_ended=seconds.__setitem__))
    finally:
        if seconds:
            frame.detail("phases: " + ", ".join(f"{phase} {each:.1f} s" for phase, each in seconds.items()))


def _check_target(arguments: Arguments) -> None:
    """Raise :class:`UsageError` unless the command line names exactly one target, with options that apply to it."""
    if (arguments.base_url is None) == (arguments.app is None):
        problem = "both are given" if arguments.app else "neither is given"
        raise UsageError(f"name either BASE_URL or --app MODULE:NAME; {problem}.")
    if arguments.base_url is not None:
        check_base_url(arguments.base_url)
    elif arguments.resume is not None or arguments.proxy is not None:
        raise UsageError("--app verifies in process, so --resume and --proxy have no effect. Remove them.")


@contextmanager
def _target(arguments: Arguments, contract: Contract) -> Iterator[str]:
    """Serve the application of ``--app`` while the block runs, and return the base URL of the target."""
    if arguments.app is None:
        # A user who copies the URL of the operation means the server that has it.
        yield str(arguments.base_url).rstrip("/").removesuffix(contract.operation.path)
        return
    with serve_application(load_application(arguments.app), contract) as served:
        yield served.base_url


def _check_output(arguments: Arguments) -> tuple[Target, ...]:
    if arguments.cost_per_call is not None and not arguments.plan and arguments.max_cost is None:
        raise UsageError("--cost-per-call has an effect only with --plan or --max-cost. Add one of them.")
    if arguments.max_cost is not None and arguments.cost_per_call is None:
        raise UsageError("--max-cost requires the price of a request. Add --cost-per-call.")
    if arguments.quick and arguments.deep:
        raise UsageError("--quick and --deep exclude each other. Remove one of them.")
    targets = parse_targets(arguments.report, RENDERERS, default=current_frame().default_report)
    for option, file in (
        ("--profile-out", arguments.profile_out),
        ("--write-waivers", arguments.write_waivers),
        ("--resume", arguments.resume),
    ):
        if file is not None:
            writable(file, option)
    return targets


@dataclass(frozen=True)
class _Text:
    """A text for a file, or for standard output if ``file`` is None. ``name`` is for messages."""

    name: str
    text: str
    file: Path | None
    verdict: ExitCode | None = None


def _write(texts: Sequence[_Text], secrets: Secrets, checkpoint: Path | None) -> None:
    """Write each text that contains no credential, then check the files on the disk too."""
    files = [file for file in (*(text.file for text in texts), checkpoint) if file is not None]
    try:
        write_outputs(
            Output(text.file, partial(checked_text, text.name, text.text, secrets), text.verdict) for text in texts
        )
    finally:
        check_files(files, secrets)


def _other_files(arguments: Arguments, result: RunResult, contract: Contract) -> list[_Text]:
    files = []
    if arguments.profile_out is not None:
        text = as_profile(result.profile, contract, result.app or result.base_url)
        files.append(_Text("the profile", text, arguments.profile_out))
    if arguments.write_waivers is not None:
        text = draft_waivers(result.causes, _today())
        files.append(_Text("the waivers", text, arguments.write_waivers))
    return files


def _tier(arguments: Arguments) -> Tier:
    if arguments.quick:
        return Tier.QUICK
    return Tier.DEEP if arguments.deep else Tier.DEFAULT


def _max_accepted(arguments: Arguments) -> int | None:
    """Return the number of requests that the server may accept: the smaller one of the two limits."""
    limits = [] if arguments.max_accepted is None else [arguments.max_accepted]
    if arguments.max_cost is not None and arguments.cost_per_call is not None:
        affordable = int(arguments.max_cost / arguments.cost_per_call + 1e-9)
        if affordable < 1:
            raise UsageError("--max-cost is less than the price of one request. Raise it.")
        limits.append(affordable)
    return min(limits, default=None)


def _headers(arguments: Arguments, tokens: TokenCommand | None) -> Headers:
    key = key_headers({"key_env": arguments.key_env, "key_as": arguments.key_as})
    headers = (*parse_headers(arguments.header), *key, *(() if tokens is None else tokens.headers()))
    check_one_credential(headers)
    return headers


def _options(arguments: Arguments, base_url: str, headers: Headers, contract: Contract) -> Options:
    options = Options(
        base_url=base_url,
        headers=headers,
        expect_auth=arguments.expect_auth,
        strict=arguments.strict,
        require_complete=arguments.require_complete,
        max_wait=arguments.max_wait,
        seed=arguments.seed,
        timeout=arguments.timeout,
        tier=_tier(arguments),
        max_requests=arguments.max_requests,
        max_accepted=_max_accepted(arguments),
        patience=arguments.patience,
        max_time=arguments.max_time,
        workers=arguments.workers,
        rate=None if arguments.rate_limit is None else parse_rate(arguments.rate_limit),
        checkpoint=arguments.resume,
        drafts_waivers=arguments.write_waivers is not None,
        transport=Transport(
            arguments.ca_bundle, arguments.cert, arguments.key, arguments.proxy, insecure=arguments.insecure
        ),
    )
    if arguments.waivers is None:
        return options
    return replace(options, waivers=load_waivers(arguments.waivers, contract, _today()))


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
