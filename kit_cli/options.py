"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from kit_options.numbers import WholeNumber
from kit_options.sizes import Size

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

MAX_ARCHIVE_BYTES = click.option(
    "--max-archive-bytes",
    type=Size(least=1024 * 1024),
    default="256MiB",
    show_default=True,
    metavar="SIZE",
    help="Refuse a larger HTTP archive.",
)

MAX_ARCHIVE_ENTRIES = click.option(
    "--max-archive-entries",
    type=WholeNumber(1),
    default=100_000,
    show_default=True,
    metavar="N",
    help="Refuse an HTTP archive with more entries.",
)
