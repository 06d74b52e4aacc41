"""``python -m mock_server``: serve the mock without the rest of the command line."""

import sys

import click

from chat_contract import KitError
from chat_contract.errors import without_credentials
from mock_server.cli import mock

CANNOT_START = 2
"""The exit code when an option, a document or the port cannot be used."""


def run() -> None:
    """Serve the mock; exit with 2 if it cannot start."""
    name = "python -m mock_server"
    try:
        mock.main(prog_name=name)
    except KitError as error:
        click.echo(f"{name}: {without_credentials(str(error))}", err=True)
        sys.exit(CANNOT_START)


if __name__ == "__main__":
    run()
