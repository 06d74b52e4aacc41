"""``chat-contract report``: makes other reports of the JSON reports of runs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from chat_verifier.findings.waivers import drafted_of
from chat_verifier.report import RENDERERS
from chat_verifier.report.merge import causes_said, read_evidence
from chat_verifier.report.merge import merge as merged
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Group, current_frame
from kit_reports.targets import parse_targets, writable, write_whole

_EXITS = {"conforms": ExitCode.OK, "violates": ExitCode.FINDINGS, "inconclusive": ExitCode.CANNOT_RUN}


@click.group(cls=Group)
def report() -> None:
    """Make other reports of the JSON reports that verify wrote."""


@report.command(cannot="merge")
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
def merge(files: tuple[Path, ...], wanted: tuple[str, ...], write_waivers: Path | None) -> ExitCode:
    """Join the JSON reports of all shards of a run into one.

    One file alone is made into another format. Exits as verify would have done for the whole.
    """
    targets = parse_targets(wanted, RENDERERS, default="text")
    document = merged([read_evidence(file) for file in files], [str(file) for file in files])
    if write_waivers is not None:
        today = dt.datetime.now(dt.UTC).date()
        write_whole(writable(write_waivers, "--write-waivers"), drafted_of(causes_said(document), today))
    for target in targets:
        text = RENDERERS[target.format](document)
        if target.file is None:
            current_frame().report(text)
        else:
            write_whole(target.file, text)
    return _EXITS[document["verdict"]]
