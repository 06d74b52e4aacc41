"""Groups of options: one decorator adds all of them to a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_Command = TypeVar("_Command", bound=Callable[..., Any])


def group(*options: Callable[[Any], Any]) -> Callable[[_Command], _Command]:
    """Combine options into one decorator. The help lists them in this order."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
