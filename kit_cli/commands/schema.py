"""``chat-contract schema``: print the JSON Schema of a file that the kit reads or writes."""

from __future__ import annotations

import json

import click

from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command

NAMES = (
    *("catalogue", "conversation", "rules", "waivers", "profile", "severity", "config"),
    *("report-verify", "report-diff", "report-load", "report-doctor", "control"),
)


@click.command(cls=Command)
@click.argument("name", type=click.Choice(NAMES))
def schema(name: str) -> ExitCode:
    """Print the JSON Schema of a file, for editors and validators.

    \b
    catalogue, conversation     fixtures
    rules                       rules of the mock
    waivers                     waivers of verify and diff
    profile                     profile of verify --profile-out
    severity                    levels of diff --severity
    config                      .chat-contract.toml, and [tool.chat-contract] of pyproject.toml
    report-verify, report-diff  JSON reports
    report-load, report-doctor  JSON reports of load and doctor
    control                     the mock's control API, an OpenAPI document

    Exit codes: 0 (printed), 2 (unknown name).
    """  # noqa: D301 - click reads the backspace
    from kit_cli.actions.schema import schema_of

    click.echo(json.dumps(schema_of(name), indent=2, ensure_ascii=False))
    return ExitCode.OK
