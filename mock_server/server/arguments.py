"""Keeps the password of the store out of the list of processes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit, urlunsplit

from mock_server.loading.store_location import PASSWORD_VARIABLE, Location

Execute = Callable[[str, list[str], Mapping[str, str]], object]


def hide_password(location: Location | None, execute: Execute = os.execve) -> None:
    """Start this program again without the password in its arguments, if it is there; a variable carries it over.

    The process keeps its id, its files and its parent. Does nothing on Windows, where it would get another id.
    """
    if location is None or location.password is None or os.name != "posix":
        return
    shown = [_without_password(argument) for argument in sys.orig_argv]
    if shown != sys.orig_argv:
        execute(sys.executable, shown, {**os.environ, PASSWORD_VARIABLE: location.password})


def _without_password(argument: str) -> str:
    """Return the argument, without the password if it is a URL of a store."""
    found = re.fullmatch(r"(--store=|)(rediss?://.*)", argument, re.DOTALL)
    if found is None:
        return argument
    option, parts = found[1], urlsplit(found[2])
    user, _, host = parts.netloc.rpartition("@")
    if not parts.password:
        return argument
    name = user.partition(":")[0]
    return option + urlunsplit(parts._replace(netloc=f"{name}@{host}" if name else host))
