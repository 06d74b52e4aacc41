"""The formats of reports. This module imports nothing of the gate until a report is rendered."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec_gate.report.model import DiffReport

FORMATS = ("text", "json", "markdown", "html", "junit", "sarif", "github")


class FailOn(StrEnum):
    """Lowest level of finding that makes the command exit with 1."""

    BREAKING = "breaking"
    WARNING = "warning"
    NEVER = "never"


def render(report: DiffReport, name: str) -> str:
    """Return a report in one of :data:`FORMATS`; only the module of this format is imported."""
    if name == "json":
        from kit_reports.codec import encode  # noqa: PLC0415

        return encode(report)
    renderer: Callable[[DiffReport], str] = importlib.import_module(f"{__package__}.{name}").render
    return renderer(report)
