"""The options by which a key is given, and the headers that they make; no message shows a key."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import click

from chat_contract import UsageError
from chat_contract.exchange import Headers
from kit_http.headers import parse_headers

_OPTIONS = (
    click.option("--key-env", metavar="NAME", help="Send the key that this variable of the environment holds."),
    click.option(
        "--key-as",
        type=click.Choice(["bearer", "x-api-key"]),
        default="bearer",
        show_default=True,
        help="In which header --key-env sends it.",
    ),
)


def with_key_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--key-env`` and ``--key-as``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def key_headers(given: Mapping[str, Any]) -> Headers:
    """Return the header with the key that was named, or none; raises :class:`UsageError` where there is no such key."""
    name = given["key_env"]
    if name is None:
        return ()
    key = os.environ.get(name, "")
    if not key:
        raise UsageError(f"--key-env {name}: there is no such variable, or it is empty; export it first")
    return parse_headers((f"Authorization: Bearer {key}" if given["key_as"] == "bearer" else f"X-API-Key: {key}",))
