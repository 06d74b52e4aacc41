"""``chat-contract report``: convert the JSON report of ``verify`` into other formats."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from chat_verifier.report import RENDERERS
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command
from kit_cli.options import report_option
from kit_reports.targets import parse_targets


@click.command(cls=Command, cannot="convert")
@click.argument("file", type=click.Path(path_type=Path))
@report_option(RENDERERS)
def report(file: Path, **given: Any) -> ExitCode:
    """Convert FILE, a JSON report of verify, into other formats.

    Exit codes: 0 (converted), 2 (FILE cannot be read or a report cannot be written).
    """
    from chat_verifier.report.read import read_report
    from kit_cli.outputs import Output, write_outputs

    targets = parse_targets(given["report"], RENDERERS, default="text")
    read = read_report(file)
    # The JSON report contains no credentials: verify redacted them.
    write_outputs(Output(target.file, partial(RENDERERS[target.format], read)) for target in targets)
    return ExitCode.OK
