"""Options that name the environment variable with an API key, and the request headers made from it.

No message shows a key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import click

from chat_contract.errors import UsageError
from chat_contract.exchange import Headers
from kit_http.headers import parse_headers

_OPTIONS = (
    click.option("--key-env", metavar="NAME", help="Send the API key held by this environment variable."),
    click.option(
        "--key-as",
        type=click.Choice(["bearer", "x-api-key"]),
        default="bearer",
        show_default=True,
        help="Header that carries the key of --key-env.",
    ),
)


def with_key_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--key-env`` and ``--key-as`` to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


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
