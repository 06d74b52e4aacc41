"""The work of ``chat-contract fixtures``: read fixtures, list them, and create new ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from chat_contract import DocumentError, KitError
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import current_frame
from kit_reports.counting import count_of
from kit_reports.visible import visible
from mock_server.control.explain import Explanation, cue_text, explain, outcome_text
from mock_server.control.texts import SOURCES, near_miss_text
from mock_server.loading.load import read_snapshot
from mock_server.loading.options import Options
from mock_server.loading.snapshot import Snapshot
from mock_server.loading.status import split_errors
from mock_server.shop.reachability import unreachable
from mock_server.shop.scaffolding import scaffold
from mock_server.shop.scenarios import Scenario


def check(folder: Path | None, spec: Path | None, overlays: tuple[Path, ...]) -> None:
    """Print how many fixtures there are; exit with 1 after the errors of invalid ones."""
    served = _read(folder, spec, overlays).fixtures
    for found in unreachable(served):
        click.echo(visible(f"warning: {found}"), err=True)
    current_frame().summary(f"No errors: {served.counts}.")


def list_fixtures(folder: Path | None, spec: Path | None, overlays: tuple[Path, ...], message: str | None) -> None:
    """Print the conversations, or which of them replies to a message."""
    snapshot = _read(folder, spec, overlays)
    lines = _listed(snapshot) if message is None else _explained(explain(snapshot, message))
    for line in lines:
        click.echo(visible(line))


def create(name: str, folder: Path) -> None:
    """Create a conversation in a folder and print the paths."""
    written = scaffold(folder, name)
    for path in written:
        click.echo(visible(f"Created {path}"))
    click.echo(visible(f"Serve the folder while you edit it: chat-contract mock --fixtures {folder}"))


def _read(folder: Path | None, spec: Path | None, overlays: tuple[Path, ...]) -> Snapshot:
    try:
        return read_snapshot(Options(fixtures=folder, spec=spec, overlays=overlays, max_fixture_files=None))
    except KitError as error:
        errors = split_errors(error)
        if not all(_is_in_fixtures(each, folder) for each in errors):
            raise
        current_frame().fail(error)
        if len(errors) > 1:
            files = len({error.path for error in errors if isinstance(error, DocumentError)})
            click.echo(f"{count_of(len(errors), 'error')} in {count_of(files, 'file')}.", err=True)
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
        outcome = f"  ({outcome_text(stub)})" if stub.outcome else ""
        yield f"  {number}. {cue_text(stub.cue)}{items}{outcome}"


def _explained(explanation: Explanation) -> Iterator[str]:
    yield f"source: {explanation.conversation or SOURCES[explanation.source]}"
    yield f"reply:  {explanation.reply}"
    yield f"items:  {', '.join(explanation.item_ids) or 'none'}"
    if explanation.also_matching:
        yield f"also matching, less specific: {', '.join(explanation.also_matching)}"
    for miss in explanation.near_misses:
        yield f"not matching: {miss.position.scenario} ({near_miss_text(miss)})"
