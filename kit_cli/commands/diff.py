"""``chat-contract diff``: find breaking changes between two OpenAPI documents."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command, current_frame
from kit_cli.options import report_option
from kit_options.lines import Line
from kit_options.numbers import Number
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
    help="CPU time for proofs and the search for witnesses. The verdict is inconclusive if that is not enough.",
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
def diff(base: str, revision: str, **given: Any) -> ExitCode:
    """Find changes from BASE to REVISION that break clients.

    BASE and REVISION are OpenAPI 3.0, 3.1 or 3.2 documents: a file, git:REF:PATH, an HTTP URL, or - for standard input.

    Exit codes: 0 (no finding at or above the --fail-on level), 1 (a finding at or above it), 2 (cannot compare,
    or not decided within --max-time).
    """
    from kit_cli.actions.diff import Arguments
    from kit_cli.actions.diff import diff as run

    return run(Arguments(base, revision, **given))
