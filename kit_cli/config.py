"""Reads options from ``.chat-contract.toml``, or from ``[tool.chat-contract]`` in ``pyproject.toml``.

A table has the name of a command and the names of its options. An option outside of these tables is for every command
that has it. The command line and environment variables win over the file.
"""

from __future__ import annotations

import difflib
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from chat_contract.document.repository import is_placed_by_another_user, leads_outside, top_of
from chat_contract.errors import DocumentError, Pointer
from kit_cli.trust import why_refused

OWN_FILE = ".chat-contract.toml"
PROJECT_FILE = "pyproject.toml"
_SECTION = ("tool", "chat-contract")
_NOT_CONFIGURED = frozenset({"help", "version", "explain", "config"})
_MAX_BYTES = 256 * 1024
_MAX_DOTS = 200
"""Dots in a line. The parser keeps every beginning of a dotted key, which takes memory with the square of its parts."""

_PRESET_OR_FILE = frozenset({"latitude", "severity"})
_NAME_THE_FILE = "If you trust this file, name it with --config. Otherwise, remove the option."

Commands = Mapping[str, click.Command]


@dataclass(frozen=True)
class Setting:
    """A value of the file for one option of one command. ``line`` is None if it cannot be located."""

    value: Any
    line: int | None


@dataclass(frozen=True)
class ConfigFile:
    """A configuration file; ``section`` holds the pointer of its part for the kit."""

    path: Path
    text: str = field(repr=False)
    section: Pointer
    table: Mapping[str, Any] = field(repr=False)
    found: bool = False
    """Whether nobody named the file: it is in this folder, or in a parent."""

    def line(self, pointer: Pointer) -> int | None:
        """Return the line of a key."""
        return _line_of(self.text, (*self.section, *pointer))

    def error(self, problem: str, pointer: Pointer, value: Any, hint: str) -> DocumentError:
        """Make an error at a key."""
        whole = (*self.section, *pointer)
        return DocumentError(
            problem, path=str(self.path), line=self.line(pointer), pointer=whole, value=value, hint=hint
        )


def find_config(folder: Path) -> ConfigFile | None:
    """Return the configuration of the folder, or of the nearest parent that has one."""
    for parent in (folder, *folder.parents):
        own = parent / OWN_FILE
        if own.exists() or own.is_symlink():
            _check_link(own)
            return replace(read_config(own), found=True)
        project = parent / PROJECT_FILE
        if project.is_file() and "chat-contract" in _text(project):
            read = read_config(project)
            if read.table:
                _check_link(project)
                return replace(read, found=True)
    return None


def _check_link(path: Path) -> None:
    """Raise :class:`DocumentError` for a link to a file of somebody else: errors in it would show its content.

    The same holds for a file of another user in a folder such as ``/tmp``, where every user can place one.
    """
    if is_placed_by_another_user(path):
        raise DocumentError(
            "a file of another user in a folder that every user can write to", path=str(path), hint=_NAME_THE_FILE
        )
    if leads_outside(path, top_of(path)):
        raise DocumentError("a link that leads outside its folder or repository", path=str(path), hint=_NAME_THE_FILE)


def read_config(path: Path) -> ConfigFile:
    """Read a file. Raises :class:`DocumentError` if it is not TOML."""
    text = _text(path)
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MAX_DOTS:
            problem = f"more than {_MAX_DOTS} dots in a line"
            raise DocumentError(problem, path=str(path), line=number, hint="Use several lines, or shorter keys.")
    try:
        value: Any = tomllib.loads(text)
    except RecursionError:
        raise DocumentError("nested too deeply", path=str(path), hint="Correct the syntax.") from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        raise DocumentError(
            f"not TOML: {str(error).split(' (at ')[0].lower()}",
            path=str(path),
            line=int(found[1]) if found else None,
            hint="Correct the syntax.",
        ) from None
    except ValueError:
        problem = f"an integer of more than {sys.get_int_max_str_digits()} digits"
        raise DocumentError(problem, path=str(path), hint="Correct the value.") from None
    section: Pointer = _SECTION if path.name == PROJECT_FILE else ()
    for part in section:
        value = value.get(part, {}) if isinstance(value, dict) else {}
    if not isinstance(value, dict):
        raise DocumentError("expected a table", path=str(path), pointer=section, hint="Write [tool.chat-contract].")
    return ConfigFile(path, text, section, value)


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            # A folder, a device, or a pipe that nobody writes to.
            raise DocumentError("not a regular file", path=str(path), hint="Name a file that exists and is readable.")
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            raise DocumentError(f"larger than {_MAX_BYTES} bytes", path=str(path), hint="Use a smaller file.")
        return raw.decode("utf-8")
    except OSError as error:
        hint = "Name a file that exists and is readable."
        raise DocumentError(f"cannot read the file ({error.strerror})", path=str(path), hint=hint) from None
    except UnicodeDecodeError:
        raise DocumentError("not UTF-8", path=str(path), hint="Save the file as UTF-8.") from None


