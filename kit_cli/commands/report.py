"""``chat-contract report``: convert the JSON report of ``verify`` into other formats."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from chat_verifier.report import RENDERERS
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command
from kit_reports.targets import parse_targets


@click.command(cls=Command, cannot="convert")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--report",
    "formats",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"Write a report to FILE or to standard output. Formats: {', '.join(RENDERERS)}. Repeatable.",
)
def report(file: Path, formats: tuple[str, ...]) -> ExitCode:
    """Convert FILE, a JSON report of verify, into other formats.

    Exit codes: 0 (converted), 2 (FILE cannot be read or a report cannot be written).
    """
    from chat_verifier.report.read import read_report
    from kit_cli.outputs import Output, write_outputs

    targets = parse_targets(formats, RENDERERS, default="text")
    read = read_report(file)
    # The JSON report contains no credentials: verify redacted them.
    write_outputs(Output(target.file, partial(RENDERERS[target.format], read)) for target in targets)
    return ExitCode.OK
