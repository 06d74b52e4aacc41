"""Options that name the environment variable with an API key, and the request headers made from it.

No message shows a key.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

from chat_contract.errors import UsageError
from chat_contract.exchange import Headers
from kit_http.headers import parse_headers
from kit_options.groups import group

with_key_options = group(
    click.option("--key-env", metavar="NAME", help="Send the API key held by this environment variable."),
    click.option(
        "--key-as",
        type=click.Choice(["bearer", "x-api-key"]),
        default="bearer",
        show_default=True,
        help="Header that carries the key of --key-env.",
    ),
    click.option(
        "--token-command",
        metavar="CMD",
        help="Send the token that this shell command prints. It runs again before the token expires and after a 401.",
    ),
)
"""Adds ``--key-env``, ``--key-as`` and ``--token-command`` to a command."""


def key_headers(given: Mapping[str, Any]) -> Headers:
    """Return the header that carries the key of ``--key-env``, or no header without that option.

    Raises :class:`UsageError` if the variable is missing or empty.
    """
    name = given["key_env"]
    if name is None:
        return ()
    key = key_of("--key-env", name)
    return parse_headers((f"Authorization: Bearer {key}" if given["key_as"] == "bearer" else f"X-API-Key: {key}",))


def key_of(option: str, name: str) -> str:
    """Return the key held by an environment variable; raises :class:`UsageError` if there is none."""
    if not name.isidentifier():
        # The name may be the key itself, which no log may contain.
        raise UsageError(f"{option}: expected the name of an environment variable, such as STAGING_KEY.")
    key = os.environ.get(name, "")
    if not key:
        raise UsageError(f"{option} {name}: the environment variable is not set or empty. Export it first.")
    return key
