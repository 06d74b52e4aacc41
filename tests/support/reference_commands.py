"""The reference of the command line, made from the commands themselves."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

import click

from kit_cli.frame import COMMON_OPTIONS
from kit_cli.main import cli
from tests.support.texts import commands

_HEAD = """\
# Commands

This page lists the commands of `chat-contract` and their options; it is generated from the command line.

Every option can also be set by an environment variable.
Its name is `CHAT_CONTRACT_`, the command and the option: `--seed` of `verify` is `CHAT_CONTRACT_VERIFY_SEED`.

## Common options

Every command has these options.

| option | meaning |
| --- | --- |
"""

_BEFORE_THE_COMMAND = (
    "",
    "These options stand before the command, as in `chat-contract --config team.toml verify`.",
    "",
    "| option | meaning |",
    "| --- | --- |",
)


def commands_page() -> str:
    """Return the page of all commands."""
    context = click.Context(cli, info_name="chat-contract", **cli.context_settings)
    common = [_row(option, context) for option in COMMON_OPTIONS]
    first = [row for option in cli.params if option not in COMMON_OPTIONS and (row := _row(option, context))]
    sections = (_section(inner) for inner in commands() if inner.parent is not None)
    return _HEAD + "\n".join([*common, *_BEFORE_THE_COMMAND, *first, "", *sections])


def _section(context: click.Context) -> str:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    rows = [
        row for parameter in command.params if parameter not in COMMON_OPTIONS and (row := _row(parameter, context))
    ]
    table = ["| option | meaning |", "| --- | --- |", *rows] if rows else []
    return "\n".join([f"## `{context.command_path}`", "", f"`{usage}`", "", *_prose(command.help or ""), *table, ""])


def _prose(text: str) -> Iterator[str]:
    """Yield the help text, one sentence per line; ``\\b`` marks a paragraph that keeps its lines."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if paragraph.lstrip().startswith("\b"):
            yield from (
                "```text",
                *textwrap.dedent(paragraph.lstrip().removeprefix("\b").strip("\n")).splitlines(),
                "```",
            )
        else:
            yield from re.split(r"(?<=[.:]) (?=[A-Z])", " ".join(paragraph.split()))
        yield ""


def _row(parameter: click.Parameter, context: click.Context) -> str:
    if not isinstance(parameter, click.Option) or parameter.hidden:
        return ""
    record = parameter.get_help_record(context)
    if record is None:
        return ""
    names, meaning = (" ".join(part.split()).replace("|", "\\|") for part in record)
    return f"| `{names}` | {meaning} |"
