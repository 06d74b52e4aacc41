"""Renders the report as one self-contained HTML page."""

from __future__ import annotations

from pathlib import Path

from kit_reports.page import render_page
from spec_gate.report import phrases
from spec_gate.report.model import DiffReport
from spec_gate.report.texts import counted, text
from spec_gate.rules.registry import RULES

_TEMPLATES = Path(__file__).parent / "templates"


def render(report: DiffReport) -> str:
    """Return the page; text from documents is always escaped."""
    return render_page(
        _TEMPLATES, "diff.html", report=report, rules=RULES, phrases=phrases, text=text, counted=counted
    )  # fmt: skip