def _line_of(text: str, pointer: Pointer) -> int | None:
    """Return the line of a key that has a line of its own, as is usual."""
    here: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", line):
            here = _parts(header[1])
            if here == pointer:
                return number
        key = re.match(r"\s*([\w.\"'-]+)\s*=", line)
        if key is not None and (*here, *_parts(key[1])) == pointer:
            return number
    return None


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


# Values ---------------------------------------------------------------------------------------------------------------


def options_of(command: click.Command) -> dict[str, click.Option]:
    """Return the options of a command that a file can set, by their names without the dashes."""
    found = {}
    for option in command.params:
        if isinstance(option, click.Option):
            name = next((text[2:] for text in option.opts if text.startswith("--")), "")
            if name and name not in _NOT_CONFIGURED:
                found[name] = option
    return found


def subcommands(command: click.Command) -> Commands:
    """Return the commands of a group."""
    if not isinstance(command, click.Group):
        return {}
    context = click.Context(command)
    listed = ((name, command.get_command(context, name)) for name in command.list_commands(context))
    return {name: found for name, found in listed if found is not None}


def default_map(config: ConfigFile, commands: Commands) -> dict[str, Any]:
    """Return the values in the form of click's ``default_map``.

    Raises :class:`DocumentError` for an unknown table or option, and for a value that the option does not accept.
    """
    return {name: _values(made) for name, made in settings_of(config, commands).items()}


def _values(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each.value if isinstance(each, Setting) else _values(each) for name, each in settings.items()}


def settings_of(config: ConfigFile, commands: Commands) -> dict[str, Any]:
    """Return the settings of each command, by parameter; those of a group by subcommand.

    Raises the same exceptions as :func:`default_map`.
    """
    return _of_group(config, commands, (), config.table, {})


def _of_group(
    config: ConfigFile, commands: Commands, here: Pointer, table: Mapping[str, Any], above: Mapping[str, Pointer]
) -> dict[str, Any]:
    shared = {**above, **{key: (*here, key) for key in table if key not in commands}}
    known = set().union(*(_all_options(command) for command in commands.values()))
    for key in table:
        if key not in commands and key not in known:
            raise _unknown(config, (*here, key), table[key], [*commands, *sorted(known)])
    made: dict[str, Any] = {}
    for name, command in commands.items():
        own = table.get(name, {})
        if not isinstance(own, dict):
            hint = f"Write [{'.'.join(map(str, (*config.section, *here, name)))}]."
            raise config.error("expected a table", (*here, name), own, hint)
        inner = subcommands(command)
        place: Pointer = (*here, name)
        made[name] = _of_group(config, inner, place, own, shared) if inner else _of(config, command, place, own, shared)
    return made


def _all_options(command: click.Command) -> set[str]:
    inner = subcommands(command)
    return set(options_of(command)) if not inner else set().union(*map(_all_options, inner.values()))


def _of(
    config: ConfigFile, command: click.Command, here: Pointer, table: Mapping[str, Any], above: Mapping[str, Pointer]
) -> dict[str, Setting]:
    options = options_of(command)
    for key in table:
        if key not in options:
            raise _unknown(config, (*here, key), table[key], list(options))
    places = {**{key: place for key, place in above.items() if key in options}, **{key: (*here, key) for key in table}}
    return {options[key].name or key: _setting(config, options[key], place) for key, place in places.items()}


def _unknown(config: ConfigFile, pointer: Pointer, value: Any, known: list[str]) -> DocumentError:
    near = difflib.get_close_matches(str(pointer[-1]), known, 2, 0.6)
    hint = f"Did you mean {' or '.join(near)}?" if near else "chat-contract COMMAND --help lists the options."
    return config.error(f'unknown key "{pointer[-1]}"', pointer, value, hint)


