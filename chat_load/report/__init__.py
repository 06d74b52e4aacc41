"""The report of a load: built once as a typed model, rendered in several formats."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat_load.report.model import LoadReport

_FUNCTIONS = {
    "text": ("chat_load.report.text", "render_text"),
    "json": ("kit_reports.codec", "encode"),
    "html": ("chat_load.report.html", "render_html"),
    "junit": ("chat_load.report.junit", "render_junit"),
    "sh": ("chat_load.report.scripts", "render_sh"),
    "http": ("chat_load.report.scripts", "render_http"),
    "pytest": ("chat_load.report.scripts", "render_pytest"),
}


def _render(name: str, report: LoadReport) -> str:
    """Import the renderer of a format when it is used: help lists the formats only."""
    module, function = _FUNCTIONS[name]
    text = getattr(importlib.import_module(module), function)(report)
    assert isinstance(text, str)
    return text


RENDERERS: dict[str, Callable[[LoadReport], str]] = {name: partial(_render, name) for name in _FUNCTIONS}
