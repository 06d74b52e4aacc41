"""Sizes on the command line: bytes, or a number with a unit, such as ``512KiB`` and ``10MiB``."""

from __future__ import annotations

import re

import click

_SIZE = re.compile(r"([0-9]{1,15})\s*(B|KiB|MiB|GiB)?", re.IGNORECASE | re.ASCII)
_UNITS = {"": 1, "b": 1, "kib": 1024, "mib": 1024**2, "gib": 1024**3}


class Size(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.4
    """A number of bytes of at least ``least``."""

    name = "size"

    def __init__(self, least: int = 1) -> None:
        self.least = least

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        match = _SIZE.fullmatch(str(value).strip())
        size = 0 if match is None else int(match[1]) * _UNITS[(match[2] or "").lower()]
        if size < self.least:
            least = shown_size(self.least)
            self.fail(f"expected a size of at least {least}, for example 10MiB, got {value!r}", param, ctx)
        return size


def shown_size(size: int) -> str:
    """Return a size with the largest unit that keeps it a whole number."""
    for unit in ("GiB", "MiB", "KiB"):
        if size and size % _UNITS[unit.lower()] == 0:
            return f"{size // _UNITS[unit.lower()]}{unit}"
    return f"{size}B"
