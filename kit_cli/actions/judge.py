"""The work of ``chat-contract judge``: judge recorded traffic and write reports."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from chat_contract import load_contract
from chat_verifier.findings.verdict import RunVerdict
from chat_verifier.findings.waivers import load_waivers
from chat_verifier.report import RENDERERS
from chat_verifier.report.build import build_report
from chat_verifier.report.leaks import checked_text
from chat_verifier.report.reproduce import Access
from chat_verifier.run.stop import Stop
from chat_verifier.traffic.judge import JudgeOptions, judge_traffic
from chat_verifier.traffic.read import read_traffic
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import current_frame
from kit_cli.interrupts import ended, interruptible
from kit_cli.outputs import Output, write_outputs
from kit_http.har import HarLimits
from kit_http.headers import is_sendable
from kit_http.redaction.secrets import secrets_of
from kit_http.urls import check_base_url, is_loopback
from kit_reports.targets import Target, parse_targets
from kit_reports.waivers import check_used

_EXIT_CODES = {
    RunVerdict.CONFORMS: ExitCode.OK,
    RunVerdict.NO_VIOLATION: ExitCode.OK,
    RunVerdict.VIOLATES: ExitCode.FINDINGS,
    RunVerdict.INCONCLUSIVE: ExitCode.CANNOT_RUN,
}


@dataclass(frozen=True)
class Arguments:
    """The command line of ``judge``; every field is the option of its name."""

    file: Path
    base_url: str | None
    spec: Path | None
    overlay: tuple[Path, ...]
    strict: bool
    require_complete: bool
    waivers: Path | None
    report: tuple[str, ...]
    max_archive_bytes: int
    max_archive_entries: int


def judge(arguments: Arguments) -> int:
    """Judge the traffic and return the exit code of the verdict, or of the signal that interrupted the command."""
    with interruptible() as stop:
        return ended(stop, lambda: _judged(arguments, stop))


def _judged(arguments: Arguments, stop: Stop) -> ExitCode:
    targets = parse_targets(arguments.report, RENDERERS, default=current_frame().default_report)
    base_url = None if arguments.base_url is None else check_base_url(arguments.base_url)
    contract = load_contract(arguments.spec, arguments.overlay)
    today = dt.datetime.now(dt.UTC).date()
    waivers = () if arguments.waivers is None else load_waivers(arguments.waivers, contract, today)
    limits = HarLimits(arguments.max_archive_bytes, arguments.max_archive_entries)
    traffic = read_traffic(arguments.file, contract, base_url, limits)
    secrets = secrets_of((*traffic.credentials, *traffic.other_credentials))
    current_frame().redact = secrets.hide
    options = JudgeOptions(arguments.strict, arguments.require_complete, waivers)
    result = judge_traffic(contract, traffic, options, stop)
    usable = tuple(pair for pair in traffic.credentials if is_sendable(*pair))
    # A user may run the commands of the report with a key: the author of the file must not choose who gets it.
    named = base_url is not None or is_loopback(urlsplit(result.base_url).hostname or "")
    report = build_report(result, Access(result.base_url, usable[:1] if named else (), secrets))
    verdict = _EXIT_CODES[result.verdict]

    def output(target: Target) -> Output:
        name, text = f"the {target.format} report", RENDERERS[target.format](report)
        shown = verdict if target.format == "text" else None
        return Output(target.file, lambda: checked_text(name, text, secrets), shown)

    write_outputs([output(target) for target in targets])
    check_used(waivers, [waiver for waiver in waivers if waiver not in result.unused_waivers])
    return verdict
