"""``chat-contract verify``: judges a server by the contract."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from chat_contract import Contract, KitError, UsageError, load_contract
from chat_contract.exchange import Headers
from chat_contract.profile import as_profile, read_profile
from chat_verifier.findings.profile import changes_between
from chat_verifier.findings.waivers import drafted, load_waivers
from chat_verifier.planning.tiers import TIERS
from chat_verifier.report import RENDERERS
from chat_verifier.report.evidence import evidence
from chat_verifier.report.reproduce import Way
from chat_verifier.run.pacing import parse_rate
from chat_verifier.run.shards import parse_shard
from chat_verifier.verify import Options, Preview, preview, run
from kit_cli.credentials import key_headers, with_key_options
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command, current_frame
from kit_cli.options import OVERLAY, SPEC
from kit_cli.progress import Meter
from kit_http.headers import check_one_credential, parse_headers
from kit_http.redaction.secrets import Secrets, secrets_of
from kit_http.transport import Transport
from kit_http.urls import check_base_url, check_proxy
from kit_reports.targets import parse_targets, writable, write_whole
from kit_reports.waivers import check_used

_POSITIVE = click.FloatRange(min=0, min_open=True)
_FILE = click.Path(path_type=Path)
_EXITS = {"conforms": ExitCode.OK, "violates": ExitCode.FINDINGS, "inconclusive": ExitCode.CANNOT_RUN}


class _HeaderLine(click.ParamType[str]):
    """A line of a header; in a variable of the environment each stands on a line of its own."""

    name = "header"
    envvar_list_splitter = "\n"


def _all(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Gather options that belong together, in the order in which the help shows them."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_REACHING = _all(
    click.option(
        "-H",
        "--header",
        type=_HeaderLine(),
        multiple=True,
        metavar="'NAME: VALUE'",
        help="Sent with every request; repeatable.",
    ),
    with_key_options,
    click.option("--expect-auth", is_flag=True, help="This server demands the key: try to get in without."),
    click.option("--ca-bundle", type=_FILE, metavar="FILE", help="Certificates to trust instead of the usual ones."),
    click.option("--insecure", is_flag=True, help="Trust any certificate."),
    click.option("--cert", type=_FILE, metavar="FILE", help="Our own certificate, with its key or beside --key."),
    click.option("--key", type=_FILE, metavar="FILE", help="The key of --cert."),
    click.option("--proxy", metavar="URL", help="Go through this HTTP proxy."),
)

_JUDGING = _all(
    SPEC,
    OVERLAY,
    click.option("--strict", is_flag=True, help="Fail for broken SHOULD clauses too."),
    click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="The same seed sends the same."),
    click.option("--waivers", type=_FILE, metavar="FILE", help="Violations that are accepted for a while."),
    click.option(
        "--profile", type=_FILE, metavar="FILE", help="Say what changed since, where documents leave it open."
    ),
)

_SPENDING = _all(
    click.option("--plan", is_flag=True, help="Send one probe, say what would be sent, and stop."),
    click.option("--cost-per-call", type=_POSITIVE, metavar="X", help="What a call costs, for --plan."),
    click.option("--quick", "tier", flag_value="quick", help=f"Send at most {TIERS['quick'].requests} requests."),
    click.option("--deep", "tier", flag_value="deep", help="Go on exploring as long as --max-time lasts."),
    click.option("--max-requests", type=click.IntRange(min=1), metavar="N", help="Send the most telling N, no more."),
    click.option("--max-time", type=_POSITIVE, metavar="S", help="Begin nothing more after so many seconds."),
    click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, metavar="N", help="In flight."),
    click.option("--rate-limit", metavar="N/s", help="Send no faster, such as 5/s or 100/min."),
    click.option(
        "--timeout",
        type=_POSITIVE,
        metavar="S",
        help="Seconds a call may take.  [default: 10, or five times the probe's latency where that is more]",
    ),
    click.option("--shard", metavar="I/N", help="Play the I-th of N parts; join them by report merge."),
    click.option("--resume", type=_FILE, metavar="FILE", help="Go on with the run in this file, or begin one there."),
)

_TELLING = _all(
    click.option(
        "--report",
        multiple=True,
        metavar="FORMAT[=FILE]",
        help=f"Write a report ({', '.join(RENDERERS)}) to the file or, without one, to the output; repeatable.",
    ),
    click.option(
        "--profile-out", type=_FILE, metavar="FILE", help="Write what this server does where it is left open."
    ),
    click.option("--write-waivers", type=_FILE, metavar="FILE", help="Draft waivers for all that was found."),
)


@click.command(cls=Command, cannot="verify")
@click.argument("base_url")
@_REACHING
@_JUDGING
@_SPENDING
@_TELLING
def verify(base_url: str, **given: Any) -> ExitCode:
    """Judge whether the server at BASE_URL keeps the contract.

    BASE_URL stands for the contract's server URL: calls go to BASE_URL/chat.

    Exits with 0 if it conforms, 1 if it violates a clause, 2 if it could not be judged.
    """
    check_proxy(given["proxy"])
    headers = _headers(given)
    secrets = secrets_of(headers, given["proxy"])
    current_frame().redact = secrets.hide
    return _verify(base_url, headers, secrets, given)


def _verify(base_url: str, headers: Headers, secrets: Secrets, given: dict[str, Any]) -> ExitCode:
    """Read every option before anything is sent, run, and write what was found; returns the exit code."""
    if given["cost_per_call"] is not None and not given["plan"]:
        raise UsageError("--cost-per-call is for --plan, which says what a run would cost; add it")
    targets = parse_targets(given["report"], RENDERERS, default="text")
    for name in ("profile_out", "write_waivers", "resume"):
        if given[name] is not None:
            writable(given[name], f"--{name.replace('_', '-')}")
    check_base_url(base_url)
    contract = load_contract(given["spec"], given["overlay"])
    before = {} if given["profile"] is None else read_profile(given["profile"], contract)
    options = _options(base_url, headers, contract, given)
    if given["plan"]:
        click.echo(_told(preview(contract, options), base_url, given["cost_per_call"]))
        return ExitCode.OK
    with Meter(sys.stderr, quiet=current_frame().quiet) as meter:
        result = run(contract, replace(options, progress=meter))
    way = Way(options.base_url, headers, secrets, options.transport)
    document = evidence(result, way, changes_between(before, result.profile))
    artefacts = [
        _Artefact(target.file, f"the {target.format} report", RENDERERS[target.format](document)) for target in targets
    ]
    if given["profile_out"] is not None:
        text = as_profile(result.profile, contract, base_url)
        artefacts.append(_Artefact(given["profile_out"], "the profile", text))
    if given["write_waivers"] is not None:
        artefacts.append(_Artefact(given["write_waivers"], "the waivers", drafted(result.causes, options.now().date())))
    _write(artefacts, secrets, given["resume"])
    if options.shard is None:
        # What one shard does not come to, another may; report merge knows.
        check_used(options.waivers, [waiver for waiver in options.waivers if waiver not in result.unused_waivers])
    return _EXITS[result.verdict]


def _headers(given: dict[str, Any]) -> Headers:
    headers = (*parse_headers(given["header"]), *key_headers(given))
    check_one_credential(headers)
    return headers


def _options(base_url: str, headers: Headers, contract: Contract, given: dict[str, Any]) -> Options:
    transport = Transport(given["ca_bundle"], given["cert"], given["key"], given["proxy"], insecure=given["insecure"])
    options = Options(
        base_url=base_url.rstrip("/"),
        headers=headers,
        expect_auth=given["expect_auth"],
        strict=given["strict"],
        seed=given["seed"],
        timeout=given["timeout"],
        tier=given["tier"] or "default",
        max_requests=given["max_requests"],
        max_time=given["max_time"],
        workers=given["workers"],
        rate=None if given["rate_limit"] is None else parse_rate(given["rate_limit"]),
        shard=None if given["shard"] is None else parse_shard(given["shard"]),
        record=given["resume"],
        transport=transport,
    )
    if given["waivers"] is None:
        return options
    return replace(options, waivers=load_waivers(given["waivers"], contract, options.now().date()))


@dataclass(frozen=True)
class _Artefact:
    """A text that is to be written to a file or, without one, shown."""

    file: Path | None
    what: str
    text: str


def _write(artefacts: Sequence[_Artefact], secrets: Secrets, record: Path | None) -> None:
    """Show and write everything; what would hold a key is not written, and ends the run.

    Raises :class:`LeakError` after the rest was written, so that no finding is lost.
    """
    leaking = [artefact.what for artefact in artefacts if secrets.leaked(artefact.text)]
    for artefact in artefacts:
        if artefact.what in leaking:
            continue
        if artefact.file is None:
            current_frame().report(artefact.text)
        else:
            write_whole(artefact.file, artefact.text)
    # What is on the disk counts, not what was meant to be there.
    files = [artefact.file for artefact in artefacts if artefact.file is not None and artefact.file.is_file()]
    leaking += [
        str(file) for file in (*files, *([record] if record else [])) if secrets.leaked(file.read_text("utf-8"))
    ]
    if leaking:
        raise LeakError(
            f"{', '.join(leaking)} would hold the key of this run; delete what is there. "
            "A key that is an everyday word stands in every text: take another; anything else is our mistake: report it"
        )


class LeakError(KitError):
    """A report would hold a key."""


def _told(found: Preview, base_url: str, cost: float | None) -> str:
    """Say what a run would send, how long it would take and what it would cost."""
    lines = [f"{base_url}: what a run would send; the probe was answered in {found.latency:.2f} s"]
    lines += [f"  {count:>5}  {group}" for group, count in found.groups.items()]
    lines.append(f"  {found.requests:>5}  in all, about {_duration(found.seconds)}")
    if found.at_most is not None:
        besides = "confirmations of findings included" if found.hard else "findings are confirmed besides"
        lines.append(f"  {found.at_most:>5}  at most, if packs must be taken apart; {besides}")
    if found.exploring:
        lines.append(f"  exploring goes on after that, until {_duration(found.exploring)} are over")
    if found.left_out:
        left_out = ", ".join(f"{count} of {group}" for group, count in found.left_out.items())
        lines.append(f"  left out, to keep to the bounds of the run: {left_out}")
    if cost is not None:
        lines.append(f"  cost: about {found.requests * cost:.2f} at {cost:g} a call")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s" if seconds >= 1 else f"{seconds:.1f} s"
