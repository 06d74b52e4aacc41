"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from kit_options.groups import group
from kit_options.lines import Line
from kit_options.numbers import WholeNumber
from kit_options.sizes import Size

_FILE = click.Path(path_type=Path)

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

HEADER = click.option(
    "-H",
    "--header",
    type=Line(),
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Send this header with every request. Repeatable.",
)

with_tls_options = group(
    click.option("--ca-bundle", type=_FILE, metavar="FILE", help="CA certificates to trust, instead of the default."),
    click.option("--insecure", is_flag=True, help="Do not verify TLS certificates."),
    click.option("--cert", type=_FILE, metavar="FILE", help="Client certificate; may contain its key."),
    click.option("--key", type=_FILE, metavar="FILE", help="Key of the client certificate."),
    click.option("--proxy", metavar="URL", help="HTTP proxy for all requests."),
)
"""Adds the options of the connection to a server under test to a command."""


def report_option(formats: Iterable[str]) -> Callable[[Any], Any]:
    """Return the option ``--report`` of a command that writes reports in these formats."""
    return click.option(
        "--report",
        type=Line(),
        multiple=True,
        metavar="FORMAT[=FILE]",
        help=f"Write a report to FILE or to standard output. Formats: {', '.join(formats)}. Repeatable.",
    )
