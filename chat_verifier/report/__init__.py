"""The report of a run: built once as a typed model, rendered in several formats."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat_verifier.report.model import VerifyReport

_FUNCTIONS = {
    "text": ("chat_verifier.report.text", "render_text"),
    "json": ("kit_reports.codec", "encode"),
    "markdown": ("chat_verifier.report.markdown", "render_markdown"),
    "html": ("chat_verifier.report.html", "render_html"),
    "junit": ("chat_verifier.report.junit", "render_junit"),
    "har": ("chat_verifier.report.har", "render_har"),
    "coverage": ("chat_verifier.report.coverage", "render_coverage"),
    "sarif": ("chat_verifier.report.sarif", "render_sarif"),
    "sh": ("chat_verifier.report.scripts", "render_sh"),
    "http": ("chat_verifier.report.scripts", "render_http"),
    "pytest": ("chat_verifier.report.scripts", "render_pytest"),
}


def _render(name: str, report: VerifyReport) -> str:
    """Import the renderer of a format when it is used: help lists the formats only."""
    module, function = _FUNCTIONS[name]
    text = getattr(importlib.import_module(module), function)(report)
    assert isinstance(text, str)
    return text


RENDERERS: dict[str, Callable[[VerifyReport], str]] = {name: partial(_render, name) for name in _FUNCTIONS}
