"""``chat-contract record``: forward requests to a real service and record the exchanges as fixtures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kit_cli.credentials import with_key_options
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command
from kit_cli.options import MAX_ARCHIVE_BYTES, MAX_ARCHIVE_ENTRIES
from kit_options.contract import OVERLAY, SPEC
from kit_options.lines import Line
from kit_options.numbers import WholeNumber
from kit_options.sizes import Size, shown_size
from mock_server import defaults
from mock_server.limit_options import with_server_limits
from mock_server.mask_options import with_mask_options
from mock_server.upstream_options import with_upstream_options


@click.command(cls=Command)
@click.argument("upstream", required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of fixtures to add to; created if it does not exist.",
)
@click.option("--preview", is_flag=True, help="Write nothing; show what would be masked.")
@click.option(
    "--from-har",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Record the exchanges in this HTTP archive of a browser or Playwright, instead of serving.",
)
@MAX_ARCHIVE_BYTES
@MAX_ARCHIVE_ENTRIES
@with_mask_options
@click.option("--host", default=defaults.HOST, show_default=True, metavar="HOST", help="Address to listen on.")
@click.option(
    "--port",
    type=WholeNumber(0, 65535, noun="a port"),
    default=defaults.RECORDER_PORT,
    show_default=True,
    metavar="PORT",
    help="Port to listen on; 0 picks a free port.",
)
@with_key_options
@click.option(
    "--cors-origin",
    type=Line(),
    multiple=True,
    metavar="ORIGIN",
    help="Let pages of this origin read responses. Repeatable.",
)
@click.option(
    "--allowed-host",
    type=Line(),
    multiple=True,
    metavar="NAME",
    help="Also forward requests from other machines that use this host name; they get the key too. Repeatable.",
)
@click.option("--forward-all", is_flag=True, help="Forward all paths and methods, not only the contract's operation.")
@click.option(
    "--max-body",
    type=Size(),
    default=shown_size(defaults.MAX_BODY),
    show_default=True,
    metavar="SIZE",
    help="Return 413 for larger request bodies.",
)
@with_server_limits
@with_upstream_options
@SPEC
@OVERLAY
def record(**given: Any) -> ExitCode:
    """Forward requests to the service at UPSTREAM and record the exchanges as fixtures for the mock.

    With --from-har, UPSTREAM is optional and selects the exchanges whose URL begins with it.

    Point the frontend at the recorder instead of the service. The recorder checks each exchange against the contract
    and only adds to the folder.

    Exit codes: 0 (stopped by Ctrl-C or SIGTERM, or archive read), 2 (cannot start, or the archive has no exchange).
    """
    from kit_cli.actions.record import record as run

    return run(given)
