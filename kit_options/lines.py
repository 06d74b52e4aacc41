"""Texts of options that are repeatable, such as request headers."""

from __future__ import annotations

import click


class Line(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.4
    """A text that may contain spaces. The environment variable of the option holds one text on each line."""

    name = "text"
    envvar_list_splitter = "\n"