def _setting(config: ConfigFile, option: click.Option, pointer: Pointer) -> Setting:
    value: Any = config.table
    for part in pointer:
        value = value[part]
    expected = _expected(option, value)
    if expected is not None:
        raise config.error(f"expected {expected}", pointer, value, "Correct the type of the value.")
    folder = config.path.parent
    values = [_placed(option, str(pointer[-1]), one, folder) for one in (value if option.multiple else [value])]
    if config.found:
        _check_trust(config, pointer, value, [file for _, file in values if file is not None])
    value = [one for one, _ in values] if option.multiple else values[0][0]
    try:
        option.type_cast_value(click.Context(click.Command(None)), value)
    except click.BadParameter as error:
        problem = error.message.rstrip(".")
        raise config.error(problem[:1].lower() + problem[1:], pointer, value, "Correct the value.") from None
    return Setting(value, config.line(pointer))


def _placed(option: click.Option, key: str, value: Any, folder: Path) -> tuple[Any, Path | None]:
    """Return a value with the file that it names, relative to the folder of the configuration; None without a file."""
    if isinstance(option.type, click.Path):
        return str(folder / value), folder / value
    if key == "report" and "=" in value:
        wanted, _, name = value.partition("=")
        return (f"{wanted}={folder / name}", folder / name) if name else (value, None)
    if key in _PRESET_OR_FILE and ("." in value or "/" in value):
        return str(folder / value), folder / value
    return value, None


def _check_trust(config: ConfigFile, pointer: Pointer, value: Any, files: Sequence[Path]) -> None:
    """Raise :class:`DocumentError` for a value that is accepted only in a file that the user named."""
    problem = why_refused(str(pointer[-1]), value, files, config.path)
    if problem is not None:
        line = config.line(pointer)
        raise DocumentError(
            problem, path=str(config.path), line=line, pointer=(*config.section, *pointer), hint=_NAME_THE_FILE
        )


def _expected(option: click.Option, value: Any) -> str | None:
    """Return what the value must be; None if it is that."""
    if any("\0" in str(one) for one in (value if isinstance(value, list) else [value])):
        return "a value without NUL characters"
    if option.is_flag:
        return None if isinstance(value, bool) else "true or false"
    if option.multiple:
        return None if isinstance(value, list) and all(map(_is_scalar, value)) else "a list"
    return None if _is_scalar(value) else "a string or a number"


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


# Display --------------------------------------------------------------------------------------------------------------


def leaves(commands: Commands, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield each command that is not a group, with its full name."""
    for name, command in commands.items():
        inner = subcommands(command)
        if inner:
            yield from leaves(inner, (*above, name))
        else:
            yield (*above, name), command


# Schema ---------------------------------------------------------------------------------------------------------------


def config_schema(commands: Commands) -> dict[str, Any]:
    """Return the JSON Schema of the file."""
    title = "Configuration of chat-contract"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **_table_schema(commands)}


def _table_schema(commands: Commands) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, command in commands.items():
        inner = subcommands(command)
        own = {key: _option_schema(option) for key, option in options_of(command).items()}
        table = {"type": "object", "additionalProperties": False, "properties": own}
        properties[name] = _table_schema(inner) if inner else table
        shared = properties[name]["properties"] if inner else own
        for key, schema in shared.items():
            properties.setdefault(key, schema if key not in commands else {})
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _option_schema(option: click.Option) -> dict[str, Any]:
    schema = {"type": "boolean"} if option.is_flag else _type_schema(option.type)
    if option.multiple:
        schema = {"type": "array", "items": schema}
    return {**schema, **({"description": option.help} if option.help else {})}


def _type_schema(kind: click.ParamType[Any]) -> dict[str, Any]:
    if isinstance(kind, click.Choice):
        return {"enum": list(kind.choices)}
    if isinstance(kind, click.IntRange | click.FloatRange):
        number = "integer" if isinstance(kind, click.IntRange) else "number"
        low, high = ("exclusiveMinimum" if kind.min_open else "minimum"), "maximum"
        bounds = {low: kind.min, high: kind.max}
        return {"type": number, **{key: bound for key, bound in bounds.items() if bound is not None}}
    if isinstance(kind, click.types.IntParamType):
        return {"type": "integer"}
    return {"type": "string"}
