"""``chat-contract fixtures``: check, list and create fixtures without serving them."""

from __future__ import annotations

from pathlib import Path

import click

from kit_cli.frame import Group
from kit_options.contract import OVERLAY, SPEC

_FOLDER = click.option(
    "--fixtures",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of fixtures, instead of the bundled one.",
)


@click.group(cls=Group)
def fixtures() -> None:
    """Check, list and create fixtures, the data that the mock replies with."""


@fixtures.command()
@_FOLDER
@SPEC
@OVERLAY
def check(fixtures: Path | None, spec: Path | None, overlay: tuple[Path, ...]) -> None:
    """Check that the mock can serve a folder of fixtures.

    The errors of all files are reported, each with its line, the value and a hint.

    Exit codes: 0 (no errors), 1 (errors), 2 (the folder or the contract cannot be read).
    """
    from kit_cli.actions.fixtures import check

    check(fixtures, spec, overlay)


@fixtures.command(name="list")
@_FOLDER
@SPEC
@OVERLAY
@click.option("--explain", metavar="MESSAGE", help="Show which fixture conversation replies to this message.")
def list_(fixtures: Path | None, spec: Path | None, overlay: tuple[Path, ...], explain: str | None) -> None:
    """List the fixture conversations with their turns.

    Each turn shows what the shopper's message must contain, and the items of the reply.

    Exit codes: 0 (listed), 2 (the folder or the contract cannot be read).
    """
    from kit_cli.actions.fixtures import list_fixtures

    list_fixtures(fixtures, spec, overlay, explain)


@fixtures.command()
@click.argument("name")
@click.option(
    "--fixtures",
    type=click.Path(path_type=Path),
    metavar="DIR",
    required=True,
    help="Folder to write into; created if it does not exist.",
)
def new(name: str, fixtures: Path) -> None:
    """Create a fixture conversation to edit. Existing files are not changed.

    Exit codes: 0 (created), 2 (the name is invalid or exists, or the folder cannot be written to).
    """
    from kit_cli.actions.fixtures import create

    create(name, fixtures)
