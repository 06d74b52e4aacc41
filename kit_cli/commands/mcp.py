"""``chat-contract mcp``: the kit as tools for a language model."""

from __future__ import annotations

import click

from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command
from kit_options.lines import Line


@click.command(cls=Command)
@click.option(
    "--allow-host",
    type=Line(),
    metavar="HOST",
    multiple=True,
    help="Let the tools send requests to this host, not only to this machine. Repeatable.",
)
def mcp(allow_host: tuple[str, ...]) -> ExitCode:
    """Serve the kit to a client of the Model Context Protocol, on standard input and output.

    The tools start a mock, set its rules, read its journal, verify a server, compare two OpenAPI documents and explain
    a clause or a rule. A mock that a tool started ends with this command.

    Exit codes: 0 (the client disconnected), 2 (cannot start).
    """
    from kit_cli.actions.mcp import serve

    serve(allow_host)
    return ExitCode.OK
