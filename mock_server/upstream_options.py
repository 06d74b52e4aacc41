"""Options of the connection to an upstream service, which the mock and the recorder share."""

from __future__ import annotations

from pathlib import Path

import click

from kit_options.groups import group
from kit_options.numbers import Number
from kit_options.sizes import Size, shown_size
from mock_server import defaults

_FILE = click.Path(path_type=Path)

with_upstream_options = group(
    click.option(
        "--ca-bundle",
        type=_FILE,
        metavar="FILE",
        help="CA certificates to trust for the upstream.",
    ),
    click.option("--insecure", is_flag=True, help="Do not verify the upstream's TLS certificate."),
    click.option("--cert", type=_FILE, metavar="FILE", help="Client certificate; may contain its key."),
    click.option("--key", type=_FILE, metavar="FILE", help="Key of the client certificate."),
    click.option("--proxy", metavar="URL", help="HTTP proxy for requests to the upstream."),
    click.option(
        "--timeout",
        type=Number(0, 3600, above=True),
        default=defaults.UPSTREAM_TIMEOUT,
        show_default=True,
        metavar="SECONDS",
        help="Return 502 if the upstream has not responded completely within this time.",
    ),
    click.option(
        "--upstream-max-body",
        type=Size(),
        default=shown_size(defaults.UPSTREAM_MAX_BODY),
        show_default=True,
        metavar="SIZE",
        help="Return 502 if a response of the upstream is larger, compressed or decompressed.",
    ),
)
"""Adds the options to a command."""
