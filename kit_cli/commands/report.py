"""``chat-contract report``: makes other reports of the JSON reports of runs."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click

from chat_contract import KitError
from chat_verifier.findings.waivers import drafted_of
from chat_verifier.report import RENDERERS
from chat_verifier.report.merge import causes_said, read_evidence
from chat_verifier.report.merge import merge as merged
from kit_cli.exit_codes import CANNOT_JUDGE, FINDINGS, FINE
from kit_reports.targets import parse_targets, writable, write_whole

_EXITS = {"conforms": FINE, "violates": FINDINGS, "inconclusive": CANNOT_JUDGE}


@click.group()
def report() -> None:
    """Make other reports of the JSON reports that verify wrote."""


@report.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--report",
    "wanted",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"Write a report ({', '.join(RENDERERS)}) to the file or, without one, to the output; repeatable.",
)
@click.option(
    "--write-waivers",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draft waivers for all that the whole run found.",
)
def merge(files: tuple[Path, ...], wanted: tuple[str, ...], write_waivers: Path | None) -> None:
    """Join the JSON reports of all shards of a run into one.

    One file alone is made into another format. Exits as verify would have done for the whole.
    """
    try:
        targets = parse_targets(wanted, RENDERERS, default="text")
        document = merged([read_evidence(file) for file in files], [str(file) for file in files])
        if write_waivers is not None:
            today = dt.datetime.now(dt.UTC).date()
            write_whole(writable(write_waivers, "--write-waivers"), drafted_of(causes_said(document), today))
        for target in targets:
            text = RENDERERS[target.format](document)
            if target.file is None:
                click.echo(text, nl=not text.endswith("\n"))
            else:
                write_whole(target.file, text)
    except KitError as error:
        click.echo(f"could not merge: {error}", err=True)
        sys.exit(CANNOT_JUDGE)
    except OSError as error:
        click.echo(f"could not merge: the report cannot be written: {error}", err=True)
        sys.exit(CANNOT_JUDGE)
    sys.exit(_EXITS[document["verdict"]])
