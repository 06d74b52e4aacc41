"""``chat-contract load``: put load on a server and judge its responses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from chat_load.report import RENDERERS
from kit_cli.credentials import with_key_options
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command
from kit_cli.options import HEADER, report_option, with_tls_options
from kit_options.contract import OVERLAY, SPEC
from kit_options.durations import Duration, DurationRange
from kit_options.lines import Line
from kit_options.numbers import Number, Seed, WholeNumber

_FILE = click.Path(path_type=Path)
_PORT = WholeNumber(1, 65535, noun="a port")
_SHARE = Number(0, 1)
_DAY = 86_400.0


@click.command(cls=Command, cannot="load")
@click.argument("base_url")
@click.option(
    "--users", type=WholeNumber(1, 100_000), default=10, show_default=True, metavar="N", help="Number of users."
)
@click.option(
    "--spawn-rate",
    type=Number(0, 10_000, above=True),
    default=1.0,
    show_default=True,
    metavar="R",
    help="Number of users that start per second.",
)
@click.option(
    "--run-time",
    type=Duration(shortest=1.0, longest=_DAY),
    default="60s",
    show_default=True,
    metavar="T",
    help="End the load after this time, at most 24h.",
)
@click.option(
    "--think-time",
    type=DurationRange(longest=3600.0),
    default="1s..3s",
    show_default=True,
    metavar="MIN..MAX",
    help="Time that a user waits before the next request; 0s for none.",
)
@click.option(
    "--fixtures", type=_FILE, metavar="DIR", help="Play the conversations in this folder, instead of the bundled ones."
)
@click.option(
    "--wrong",
    type=_SHARE,
    default=0.05,
    show_default=True,
    metavar="SHARE",
    help="Share of requests that the server must reject with 422.",
)
@click.option("--seed", type=Seed(), default=0, show_default=True, metavar="N", help="Random seed of the users.")
@click.option(
    "--timeout",
    type=Duration(shortest=0.001, longest=600.0),
    default="10s",
    show_default=True,
    metavar="T",
    help="Timeout of one request.",
)
@click.option(
    "--allow-host",
    type=Line(),
    multiple=True,
    metavar="NAME",
    help="Allow load on this host, besides loopback. Repeatable.",
)
@HEADER
@with_key_options
@with_tls_options
@SPEC
@OVERLAY
@click.option(
    "--max-p95",
    type=Duration(longest=600.0),
    metavar="T",
    help="Fail if the 95th percentile of the response times is longer.",
)
@click.option("--max-error-rate", type=_SHARE, metavar="SHARE", help="Fail if the share of errors is larger.")
@click.option(
    "--processes",
    type=WholeNumber(1, 256),
    default=1,
    show_default=True,
    metavar="N",
    help="Distribute the users over N processes on this machine.",
)
@click.option("--master", is_flag=True, help="Wait for workers, distribute the users over them, and report.")
@click.option(
    "--expect-workers",
    type=WholeNumber(1, 10_000),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of workers that a master waits for. It waits at most 120 seconds.",
)
@click.option("--worker", is_flag=True, help="Run users for a master. Repeat the other options of the master.")
@click.option("--master-host", default="127.0.0.1", show_default=True, metavar="HOST", help="Host of the master.")
@click.option("--master-port", type=_PORT, default=5557, show_default=True, metavar="PORT", help="Port of the master.")
@click.option("--web", is_flag=True, help="Serve Locust's page with a tab for clauses, on loopback.")
@click.option("--web-port", type=_PORT, default=8089, show_default=True, metavar="PORT", help="Port of --web.")
@report_option(RENDERERS)
def load(base_url: str, **given: Any) -> ExitCode:
    """Put load on the server at BASE_URL, and judge its responses by the contract.

    Users play the conversations of the fixtures with Locust: requests go to BASE_URL/chat. An interrupt ends the load
    early and writes the reports.

    Exit codes: 0 (conforms), 1 (violates a MUST clause, or exceeds --max-p95 or --max-error-rate), 2 (the load cannot
    run, judges no response, or is interrupted without a violation).
    """
    from kit_cli.actions.load import Arguments
    from kit_cli.actions.load import load as run

    return run(Arguments(base_url, **given))
