"""Options of the mock that limit what clients may use."""

from __future__ import annotations

from typing import Any

import click

from kit_options.groups import group
from kit_options.numbers import Number, WholeNumber
from kit_options.sizes import Size, shown_size
from mock_server import defaults


def _count(name: str, default: int, help_text: str, least: int = 1) -> Any:
    kind = WholeNumber(least)
    return click.option(name, type=kind, default=default, show_default=True, metavar="N", help=help_text)


def _size(name: str, default: int, help_text: str, least: int = 1) -> Any:
    kind, shown = Size(least), shown_size(default)
    return click.option(name, type=kind, default=shown, show_default=True, metavar="SIZE", help=help_text)


def _seconds(name: str, default: float, help_text: str) -> Any:
    kind = Number(0, 3600, above=True)
    return click.option(name, type=kind, default=default, show_default=True, metavar="SECONDS", help=help_text)


_OPTIONS = (
    _size("--max-body", defaults.MAX_BODY, "Return 413 for larger bodies."),
    _count(
        "--max-conversations",
        defaults.MAX_CONVERSATIONS,
        "Number of conversations to keep; the least recently used are dropped.",
    ),
    _count("--max-requests-kept", defaults.MAX_REQUESTS_KEPT, "Number of requests to keep in the journal.", least=0),
    _size("--max-journal-bytes", defaults.MAX_JOURNAL_BYTES, "Maximum size of the journal.", least=1024),
    _count(
        "--max-followers",
        defaults.MAX_FOLLOWERS,
        "Maximum number of clients that follow the journal; a further one gets 429.",
    ),
    _count(
        "--max-spaces",
        defaults.MAX_SPACES,
        "Maximum number of spaces, which isolate parallel tests. "
        "A further one replaces one that was not used for a minute; those of clients without control access go first.",
        least=0,
    ),
    _size(
        "--max-space-bytes",
        defaults.MAX_SPACE_BYTES,
        "Maximum size of a space's journal, and of its rules. "
        "A space keeps one conversation for each KiB of this size.",
        least=1024,
    ),
    _seconds(
        "--store-timeout",
        defaults.STORE_TIMEOUT,
        "With --store, return 503 if Redis takes longer to respond. "
        "The check at the start takes up to 5 s, or this time if it is longer.",
    ),
    _count(
        "--max-fixture-files",
        defaults.MAX_FIXTURE_FILES,
        "Maximum number of conversations in --fixtures. Reading 10,000 takes about 3 s of CPU time.",
    ),
    _seconds("--max-hang", defaults.MAX_HANG, "Close the connection of a response with fault=hang after this time."),
)


_OF_SERVER = (
    _count(
        "--max-connections", defaults.MAX_CONNECTIONS, "Maximum number of open connections; a further one gets 503."
    ),
    _count(
        "--max-waiting",
        defaults.MAX_WAITING,
        "Maximum number of requests that are being received or wait for their response; a further one gets 503.",
    ),
    _size(
        "--max-held-bytes",
        defaults.MAX_HELD_BYTES,
        "Maximum size of the bodies and delayed responses of all requests in progress; a further one gets 503.",
        least=1024,
    ),
    _size(
        "--max-unread-bytes",
        defaults.MAX_UNREAD_BYTES,
        "Maximum size of all responses that clients leave unread; beyond it, large responses wait and the slowest "
        "connections are closed.",
        least=1024,
    ),
    _seconds(
        "--request-timeout",
        defaults.REQUEST_TIMEOUT,
        "Return 408 if a request has not arrived completely within this time.",
    ),
    _seconds(
        "--write-timeout", defaults.WRITE_TIMEOUT, "Close a connection whose client has read nothing for this time."
    ),
)
"""The fields of :class:`mock_server.server.limits.ServerLimits`, for the mock and the recorder."""


with_server_limits = group(*_OF_SERVER)
"""Adds the options that limit connections and requests to a command."""

with_limit_options = group(*_OPTIONS, *_OF_SERVER)
"""Adds all options of this module to a command."""
