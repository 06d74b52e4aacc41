"""Options that more than one command has."""

from __future__ import annotations

from pathlib import Path

import click

SPEC = click.option(
    "--spec", type=click.Path(path_type=Path), metavar="FILE", help="Another contract in the place of the shipped one."
)

OVERLAY = click.option(
    "--overlay",
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    help="What this deployment documents beyond the vendor; repeatable.",
)
