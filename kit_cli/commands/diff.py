"""``chat-contract diff``: judges a change of an OpenAPI document."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import click

from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command, current_frame
from kit_cli.options import OVERLAY
from kit_reports.targets import parse_targets, writable, write_whole
from spec_gate.compare import Options, read, read_asked, run
from spec_gate.impact.consumers import FILE
from spec_gate.report import RENDERERS
from spec_gate.report.migration import overlay_text
from spec_gate.report.waivers import drafted, load_waivers, with_waivers
from spec_gate.rules.registry import explained, find_rule, listed

_FILE = click.Path(path_type=Path)


def _explain(_: click.Context, __: click.Parameter, name: str | None) -> None:
    """Explain a rule instead of comparing anything."""
    if name is None:
        return
    click.echo(listed() if name == "all" else explained(find_rule(name)), nl=False)
    sys.exit(ExitCode.OK)


@click.command(cls=Command, cannot="compare")
@click.argument("base")
@click.argument("revision")
@OVERLAY
@click.option("--base-overlay", type=_FILE, metavar="FILE", multiple=True, help="An overlay for BASE alone.")
@click.option("--revision-overlay", type=_FILE, metavar="FILE", multiple=True, help="An overlay for REVISION alone.")
@click.option(
    "--consumers",
    type=_FILE,
    metavar="FILE",
    multiple=True,
    help="What a consumer reads of replies, to be told when it is hit; repeatable. consumer.yaml is read anyhow.",
)
@click.option("--fixtures", type=_FILE, metavar="DIR", help="The fixtures that may be hit, if not those of the kit.")
@click.option("--strict", is_flag=True, help="Count what could not be proved as breaking.")
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "warning", "never"]),
    default="breaking",
    show_default=True,
    help="The level from which on the exit code is 1.",
)
@click.option("--waivers", type=_FILE, metavar="FILE", help="Findings that are accepted for a while.")
@click.option("--write-waivers", type=_FILE, metavar="FILE", help="Draft waivers for all that was found.")
@click.option("--overlay-out", type=_FILE, metavar="FILE", help="Write the change as an Overlay to put on BASE.")
@click.option(
    "--report",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"Write a report ({', '.join(RENDERERS)}) to the file or, without one, to the output; repeatable.",
)
@click.option(
    "--explain",
    metavar="RULE",
    is_eager=True,
    expose_value=False,
    callback=_explain,
    help="Say what a rule is, why, and how to do it without breaking; all lists them.",
)
def diff(base: str, revision: str, **given: Any) -> ExitCode:
    """Judge whether the change from BASE to REVISION breaks clients, and prove it.

    Each is an OpenAPI document, 3.0 or 3.1: a file, git:REF:PATH, a URL, or - for the standard input.

    Exits with 0 if nothing is found at the level that fails, 1 if something is, 2 if it could not be judged.
    """
    targets = parse_targets(given["report"], RENDERERS, default="text")
    if given["write_waivers"] is not None:
        writable(given["write_waivers"], "--write-waivers")
    if given["overlay_out"] is not None:
        writable(given["overlay_out"], "--overlay-out")
    today = dt.datetime.now(tz=dt.UTC).date()
    waivers = () if given["waivers"] is None else load_waivers(given["waivers"], today)
    options = Options(
        base,
        revision,
        given["overlay"],
        given["base_overlay"],
        given["revision_overlay"],
        tuple(dict.fromkeys((*given["consumers"], *((FILE,) if FILE.exists() else ())))),
        given["fixtures"],
        strict=given["strict"],
        fail_on=given["fail_on"],
    )
    asked = read_asked(options)
    documents = read(options, sys.stdin.buffer)
    _, found = run(options, *documents, asked)
    found = with_waivers(found, waivers)
    overlay = None if given["overlay_out"] is None else overlay_text(*documents)
    for target in targets:
        text = RENDERERS[target.format](found)
        if target.file is None:
            current_frame().report(text)
        else:
            write_whole(target.file, text)
    if given["write_waivers"] is not None:
        write_whole(given["write_waivers"], drafted(found, today))
    if overlay is not None:
        write_whole(given["overlay_out"], overlay)
    return ExitCode.FINDINGS if found["fails"] else ExitCode.OK
