"""Exit codes of every command."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit code means. Only a command that reached a verdict exits with 0 or 1."""

    OK = 0
    FINDINGS = 1
    CANNOT_RUN = 2
    """Wrong options, unusable documents, an unreachable server, an interrupt."""
    INTERNAL_ERROR = 70
    """A bug in the kit (EX_SOFTWARE of sysexits.h)."""
