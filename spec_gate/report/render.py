"""Renders a report in one format. Only the module of this format is imported."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from kit_reports.codec import encode
from spec_gate.report.model import DiffReport


def render(report: DiffReport, name: str) -> str:
    """Return a report in one of :data:`spec_gate.report.formats.FORMATS`."""
    if name == "json":
        return encode(report)
    renderer: Callable[[DiffReport], str] = importlib.import_module(f"{__package__}.{name}").render
    return renderer(report)
