"""``chat-contract diff``: find breaking changes between two OpenAPI documents."""

from __future__ import annotations

import datetime as dt
import sys
from functools import partial
from pathlib import Path

import click

from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command, current_frame
from kit_cli.options import report_option
from kit_cli.outputs import Output, write_outputs
from kit_options.lines import Line
from kit_options.numbers import Number
from kit_reports.targets import parse_targets, writable
from spec_gate.report.formats import FORMATS, FailOn

_FILE = click.Path(path_type=Path)


def _explain(_: click.Context, __: click.Parameter, name: str | None) -> None:
    """Print the explanation of a rule and exit."""
    if name is None:
        return
    from spec_gate.rules.registry import explained, find_rule, listed

    current_frame().report(listed() if name == "all" else explained(find_rule(name)))
    sys.exit(ExitCode.OK)


@click.command(cls=Command, cannot="compare")
@click.argument("base")
@click.argument("revision")
@click.option(
    "--overlay",
    type=_FILE,
    metavar="FILE",
    multiple=True,
    help="Apply an OpenAPI Overlay to both documents. Repeatable.",
)
@click.option(
    "--base-overlay", type=_FILE, metavar="FILE", multiple=True, help="Apply an OpenAPI Overlay to BASE. Repeatable."
)
@click.option(
    "--revision-overlay",
    type=_FILE,
    metavar="FILE",
    multiple=True,
    help="Apply an OpenAPI Overlay to REVISION. Repeatable.",
)
@click.option(
    "--consumers",
    type=_FILE,
    metavar="FILE",
    multiple=True,
    help="Report whether the change affects the response fields that this consumer file lists. Repeatable. "
    "./consumer.yaml is read too if it exists.",
)
@click.option(
    "--fixtures",
    type=_FILE,
    metavar="DIR",
    help="Report which of these fixtures are affected, instead of the bundled ones.",
)
@click.option(
    "--strict-reading", is_flag=True, help="Treat deviations of the documents from OpenAPI as errors, not as notes."
)
@click.option(
    "--allow-ref-outside",
    is_flag=True,
    help="Also follow references to other folders, repositories and servers.",
)
@click.option(
    "--include",
    type=Line(),
    metavar="PATTERN",
    multiple=True,
    help="Compare only operations whose path matches, for example '/orders*' or 'GET /orders*'. Repeatable.",
)
@click.option(
    "--exclude",
    type=Line(),
    metavar="PATTERN",
    multiple=True,
    help="Do not compare operations whose path matches. Repeatable.",
)
@click.option(
    "--severity",
    metavar="PRESET|FILE",
    default="strict",
    show_default=True,
    help="Levels of findings: strict, tolerant (additions to responses are compatible), or a file.",
)
@click.option(
    "--max-time",
    type=Number(0, 86_400),
    metavar="SECONDS",
    default=60,
    show_default=True,
    help="CPU time for proofs and the search for witnesses. The report names what was not decided by then.",
)
@click.option("--strict", is_flag=True, help="Treat changes that cannot be proved compatible as breaking.")
@click.option(
    "--fail-on",
    type=click.Choice([level.value for level in FailOn]),
    default=FailOn.BREAKING.value,
    show_default=True,
    help="Lowest level of finding that makes the command exit with 1.",
)
@click.option("--waivers", type=_FILE, metavar="FILE", help="Accept the findings listed in this file.")
@click.option(
    "--write-waivers", type=_FILE, metavar="FILE", help="Write a draft waiver for each breaking change and warning."
)
@click.option(
    "--overlay-out", type=_FILE, metavar="FILE", help="Write an OpenAPI Overlay that turns BASE into REVISION."
)
@report_option(FORMATS)
@click.option(
    "--explain",
    metavar="RULE",
    is_eager=True,
    expose_value=False,
    callback=_explain,
    help="Explain a rule, and how to make the change without breaking clients. Use all to list the rules.",
)
def diff(
    base: str,
    revision: str,
    *,
    overlay: tuple[Path, ...],
    base_overlay: tuple[Path, ...],
    revision_overlay: tuple[Path, ...],
    consumers: tuple[Path, ...],
    fixtures: Path | None,
    strict_reading: bool,
    allow_ref_outside: bool,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    severity: str,
    max_time: float,
    strict: bool,
    fail_on: str,
    waivers: Path | None,
    write_waivers: Path | None,
    overlay_out: Path | None,
    report: tuple[str, ...],
) -> ExitCode:
    """Find changes from BASE to REVISION that break clients.

    BASE and REVISION are OpenAPI 3.0, 3.1 or 3.2 documents: a file, git:REF:PATH, an HTTP URL, or - for standard input.

    Exit codes: 0 (no finding at or above the --fail-on level), 1 (a finding at or above it), 2 (cannot compare).
    """
    targets = parse_targets(report, FORMATS, default=current_frame().default_report)
    for file, option in ((write_waivers, "--write-waivers"), (overlay_out, "--overlay-out")):
        if file is not None:
            writable(file, option)
    # The gate loads the schema libraries; wrong options and --help do not wait for them.
    from spec_gate.compare import Options, compare
    from spec_gate.report.render import render
    from spec_gate.severity.read import read_policy

    today = dt.datetime.now(tz=dt.UTC).date()
    options = Options(
        base=base,
        revision=revision,
        overlays=overlay,
        base_overlays=base_overlay,
        revision_overlays=revision_overlay,
        consumers=consumers,
        fixtures=fixtures,
        waivers=waivers,
        strict=strict,
        max_time=max_time,
        strict_reading=strict_reading,
        allow_ref_outside=allow_ref_outside,
        severity=read_policy(severity),
        include=include,
        exclude=exclude,
        fail_on=FailOn(fail_on),
    )
    compared = compare(options, sys.stdin.buffer, today)
    verdict = ExitCode.FINDINGS if compared.report.fails else ExitCode.OK
    outputs = [
        Output(
            target.file, partial(render, compared.report, target.format), verdict if target.format == "text" else None
        )
        for target in targets
    ]
    if write_waivers is not None:
        outputs.append(Output(write_waivers, partial(compared.draft_waivers, today), verbatim=True))
    if overlay_out is not None:
        outputs.append(Output(overlay_out, compared.overlay, verbatim=True))
    write_outputs(outputs)
    compared.check_waivers()
    return verdict
