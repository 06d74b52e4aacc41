"""``chat-contract verify``: verify a server against the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from chat_verifier.planning.tiers import ALLOCATIONS, MAX_WAIT, Tier
from chat_verifier.report import RENDERERS
from kit_cli.credentials import with_key_options
from kit_cli.frame import Command
from kit_cli.options import HEADER, report_option, with_tls_options
from kit_options.contract import OVERLAY, SPEC
from kit_options.groups import group
from kit_options.numbers import Number, Seed, WholeNumber

_COST = Number(0, 1_000_000, above=True)
_SECONDS = Number(0, 3600, above=True)
_LONG = Number(0, 86_400, above=True)
_FILE = click.Path(path_type=Path)


_CONNECTION = group(
    click.option(
        "--app",
        metavar="MODULE:NAME",
        help="Verify this ASGI or WSGI application in process, instead of a server.",
    ),
    HEADER,
    with_key_options,
    click.option("--expect-auth", is_flag=True, help="Check that the server rejects missing and wrong credentials."),
    with_tls_options,
)

_VERDICT = group(
    SPEC,
    OVERLAY,
    click.option("--strict", is_flag=True, help="Fail on violated SHOULD clauses too."),
    click.option(
        "--require-complete", is_flag=True, help="Exit with 2 unless every clause was exercised, SHOULD clauses too."
    ),
    click.option(
        "--seed",
        type=Seed(),
        default=0,
        show_default=True,
        metavar="N",
        help="Random seed. The same seed sends the same requests.",
    ),
    click.option("--waivers", type=_FILE, metavar="FILE", help="Accept the violations listed in this file."),
    click.option(
        "--profile",
        type=_FILE,
        metavar="FILE",
        help="Report changes in unspecified behaviour since this profile was written.",
    ),
)

_BUDGET = group(
    click.option("--plan", is_flag=True, help="Send one probe, show what a run would send, and stop."),
    click.option(
        "--cost-per-call",
        type=_COST,
        metavar="X",
        help="Price of one accepted request, for --plan and --max-cost.",
    ),
    click.option(
        "--quick",
        is_flag=True,
        help=f"Send at most {ALLOCATIONS[Tier.QUICK].requests} requests, of which the server accepts at most"
        f" {ALLOCATIONS[Tier.QUICK].accepted}.",
    ),
    click.option(
        "--deep",
        is_flag=True,
        help=f"Combine more values: at most {ALLOCATIONS[Tier.DEEP].requests} requests, of which the server accepts at"
        f" most {ALLOCATIONS[Tier.DEEP].accepted}.",
    ),
    click.option(
        "--max-requests",
        type=WholeNumber(1),
        metavar="N",
        help=f"Send at most N requests, most useful first.  [default: {ALLOCATIONS[Tier.DEFAULT].requests}]",
    ),
    click.option(
        "--max-accepted",
        type=WholeNumber(1),
        metavar="N",
        help="Stop sending when the server has accepted N requests."
        f"  [default: {ALLOCATIONS[Tier.DEFAULT].accepted}, or 45% of --max-requests]",
    ),
    click.option("--max-time", type=_LONG, metavar="S", help="Start no request after S seconds."),
    click.option(
        "--patience",
        type=Number(0, 3600),
        default=1.0,
        show_default=True,
        metavar="S",
        help="Wait S seconds before the last turn of a conversation, to find servers that forget it.",
    ),
    click.option(
        "--max-wait",
        type=_LONG,
        default=MAX_WAIT,
        show_default=True,
        metavar="S",
        help="Wait at most S seconds in all because of 429 responses.",
    ),
    click.option(
        "--max-cost", type=_COST, metavar="X", help="Maximum cost of all accepted requests; needs --cost-per-call."
    ),
    click.option(
        "--workers",
        type=WholeNumber(1, 64),
        default=1,
        show_default=True,
        metavar="N",
        help="Number of concurrent requests. The test of concurrent conversations always sends three at once.",
    ),
    click.option("--rate-limit", metavar="N/UNIT", help="Maximum request rate, for example 5/s or 100/min."),
    click.option(
        "--timeout",
        type=_SECONDS,
        metavar="S",
        help="Timeout of one request in seconds.  [default: 10, or 5 times the latency of the probe if that is more]",
    ),
    click.option(
        "--replay",
        type=_FILE,
        metavar="REPORT",
        help="Send only the requests that led to violations and warnings in this JSON report.",
    ),
    click.option(
        "--resume", type=_FILE, metavar="FILE", help="Continue the run in this checkpoint file, or create it."
    ),
)

_OUTPUT = group(
    report_option(RENDERERS),
    click.option(
        "--profile-out",
        type=_FILE,
        metavar="FILE",
        help="Write a profile to FILE: how the server answers each open question.",
    ),
    click.option(
        "--write-waivers",
        type=_FILE,
        metavar="FILE",
        help="Write a draft waiver for each violation and warning that is not intermittent.",
    ),
)


@click.command(cls=Command, cannot="verify")
@click.argument("base_url", required=False)
@_CONNECTION
@_VERDICT
@_BUDGET
@_OUTPUT
def verify(base_url: str | None, **given: Any) -> int:
    """Verify the server at BASE_URL, or the application of --app, against the contract.

    BASE_URL replaces the server URL of the contract: requests go to BASE_URL/chat.

    Exit codes: 0 (conforms), 1 (violates the contract, or is unstable), 2 (verification cannot run or is inconclusive),
    130 and 143 (interrupted by Ctrl-C or SIGTERM; the reports hold what was judged).
    """
    from kit_cli.actions.verify import Arguments
    from kit_cli.actions.verify import verify as run

    return run(Arguments(base_url, **given))
