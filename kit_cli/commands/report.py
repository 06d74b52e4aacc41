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
@click.option("--base-url", metavar="URL", help="Send your key to this server in commands of the report.")
@report_option(RENDERERS)
def report(file: Path, base_url: str | None, **given: Any) -> ExitCode:
    """Convert FILE, a JSON report of verify, into other formats.

    Without --base-url, the commands send your key only to a server on this machine.

    Exit codes: 0 (converted), 2 (FILE cannot be read or a report cannot be written).
    """
    from urllib.parse import urlsplit

    from chat_verifier.report.read import read_report, with_keys_for
    from kit_cli.outputs import Output, write_outputs
    from kit_http.urls import check_base_url, is_loopback

    targets = parse_targets(given["report"], RENDERERS, default="text")
    named = None if base_url is None else check_base_url(base_url)
    made = read_report(file)
    is_named = made.base_url == named or is_loopback(urlsplit(made.base_url).hostname or "")
    read = with_keys_for(made, is_named=is_named)
    # The JSON report contains no credentials: verify redacted them.
    write_outputs(Output(target.file, partial(RENDERERS[target.format], read)) for target in targets)
    return ExitCode.OK
