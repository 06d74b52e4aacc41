"""``chat-contract config``: show the options that a file or the environment sets, and where."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from chat_contract.errors import UsageError, without_credentials
from kit_cli.config import Setting, find_config, leaves, options_of, read_config, settings_of
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import MAY_BE_SECRET, Command
from kit_cli.trust import FILES_READ
from kit_reports.visible import visible

_PREFIX = "CHAT_CONTRACT"


@click.command(cls=Command)
@click.argument("command", nargs=-1)
@click.option(
    "--files",
    is_flag=True,
    help="List the configuration file, and each file to read that it or a variable names. For CI jobs that warn of "
    "changes.",
)
def config(command: tuple[str, ...], *, files: bool) -> ExitCode:
    """Show the options that a configuration file or an environment variable sets, and where.

    With COMMAND, for example `mock` or `fixtures check`, show all options of this command.

    The file is .chat-contract.toml, or pyproject.toml with a table [tool.chat-contract], in this folder or the nearest
    parent that has one. The command line has precedence over environment variables, and these over the file.

    Exit codes: 0 (shown), 2 (the file is invalid).
    """
    from kit_cli.main import all_commands, config_path

    given = config_path()
    file = find_config(Path.cwd()) if given is None else read_config(given)
    commands = all_commands()
    settings = {} if file is None else settings_of(file, commands)
    listed = {path: found for path, found in leaves(commands) if not command or path == command}
    if not listed:
        names = ", ".join(" ".join(path) for path, _ in leaves(commands))
        raise UsageError(f'Unknown command "{" ".join(command)}". Choose from {names}.')
    if files:
        read = {name for path, found in listed.items() for name in _files(path, found, _of(settings, path))}
        for name in sorted(read if file is None else {*read, _in_this_folder(file.path)}):
            click.echo(visible(name))
        return ExitCode.OK
    click.echo(f"Configuration file: {'none' if file is None else file.path}")
    where = "" if file is None else file.path.name
    for path, found in listed.items():
        lines = list(_lines(path, found, _of(settings, path), where, every=bool(command)))
        if lines:
            click.echo("\n" + " ".join(path))
            for name, value, source in lines:
                click.echo(f"  {name:<24} {value:<28} {source}".rstrip())
    return ExitCode.OK


def _of(settings: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Setting]:
    for part in path:
        settings = settings.get(part, {})
    return settings


def _lines(
    path: tuple[str, ...], command: click.Command, settings: Mapping[str, Setting], file: str, *, every: bool
) -> Iterator[tuple[str, str, str]]:
    """Yield option, value and source of each option that is set, or of every option."""
    for key, option in options_of(command).items():
        name = option.name or ""
        variable = _variable(path, option)
        setting = settings.get(name)
        if os.environ.get(variable):
            yield f"--{key}", _shown(name, os.environ[variable]), f"environment variable {variable}"
        elif setting is not None:
            line = "" if setting.line is None else f":{setting.line}"
            yield f"--{key}", _shown(name, setting.value), f"{file}{line}"
        elif every:
            yield f"--{key}", _plain(_default(option)), "default"


def _variable(path: tuple[str, ...], option: click.Option) -> str:
    return "_".join((_PREFIX, *path, option.name or "")).upper().replace("-", "_")


def _files(path: tuple[str, ...], command: click.Command, settings: Mapping[str, Setting]) -> Iterator[str]:
    """Yield the files to read that the options of a command name."""
    for key, option in options_of(command).items():
        if key not in FILES_READ:
            continue
        setting, given = settings.get(option.name or ""), os.environ.get(_variable(path, option))
        if given:
            named = option.type.split_envvar_value(given) if option.multiple else [given]
        else:
            named = [] if setting is None else setting.value if option.multiple else [setting.value]
        yield from (_in_this_folder(Path(one)) for one in named)


def _in_this_folder(file: Path) -> str:
    """Return the name of a file relative to this folder, or else an absolute one."""
    file = file.resolve() if ".." in file.parts else file.absolute()
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)


def _default(option: click.Option) -> object:
    default = option.to_info_dict().get("default")
    return "" if default is None or default == () else default


def _shown(name: str, value: object) -> str:
    return "…" if MAY_BE_SECRET.search(name) else without_credentials(_plain(value))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
