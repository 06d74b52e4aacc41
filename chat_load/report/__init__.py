"""The report of a load: built once as a typed model, rendered in several formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kit_reports.renderers import renderers

if TYPE_CHECKING:
    from chat_load.report.model import LoadReport

RENDERERS: dict[str, Callable[[LoadReport], str]] = renderers(
    {
        "text": ("chat_load.report.text", "render_text"),
        "json": ("kit_reports.codec", "encode"),
        "html": ("chat_load.report.html", "render_html"),
        "junit": ("chat_load.report.junit", "render_junit"),
        "sh": ("chat_load.report.scripts", "render_sh"),
        "http": ("chat_load.report.scripts", "render_http"),
        "pytest": ("chat_load.report.scripts", "render_pytest"),
    }
)
