"""The reference of the exit codes, made from the sentence "Exit codes: …" in the help of each command."""

from __future__ import annotations

import re

import click

from tests.support.texts import commands

_HEAD = """\
# Exit codes

This page lists the exit codes of each command, for scripts and CI jobs.
A command that could not do its work never exits with 0 or 1.

This page is generated from the help of the commands.

| command | 0 | 1 | 2 | 130, 143 |
| --- | --- | --- | --- | --- |
"""
_TAIL = """
Every command exits with 2 if an option is wrong or a report cannot be written.
An invalid, expired or unused [waiver](../how-to/waivers.md) has the same effect, and so does an unreadable file.
Only `doctor`, and `fixtures check` for a file in the folder, report such a file and exit with 1.
A command that Ctrl-C interrupts before it has a verdict exits with 2, unless the table says otherwise.

Exit code 70 is an internal error of the kit; run the command again with `--debug` to see the traceback.
"""
_CODE = re.compile(r"(\d+)(?: and \d+)? \(((?:[^()]|\([^()]*\))*)\)")


def exit_codes_page() -> str:
    """Return the page of the exit codes of every command."""
    found = (context for context in commands() if not isinstance(context.command, click.Group))
    rows = (_row(context.command_path.partition(" ")[2], codes_of(context.command)) for context in found)
    return _HEAD + "\n".join(rows) + "\n" + _TAIL


def codes_of(command: click.Command) -> dict[str, str]:
    """Return what each exit code means by the help of a command."""
    _, _, sentence = " ".join((command.help or "").split()).partition("Exit codes: ")
    return dict(_CODE.findall(sentence))


def _row(command: str, codes: dict[str, str]) -> str:
    meanings = (_with_code(codes.get(code, "")) for code in ("0", "1", "2", "130"))
    return " | ".join([f"| `{command}`", *meanings]) + " |"


def _with_code(text: str) -> str:
    return re.sub(r"(--[a-z0-9-]+|\bFILE\b)", r"`\1`", text)
