"""The report of a run: built once as a typed model, rendered in several formats."""

from __future__ import annotations

from collections.abc import Callable

from chat_verifier.report.har import render_har
from chat_verifier.report.html import render_html
from chat_verifier.report.junit import render_junit
from chat_verifier.report.markdown import render_markdown
from chat_verifier.report.model import VerifyReport
from chat_verifier.report.text import render_text
from kit_reports.codec import encode

RENDERERS: dict[str, Callable[[VerifyReport], str]] = {
    "text": render_text,
    "json": encode,
    "markdown": render_markdown,
    "html": render_html,
    "junit": render_junit,
    "har": render_har,
}
