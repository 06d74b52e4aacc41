"""``chat-contract fixtures``: looks after a folder of fixtures without serving it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from chat_contract import DocumentError, KitError
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Group, current_frame
from kit_cli.options import OVERLAY, SPEC
from mock_server.control.explain import explain, shown_cue
from mock_server.loading.load import read_blueprint
from mock_server.loading.options import Options
from mock_server.loading.snapshot import State
from mock_server.loading.status import apart
from mock_server.shop.scaffolding import scaffold
from mock_server.shop.scenarios import Conversation

_FOLDER = click.option(
    "--fixtures",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder; by default our own.",
)


@click.group(cls=Group)
def fixtures() -> None:
    """Check, list and begin the fixtures that the mock answers from."""


@fixtures.command()
@_FOLDER
@SPEC
@OVERLAY
def check(folder: Path | None, spec: Path | None, overlay: tuple[Path, ...]) -> None:
    """Check whether all of a folder can be served, and name each place that cannot.

    Exits with 1 if something cannot be served, with 2 if there is nothing to check or no contract to check it by.
    """
    state = _read(folder, spec, overlay)
    served = state.blueprint.fixtures
    click.echo(f"all can be served; conversations: {len(served.conversations)}, items: {len(served.items)}")


@fixtures.command(name="list")
@_FOLDER
@SPEC
@OVERLAY
@click.option("--explain", "message", metavar="MESSAGE", help="Say what would answer this message.")
def list_(folder: Path | None, spec: Path | None, overlay: tuple[Path, ...], message: str | None) -> None:
    """List the conversations with what a shopper must say in each turn."""
    state = _read(folder, spec, overlay)
    lines = _listed(state) if message is None else _explained(explain(state, message))
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
    help="The folder to write into; made where it is missing.",
)
def new(name: str, folder: Path) -> None:
    """Write the beginnings of a conversation; never over a file that is there."""
    written = scaffold(folder, name)
    for path in written:
        click.echo(f"wrote {path}")
    click.echo(f"change it, and see it live: chat-contract mock --fixtures {folder}")


def _read(folder: Path | None, spec: Path | None, overlays: tuple[Path, ...]) -> State:
    try:
        return State.from_blueprint(read_blueprint(Options(fixtures=folder, spec=spec, overlays=overlays)))
    except KitError as error:
        if not all(_lies_in(each, folder) for each in apart(error)):
            raise
        current_frame().fail(error)
        if (count := len(apart(error))) > 1:
            click.echo(f"{count} files cannot be served", err=True)
        sys.exit(ExitCode.FINDINGS)


def _lies_in(error: KitError, folder: Path | None) -> bool:
    """Tell a fixture that cannot be served from a folder that is not there, or a contract that cannot be read."""
    return isinstance(error, DocumentError) and folder is not None and folder in Path(error.path).parents


def _listed(state: State) -> Iterator[str]:
    for conversation in state.shop.script.conversations.values():
        yield from _conversation(conversation)


def _conversation(conversation: Conversation) -> Iterator[str]:
    yield f"{conversation.name}{f': {conversation.about}' if conversation.about else ''}"
    for number, turn in enumerate(conversation.turns, 1):
        items = f"  [{', '.join(turn.item_ids)}]" if turn.item_ids else ""
        yield f"  {number}. {shown_cue(turn.cue)}{items}"


def _explained(found: dict[str, Any]) -> Iterator[str]:
    yield f"answers: {found['answers'] or 'a search of the catalogue'}"
    yield f"  says:  {found['reply']}"
    yield f"  items: {', '.join(found['items']) or 'none'}"
    if found["would_match_too"]:
        yield f"would match too, but says less: {', '.join(found['would_match_too'])}"
    for miss in found["not_matched"]:
        yield f"not {miss['conversation']}: the message lacks {', '.join(miss['lacks'])}"
