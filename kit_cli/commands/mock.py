"""``chat-contract mock``: serves the mock."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from chat_contract import KitError
from kit_cli.exit_codes import CANNOT_JUDGE
from mock_server.loading.flags import FLAGS, Flag, split
from mock_server.loading.load import read_blueprint
from mock_server.server.serve import serve


def _with_flags(command: Callable[..., None]) -> Callable[..., None]:
    for flag in reversed(FLAGS):
        command = click.option(
            f"--{flag.name}",
            flag.key,
            type=_type_of(flag),
            default=flag.default,
            show_default=flag.default is not None,
            metavar=flag.metavar,
            multiple=flag.many,
            help=flag.help,
        )(command)
    return command


def _type_of(flag: Flag) -> Any:
    if flag.kind is int:
        return click.INT if flag.least is None else click.IntRange(flag.least, flag.most)
    return flag.kind if flag.kind is str else click.Path(path_type=flag.kind)


@click.command()
@_with_flags
def mock(**given: Any) -> None:
    """Serve a mock of the chat service, which answers from fixtures and checks every request.

    Exits with 2 if it cannot start: the port is taken, or an option or a document cannot be used.
    """
    try:
        options, listening = split(given)
        serve(read_blueprint(options), listening)
    except KitError as error:
        click.echo(f"chat-contract mock: {error}", err=True)
        sys.exit(CANNOT_JUDGE)
