"""Render the report as one HTML page with charts."""

from __future__ import annotations

from pathlib import Path

from chat_load.report import texts
from chat_load.report.charts import HEIGHT, WIDTH, charts
from chat_load.report.model import LoadReport
from kit_reports.page import render_page

_TEMPLATES = Path(__file__).parent / "templates"


def render_html(report: LoadReport) -> str:
    """Return the page. It loads nothing, and no text of the server becomes markup."""
    return render_page(
        _TEMPLATES,
        "load.html",
        run=report,
        verdict_text=texts.VERDICTS[report.verdict],
        remarks=texts.remarks(report),
        limits=[(limit, texts.limit_line(limit)) for limit in report.limits],
        violated=list(report.violated()),
        from_when=texts.from_when,
        milliseconds=texts.milliseconds,
        percent=texts.percent,
        charts=charts(report),
        width=WIDTH,
        height=HEIGHT,
    )
