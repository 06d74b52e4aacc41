"""``chat-contract parity``: compare the responses of two servers, such as the mock and staging."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kit_cli.frame import Command
from kit_options.contract import OVERLAY, SPEC
from kit_options.lines import Line
from kit_options.numbers import Number, Seed, WholeNumber

_SECONDS = Number(0, 3600, above=True)


@click.command(cls=Command, cannot="compare")
@click.argument("url_a")
@click.argument("url_b")
@click.option(
    "--header-a", type=Line(), multiple=True, metavar="'NAME: VALUE'", help="Send this header to URL_A. Repeatable."
)
@click.option(
    "--header-b", type=Line(), multiple=True, metavar="'NAME: VALUE'", help="Send this header to URL_B. Repeatable."
)
@click.option("--key-env-a", metavar="NAME", help="Send URL_A the API key held by this environment variable.")
@click.option("--key-env-b", metavar="NAME", help="Send URL_B the API key held by this environment variable.")
@click.option("--token-command-a", metavar="CMD", help="Send URL_A the token that this shell command prints.")
@click.option("--token-command-b", metavar="CMD", help="Send URL_B the token that this shell command prints.")
@click.option("--ca-bundle", type=click.Path(path_type=Path), metavar="FILE", help="CA certificates to trust.")
@click.option("--insecure", is_flag=True, help="Do not verify TLS certificates.")
@SPEC
@OVERLAY
@click.option(
    "--seed",
    type=Seed(),
    default=0,
    show_default=True,
    metavar="N",
    help="Random seed. The same seed sends the same requests.",
)
@click.option("--max-requests", type=WholeNumber(1), metavar="N", help="Send each server at most N requests.")
@click.option(
    "--workers",
    type=WholeNumber(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of concurrent requests.",
)
@click.option("--timeout", type=_SECONDS, metavar="S", help="Timeout of one request in seconds.")
@click.option("--json", is_flag=True, help="Write the differences as JSON.")
def parity(**given: Any) -> int:
    """Send the same requests to two servers and show where their responses differ.

    URL_A and URL_B replace the server URL of the contract: requests go to URL_A/chat and URL_B/chat.

    Exit codes: 0 (no differences), 1 (differences), 2 (the servers cannot be compared),
    130 and 143 (interrupted by Ctrl-C or SIGTERM).
    """
    from kit_cli.actions.parity import Arguments
    from kit_cli.actions.parity import parity as run

    return run(Arguments(**given))
