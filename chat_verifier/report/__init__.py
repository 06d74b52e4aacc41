"""The report of a run: built once as a typed model, rendered in several formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kit_reports.renderers import renderers

if TYPE_CHECKING:
    from chat_verifier.report.model import VerifyReport

RENDERERS: dict[str, Callable[[VerifyReport], str]] = renderers(
    {
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
)
