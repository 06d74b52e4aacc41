"""Each option can be set by the environment variable that the documentation names."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click
import pytest

from kit_cli.config import leaves
from kit_cli.main import all_commands
from kit_options.lines import Line


def options() -> Iterator[tuple[tuple[str, ...], click.Command, click.Option]]:
    for path, command in leaves(all_commands()):
        for option in command.params:
            if isinstance(option, click.Option) and option.expose_value:
                yield path, command, option


def from_environment(path: tuple[str, ...], command: click.Command, option: click.Option, value: str) -> object:
    """Return what the command receives for an option that only its variable sets."""
    [name] = [text[2:] for text in option.opts if text.startswith("--")]
    prefix = "_".join(("CHAT_CONTRACT", *path)).upper().replace("-", "_")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"{prefix}_{name.upper().replace('-', '_')}", value)
        context = click.Context(command, info_name=path[-1], auto_envvar_prefix=prefix)
        return option.value_from_envvar(context)


def test_variable_of_each_option_has_the_name_of_the_option() -> None:
    unread = [
        f"{' '.join(path)} {option.opts[-1]}"
        for path, command, option in options()
        if from_environment(path, command, option, "1") is None
    ]
    assert unread == []


def test_variable_of_a_repeatable_text_holds_one_value_on_each_line() -> None:
    repeatable = [
        (path, command, option)
        for path, command, option in options()
        if option.multiple and not isinstance(option.type, click.Choice | click.Path)
    ]
    assert len(repeatable) > 10
    for path, command, option in repeatable:
        assert isinstance(option.type, Line), option.opts
        assert tuple(from_environment(path, command, option, "X-Team: a b\nX-Job: 7")) == ("X-Team: a b", "X-Job: 7")  # type: ignore[call-overload]


def test_variable_of_a_repeatable_path_separates_paths_as_the_system_does() -> None:
    for path, command, option in options():
        if option.multiple and isinstance(option.type, click.Path):
            assert from_environment(path, command, option, f"a b.yaml{os.pathsep}c.yaml") == ["a b.yaml", "c.yaml"]
