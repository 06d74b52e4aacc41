"""``chat-contract report``: convert the JSON report of ``verify`` into other formats."""

from __future__ import annotations

from pathlib import Path

import click

from chat_verifier.report import RENDERERS
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command, current_frame
from kit_reports.targets import parse_targets


@click.command(cls=Command, cannot="convert")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--report",
    "formats",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"Write a report ({', '.join(RENDERERS)}) to FILE or to standard output. Repeatable.",
)
def report(file: Path, formats: tuple[str, ...]) -> ExitCode:
    """Convert FILE, a JSON report of verify, into other formats.

    Exit codes: 0 the reports are written, 2 FILE is not a report or a report cannot be written.
    """
    from chat_verifier.report.artefacts import Artefact, write_artefacts
    from chat_verifier.report.read import read_report
    from kit_http.redaction.secrets import Secrets

    targets = parse_targets(formats, RENDERERS, default="text")
    read = read_report(file)
    artefacts = [
        Artefact(f"the {target.format} report", RENDERERS[target.format](read), target.file) for target in targets
    ]
    # The report holds no secrets: verify redacted them.
    write_artefacts(artefacts, Secrets(), current_frame().report)
    return ExitCode.OK
