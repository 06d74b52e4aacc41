"""``chat-contract doctor``: check that the kit can work on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command, current_frame
from kit_cli.options import report_option
from kit_options.contract import OVERLAY, SPEC
from kit_options.numbers import WholeNumber

_FORMATS = ("text", "json")


@click.command(cls=Command)
@click.option(
    "--fixtures",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Check this folder of fixtures, instead of the configured or bundled one.",
)
@SPEC
@OVERLAY
@click.option("--port", type=WholeNumber(0, 65535, noun="a port"), metavar="PORT", help="Check this port for the mock.")
@click.option("--store", metavar="URL", help="Check this Redis, as mock --store uses it.")
@report_option(_FORMATS)
def doctor(report: tuple[str, ...], **given: Any) -> ExitCode:
    """Check that the kit can work on this machine, and name a fix for what is wrong.

    Checks Python, the kit, its packages and extras, other programs and proxies. Then checks the configuration, and
    what a mock with it would use: contract, fixtures, ports and store. It connects to no machine other than that of the
    store.

    Exit codes: 0 (no problem), 1 (a problem), 2 (a report cannot be written).
    """
    from kit_cli.actions.doctor import examine
    from kit_cli.doctor.render import RENDERERS
    from kit_reports.targets import parse_targets

    targets = parse_targets(report, RENDERERS, default=current_frame().default_report)
    return examine(given, targets)
