"""The formats of reports and the levels that fail, as data: the command line reads them for its help."""

from __future__ import annotations

from enum import StrEnum

FORMATS = ("text", "json", "markdown", "html", "junit", "sarif", "github")


class FailOn(StrEnum):
    """Lowest level of finding that makes the command exit with 1."""

    BREAKING = "breaking"
    WARNING = "warning"
    NEVER = "never"
