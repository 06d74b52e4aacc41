"""``chat-contract judge``: check recorded traffic against the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from chat_verifier.report import RENDERERS
from kit_cli.frame import Command
from kit_cli.options import MAX_ARCHIVE_BYTES, MAX_ARCHIVE_ENTRIES, report_option
from kit_options.contract import OVERLAY, SPEC


@click.command(cls=Command, cannot="judge")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--base-url", metavar="URL", help="Judge only the exchanges with this server.")
@MAX_ARCHIVE_BYTES
@MAX_ARCHIVE_ENTRIES
@SPEC
@OVERLAY
@click.option("--strict", is_flag=True, help="Fail on violated SHOULD clauses too.")
@click.option("--require-complete", is_flag=True, help="Exit with 2 unless the traffic exercises every clause.")
@click.option(
    "--waivers",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Accept the violations listed in this file; the cases of a waiver are ignored.",
)
@report_option(RENDERERS)
def judge(file: Path, **given: Any) -> int:
    """Check the recorded traffic in FILE against the contract. No request is sent.

    FILE is an HTTP archive (HAR), the response of the mock's /_mock/requests, or a JSON report of verify.

    Exit codes: 0 (no violation; the report lists the clauses that the traffic did not exercise), 1 (violates the
    contract), 2 (FILE cannot be read or has no exchange of the operation, or --require-complete fails),
    130 and 143 (interrupted by Ctrl-C or SIGTERM; the reports hold what was judged).
    """
    from kit_cli.actions.judge import Arguments
    from kit_cli.actions.judge import judge as run

    return run(Arguments(file, **given))
