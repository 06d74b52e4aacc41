"""``chat-contract record``: listens to the real service and writes down what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kit_cli.credentials import key_headers, with_key_options
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command
from kit_cli.options import OVERLAY, SPEC
from mock_server.loading.options import read_options
from mock_server.recorder.serve import DEFAULT_PORT, Plan
from mock_server.recorder.serve import record as serve_recorder
from mock_server.server.serve import DEFAULT_HOST, Listening


@click.command(cls=Command)
@click.argument("upstream")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder of fixtures to add to; made where it is missing.",
)
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 picks a free one."
)
@with_key_options
@click.option("--cors-origin", multiple=True, metavar="ORIGIN", help="Let pages of this origin read answers too.")
@SPEC
@OVERLAY
def record(**given: Any) -> ExitCode:
    """Hand requests on to UPSTREAM, judge every exchange, and keep it as fixtures for the mock.

    Point the frontend at this address instead of the service's. What is in the folder already is never overwritten.

    Exits with 2 if it cannot start: no such service's URL, a folder that holds something else, the port is taken.
    """
    plan = Plan(
        upstream=given["upstream"],
        out=given["out"],
        headers=key_headers(given),
        spec=given["spec"],
        overlays=given["overlay"],
        cors_origins=read_options({"cors_origins": given["cors_origin"]}).cors_origins,
    )
    serve_recorder(plan, Listening(given["host"], given["port"]))
    return ExitCode.OK
