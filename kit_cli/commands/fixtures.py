"""``chat-contract fixtures``: check, list and create fixtures without serving them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from chat_contract import DocumentError, KitError
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Group, current_frame
from kit_cli.options import OVERLAY, SPEC
from mock_server.control.explain import Explanation, cue_text, explain
from mock_server.control.texts import SOURCES, near_miss_text
from mock_server.loading.load import read_snapshot
from mock_server.loading.options import Options
from mock_server.loading.snapshot import Snapshot
from mock_server.loading.status import split_errors
from mock_server.shop.scaffolding import scaffold
from mock_server.shop.scenarios import Scenario

_FOLDER = click.option(
    "--fixtures",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of fixtures; by default the one shipped with the kit.",
)


@click.group(cls=Group)
def fixtures() -> None:
    """Check, list and create fixtures, the data that the mock replies with."""


@fixtures.command()
@_FOLDER
@SPEC
@OVERLAY
def check(folder: Path | None, spec: Path | None, overlay: tuple[Path, ...]) -> None:
    """Check that the mock can serve a folder of fixtures.

    Reports the first error of each file. Exits with 1 if there are errors, with 2 if the folder or the contract cannot
    be read.
    """
    served = _read(folder, spec, overlay).fixtures
    click.echo(f"No errors: {len(served.scenarios)} conversations, {len(served.items)} items.")


@fixtures.command(name="list")
@_FOLDER
@SPEC
@OVERLAY
@click.option("--explain", "message", metavar="MESSAGE", help="Show which conversation replies to this message.")
def list_(folder: Path | None, spec: Path | None, overlay: tuple[Path, ...], message: str | None) -> None:
    """List the conversations, and what the shopper's message must contain in each turn."""
    snapshot = _read(folder, spec, overlay)
    lines = _listed(snapshot) if message is None else _explained(explain(snapshot, message))
    for line in lines:
        click.echo(line)


@fixtures.command()
@click.argument("name")
@click.option(
    "--fixtures",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    required=True,
    help="Folder to write into; created if it does not exist.",
)
def new(name: str, folder: Path) -> None:
    """Create a conversation to start from. Existing files stay as they are."""
    written = scaffold(folder, name)
    for path in written:
        click.echo(f"Created {path}")
    click.echo(f"Edit it while the mock serves it: chat-contract mock --fixtures {folder}")


def _read(folder: Path | None, spec: Path | None, overlays: tuple[Path, ...]) -> Snapshot:
    try:
        return read_snapshot(Options(fixtures=folder, spec=spec, overlays=overlays))
    except KitError as error:
        errors = split_errors(error)
        if not all(_is_in_fixtures(each, folder) for each in errors):
            raise
        current_frame().fail(error)
        if len(errors) > 1:
            click.echo(f"{len(errors)} files have errors.", err=True)
        sys.exit(ExitCode.FINDINGS)


def _is_in_fixtures(error: KitError, folder: Path | None) -> bool:
    """Return whether the error is in a fixture file, and not in the contract or the folder itself."""
    return isinstance(error, DocumentError) and folder is not None and folder in Path(error.path).parents


def _listed(snapshot: Snapshot) -> Iterator[str]:
    for scenario in snapshot.fixtures.scenarios:
        yield from _scenario(scenario)


def _scenario(scenario: Scenario) -> Iterator[str]:
    yield f"{scenario.name}{f': {scenario.about}' if scenario.about else ''}"
    for number, stub in enumerate(scenario.stubs, 1):
        items = f"  [{', '.join(stub.item_ids)}]" if stub.item_ids else ""
        yield f"  {number}. {cue_text(stub.cue)}{items}"


def _explained(explanation: Explanation) -> Iterator[str]:
    yield f"source: {explanation.conversation or SOURCES[explanation.source]}"
    yield f"reply:  {explanation.reply}"
    yield f"items:  {', '.join(explanation.item_ids) or 'none'}"
    if explanation.also_matching:
        yield f"also matching, less specific: {', '.join(explanation.also_matching)}"
    for miss in explanation.near_misses:
        yield f"not matching: {miss.position.scenario} ({near_miss_text(miss)})"
