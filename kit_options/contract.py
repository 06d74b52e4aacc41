"""Options that select the contract: ``--spec`` and ``--overlay``."""

from __future__ import annotations

from pathlib import Path

import click

SPEC = click.option(
    "--spec",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Use this OpenAPI document instead of the bundled contract.",
)

OVERLAY = click.option(
    "--overlay",
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    help="Apply this OpenAPI Overlay to the contract. Repeatable.",
)
